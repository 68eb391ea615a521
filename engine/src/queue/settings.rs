//! What a worker takes from outside, and its bounds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::fetch::FetchEnvironment;
use crate::plugin::PluginRegistry;
use crate::render::Browsers;

/// The bounds of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Runs that go at once.
    pub runs: usize,
    /// Runs of one user that go at once.
    pub runs_per_user: usize,
    /// What the rows of one user may take in the store, in bytes; anything if `None`.
    pub user_bytes: Option<u64>,
    /// How long a run is held without a sign of life: after that another worker takes it up.
    pub lease: Duration,
    /// How long pages that are in flight have to come to their end when the worker stops.
    pub grace: Duration,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            runs: 4,
            runs_per_user: 2,
            user_bytes: None,
            lease: Duration::from_secs(30),
            grace: Duration::from_secs(5),
        }
    }
}

/// The values of secrets by name, for as long as the process lives.
pub type SharedSecrets = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What runs need.
#[derive(Clone)]
pub struct WorkerEnvironment {
    /// The components.
    pub registry: Arc<PluginRegistry>,
    /// The values of secrets by name.
    pub secrets: SharedSecrets,
    /// What the fetches of all runs share.
    pub fetch: FetchEnvironment,
    /// The browser of the process.
    pub browsers: Browsers,
}

impl fmt::Debug for WorkerEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerEnvironment").finish_non_exhaustive()
    }
}
