//! Building a pipeline: everything is validated, nothing is spawned.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::extract::Extraction;
use super::settings::{MissingSecret, Secrets, fetch_settings};
use super::unsupported::Unsupported;
use crate::fetch::{Client, SettingsError};
use crate::model::{Column, ErrorCode, Job, JobId, Run, RunId, Trigger};
use crate::plugin::{ColumnQuery, ExtractionPlan, OpenError, PluginRegistry, RunFacts};
use crate::rows::RowMaker;

/// A run that can be started.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) job: Arc<Job>,
    pub(crate) run: Run,
    pub(crate) client: Client,
    pub(crate) extraction: Arc<Extraction>,
    pub(crate) today: jiff::civil::Date,
    pub(crate) threads: usize,
}

/// Why there is no pipeline for a job.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The job asks for what this version does not do.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// A secret is not set.
    #[error(transparent)]
    Secret(#[from] MissingSecret),
    /// No request can be made of the job's settings.
    #[error("request: {0}")]
    Request(#[from] SettingsError),
    /// The queries found no extractor that takes them.
    #[error(transparent)]
    Extractors(#[from] OpenError),
}

impl BuildError {
    /// The code that the run ends with.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unsupported(unsupported) => unsupported.code(),
            Self::Secret(_) | Self::Request(_) => ErrorCode::Internal,
            Self::Extractors(OpenError::Call(error)) => error.code(),
            Self::Extractors(_) => ErrorCode::PluginFailed,
        }
    }
}

impl Pipeline {
    /// Builds the pipeline of a run. `secrets` gives the values of secrets by name.
    pub fn build(
        job: Job,
        registry: &PluginRegistry,
        secrets: Secrets<'_>,
        run_id: RunId,
        job_id: JobId,
        trigger: Trigger,
    ) -> Result<Self, BuildError> {
        if let Some(unsupported) = Unsupported::find(&job) {
            return Err(unsupported.into());
        }
        let client = Client::new(&fetch_settings(&job, secrets)?)?;
        let plan = Arc::new(ExtractionPlan::new(registry, job.item.as_ref(), &job.queries)?);
        // A session that cannot be opened would fail every page.
        plan.extractors().start_all()?;
        let mut run = Run::queued(run_id, job_id, trigger, Timestamp::now());
        run.plugins = plan.plugins().collect();
        Ok(Self {
            run,
            client,
            today: Timestamp::now().to_zoned_datetime(TimeZone::UTC).date(),
            extraction: Arc::new(Extraction {
                plan,
                rows: RowMaker::new(&job),
            }),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            job: Arc::new(job),
        })
    }

    /// The columns of the rows.
    pub fn columns(&self) -> Vec<Column> {
        self.extraction.rows.columns()
    }

    /// What an exporter is told of the run.
    pub fn facts(&self) -> RunFacts {
        RunFacts {
            job: self.job.name.clone(),
            run: Some(self.run.run_id.to_string()),
            started_at: Some(self.run.queued_at.to_string()),
            finished_at: None,
            queries: self
                .job
                .queries
                .iter()
                .map(|query| ColumnQuery {
                    column: query.name.clone(),
                    query_type: query.query_type.clone(),
                    expression: query.expression.clone(),
                })
                .collect(),
        }
    }

    /// How many pages the source names; some of them may be the same.
    pub fn pages(&self) -> u64 {
        let named = self.job.source.count() + self.job.urls.len() as u64;
        self.job.budget.pages.map_or(named, |budget| budget.min(named))
    }
}
