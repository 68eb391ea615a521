//! The worker of a process: takes up runs that wait, the longest waiting first, within its bounds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedMutexGuard, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::execution::{Execution, Signals};
use super::housekeeping::Housekeeping;
use super::settings::{QueueSettings, WorkerEnvironment};
use super::usage::Usage;
use crate::model::{JobId, RunId, UserId};
use crate::store::{Lease, Store, StoreError, WaitingRun};

/// How often it is looked for runs that wait, beside each time that one is put in.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many changes a listener may lag behind; it is told when it lost some.
const CHANGES_KEPT: usize = 256;
/// What a worker that stops still has to do after the last page: to give leases back.
const RELEASE_TIME: Duration = Duration::from_secs(5);

/// What goes on in this process.
#[derive(Debug)]
pub(super) struct Worker {
    name: String,
    pub(super) store: Store,
    pub(super) environment: WorkerEnvironment,
    pub(super) settings: QueueSettings,
    pub(super) usage: Usage,
    pub(super) housekeeping: Housekeeping,
    going: Mutex<HashMap<RunId, Going>>,
    changes: broadcast::Sender<JobId>,
    storage_full: AtomicBool,
    wake: Notify,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A run that is going.
#[derive(Debug)]
struct Going {
    user: UserId,
    lease: Lease,
    signals: Signals,
    writes: WriteLock,
}

/// Held while something is written of a run that is going. A run that stores groups of pages as fast as it can would
/// otherwise be faster than its user's wish again and again, since of two transactions on a record the first one counts.
pub(super) type WriteLock = Arc<tokio::sync::Mutex<()>>;

impl Worker {
    pub(super) fn start(store: Store, environment: WorkerEnvironment, settings: QueueSettings) -> Arc<Self> {
        let worker = Arc::new(Self {
            name: format!("worker_{}", Uuid::now_v7().simple()),
            store,
            environment,
            settings,
            usage: Usage::new(settings.user_bytes),
            housekeeping: Housekeeping::default(),
            going: Mutex::default(),
            changes: broadcast::channel(CHANGES_KEPT).0,
            storage_full: AtomicBool::new(false),
            wake: Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        worker.tasks.spawn(Arc::clone(&worker).look_for_work());
        worker.tasks.spawn(Arc::clone(&worker).keep_house());
        worker
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<JobId> {
        self.changes.subscribe()
    }

    /// Tells that a job's run has changed.
    pub(super) fn changed(&self, job: &JobId) {
        // Nobody may be listening.
        let _ = self.changes.send(job.clone());
    }

    pub(super) fn going(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn is_storage_full(&self) -> bool {
        self.storage_full.load(Ordering::Relaxed)
    }

    /// Notes whether there is room.
    pub(super) fn storage_is_full(&self, full: bool) {
        if self.storage_full.swap(full, Ordering::Relaxed) != full {
            if full {
                tracing::error!("the disk of the store is full: what is to be written waits until there is room");
            } else {
                tracing::info!("the store has room again");
            }
        }
    }

    /// Looks for runs that wait now.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Keeps a run that is going here from writing while the guard is held; its turn comes after the write that it is at.
    pub(super) async fn hold_writes(&self, run: &RunId) -> Option<OwnedMutexGuard<()>> {
        let writes = Arc::clone(&self.lock().get(run)?.writes);
        Some(writes.lock_owned().await)
    }

    /// Ends a run after the pages that are in flight: it is paused.
    pub(super) fn interrupt(&self, run: &RunId) {
        if let Some(going) = self.lock().get(run) {
            going.signals.interrupt.cancel();
        }
    }

    /// Ends a run at once: nothing of it can be stored any more.
    pub(super) fn cancel(&self, run: &RunId) {
        if let Some(going) = self.lock().get(run) {
            going.signals.cancel.cancel();
        }
    }

    /// Holds the leases of the runs that are going for longer.
    pub(super) async fn renew(&self) {
        let held: Vec<(RunId, Lease)> = {
            let going = self.lock();
            going
                .iter()
                .map(|(run, going)| (run.clone(), going.lease.clone()))
                .collect()
        };
        for (run, lease) in held {
            let _held = self.hold_writes(&run).await;
            match self.store.renew(&lease, self.settings.lease).await {
                Ok(()) => {}
                Err(StoreError::LeaseLost) => self.cancel(&run),
                Err(error) => tracing::warn!(%run, %error, "a lease could not be renewed"),
            }
        }
    }

    pub(super) async fn shutdown(&self) {
        self.stop.cancel();
        for going in self.lock().values() {
            going.signals.interrupt.cancel();
        }
        self.tasks.close();
        if tokio::time::timeout(self.settings.grace, self.tasks.wait())
            .await
            .is_ok()
        {
            return;
        }
        for going in self.lock().values() {
            going.signals.abandon.cancel();
        }
        if tokio::time::timeout(RELEASE_TIME, self.tasks.wait()).await.is_err() {
            tracing::warn!("some runs did not come to their end in time; they go on at the next start");
        }
    }

    pub(super) fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    async fn look_for_work(self: Arc<Self>) {
        loop {
            if let Err(error) = self.take_up().await {
                tracing::error!(%error, "runs that wait could not be taken up");
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Takes up what fits.
    async fn take_up(self: &Arc<Self>) -> Result<(), StoreError> {
        loop {
            let (free, full) = self.room();
            if free == 0 || self.stop.is_cancelled() {
                return Ok(());
            }
            // A run that was resumed may still be on its way out here: it is passed over until it is gone.
            let limit = free + self.going();
            let waiting = self.store.waiting_runs(Timestamp::now(), &full, limit).await?;
            let Some(waiting) = waiting
                .into_iter()
                .find(|waiting| !self.lock().contains_key(&waiting.run))
            else {
                return Ok(());
            };
            self.claim(&waiting).await?;
        }
    }

    /// How many runs more may go, and whose users have as many as they may have.
    fn room(&self) -> (usize, Vec<UserId>) {
        let going = self.lock();
        let mut by_user: HashMap<&UserId, usize> = HashMap::new();
        for run in going.values() {
            *by_user.entry(&run.user).or_default() += 1;
        }
        let full = by_user
            .into_iter()
            .filter(|(_, count)| *count >= self.settings.runs_per_user)
            .map(|(user, _)| user.clone())
            .collect();
        (self.settings.runs.saturating_sub(going.len()), full)
    }

    async fn claim(self: &Arc<Self>, waiting: &WaitingRun) -> Result<(), StoreError> {
        let claimed = self
            .store
            .claim(waiting, &self.name, self.settings.lease, Timestamp::now())
            .await;
        let claimed = match claimed {
            Ok(claimed) => claimed,
            // Another worker or its user was faster.
            Err(StoreError::LeaseLost | StoreError::State { .. } | StoreError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        failpoint!("claimed");
        let (signals, writes) = (Signals::default(), WriteLock::default());
        self.lock().insert(
            waiting.run.clone(),
            Going {
                user: waiting.user.clone(),
                lease: claimed.lease.clone(),
                signals: signals.clone(),
                writes: Arc::clone(&writes),
            },
        );
        self.changed(&waiting.job);
        // A pause or a shutdown between the claim and the entry found nobody to tell.
        if self.stop.is_cancelled() {
            signals.interrupt.cancel();
        }
        let execution = Execution::new(Arc::clone(self), waiting.clone(), claimed, signals, writes);
        let worker = Arc::clone(self);
        let waiting = waiting.clone();
        self.tasks.spawn(async move {
            Box::pin(execution.carry_out()).await;
            worker.lock().remove(&waiting.run);
            worker.changed(&waiting.job);
            worker.wake();
        });
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Going>> {
        self.going.lock().expect("nobody panics while holding this")
    }
}
