//! The robots.txt files that are known, shared by all runs of the process.
//!
//! It keeps them for their time and lets one asker fetch for all. What a file says is [`super::robots`]'s, and how it is
//! fetched the client's.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
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
/// The most files that are kept, and the most bytes of what is known of them and by whom.
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

    /// Whether it is the site's word. That there is no answer may be due to the limits and the proxies of who asked.
    fn holds_for_all(&self) -> bool {
        matches!(self, Self::Rules(_))
    }
}

/// Who asks: a client, which is a run's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asker(u64);

impl Asker {
    /// Another than all before.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
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

impl Key {
    /// What it takes on the heap, in the map and in the order.
    fn weight(&self) -> usize {
        2 * (self.url.len() + self.agent.len())
    }
}

/// The known files, which all clones share: at most 10,000, and 64 MiB with their rules.
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
    /// up, the next takes over. Where it comes to no answer, every other run asks for itself and keeps what it heard.
    pub(super) async fn get<F: Future<Output = Found>>(
        &self,
        key: &Key,
        asker: Asker,
        fetch: impl Fn() -> F,
    ) -> Arc<Found> {
        let place = |owner: Option<Asker>| Place {
            key: key.clone(),
            owner,
        };
        let own = place(Some(asker));
        let heard = self.files().known(&own, Instant::now());
        if let Some(found) = heard {
            return found;
        }
        let shared = self.found_in(&place(None), asker, &fetch).await;
        if shared.found.holds_for_all() || shared.asker == asker {
            return shared.found;
        }
        self.found_in(&own, asker, &fetch).await.found
    }

    async fn found_in<F: Future<Output = Found>>(&self, place: &Place, asker: Asker, fetch: &impl Fn() -> F) -> Known {
        let cell = self.files().cell(place, Instant::now());
        let known = cell.get_or_init(|| async {
            let found = Arc::new(fetch().await);
            self.files().weigh(place, found.weight());
            Known {
                until: Instant::now() + found.age(),
                found,
                asker,
            }
        });
        known.await.clone()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().expect(UNPOISONED)
    }
}

/// Where a file is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    key: Key,
    /// Whose it is alone, where it is not everybody's.
    owner: Option<Asker>,
}

#[derive(Clone)]
struct Known {
    found: Arc<Found>,
    until: Instant,
    asker: Asker,
}

#[derive(Clone, Copy)]
struct Bounds {
    files: usize,
    bytes: usize,
}

struct Files {
    by_place: HashMap<Place, File>,
    /// The files by their numbers, oldest first; those replaced since are passed over.
    order: VecDeque<(u64, Place)>,
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
            by_place: HashMap::new(),
            order: VecDeque::new(),
            next_number: 0,
            bytes: 0,
            most: MOST,
        }
    }
}

impl Files {
    /// What was heard, while it is fresh.
    fn known(&self, place: &Place, now: Instant) -> Option<Arc<Found>> {
        let known = self.by_place.get(place)?.cell.get()?;
        (known.until > now).then(|| Arc::clone(&known.found))
    }

    /// The cell of a file that is known and fresh, is being fetched, or is to be.
    fn cell(&mut self, place: &Place, now: Instant) -> Arc<OnceCell<Known>> {
        if let Some(file) = self.by_place.get(place)
            && file.cell.get().is_none_or(|known| known.until > now)
        {
            return Arc::clone(&file.cell);
        }
        self.remove(place);
        let cell = Arc::<OnceCell<Known>>::default();
        let file = File {
            number: self.next_number,
            cell: Arc::clone(&cell),
            weight: place.key.weight(),
        };
        self.bytes += file.weight;
        self.order.push_back((self.next_number, place.clone()));
        self.next_number += 1;
        self.by_place.insert(place.clone(), file);
        self.keep_bounds();
        cell
    }

    /// Takes note of what a file that was fetched weighs, if it has not been dropped meanwhile.
    fn weigh(&mut self, place: &Place, found: usize) {
        let weight = place.key.weight() + found;
        if let Some(file) = self.by_place.get_mut(place) {
            self.bytes = self.bytes - file.weight + weight;
            file.weight = weight;
            self.keep_bounds();
        }
    }

    fn remove(&mut self, place: &Place) {
        if let Some(file) = self.by_place.remove(place) {
            self.bytes -= file.weight;
        }
    }

    /// Drops the oldest files until the rest is within bounds.
    fn keep_bounds(&mut self) {
        while self.by_place.len() > self.most.files || self.bytes > self.most.bytes || self.is_disordered() {
            let Some((number, place)) = self.order.pop_front() else {
                return;
            };
            if self.by_place.get(&place).is_some_and(|file| file.number == number) {
                self.remove(&place);
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
        let (cache, fetches, asker) = (RobotsCache::new(), AtomicU32::new(0), Asker::new());
        for wait in [Duration::ZERO, apart] {
            tokio::time::advance(wait).await;
            let fetch = || async {
                fetches.fetch_add(1, Ordering::Relaxed);
                found()
            };
            cache.get(&key(0), asker, fetch).await;
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
        let (cache, started, asker) = (RobotsCache::new(), AtomicU32::new(0), Asker::new());
        let slow = || async {
            started.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            disallowing("a")
        };
        let key = key(0);
        let impatient = tokio::time::timeout(Duration::from_millis(500), cache.get(&key, asker, slow));
        let patient = futures::future::join_all((0..10).map(|_| cache.get(&key, asker, slow)));
        let (impatient, patient) = tokio::join!(impatient, patient);
        assert!(impatient.is_err());
        assert!(patient.iter().all(|found| Arc::ptr_eq(found, &patient[0])));
        assert_eq!(started.into_inner(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_does_not_answer_one_run_is_asked_by_the_next() {
        let check = async |found: fn() -> Found, expected: u32| {
            let (cache, fetches) = (RobotsCache::new(), AtomicU32::new(0));
            let fetch = || async {
                fetches.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(100)).await;
                found()
            };
            let (one, other, key) = (Asker::new(), Asker::new(), key(0));
            let asked = [one, one, other, other].map(|asker| cache.get(&key, asker, fetch));
            futures::future::join_all(asked).await;
            cache.get(&key, other, fetch).await;
            assert_eq!(fetches.into_inner(), expected);
        };
        check(|| disallowing("a"), 1).await;
        check(|| Found::Unreachable(String::new()), 2).await;
        check(failed, 2).await;
    }

    #[tokio::test(start_paused = true)]
    async fn runs_do_not_wait_in_line_for_a_site_that_does_not_answer() {
        let (cache, fetches) = (RobotsCache::new(), AtomicU32::new(0));
        let fetch = || async {
            fetches.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            Found::Unreachable(String::new())
        };
        let (key, askers) = (key(0), [Asker::new(), Asker::new(), Asker::new()]);
        let began = Instant::now();
        futures::future::join_all(askers.map(|asker| cache.get(&key, asker, fetch))).await;
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        // What each heard does not take the place of what another did.
        for asker in askers.into_iter().chain(askers) {
            cache.get(&key, asker, fetch).await;
        }
        assert_eq!(fetches.into_inner(), 3);
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
            let found = cache.get(&key, Asker::new(), || async { disallowing(pattern) }).await;
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
            cache
                .get(&key(host), Asker::new(), || async { disallowing(pattern) })
                .await;
        }
        (0..count)
            .filter(|host| cache.files().by_place.keys().any(|place| place.key == key(*host)))
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
    async fn names_weigh_too() {
        let known = async |bytes: usize| {
            let cache = RobotsCache::new();
            cache.files().most.bytes = bytes;
            for url in ["a", "b"] {
                let key = Key {
                    url: url.to_owned(),
                    agent: "x".repeat(1_000),
                    by_proxy: false,
                };
                cache.get(&key, Asker::new(), || async { failed() }).await;
            }
            cache.files().by_place.len()
        };
        let weight = 2 * 1_001 + size_of::<Found>();
        assert_eq!(known(2 * weight).await, 2);
        assert_eq!(known(2 * weight - 1).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_asked_again_and_again_takes_one_place() {
        let (cache, asker) = (RobotsCache::new(), Asker::new());
        cache.files().most.files = 4;
        for _ in 0..100 {
            cache.get(&key(0), asker, || async { failed() }).await;
            tokio::time::advance(FAILED).await;
        }
        let files = cache.files();
        assert_eq!(files.by_place.len(), 1);
        assert!(files.order.len() <= 8, "{}", files.order.len());
        assert_eq!(files.bytes, key(0).weight() + size_of::<Found>());
    }
}
