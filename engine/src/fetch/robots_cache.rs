//! The robots.txt files that are known, shared by all runs of the process.
//!
//! It keeps them for their time and lets one asker fetch for all. What a file says is [`super::robots`]'s, and how it is
//! fetched the client's.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::error::FetchErrorKind;
use super::robots::Rules;

/// How long a file, or that there is none, is believed (RFC 9309, 2.4).
const FRESH: Duration = Duration::from_hours(24);
/// How long a site whose file cannot be read is left alone.
const UNREACHABLE: Duration = Duration::from_mins(1);
/// How long a host that could not be reached is taken for unreachable. Those who waited for the answer share it; the
/// shortest wait before a retry is longer.
const FAILED: Duration = Duration::from_millis(400);
/// The most origins that are kept, and the most bytes of their rules.
const MOST: Bounds = Bounds {
    files: 10_000,
    bytes: 64 * 1024 * 1024,
};
/// Why the lock here is never poisoned.
const UNPOISONED: &str = "nothing panics while it holds this lock";

/// What came of fetching a file.
#[derive(Debug)]
pub(super) enum Found {
    /// The file, or that there is none.
    Rules(Rules),
    /// The server answered, but neither with a file nor that there is none.
    Unreachable(String),
    /// The server was not reached, as its pages would not be.
    Failed(FetchErrorKind),
}

impl Found {
    fn age(&self) -> Duration {
        match self {
            Self::Rules(_) => FRESH,
            Self::Unreachable(_) => UNREACHABLE,
            Self::Failed(_) => FAILED,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Rules(rules) => rules.weight(),
            Self::Unreachable(_) | Self::Failed(_) => size_of::<Self>(),
        }
    }
}

/// A file as somebody got it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Where it is.
    pub(super) url: String,
    /// The product token whose groups were taken from it.
    pub(super) agent: String,
    /// Whether it was asked for through proxies.
    pub(super) by_proxy: bool,
}

/// The known files, which all clones share: at most 10,000, and 64 MiB of their rules.
#[derive(Clone, Default)]
pub struct RobotsCache(Arc<Mutex<Files>>);

impl fmt::Debug for RobotsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RobotsCache").finish_non_exhaustive()
    }
}

impl RobotsCache {
    /// A cache that knows no file yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of a file. Where nothing is, the first who asks fetches it and the others wait; if that one gives
    /// up, the next takes over.
    pub(super) async fn get<F: Future<Output = Found>>(&self, key: &Key, fetch: impl FnOnce() -> F) -> Arc<Found> {
        let cell = self.files().cell(key, Instant::now());
        let known = cell
            .get_or_init(|| async {
                let found = Arc::new(fetch().await);
                self.files().weigh(key, found.weight());
                Known {
                    until: Instant::now() + found.age(),
                    found,
                }
            })
            .await;
        Arc::clone(&known.found)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().expect(UNPOISONED)
    }
}

struct Known {
    found: Arc<Found>,
    until: Instant,
}

#[derive(Clone, Copy)]
struct Bounds {
    files: usize,
    bytes: usize,
}

struct Files {
    by_key: HashMap<Key, File>,
    /// The files by their numbers, oldest first; those replaced since are passed over.
    order: VecDeque<(u64, Key)>,
    next_number: u64,
    bytes: usize,
    most: Bounds,
}

struct File {
    number: u64,
    cell: Arc<OnceCell<Known>>,
    weight: usize,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            order: VecDeque::new(),
            next_number: 0,
            bytes: 0,
            most: MOST,
        }
    }
}

impl Files {
    /// The place of a file that is known and fresh, is being fetched, or is to be.
    fn cell(&mut self, key: &Key, now: Instant) -> Arc<OnceCell<Known>> {
        if let Some(file) = self.by_key.get(key)
            && file.cell.get().is_none_or(|known| known.until > now)
        {
            return Arc::clone(&file.cell);
        }
        self.remove(key);
        let cell = Arc::<OnceCell<Known>>::default();
        let file = File {
            number: self.next_number,
            cell: Arc::clone(&cell),
            weight: 0,
        };
        self.order.push_back((self.next_number, key.clone()));
        self.next_number += 1;
        self.by_key.insert(key.clone(), file);
        self.keep_bounds();
        cell
    }

    /// Takes note of what a file that was fetched weighs, if it has not been dropped meanwhile.
    fn weigh(&mut self, key: &Key, weight: usize) {
        if let Some(file) = self.by_key.get_mut(key) {
            self.bytes = self.bytes - file.weight + weight;
            file.weight = weight;
            self.keep_bounds();
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(file) = self.by_key.remove(key) {
            self.bytes -= file.weight;
        }
    }

    /// Drops the oldest files until the rest is within bounds.
    fn keep_bounds(&mut self) {
        while self.by_key.len() > self.most.files || self.bytes > self.most.bytes || self.is_disordered() {
            let Some((number, key)) = self.order.pop_front() else {
                return;
            };
            if self.by_key.get(&key).is_some_and(|file| file.number == number) {
                self.remove(&key);
            }
        }
    }

    /// Whether the order is full of files that were replaced, as where one site is asked again and again.
    fn is_disordered(&self) -> bool {
        self.order.len() > self.most.files * 2
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn key(host: u32) -> Key {
        Key {
            url: format!("http://h{host}.example/robots.txt"),
            agent: "snowscrape".to_owned(),
            by_proxy: false,
        }
    }

    fn disallowing(pattern: &str) -> Found {
        Found::Rules(Rules::parse(
            format!("user-agent: *\ndisallow: /{pattern}").as_bytes(),
            "x",
        ))
    }

    fn failed() -> Found {
        Found::Failed(FetchErrorKind::Cancelled)
    }

    /// How often a file is fetched that is asked for twice, so long apart.
    async fn fetches(found: fn() -> Found, apart: Duration) -> u32 {
        let (cache, fetches) = (RobotsCache::new(), AtomicU32::new(0));
        for wait in [Duration::ZERO, apart] {
            tokio::time::advance(wait).await;
            let fetch = || async {
                fetches.fetch_add(1, Ordering::Relaxed);
                found()
            };
            cache.get(&key(0), fetch).await;
        }
        fetches.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn files_have_an_age() {
        let check = async |found: fn() -> Found, age: Duration| {
            assert_eq!(
                fetches(found, age.saturating_sub(Duration::from_millis(1))).await,
                1,
                "{age:?}"
            );
            assert_eq!(fetches(found, age).await, 2, "{age:?}");
        };
        check(|| disallowing("a"), Duration::from_hours(24)).await;
        check(|| Found::Rules(Rules::none()), Duration::from_hours(24)).await;
        check(|| Found::Unreachable(String::new()), Duration::from_mins(1)).await;
        check(failed, Duration::from_millis(400)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_fetches_for_all_and_the_next_takes_over() {
        let (cache, started) = (RobotsCache::new(), AtomicU32::new(0));
        let slow = || async {
            started.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            disallowing("a")
        };
        let key = key(0);
        let impatient = tokio::time::timeout(Duration::from_millis(500), cache.get(&key, slow));
        let patient = futures::future::join_all((0..10).map(|_| cache.get(&key, slow)));
        let (impatient, patient) = tokio::join!(impatient, patient);
        assert!(impatient.is_err());
        assert!(patient.iter().all(|found| Arc::ptr_eq(found, &patient[0])));
        assert_eq!(started.into_inner(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn every_token_and_every_way_has_its_own_rules() {
        let cache = RobotsCache::new();
        for (token, by_proxy, is_refused) in [("a", false, false), ("b", false, true), ("b", true, false)] {
            let key = Key {
                agent: token.to_owned(),
                by_proxy,
                ..key(0)
            };
            let pattern = if is_refused { "b" } else { "a" };
            let found = cache.get(&key, || async { disallowing(pattern) }).await;
            let Found::Rules(rules) = &*found else {
                panic!("{found:?}")
            };
            let url = url::Url::parse("http://h0.example/b").unwrap();
            assert_eq!(rules.refusing(&url).is_some(), is_refused, "{key:?}");
        }
    }

    /// The hosts that are known after those from 0 to `count` were asked, in this order.
    async fn known_after(most: Bounds, count: u32, pattern: &str) -> Vec<u32> {
        let cache = RobotsCache::new();
        cache.files().most = most;
        for host in 0..count {
            cache.get(&key(host), || async { disallowing(pattern) }).await;
        }
        (0..count)
            .filter(|host| cache.files().by_key.contains_key(&key(*host)))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_files_go_when_there_are_too_many_or_they_are_too_large() {
        let few = |files, bytes| Bounds { files, bytes };
        assert_eq!(known_after(few(3, usize::MAX), 3, "a").await, [0, 1, 2]);
        assert_eq!(known_after(few(3, usize::MAX), 5, "a").await, [2, 3, 4]);
        let pattern = "x".repeat(9_000);
        assert_eq!(known_after(few(9, 20_000), 2, &pattern).await, [0, 1]);
        assert_eq!(known_after(few(9, 20_000), 4, &pattern).await, [2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_asked_again_and_again_takes_one_place() {
        let cache = RobotsCache::new();
        cache.files().most.files = 4;
        for _ in 0..100 {
            cache.get(&key(0), || async { failed() }).await;
            tokio::time::advance(FAILED).await;
        }
        let files = cache.files();
        assert_eq!(files.by_key.len(), 1);
        assert!(files.order.len() <= 8, "{}", files.order.len());
        assert_eq!(files.bytes, size_of::<Found>());
    }
}
