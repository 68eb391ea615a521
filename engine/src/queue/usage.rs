//! What the rows of users with runs that are going take in the store: read when the first of their runs is taken up, and
//! counted on from there, so that runs side by side cannot pass the cap together.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use crate::model::UserId;
use crate::store::{Store, StoreError};

#[derive(Debug, Default)]
pub(super) struct Usage(Mutex<HashMap<UserId, Used>>);

#[derive(Debug)]
struct Used {
    runs: usize,
    bytes: u64,
}

impl Usage {
    /// A run of a user's begins.
    pub(super) async fn enter(&self, store: &Store, user: &UserId) -> Result<(), StoreError> {
        let stored = store.user_bytes(user).await?;
        let mut users = self.lock();
        let used = users.entry(user.clone()).or_insert(Used { runs: 0, bytes: stored });
        used.runs += 1;
        Ok(())
    }

    /// A run of a user's is over.
    pub(super) fn leave(&self, user: &UserId) {
        let mut users = self.lock();
        if let Some(used) = users.get_mut(user) {
            used.runs = used.runs.saturating_sub(1);
            if used.runs == 0 {
                users.remove(user);
            }
        }
    }

    /// Whether so many bytes more are within the cap.
    pub(super) fn fits(&self, user: &UserId, bytes: u64, cap: u64) -> bool {
        let used = self.lock().get(user).map_or(0, |used| used.bytes);
        used.saturating_add(bytes) <= cap
    }

    pub(super) fn add(&self, user: &UserId, bytes: u64) {
        if let Some(used) = self.lock().get_mut(user) {
            used.bytes += bytes;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Used>> {
        self.0.lock().expect("nobody panics while holding this")
    }
}
