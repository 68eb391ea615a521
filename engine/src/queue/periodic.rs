//! The few things that are done again and again, driven by `tokio-cron-scheduler`: never an entry for each job, since a job's
//! times are in the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio_cron_scheduler::{Job as Entry, JobScheduler, JobSchedulerError};

use super::worker::Worker;

const DUE_EVERY: Duration = Duration::from_secs(1);
const RETIRE_EVERY: Duration = Duration::from_mins(1);

/// What is done periodically, until it is shut down.
pub(super) struct Periodic {
    scheduler: Mutex<JobScheduler>,
}

impl Periodic {
    pub(super) async fn start(worker: &Arc<Worker>) -> Self {
        let scheduler = Self::scheduler(worker)
            .await
            .expect("a scheduler without a storage of its own takes any interval");
        Self {
            scheduler: Mutex::new(scheduler),
        }
    }

    async fn scheduler(worker: &Arc<Worker>) -> Result<JobScheduler, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let since = Timestamp::now();
        let due = move |worker: Arc<Worker>| async move {
            if let Err(error) = worker.start_due(since, Timestamp::now()).await {
                tracing::error!(%error, "jobs that are due could not be started");
            }
        };
        // A lease is renewed three times before it would be over.
        let renewal = (worker.settings.lease / 3).max(Duration::from_secs(1));
        scheduler.add(entry(DUE_EVERY, worker, due)?).await?;
        scheduler
            .add(entry(renewal, worker, |worker| async move { worker.renew().await })?)
            .await?;
        scheduler
            .add(entry(
                RETIRE_EVERY,
                worker,
                |worker| async move { worker.retire().await },
            )?)
            .await?;
        scheduler.start().await?;
        Ok(scheduler)
    }

    pub(super) async fn shutdown(&self) {
        if let Err(error) = self.scheduler.lock().await.shutdown().await {
            tracing::warn!(%error, "the scheduler did not stop in order");
        }
    }
}

impl std::fmt::Debug for Periodic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Periodic").finish_non_exhaustive()
    }
}

/// Does something again and again; a time at which it is still being done is left out.
fn entry<F>(
    every: Duration,
    worker: &Arc<Worker>,
    work: impl Fn(Arc<Worker>) -> F + Clone + Send + Sync + 'static,
) -> Result<Entry, JobSchedulerError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let worker = Arc::clone(worker);
    let busy = Arc::new(AtomicBool::new(false));
    Entry::new_repeated_async(every, move |_, _| {
        let (worker, work, busy) = (Arc::clone(&worker), work.clone(), Arc::clone(&busy));
        Box::pin(async move {
            if busy.swap(true, Ordering::AcqRel) {
                return;
            }
            work(worker).await;
            busy.store(false, Ordering::Release);
        })
    })
}
