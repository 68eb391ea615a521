//! Runs: asked for, taken up by workers, and brought through the steps of their life.
//!
//! Each step is one transaction that names the states it may start from, so that of two that come together one is refused.

use std::time::Duration;

use jiff::Timestamp;
use surrealdb::types::{Datetime, RecordId, SurrealValue, Variables, vars};

use super::Store;
use super::error::{StoreError, THROWN_LEASE, THROWN_NOT_FOUND, THROWN_STATE};
use super::records::{
    damaged, error, first_text, from_database, job_record, last_text, partition_record, run_record, to_database, word,
};
use crate::model::{ClosedSet, ErrorCode, JobId, JobStatus, Run, RunEvent, RunId, RunStatus, Trigger, UserId};

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
}

/// A run that a worker holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The run.
    pub record: RunRecord,
    /// The lease.
    pub lease: Lease,
    /// The first page that is not done with.
    pub next_page: u64,
}

/// A worker's hold on a run's pages. What is written under a lease that another worker has by now is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub(super) job: JobId,
    pub(super) run: RunId,
    pub(super) generation: i64,
}

impl Lease {
    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// The run with its final counts. Its state is `success` or `failed`.
    pub run: Run,
    /// Why it did not succeed.
    pub last_error: Option<(ErrorCode, String)>,
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
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Waiting {
    id: RecordId,
    user: String,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Partition {
    generation: i64,
    next_page: i64,
    counts: String,
}

const COLUMNS: &str = "id, user, status, trigger, definition, queued_at, started_at, finished_at, error_code, \
                       error_message, counts ?? partition:[record::id(id)[1], 0].counts AS counts";

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
        })
    }
}

impl Store {
    /// Puts a run of a job in the queue.
    ///
    /// # Errors
    /// [`StoreError::State`] where a run of the job is going, waits or is paused.
    pub async fn enqueue(
        &self,
        user: &UserId,
        job: &JobId,
        run: &RunId,
        trigger: Trigger,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statements = format!(
            "BEGIN;
             LET $job = SELECT * FROM ONLY $job_id;
             IF $job = NONE {{ THROW '{THROWN_NOT_FOUND}job' }};
             IF $job.status IN ['running', 'paused'] {{
                 THROW '{THROWN_STATE}' + $job.status + '|scheduled, success or failed'
             }};
             CREATE $run_id SET user = $user, status = 'queued', trigger = $trigger, definition = $job.definition,
                 queued_at = $now, waiting = $now, rows = 0;
             CREATE $partition SET generation = 0, next_page = 0, counts = '';
             UPDATE $job_id SET status = 'running', run = $run, error_code = NONE, error_message = NONE;
             COMMIT;"
        );
        let variables = vars! {
            job_id: job_record(user, job),
            run_id: run_record(job, run),
            partition: partition_record(run),
            run: run.as_str().to_owned(),
            user: user.as_str().to_owned(),
            trigger: trigger.to_string(),
            now: to_database(now),
        };
        self.database.run(&statements, variables).await.map(drop)
    }

    /// Runs that wait for a worker, the longest waiting first: queued ones, and those whose worker's lease is over.
    pub async fn waiting_runs(&self, now: Timestamp, limit: usize) -> Result<Vec<WaitingRun>, StoreError> {
        // Without a lower bound the index gives those that do not wait, too.
        let waiting = self
            .database
            .run(
                &format!("SELECT id, user, waiting FROM run WHERE waiting >= $first AND waiting <= $now ORDER BY waiting LIMIT {limit}"),
                vars! { first: to_database(Timestamp::UNIX_EPOCH), now: to_database(now) },
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

    /// Takes a run up for `worker`, under a lease of a new generation that lasts `lease` by the database's clock.
    ///
    /// # Errors
    /// [`StoreError::State`] where it does not wait any more, [`StoreError::LeaseLost`] where another worker holds it.
    pub async fn claim(
        &self,
        waiting: &WaitingRun,
        worker: &str,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let statements = transition(&format!(
            "LET $held = SELECT * FROM ONLY $partition;
                 IF $held.lease_until != NONE AND $held.lease_until > time::now() AND $held.worker != $worker {{
                     THROW '{THROWN_LEASE}'
                 }};
                 UPDATE $partition SET worker = $worker, lease_until = time::now() + $lease, generation += 1;
                 UPDATE $run_id SET started_at = started_at ?? $now, waiting = time::now() + $lease;
                 UPDATE $job_id SET last_run = $run_before.started_at ?? $now WHERE run = $run;"
        ));
        let mut variables = step(&waiting.user, &waiting.job, &waiting.run, RunEvent::Claim);
        variables.extend(vars! {
            worker: worker.to_owned(),
            lease: surrealdb::types::Duration::from(lease),
            now: to_database(now),
        });
        self.database.run(&statements, variables).await?;
        let record = self.run(&waiting.job, &waiting.run).await?;
        let partition = self.partition(&waiting.run).await?;
        Ok(Claimed {
            record,
            lease: Lease {
                job: waiting.job.clone(),
                run: waiting.run.clone(),
                generation: partition.generation,
            },
            next_page: partition.next_page.unsigned_abs(),
        })
    }

    /// Holds a lease for longer.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn renew(&self, held: &Lease, lease: Duration) -> Result<(), StoreError> {
        let statements = format!(
            "BEGIN;
             {CHECK_LEASE}
             UPDATE $partition SET lease_until = time::now() + $lease;
             UPDATE $run_id SET waiting = time::now() + $lease WHERE status = 'running';
             COMMIT;"
        );
        let mut variables = held.variables();
        variables.extend(vars! { lease: surrealdb::types::Duration::from(lease) });
        self.database.run(&statements, variables).await.map(drop)
    }

    /// Gives a lease back. A run that is going waits for a worker then; a paused one does not.
    pub async fn release(&self, held: &Lease, now: Timestamp) -> Result<(), StoreError> {
        let statements = format!(
            "BEGIN;
             {CHECK_LEASE}
             UPDATE $partition SET lease_until = NONE, worker = NONE;
             UPDATE $run_id SET waiting = $now WHERE status = 'running';
             COMMIT;"
        );
        let mut variables = held.variables();
        variables.extend(vars! { now: to_database(now) });
        self.database.run(&statements, variables).await.map(drop)
    }

    /// Takes back all leases: those of workers that died with the process, where the store is this process's alone.
    pub async fn release_all(&self, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .run(
                "BEGIN;
                 UPDATE partition SET lease_until = NONE, worker = NONE WHERE lease_until != NONE;
                 UPDATE run SET waiting = $now WHERE waiting > $now;
                 COMMIT;",
                vars! { now: to_database(now) },
            )
            .await
            .map(drop)
    }

    /// Ends a run that its worker came to the end of.
    ///
    /// # Errors
    /// [`StoreError::State`] where it was paused meanwhile: it stays paused. [`StoreError::LeaseLost`].
    pub async fn finish(&self, held: &Lease, user: &UserId, ending: &Ending) -> Result<(), StoreError> {
        let event = match ending.run.status {
            RunStatus::Success => RunEvent::Succeed,
            _ => RunEvent::Fail,
        };
        let statements = transition(&format!(
            "{CHECK_LEASE}
                 UPDATE $run_id SET finished_at = $finished_at, counts = $counts, rows = $rows,
                     error_code = $error_code, error_message = $error_message, waiting = NONE;
                 DELETE $partition;
                 UPDATE $job_id SET error_code = $error_code, error_message = $error_message WHERE run = $run;
                 IF $to = 'success' {{ UPDATE $job_id SET success = $run, results_count = $rows }};"
        ));
        let mut variables = step(user, &held.job, &held.run, event);
        variables.extend(held.variables());
        let (code, message) = ending.last_error.clone().unzip();
        variables.extend(vars! {
            finished_at: ending.run.finished_at.map(to_database),
            counts: counts(&ending.run),
            rows: ending.run.rows as i64,
            error_code: code.map(|code| code.to_string()),
            error_message: message,
        });
        self.database.run(&statements, variables).await.map(drop)
    }

    /// Stops a job's run for a while. Its worker may still commit the pages that it has in flight.
    pub async fn pause(&self, user: &UserId, job: &JobId) -> Result<RunId, StoreError> {
        self.change(user, job, RunEvent::Pause, "UPDATE $run_id SET waiting = NONE;", None)
            .await
    }

    /// Puts a paused run back in the queue.
    pub async fn resume(&self, user: &UserId, job: &JobId, now: Timestamp) -> Result<RunId, StoreError> {
        let statements = "UPDATE $run_id SET waiting = $now; UPDATE $partition SET lease_until = NONE, worker = NONE;";
        self.change(user, job, RunEvent::Resume, statements, Some(now)).await
    }

    /// Ends a job's run: its worker can write nothing more.
    pub async fn cancel(&self, user: &UserId, job: &JobId, now: Timestamp) -> Result<RunId, StoreError> {
        let statements = "LET $counted = SELECT VALUE counts FROM ONLY $partition;
             UPDATE $run_id SET waiting = NONE, finished_at = $now, counts = $counted, error_code = 'cancelled',
                 error_message = 'the run was cancelled';
             DELETE $partition;
             UPDATE $job_id SET error_code = 'cancelled', error_message = 'the run was cancelled' WHERE run = $run;";
        self.change(user, job, RunEvent::Cancel, statements, Some(now)).await
    }

    async fn change(
        &self,
        user: &UserId,
        job: &JobId,
        event: RunEvent,
        statements: &str,
        now: Option<Timestamp>,
    ) -> Result<RunId, StoreError> {
        let record = self.job(user, job).await?;
        let Some(run) = record.run else {
            return Err(StoreError::State {
                found: record.status.to_string(),
                needed: words(event.from()),
            });
        };
        let mut variables = step(user, job, &run, event);
        variables.extend(vars! { now: now.map(to_database) });
        self.database.run(&transition(statements), variables).await?;
        Ok(run)
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

    async fn partition(&self, run: &RunId) -> Result<Partition, StoreError> {
        let found = self
            .database
            .run("SELECT * FROM ONLY $id", vars! { id: partition_record(run) })
            .await?
            .take::<Option<Partition>>(0)?;
        found.ok_or(StoreError::LeaseLost)
    }
}

impl Lease {
    pub(super) fn variables(&self) -> Variables {
        vars! {
            partition: partition_record(&self.run),
            run_id: run_record(&self.job, &self.run),
            generation: self.generation,
        }
    }
}

/// Refuses a transaction whose lease is another's by now. A run that is over has no partition.
pub(super) const CHECK_LEASE: &str = "IF (SELECT VALUE generation FROM ONLY $partition) != $generation { THROW \
                                      'snowscrape:lease' };";

/// The transaction of one step, with what comes along with it. [`step`] gives the states that it names.
fn transition(statements: &str) -> String {
    format!(
        "BEGIN;
         LET $run_before = SELECT * FROM ONLY $run_id;
         IF $run_before = NONE {{ THROW '{THROWN_NOT_FOUND}run' }};
         IF $run_before.status NOT IN $from {{ THROW '{THROWN_STATE}' + $run_before.status + '|' + $needed }};
         {statements}
         UPDATE $run_id SET status = $to;
         UPDATE $job_id SET status = $job_status WHERE run = $run;
         COMMIT;"
    )
}

/// The counts of a run as they are stored: without regard to its state and times, which are fields of their own.
pub(super) fn counts(run: &Run) -> String {
    serde_json::to_string(run).expect("a run is JSON")
}

/// What every step of a run's life names.
fn step(user: &UserId, job: &JobId, run: &RunId, event: RunEvent) -> Variables {
    vars! {
        job_id: job_record(user, job),
        run_id: run_record(job, run),
        partition: partition_record(run),
        run: run.as_str().to_owned(),
        from: event.from().iter().map(ToString::to_string).collect::<Vec<_>>(),
        needed: words(event.from()),
        to: event.to().to_string(),
        job_status: JobStatus::of(Some(event.to())).to_string(),
    }
}

fn words(states: &[RunStatus]) -> String {
    let words: Vec<_> = states.iter().map(|state| state.as_str()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.join(""),
    }
}
