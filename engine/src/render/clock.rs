//! How long something may take, and what is said when it took longer.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::{Awaited, RenderError};

/// A limit of time that has begun to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    limit: Duration,
    deadline: Instant,
}

impl Clock {
    /// A limit from now on.
    pub(super) fn start(limit: Duration) -> Self {
        Self {
            limit,
            deadline: Instant::now() + limit,
        }
    }

    /// Waits for something as long as the limit allows; `waited_for` names it where that is too long.
    pub(super) async fn within<T>(
        &self,
        future: impl Future<Output = T>,
        waited_for: impl FnOnce() -> Awaited,
    ) -> Result<T, RenderError> {
        let timely = timeout_at(self.deadline, future).await;
        timely.map_err(|_| RenderError::Timeout {
            waited_for: waited_for(),
            limit: self.limit,
        })
    }
}
