//! Jobs: one record each, under its user, so that nobody can even ask for another's.

use jiff::Timestamp;
use surrealdb::types::{Datetime, RecordId, SurrealValue, Variables, vars};

use super::Store;
use super::error::{StoreError, THROWN_NOT_FOUND};
use super::records::{erasure_record, error, first_text, from_database, job_record, last_text, to_database, word};
use super::requests::{RequestKey, keep_request};
use crate::model::{ErrorCode, JobId, JobStatus, Retention, RunId, UserId};

/// A job as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Whose it is.
    pub user: UserId,
    /// Its id.
    pub id: JobId,
    /// The name that is shown.
    pub name: String,
    /// Where its pages come from.
    pub source: String,
    /// The definition, which is a [`Job`](crate::model::Job) in JSON.
    pub definition: String,
    /// What it is doing: its last run's state as its user sees it.
    pub status: JobStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its definition last changed.
    pub updated_at: Timestamp,
    /// Its last run.
    pub run: Option<RunId>,
    /// When its last run began.
    pub last_run: Option<Timestamp>,
    /// Its latest run that succeeded.
    pub success: Option<RunId>,
    /// The rows of that run.
    pub results_count: u64,
    /// Why its last run did not succeed.
    pub last_error: Option<(ErrorCode, String)>,
    /// When it runs next by itself.
    pub next_run: Option<Timestamp>,
}

/// A definition to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDefinition {
    /// The name that is shown.
    pub name: String,
    /// Where its pages come from.
    pub source: String,
    /// A [`Job`](crate::model::Job) in JSON.
    pub definition: String,
    /// When it runs next by itself.
    pub next_run: Option<Timestamp>,
    /// How long its runs are kept.
    pub retention: Retention,
}

/// Which jobs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Those in this state only.
    pub status: Option<JobStatus>,
    /// Those whose name has this in it, without regard to case.
    pub name: Option<String>,
    /// Those made before this one.
    pub before: Option<JobId>,
    /// So many at most.
    pub limit: Option<usize>,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    name: String,
    source: String,
    definition: String,
    status: String,
    created_at: Datetime,
    updated_at: Datetime,
    run: Option<String>,
    last_run: Option<Datetime>,
    success: Option<String>,
    results_count: i64,
    error_code: Option<String>,
    error_message: Option<String>,
    next_run: Option<Datetime>,
}

impl TryFrom<Stored> for JobRecord {
    type Error = StoreError;

    fn try_from(stored: Stored) -> Result<Self, StoreError> {
        Ok(Self {
            user: UserId::new(first_text(stored.id.clone())?),
            id: JobId::new(last_text(stored.id)?),
            name: stored.name,
            source: stored.source,
            definition: stored.definition,
            status: word(&stored.status)?,
            created_at: from_database(stored.created_at),
            updated_at: from_database(stored.updated_at),
            run: stored.run.map(RunId::new),
            last_run: stored.last_run.map(from_database),
            success: stored.success.map(RunId::new),
            results_count: stored.results_count.unsigned_abs(),
            last_error: error(stored.error_code, stored.error_message)?,
            next_run: stored.next_run.map(from_database),
        })
    }
}

impl JobDefinition {
    fn variables(&self, user: &UserId, id: &JobId, now: Timestamp) -> Variables {
        vars! {
            id: job_record(user, id),
            user: user.as_str().to_owned(),
            key: id.as_str().to_owned(),
            name: self.name.clone(),
            source: self.source.clone(),
            definition: self.definition.clone(),
            now: to_database(now),
            next_run: self.next_run.map(to_database),
            keep_runs: i64::from(self.retention.runs),
            keep_days: self.retention.days.map(i64::from),
        }
    }
}

impl Store {
    /// Keeps a new job, and what request made it.
    ///
    /// # Errors
    /// [`StoreError::Answered`] where a request with the key was answered already: nothing is made then.
    pub async fn create_job(
        &self,
        user: &UserId,
        id: &JobId,
        job: &JobDefinition,
        request: Option<&RequestKey>,
        now: Timestamp,
    ) -> Result<JobRecord, StoreError> {
        let (kept, request) = keep_request(user, request, id.as_str(), now);
        let mut variables = job.variables(user, id, now);
        variables.extend(request);
        let statements = format!(
            "BEGIN;
             {kept}
             CREATE ONLY $id SET user = $user, key = $key, name = $name, source = $source, definition = $definition, status = 'scheduled', created_at = $now,
                 updated_at = $now, results_count = 0, next_run = $next_run, overlapped = false, keep_runs = $keep_runs,
                 keep_days = $keep_days;
             COMMIT;"
        );
        self.database.run(&statements, variables).await?;
        self.job(user, id).await
    }

    /// A user's job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for a job of another user's.
    pub async fn job(&self, user: &UserId, id: &JobId) -> Result<JobRecord, StoreError> {
        let found = self
            .database
            .run("SELECT * FROM ONLY $id", vars! { id: job_record(user, id) })
            .await?
            .take::<Option<Stored>>(0)?;
        found.ok_or(StoreError::NotFound("the job"))?.try_into()
    }

    /// A user's jobs, newest first.
    pub async fn jobs(&self, user: &UserId, filter: &JobFilter) -> Result<Vec<JobRecord>, StoreError> {
        let mut conditions = vec!["user = $user"];
        if filter.before.is_some() {
            conditions.push("key < $before");
        }
        if filter.status.is_some() {
            conditions.push("status = $status");
        }
        if filter.name.is_some() {
            conditions.push("string::contains(string::lowercase(name), $name)");
        }
        let conditions = conditions.join(" AND ");
        let limit = filter.limit.map_or(String::new(), |limit| format!(" LIMIT {limit}"));
        let found = self
            .database
            .run(
                &format!("SELECT * FROM job WHERE {conditions} ORDER BY key DESC{limit}"),
                vars! {
                    user: user.as_str().to_owned(),
                    before: filter.before.as_ref().map(|before| before.as_str().to_owned()),
                    status: filter.status.map(|status| status.to_string()),
                    name: filter.name.as_ref().map(|name| name.to_lowercase()),
                },
            )
            .await?
            .take::<Vec<Stored>>(0)?;
        found.into_iter().map(TryInto::try_into).collect()
    }

    /// Puts a definition in place of a job's. A run that is going keeps the one it began with.
    pub async fn replace_job(
        &self,
        user: &UserId,
        id: &JobId,
        job: &JobDefinition,
        now: Timestamp,
    ) -> Result<JobRecord, StoreError> {
        let replaced = self
            .database
            .run(
                "UPDATE ONLY $id SET name = $name, source = $source, definition = $definition, updated_at = $now, \
                 next_run = $next_run, overlapped = false, keep_runs = $keep_runs, keep_days = $keep_days",
                job.variables(user, id, now),
            )
            .await?
            .take::<Option<Stored>>(0)?;
        replaced.ok_or(StoreError::NotFound("the job"))?.try_into()
    }

    /// Deletes a job: from now on neither it nor anything of its runs can be read or written. That their
    /// records are to be erased is written down with it.
    pub async fn delete_job(&self, user: &UserId, id: &JobId) -> Result<(), StoreError> {
        self.database
            .run(
                &format!(
                    "BEGIN;
                     LET $job = SELECT * FROM ONLY $id;
                     IF $job = NONE {{ THROW '{THROWN_NOT_FOUND}job' }};
                     IF $job.run != NONE {{
                         UPDATE run:[$job_id, $job.run] SET next_page = partition:[$job.run, 0].next_page ?? next_page;
                         DELETE partition:[$job.run, 0];
                     }};
                     DELETE $id;
                     UPSERT $erasure SET next = 0, end = 0;
                     COMMIT;"
                ),
                vars! {
                    id: job_record(user, id),
                    job_id: id.as_str().to_owned(),
                    erasure: erasure_record(id, None),
                },
            )
            .await?;
        Ok(())
    }
}
