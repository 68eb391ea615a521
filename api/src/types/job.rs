//! Jobs as answers show them.

use poem_openapi::Object;
use poem_openapi::types::ParseFromJSON as _;
use snowscrape_engine::model::{ClosedSet as _, JobStatus};
use snowscrape_engine::store::{JobRecord, RunRecord};

use super::{Described, JobDefinition, LastError, Nullable, Run, Time};
use crate::error::ApiError;

/// A job: its definition, with the defaults of what was left out, and how it stands.
#[derive(Debug, Object)]
#[expect(clippy::struct_field_names, reason = "the reference names them so")]
pub(crate) struct Job {
    /// Its id.
    job_id: String,
    /// What it is doing.
    status: Described<JobStatus>,
    /// When it was made.
    created_at: Time,
    /// When its definition last changed.
    updated_at: Time,
    /// When its last run began; null if it never ran.
    last_run: Nullable<Time>,
    /// When it runs next by itself; null if it does not.
    next_run: Nullable<Time>,
    /// The next times at which it runs by itself, five at most.
    next_runs: Vec<Time>,
    /// The rows of its latest successful run.
    results_count: u64,
    /// Why its last run did not succeed; null if it did, or if there is none.
    last_error: Nullable<LastError>,
    /// Its last run; null if it never ran.
    run: Nullable<Run>,
    #[oai(flatten)]
    definition: JobDefinition,
}

impl Job {
    /// A job with its last run and its next times.
    ///
    /// # Errors
    /// A stored definition that cannot be read.
    pub(crate) fn new(record: JobRecord, run: Option<RunRecord>, next_runs: Vec<Time>) -> Result<Self, ApiError> {
        let definition = serde_json::from_str(&record.definition)
            .map_err(|error| ApiError::internal(&error))
            .and_then(|definition| {
                JobDefinition::parse_from_json(Some(definition))
                    .map_err(|error| ApiError::internal(&error.into_message()))
            })?;
        Ok(Self {
            job_id: record.id.to_string(),
            status: record.status.as_str().into(),
            created_at: record.created_at.into(),
            updated_at: record.updated_at.into(),
            last_run: record.last_run.map(Time::from).into(),
            next_run: record.next_run.map(Time::from).into(),
            next_runs,
            results_count: record.results_count,
            last_error: record.last_error.map(LastError::from).into(),
            run: run.map(Run::from).into(),
            definition,
        })
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.job_id
    }
}

/// A user's jobs, newest first.
#[derive(Debug, Object)]
pub(crate) struct JobList {
    /// The jobs.
    pub(crate) jobs: Vec<JobSummary>,
    /// How many there are in this answer.
    pub(crate) count: u64,
    /// What to ask for the next ones with; null where there are no more. Only where a `limit` was given.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) next_cursor: Option<Nullable<String>>,
}

/// A job in a list.
#[derive(Debug, Object)]
pub(crate) struct JobSummary {
    /// Its id.
    job_id: String,
    /// The name that is shown.
    name: String,
    /// Where its pages come from.
    source: String,
    /// What it is doing.
    status: Described<JobStatus>,
    /// When it was made.
    created_at: Time,
    /// When its last run began; null if it never ran.
    last_run: Nullable<Time>,
    /// The rows of its latest successful run.
    results_count: u64,
}

impl From<JobRecord> for JobSummary {
    fn from(record: JobRecord) -> Self {
        Self {
            job_id: record.id.to_string(),
            name: record.name,
            source: record.source,
            status: record.status.as_str().into(),
            created_at: record.created_at.into(),
            last_run: record.last_run.map(Time::from).into(),
            results_count: record.results_count,
        }
    }
}
