//! The steps of a run's life as transactions, and a user's side of them: paused, resumed, cancelled.
//!
//! Each step is one transaction that names the states it may start from, so that of two that come together one is refused.

use jiff::Timestamp;
use surrealdb::types::{Variables, vars};

use super::Store;
use super::error::{StoreError, THROWN_NOT_FOUND, THROWN_STATE};
use super::records::{job_record, partition_record, run_record, to_database};
use crate::model::{ClosedSet, JobId, JobStatus, RunEvent, RunId, RunStatus, UserId};

impl Store {
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
        let statements = format!(
            "LET $held = SELECT * FROM ONLY $partition;
             UPDATE $run_id SET waiting = NONE, finished_at = $now, counts = $held.counts, size = $held.size,
                 next_page = $held.next_page,
                 error_code = 'cancelled', error_message = 'the run was cancelled';
             {EXPIRE}
             DELETE $partition;
             UPDATE $job_id SET error_code = 'cancelled', error_message = 'the run was cancelled' WHERE run = $run;
             {MAKE_UP_FOR_OVERLAP}"
        );
        self.change(user, job, RunEvent::Cancel, &statements, Some(now)).await
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
}

/// How long a run that is over is kept, where its job says so.
pub(super) const EXPIRE: &str = "UPDATE $run_id SET expires_at = finished_at + duration::from_days(keep_days)
                                     WHERE keep_days != NONE;";

/// A time of the schedule that came while the run was going has come now.
pub(super) const MAKE_UP_FOR_OVERLAP: &str = "UPDATE $job_id SET next_run = time::now(), overlapped = false
                                                  WHERE run = $run AND overlapped AND next_run != NONE;";

/// The transaction of one step, with what comes along with it. [`step`] gives the states that it names.
pub(super) fn transition(statements: &str) -> String {
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

/// What every step of a run's life names.
pub(super) fn step(user: &UserId, job: &JobId, run: &RunId, event: RunEvent) -> Variables {
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

pub(super) fn words(states: &[RunStatus]) -> String {
    let words: Vec<_> = states.iter().map(|state| state.as_str()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.join(""),
    }
}
