//! Jobs whose time has come, found by an index and taken by a conditional update.

use jiff::Timestamp;
use surrealdb::types::{Datetime, RecordId, SurrealValue, vars};

use super::Store;
use super::error::{StoreError, THROWN_TAKEN};
use super::records::{first_text, from_database, job_record, last_text, to_database};
use super::runs::{NEW_RUN, new_run};
use crate::model::{JobId, Overlap, RunId, Trigger, UserId};

/// A job whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueJob {
    /// Whose it is.
    pub user: UserId,
    /// Its id.
    pub id: JobId,
    /// The time that has come.
    pub due: Timestamp,
}

/// What became of a job's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueOutcome {
    /// A run waits for a worker.
    Started,
    /// The last run is still going or paused: the time is left out, or made up for when that ends.
    Overlapped,
    /// Another one was faster, or the job has changed.
    Taken,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Due {
    id: RecordId,
    next_run: Datetime,
}

impl Store {
    /// Jobs whose time has come, the longest overdue first.
    pub async fn due_jobs(&self, now: Timestamp, limit: usize) -> Result<Vec<DueJob>, StoreError> {
        // Without a lower bound the index gives the jobs without a schedule, too.
        let due = self
            .database
            .run(
                &format!(
                    "SELECT id, next_run FROM job WHERE next_run >= $first AND next_run <= $now ORDER BY next_run \
                     LIMIT {limit}"
                ),
                vars! { first: to_database(Timestamp::UNIX_EPOCH), now: to_database(now) },
            )
            .await?
            .take::<Vec<Due>>(0)?;
        due.into_iter()
            .map(|due| {
                Ok(DueJob {
                    user: UserId::new(first_text(due.id.clone())?),
                    id: JobId::new(last_text(due.id)?),
                    due: from_database(due.next_run),
                })
            })
            .collect()
    }

    /// Takes a job's time, if it is still `due`: sets the next one, and puts a run in the queue with it.
    pub async fn start_due(
        &self,
        job: &DueJob,
        run: &RunId,
        next_run: Option<Timestamp>,
        overlap: Overlap,
        now: Timestamp,
    ) -> Result<DueOutcome, StoreError> {
        let statements = format!(
            "BEGIN;
             LET $job = SELECT * FROM ONLY $job_id;
             IF $job = NONE OR $job.next_run != $due {{ THROW '{THROWN_TAKEN}' }};
             LET $busy = $job.status IN ['running', 'paused'];
             UPDATE $job_id SET next_run = $next_run, overlapped = $busy AND $make_up;
             IF !$busy {{ {NEW_RUN} }};
             COMMIT;"
        );
        let mut variables = new_run(&job.user, &job.id, run, Trigger::Schedule, now);
        variables.extend(vars! {
            due: to_database(job.due),
            next_run: next_run.map(to_database),
            make_up: overlap == Overlap::Queue,
        });
        match self.database.run(&statements, variables).await {
            Err(StoreError::Taken) => return Ok(DueOutcome::Taken),
            done => done?,
        };
        let started = self.job(&job.user, &job.id).await?.run.as_ref() == Some(run);
        Ok(if started {
            DueOutcome::Started
        } else {
            DueOutcome::Overlapped
        })
    }

    /// Takes a job's time without running it, if it is still `due`. Whoever is told `true` was the one.
    pub async fn skip_due(&self, job: &DueJob, next_run: Option<Timestamp>) -> Result<bool, StoreError> {
        let taken = self
            .database
            .run(
                "UPDATE $id SET next_run = $next_run WHERE next_run = $due RETURN VALUE id",
                vars! {
                    id: job_record(&job.user, &job.id),
                    next_run: next_run.map(to_database),
                    due: to_database(job.due),
                },
            )
            .await?
            .take::<Vec<RecordId>>(0)?;
        Ok(!taken.is_empty())
    }
}
