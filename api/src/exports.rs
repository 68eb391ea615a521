//! How many files are written at once. Each holds an instance of its exporter for as long as its client reads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use snowscrape_engine::model::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::ApiError;

/// How long a download waits for others to end before it is refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// The files being written. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Exports(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: Arc<Semaphore>,
    /// So that one user cannot keep the others out.
    most_of_a_user: usize,
    users: Mutex<HashMap<UserId, Weak<Semaphore>>>,
}

/// Leave to write one file, until it is dropped.
#[derive(Debug)]
pub(crate) struct ExportPermit {
    _one_of_all: OwnedSemaphorePermit,
    _one_of_the_user: OwnedSemaphorePermit,
    /// Keeps the user's count alive.
    _user: Arc<Semaphore>,
}

impl Exports {
    /// At most `most` at once, half of them one user's.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Shared {
            all: Arc::new(Semaphore::new(most)),
            most_of_a_user: most.div_ceil(2),
            users: Mutex::default(),
        }))
    }

    /// Waits for leave to write a file for a user.
    ///
    /// # Errors
    /// [`ApiError::TooManyDownloads`] where others do not end in time.
    pub(crate) async fn begin(&self, user: &UserId) -> Result<ExportPermit, ApiError> {
        let of_user = self.of_user(user);
        let permits = async {
            let one_of_the_user = Arc::clone(&of_user).acquire_owned().await?;
            let one_of_all = Arc::clone(&self.0.all).acquire_owned().await?;
            Ok::<_, tokio::sync::AcquireError>((one_of_the_user, one_of_all))
        };
        let (one_of_the_user, one_of_all) = timeout(PATIENCE, permits)
            .await
            .map_err(|_| ApiError::TooManyDownloads {
                retry_after: PATIENCE.as_secs(),
            })?
            .map_err(|error| ApiError::internal(&error))?;
        Ok(ExportPermit {
            _one_of_all: one_of_all,
            _one_of_the_user: one_of_the_user,
            _user: of_user,
        })
    }

    fn of_user(&self, user: &UserId) -> Arc<Semaphore> {
        let mut users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.retain(|_, semaphore| semaphore.strong_count() > 0);
        if let Some(semaphore) = users.get(user).and_then(Weak::upgrade) {
            return semaphore;
        }
        let semaphore = Arc::new(Semaphore::new(self.0.most_of_a_user));
        users.insert(user.clone(), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_keeps_the_others_out() {
        let exports = Exports::new(3);
        let (ann, bob) = (UserId::new("ann".to_owned()), UserId::new("bob".to_owned()));
        let first = exports.begin(&ann).await.unwrap();
        let _second = exports.begin(&ann).await.unwrap();
        let refused = exports.begin(&ann).await.unwrap_err();
        assert!(matches!(refused, ApiError::TooManyDownloads { retry_after: 10 }));
        let _others = exports.begin(&bob).await.unwrap();
        assert!(exports.begin(&bob).await.is_err(), "three at once are all");
        drop(first);
        exports.begin(&bob).await.unwrap();
    }
}
