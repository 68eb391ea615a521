//! What is done beside the runs, slowly: erasing what was deleted, and giving its room back to the disk.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::worker::Worker;
use crate::store::Erased;

/// How long it is waited between two steps, so that runs come first.
const BETWEEN_STEPS: Duration = Duration::from_millis(5);
/// After how many erased pages the disk gets its room back when there is nothing more to erase.
const WORTH_COMPACTING: usize = 5_000;
const AFTER_A_FAILURE: Duration = Duration::from_secs(10);

/// Wakes the task that cleans up.
#[derive(Debug, Default)]
pub(super) struct Housekeeping(Notify);

impl Worker {
    /// Erases what is to be erased, soon.
    pub(super) fn clean_up(&self) {
        self.housekeeping.0.notify_one();
    }

    /// What is done every minute: runs whose time is over, and requests that are not honoured any more.
    pub(super) async fn retire(&self) {
        let now = Timestamp::now();
        let retired = async {
            self.store.forget_requests(now).await?;
            while self.store.retire_expired_runs(now).await? > 0 {}
            Ok::<_, crate::store::StoreError>(())
        };
        if let Err(error) = retired.await {
            tracing::warn!(%error, "old runs could not be taken away");
        }
        self.clean_up();
    }

    pub(super) async fn keep_house(self: Arc<Self>) {
        let mut erased = 0;
        loop {
            let pause = match self.store.erase_some().await {
                Ok(Erased::Pages(pages)) => {
                    erased += pages;
                    Some(BETWEEN_STEPS)
                }
                Ok(Erased::Nothing) => {
                    if erased >= WORTH_COMPACTING && self.store.compact().await.is_ok() {
                        tracing::info!(pages = erased, "erased pages gave their room back");
                        erased = 0;
                    }
                    None
                }
                Err(error) => {
                    tracing::warn!(%error, "erasing failed");
                    Some(AFTER_A_FAILURE)
                }
            };
            tokio::select! {
                () = self.stopping().cancelled() => return,
                () = async {
                    match pause {
                        Some(pause) => tokio::time::sleep(pause).await,
                        None => self.housekeeping.0.notified().await,
                    }
                } => {}
            }
        }
    }
}
