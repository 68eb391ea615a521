//! The memory of a run that is going here: the store.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::Mutex;

use super::recent_visits::RecentVisits;
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
    /// Where its pages are.
    last_page_of_group: HashMap<Fingerprint, u64>,
    recent: Mutex<RecentVisits>,
}

impl RunMemory {
    /// The memory of a run; `last` is the job's last successful run, if its pages are asked for.
    pub(super) async fn new(store: &Store, run: &RunId, last: Option<(RunId, u64)>) -> Result<Self, StoreError> {
        let last = match last {
            Some((last, end)) => Some(LastRun {
                last_page_of_group: store.visits(&last, end).await?,
                recent: Mutex::default(),
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
            match &self.last {
                Some(last) => last.visit(&self.store, page).await.map_err(|error| unread(&error)),
                None => Ok(None),
            }
        }
        .boxed()
    }
}

impl LastRun {
    async fn visit(&self, store: &Store, page: Fingerprint) -> Result<Option<Visit>, StoreError> {
        let Some(&last_page) = self.last_page_of_group.get(&page) else {
            return Ok(None);
        };
        // It is held while a group is read, so that those who want the same one do not read it, too.
        let mut recent = self.recent.lock().await;
        if let Some(visits) = recent.get(last_page) {
            return Ok(latest(visits, page));
        }
        let visits = store.group_visits(&self.run, last_page).await?;
        let visit = latest(&visits, page);
        recent.keep(last_page, visits);
        Ok(visit)
    }
}

/// The latest visit of a page.
fn latest(visits: &[Visit], page: Fingerprint) -> Option<Visit> {
    visits.iter().rfind(|visit| visit.page == page).cloned()
}

fn unread(error: &StoreError) -> MemoryError {
    match error {
        StoreError::Damaged(_) => MemoryError::Damaged(error.to_string()),
        _ => MemoryError::Unavailable(error.to_string()),
    }
}
