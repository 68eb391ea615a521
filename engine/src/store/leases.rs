//! A worker's side of a run's life: taken up under a lease, held, given back, brought to its end.

use std::time::Duration;

use jiff::Timestamp;
use surrealdb::types::{SurrealValue, Variables, vars};

use super::Store;
use super::error::{StoreError, THROWN_LEASE};
use super::log::lines;
use super::records::{partition_record, run_record, to_database};
use super::runs::{RunRecord, WaitingRun};
use super::steps::{EXPIRE, MAKE_UP_FOR_OVERLAP, step, transition};
use crate::model::{ErrorCode, JobId, LogLine, Run, RunEvent, RunId, RunStatus, UserId};

/// A run that a worker holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The run.
    pub record: RunRecord,
    /// The lease.
    pub lease: Lease,
    /// The first page that is not done with.
    pub next_page: u64,
    /// The number of the next line of its log.
    pub next_line: u64,
    /// What its rows take in the store, in bytes.
    pub size: u64,
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
    /// The last lines of its log, and the number of the first of them.
    pub log: (u64, Vec<LogLine>),
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Partition {
    generation: i64,
    next_page: i64,
    next_line: i64,
    size: i64,
}

impl Store {
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
            next_line: partition.next_line.unsigned_abs(),
            size: partition.size.unsigned_abs(),
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

    /// Gives a lease back, with the last lines of its log and the number of the first of them. A run that is going waits for
    /// a worker then; a paused one does not.
    pub async fn release(&self, held: &Lease, log: (u64, &[LogLine]), now: Timestamp) -> Result<(), StoreError> {
        let statements = format!(
            "BEGIN;
             {CHECK_LEASE}
             UPDATE $partition SET lease_until = NONE, worker = NONE, next_line = $next_line;
             INSERT INTO log $lines RETURN NONE;
             UPDATE $run_id SET waiting = $now WHERE status = 'running';
             COMMIT;"
        );
        let mut variables = held.variables();
        let (first, log) = log;
        variables.extend(vars! {
            now: to_database(now),
            lines: lines(&held.run, first, log),
            next_line: (first + log.len() as u64) as i64,
        });
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
                 LET $held = SELECT * FROM ONLY $partition;
                 UPDATE $run_id SET finished_at = $finished_at, counts = $counts, rows = $rows, size = $held.size,
                     next_page = $held.next_page,
                     error_code = $error_code, error_message = $error_message, waiting = NONE;
                 {EXPIRE}
                 DELETE $partition;
                 INSERT INTO log $lines RETURN NONE;
                 UPDATE $job_id SET error_code = $error_code, error_message = $error_message WHERE run = $run;
                 IF $to = 'success' {{ UPDATE $job_id SET success = $run, results_count = $rows }};
                 {MAKE_UP_FOR_OVERLAP}"
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
            lines: lines(&held.run, ending.log.0, &ending.log.1),
        });
        self.database.run(&statements, variables).await.map(drop)
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

/// The counts of a run as they are stored: without regard to its state and times, which are fields of their own.
pub(super) fn counts(run: &Run) -> String {
    serde_json::to_string(run).expect("a run is JSON")
}
