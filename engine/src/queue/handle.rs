//! The way in: runs asked for, and what their users wish of them.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{OwnedMutexGuard, broadcast};

use super::periodic::Periodic;
use super::settings::{QueueSettings, WorkerEnvironment};
use super::worker::Worker;
use crate::model::{JobId, RunId, UserId};
use crate::store::{RequestKey, Store, StoreError};

/// The queue of a process. Clones share it.
#[derive(Clone, Debug)]
pub struct Queue {
    store: Store,
    worker: Arc<Worker>,
    periodic: Arc<Periodic>,
}

impl Queue {
    /// Takes back the runs of the process before, and begins to work.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start(
        store: Store,
        environment: WorkerEnvironment,
        settings: QueueSettings,
    ) -> Result<Self, StoreError> {
        // The store is this process's alone, so whoever held a lease is dead.
        store.release_all(Timestamp::now()).await?;
        let worker = Worker::start(store.clone(), environment, settings);
        let periodic = Periodic::start(&worker).await;
        Ok(Self {
            store,
            worker,
            periodic: Arc::new(periodic),
        })
    }

    /// Tells of jobs whose run has changed: its state or its counts.
    pub fn changes(&self) -> broadcast::Receiver<JobId> {
        self.worker.changes()
    }

    /// How many runs are going in this process.
    pub fn going(&self) -> usize {
        self.worker.going()
    }

    /// Whether the store has no room: what is written waits until there is some.
    pub fn is_storage_full(&self) -> bool {
        self.worker.is_storage_full()
    }

    /// Puts a run of a job in the queue.
    ///
    /// # Errors
    /// As [`Store::enqueue`].
    pub async fn run(
        &self,
        user: &UserId,
        job: &JobId,
        run: &RunId,
        request: Option<&RequestKey>,
    ) -> Result<(), StoreError> {
        self.store.enqueue(user, job, run, request, Timestamp::now()).await?;
        failpoint!("enqueued");
        self.worker.changed(job);
        self.worker.wake();
        Ok(())
    }

    /// Stops a job's run for a while; pages that are in flight are still stored.
    pub async fn pause(&self, user: &UserId, job: &JobId) -> Result<(), StoreError> {
        let _held = self.hold_writes(user, job).await?;
        let run = self.store.pause(user, job).await?;
        failpoint!("paused");
        self.worker.interrupt(&run);
        self.worker.changed(job);
        Ok(())
    }

    /// Lets a paused run go on.
    pub async fn resume(&self, user: &UserId, job: &JobId) -> Result<(), StoreError> {
        let _held = self.hold_writes(user, job).await?;
        self.store.resume(user, job, Timestamp::now()).await?;
        failpoint!("resumed");
        self.worker.changed(job);
        self.worker.wake();
        Ok(())
    }

    /// Ends a job's run.
    pub async fn cancel(&self, user: &UserId, job: &JobId) -> Result<(), StoreError> {
        let _held = self.hold_writes(user, job).await?;
        let run = self.store.cancel(user, job, Timestamp::now()).await?;
        failpoint!("cancelled");
        self.worker.cancel(&run);
        self.worker.changed(job);
        Ok(())
    }

    /// Deletes a job with its runs; its run is ended.
    pub async fn delete(&self, user: &UserId, job: &JobId) -> Result<(), StoreError> {
        let run = self.store.job(user, job).await?.run;
        let _held = match &run {
            Some(run) => self.worker.hold_writes(run).await,
            None => None,
        };
        self.store.delete_job(user, job).await?;
        failpoint!("deleted");
        if let Some(run) = run {
            self.worker.cancel(&run);
        }
        self.worker.changed(job);
        self.worker.clean_up();
        Ok(())
    }

    /// Keeps the run of a job from writing while what its user wishes of it is written.
    async fn hold_writes(&self, user: &UserId, job: &JobId) -> Result<Option<OwnedMutexGuard<()>>, StoreError> {
        Ok(match self.store.job(user, job).await?.run {
            Some(run) => self.worker.hold_writes(&run).await,
            None => None,
        })
    }

    /// Stops the work: no page is begun, those in flight have a while to come to their end, and what was going goes on at the
    /// next start.
    pub async fn shutdown(&self) {
        self.periodic.shutdown().await;
        self.worker.shutdown().await;
    }
}
