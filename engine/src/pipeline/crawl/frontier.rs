//! The frontier: what was found and is still to be fetched.
//!
//! In memory are the fingerprints of all URLs that were seen, and the next few thousand links. Links beyond those are left
//! to the run's [`Memory`], which holds them with the pages that they were found on, and are read from there when their turn
//! comes. A run without a memory holds all of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::{Fingerprints, Found, Link, Memory, MemoryError, StoredLinks};

/// How many links wait in memory. It is more than there can be pages in flight, so that the page on which a link was found
/// is stored before the link's turn comes.
const MOST_WAITING: usize = 4_096;
/// How long it is waited before links are asked for again that are not stored yet.
const NOT_YET: Duration = Duration::from_millis(20);
/// How long it is waited before a memory that failed is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The pages of a run that are done with, when it goes on where it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PagesDone {
    /// Pages below this number are done with.
    pub next: u64,
    /// The URLs, after redirects, of those that were extracted.
    pub taken: Fingerprints,
    /// The links that were found on them.
    pub seen: Fingerprints,
    /// How many links were found, page by page, of those that had some.
    pub links: Vec<(u64, u64)>,
}

/// The links of a run that wait for their turn.
#[derive(Debug)]
pub(crate) struct Frontier {
    state: Mutex<State>,
    changed: Notify,
    memory: Option<Arc<dyn Memory>>,
}

#[derive(Debug)]
struct State {
    seen: Fingerprints,
    /// The next links, the first of which has number `next`.
    waiting: VecDeque<Link>,
    next: u64,
    /// The number after that of the last link that was found.
    end: u64,
    /// Pages below this number are done with.
    settled: u64,
    /// Where the links after those in `waiting` are, if there are more.
    elsewhere: Option<Place>,
}

/// A link in a run's memory.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The page on which it was found.
    page: u64,
    /// How many links of that page come before it.
    skip: u64,
}

impl Frontier {
    /// The frontier of a run with so many starting pages, all of which are in `seen`.
    pub(crate) fn new(starts: u64, mut seen: Fingerprints, done: PagesDone, memory: Option<Arc<dyn Memory>>) -> Self {
        let next = done.next.max(starts);
        let mut end = starts;
        let mut elsewhere = None;
        for (page, links) in done.links {
            if elsewhere.is_none() && next < end + links {
                elsewhere = Some(Place { page, skip: next - end });
            }
            end += links;
        }
        seen.extend(done.seen);
        seen.extend(done.taken);
        Self {
            state: Mutex::new(State {
                seen,
                waiting: VecDeque::new(),
                next,
                end,
                settled: done.next,
                elsewhere,
            }),
            changed: Notify::new(),
            memory,
        }
    }

    /// Notes that a page is done with, and takes up its links: those that are new, in order.
    pub(crate) fn settle(&self, page: u64, links: Vec<Found>) -> Vec<Link> {
        let mut state = self.lock();
        state.settled = page + 1;
        let new: Vec<Link> = links
            .into_iter()
            .filter(|(fingerprint, _)| state.seen.insert(*fingerprint))
            .map(|(_, link)| link)
            .collect();
        state.end += new.len() as u64;
        if !new.is_empty() && state.elsewhere.is_none() {
            if self.memory.is_some() && state.waiting.len() + new.len() > MOST_WAITING {
                state.elsewhere = Some(Place { page, skip: 0 });
            } else {
                state.waiting.extend(new.iter().cloned());
            }
        }
        drop(state);
        self.changed.notify_one();
        new
    }

    /// Notes that a redirect led to a page, which need not be fetched again.
    pub(crate) fn see(&self, page: super::Fingerprint) {
        self.lock().seen.insert(page);
    }

    /// The next link and its number, as soon as there is one; `None` when all pages are done with and there are no more.
    ///
    /// # Errors
    /// Links that were stored cannot be understood: the pages they lead to are lost.
    pub(crate) async fn next(&self) -> Result<Option<(u64, Link)>, MemoryError> {
        loop {
            let elsewhere = {
                let mut state = self.lock();
                if let Some(link) = state.waiting.pop_front() {
                    state.next += 1;
                    return Ok(Some((state.next - 1, link)));
                }
                if state.elsewhere.is_none() && state.settled >= state.next {
                    return Ok(None);
                }
                state.elsewhere.map(|place| (place, state.settled))
            };
            match (elsewhere, &self.memory) {
                (Some((place, settled)), Some(memory)) => self.remember(&**memory, place, settled).await?,
                // One page more is done with.
                _ => self.changed.notified().await,
            }
        }
    }

    /// Reads some of the links that are elsewhere.
    async fn remember(&self, memory: &dyn Memory, place: Place, settled: u64) -> Result<(), MemoryError> {
        let wait = match memory.links(place.page, settled).await {
            Ok(found) if found.end > place.page => {
                self.take_up(found, place);
                return Ok(());
            }
            Ok(_) => NOT_YET,
            Err(MemoryError::Unavailable(reason)) => {
                tracing::warn!(%reason, "the links of a run could not be read");
                AFTER_FAILURE
            }
            Err(damaged) => return Err(damaged),
        };
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn take_up(&self, found: StoredLinks, place: Place) {
        let mut state = self.lock();
        let skip = usize::try_from(place.skip).unwrap_or(usize::MAX);
        state.waiting.extend(found.links.into_iter().skip(skip));
        let read = state.next + state.waiting.len() as u64;
        state.elsewhere = (read < state.end).then_some(Place {
            page: found.end,
            skip: 0,
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
