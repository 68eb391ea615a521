//! What the rows of users with runs that are going take in the store: read when the first of their runs is taken up, and
//! counted on from there, so that runs side by side cannot pass the cap together. Without a cap nothing is read or counted.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use crate::model::UserId;
use crate::store::{Store, StoreError};

#[derive(Debug)]
pub(super) struct Usage {
    cap: Option<u64>,
    users: Mutex<HashMap<UserId, Used>>,
}

#[derive(Debug)]
struct Used {
    runs: usize,
    bytes: u64,
}

impl Usage {
    /// Counts towards a cap, in bytes for each user.
    pub(super) fn new(cap: Option<u64>) -> Self {
        Self {
            cap,
            users: Mutex::default(),
        }
    }

    /// A run of a user's begins.
    pub(super) async fn enter(&self, store: &Store, user: &UserId) -> Result<(), StoreError> {
        if self.cap.is_none() {
            return Ok(());
        }
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

    /// Whether so many bytes more are within the cap; the cap where they are not.
    pub(super) fn check(&self, user: &UserId, bytes: u64) -> Result<(), u64> {
        let used = self.lock().get(user).map_or(0, |used| used.bytes);
        match self.cap {
            Some(cap) if used.saturating_add(bytes) > cap => Err(cap),
            _ => Ok(()),
        }
    }

    pub(super) fn add(&self, user: &UserId, bytes: u64) {
        if let Some(used) = self.lock().get_mut(user) {
            used.bytes += bytes;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Used>> {
        self.users.lock().expect("nobody panics while holding this")
    }
}
