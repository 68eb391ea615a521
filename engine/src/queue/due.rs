//! Jobs whose time has come get a run, once each second.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::worker::Worker;
use crate::model::{Missed, RunId, Schedule};
use crate::schedule::next_runs;
use crate::store::{DueJob, DueOutcome, StoreError};

/// How many are taken at a time.
const AT_A_TIME: usize = 100;

impl Worker {
    /// Starts what is due at `now`. Times before `since`, when this process began, passed while nobody was there.
    pub(super) async fn start_due(&self, since: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        loop {
            let due = self.store.due_jobs(now, AT_A_TIME).await?;
            let last = due.len() < AT_A_TIME;
            for job in due {
                match self.take_time(&job, since, now).await {
                    // A job that was deleted meanwhile has no time any more.
                    Ok(()) | Err(StoreError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    async fn take_time(&self, due: &DueJob, since: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let record = self.store.job(&due.user, &due.id).await?;
        let schedule = serde_json::from_str::<Json>(&record.definition)
            .ok()
            .and_then(|definition| Schedule::of_definition(&definition))
            .filter(|schedule| schedule.enabled);
        let Some(schedule) = schedule else {
            // A definition without a schedule has no time, so this one was written between the two.
            return self.store.skip_due(due, None).await.map(drop);
        };
        let next = next_runs(&schedule, now).next();
        if due.due < since && schedule.missed == Missed::Skip {
            tracing::info!(job = %due.id, due = %due.due, "a time passed while the server was down: skipped");
            return self.store.skip_due(due, next).await.map(drop);
        }
        let run = RunId::generate();
        match self.store.start_due(due, &run, next, schedule.overlap, now).await? {
            DueOutcome::Started => {
                failpoint!("scheduled");
                tracing::info!(job = %due.id, %run, due = %due.due, "a scheduled run waits");
                self.changed(&due.id);
                self.wake();
            }
            DueOutcome::Overlapped => {
                tracing::warn!(
                    job = %due.id, due = %due.due, overlap = %schedule.overlap,
                    "the last run was not over at the job's next time"
                );
            }
            DueOutcome::Taken => {}
        }
        Ok(())
    }
}
