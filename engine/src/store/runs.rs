//! Runs: put in the queue, and read.

use jiff::Timestamp;
use surrealdb::types::{Datetime, RecordId, SurrealValue, Variables, vars};

use super::Store;
use super::error::{StoreError, THROWN_NOT_FOUND, THROWN_STATE};
use super::records::{
    damaged, error, first_text, from_database, job_record, last_text, partition_record, run_record, to_database, word,
};
use super::requests::{RequestKey, keep_request};
use crate::model::{ErrorCode, JobId, Run, RunId, Trigger, UserId};

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Whose it is.
    pub user: UserId,
    /// Its state and its counts so far.
    pub run: Run,
    /// The definition that it began with, which is a [`Job`](crate::model::Job) in JSON.
    pub definition: String,
    /// Why it did not succeed.
    pub last_error: Option<(ErrorCode, String)>,
    /// The number after that of its last page that is stored.
    pub pages_end: u64,
}

/// A run that waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRun {
    /// Whose it is.
    pub user: UserId,
    /// Its job.
    pub job: JobId,
    /// The run.
    pub run: RunId,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    user: String,
    status: String,
    trigger: String,
    definition: String,
    queued_at: Datetime,
    started_at: Option<Datetime>,
    finished_at: Option<Datetime>,
    error_code: Option<String>,
    error_message: Option<String>,
    counts: Option<String>,
    next_page: i64,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Waiting {
    id: RecordId,
    user: String,
}

const COLUMNS: &str = "id, user, status, trigger, definition, queued_at, started_at, finished_at, error_code, \
                       error_message, counts ?? partition:[record::id(id)[1], 0].counts AS counts, \
                       partition:[record::id(id)[1], 0].next_page ?? next_page AS next_page";

impl TryFrom<Stored> for RunRecord {
    type Error = StoreError;

    fn try_from(stored: Stored) -> Result<Self, StoreError> {
        let (job, run) = (
            JobId::new(first_text(stored.id.clone())?),
            RunId::new(last_text(stored.id)?),
        );
        let queued_at = from_database(stored.queued_at);
        let trigger: Trigger = word(&stored.trigger)?;
        let counted = match stored.counts.as_deref() {
            None | Some("") => Run::queued(run, job, trigger, queued_at),
            Some(counts) => {
                serde_json::from_str(counts).map_err(|error| damaged(&format!("a run's counts: {error}")))?
            }
        };
        Ok(Self {
            user: UserId::new(stored.user),
            run: Run {
                status: word(&stored.status)?,
                trigger,
                queued_at,
                started_at: stored.started_at.map(from_database),
                finished_at: stored.finished_at.map(from_database),
                ..counted
            },
            definition: stored.definition,
            last_error: error(stored.error_code, stored.error_message)?,
            pages_end: stored.next_page.unsigned_abs(),
        })
    }
}

impl Store {
    /// Puts a run of a job in the queue, and keeps what request asked for it.
    ///
    /// # Errors
    /// [`StoreError::State`] where a run of the job is going, waits or is paused. [`StoreError::Answered`] where a request
    /// with the key was answered already. Nothing is changed then.
    pub async fn enqueue(
        &self,
        user: &UserId,
        job: &JobId,
        run: &RunId,
        request: Option<&RequestKey>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (kept, request) = keep_request(user, request, run.as_str(), now);
        let statements = format!(
            "BEGIN;
             LET $job = SELECT * FROM ONLY $job_id;
             IF $job = NONE {{ THROW '{THROWN_NOT_FOUND}job' }};
             {kept}
             IF $job.status IN ['running', 'paused'] {{
                 THROW '{THROWN_STATE}' + $job.status + '|scheduled, success or failed'
             }};
             {NEW_RUN}
             COMMIT;"
        );
        let mut variables = new_run(user, job, run, Trigger::Manual, now);
        variables.extend(request);
        self.database.run(&statements, variables).await.map(drop)
    }

    /// Runs that wait for a worker, the longest waiting first: queued ones, and those whose worker's lease is over. Those of
    /// some users are left out.
    pub async fn waiting_runs(
        &self,
        now: Timestamp,
        without: &[UserId],
        limit: usize,
    ) -> Result<Vec<WaitingRun>, StoreError> {
        // Without a lower bound the index gives those that do not wait, too.
        let waiting = self
            .database
            .run(
                &format!(
                    "SELECT id, user, waiting FROM run WHERE waiting >= $first AND waiting <= $now AND user NOT IN $without \
                     ORDER BY waiting LIMIT {limit}"
                ),
                vars! {
                    first: to_database(Timestamp::UNIX_EPOCH),
                    now: to_database(now),
                    without: without.iter().map(|user| user.as_str().to_owned()).collect::<Vec<_>>(),
                },
            )
            .await?
            .take::<Vec<Waiting>>(0)?;
        waiting
            .into_iter()
            .map(|run| {
                Ok(WaitingRun {
                    user: UserId::new(run.user),
                    job: JobId::new(first_text(run.id.clone())?),
                    run: RunId::new(last_text(run.id)?),
                })
            })
            .collect()
    }

    /// A run of a job.
    pub async fn run(&self, job: &JobId, run: &RunId) -> Result<RunRecord, StoreError> {
        let found = self
            .database
            .run(
                &format!("SELECT {COLUMNS} FROM ONLY $id"),
                vars! { id: run_record(job, run) },
            )
            .await?
            .take::<Option<Stored>>(0)?;
        found.ok_or(StoreError::NotFound("the run"))?.try_into()
    }

    /// The runs of a job, newest first, that were made before `before`.
    pub async fn runs(&self, job: &JobId, before: Option<&RunId>, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        // A tilde sorts after every id.
        let end = before.map_or("~", RunId::as_str);
        let found = self
            .database
            .run(
                &format!("SELECT {COLUMNS} FROM run:[$job, '']..[$job, $end] ORDER BY id DESC LIMIT {limit}"),
                vars! { job: job.as_str().to_owned(), end: end.to_owned() },
            )
            .await?
            .take::<Vec<Stored>>(0)?;
        found.into_iter().map(TryInto::try_into).collect()
    }
}

/// The statements that make a run of `$job`, which is not busy.
pub(super) const NEW_RUN: &str = "
    CREATE $run_id SET user = $user, status = 'queued', trigger = $trigger, definition = $job.definition, queued_at = $now,
        waiting = $now, rows = 0, size = 0, next_page = 0, keep_days = $job.keep_days;
    CREATE $partition SET generation = 0, next_page = 0, next_line = 0, size = 0, counts = '';
    UPDATE $job_id SET status = 'running', run = $run, error_code = NONE, error_message = NONE;";

/// What [`NEW_RUN`] names.
pub(super) fn new_run(user: &UserId, job: &JobId, run: &RunId, trigger: Trigger, now: Timestamp) -> Variables {
    vars! {
        job_id: job_record(user, job),
        run_id: run_record(job, run),
        partition: partition_record(run),
        run: run.as_str().to_owned(),
        user: user.as_str().to_owned(),
        trigger: trigger.to_string(),
        now: to_database(now),
    }
}
