//! What a run can look up that it does not hold in memory.

use std::fmt::Debug;

use futures::future::BoxFuture;

use super::{Fingerprint, Link, Visit};

/// Why a memory gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// It cannot be read now: it is asked again later.
    #[error("{0}")]
    Unavailable(String),
    /// What it holds cannot be understood, now or later.
    #[error("{0}")]
    Damaged(String),
}

/// The memory of a run: links that wait for their turn, and the pages of the last successful run.
pub trait Memory: Debug + Send + Sync {
    /// The links of some pages of the run from number `from` on and below `before`, as far as they are kept by now. Pages that
    /// were kept together are given together, once all of them are below `before`.
    ///
    /// # Errors
    /// Why nothing can be read.
    fn links(&self, from: u64, before: u64) -> BoxFuture<'_, Result<StoredLinks, MemoryError>>;

    /// The page as it was in the job's last successful run.
    ///
    /// # Errors
    /// Why nothing can be read.
    fn last_visit(&self, page: Fingerprint) -> BoxFuture<'_, Result<Option<Visit>, MemoryError>>;
}

/// Links of consecutive pages, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLinks {
    /// The links.
    pub links: Vec<Link>,
    /// The number after that of the last page that was read.
    pub end: u64,
}
