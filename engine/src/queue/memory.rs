//! The memory of a run that is going here: the store.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::model::RunId;
use crate::pipeline::{Fingerprint, Memory, MemoryError, StoredLinks, Visit};
use crate::store::{Store, StoreError};

/// What a run can look up in the store.
#[derive(Debug)]
pub(super) struct RunMemory {
    store: Store,
    run: RunId,
    last: Option<LastRun>,
}

/// The job's last successful run.
#[derive(Debug)]
struct LastRun {
    run: RunId,
    /// The numbers of its pages.
    pages: HashMap<Fingerprint, u64>,
}

impl RunMemory {
    /// The memory of a run; `last` is the job's last successful run, if its pages are asked for.
    pub(super) async fn new(store: &Store, run: &RunId, last: Option<(RunId, u64)>) -> Result<Self, StoreError> {
        let last = match last {
            Some((last, end)) => Some(LastRun {
                pages: store.visits(&last, end).await?,
                run: last,
            }),
            None => None,
        };
        Ok(Self {
            store: store.clone(),
            run: run.clone(),
            last,
        })
    }
}

impl Memory for RunMemory {
    fn links(&self, from: u64, before: u64) -> BoxFuture<'_, Result<StoredLinks, MemoryError>> {
        let links = self.store.links(&self.run, from, before);
        links.map(|found| found.map_err(|error| unread(&error))).boxed()
    }

    fn last_visit(&self, page: Fingerprint) -> BoxFuture<'_, Result<Option<Visit>, MemoryError>> {
        async move {
            let Some((last, number)) = self
                .last
                .as_ref()
                .and_then(|last| Some((last, *last.pages.get(&page)?)))
            else {
                return Ok(None);
            };
            let visit = self.store.visit(&last.run, number).await;
            visit.map_err(|error| unread(&error))
        }
        .boxed()
    }
}

fn unread(error: &StoreError) -> MemoryError {
    match error {
        StoreError::Damaged(_) => MemoryError::Damaged(error.to_string()),
        _ => MemoryError::Unavailable(error.to_string()),
    }
}
