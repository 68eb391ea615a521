use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::super::{Fingerprint, Visit};
use super::*;
use crate::model::SourceType;

fn found(names: impl IntoIterator<Item = u64>) -> Vec<Found> {
    let of = |name: u64| {
        let link = Link {
            url: format!("http://a.example/{name}"),
            kind: SourceType::Page,
            depth: 1,
            listing: 1,
        };
        (Fingerprint::of(&link.url), link)
    };
    names.into_iter().map(of).collect()
}

fn names(links: &[Link]) -> Vec<u64> {
    let name = |link: &Link| link.url.rsplit('/').next().unwrap().parse().unwrap();
    links.iter().map(name).collect()
}

/// The links of the pages that were stored, in chunks of a few pages.
#[derive(Debug, Default)]
struct Pages {
    stored: Mutex<Vec<Vec<Link>>>,
    /// What it says once instead of links.
    fails: Mutex<Option<MemoryError>>,
}

impl Pages {
    fn store(&self, links: Vec<Link>) {
        self.stored.lock().unwrap().push(links);
    }
}

impl Memory for Pages {
    fn links(&self, from: u64, before: u64) -> BoxFuture<'_, Result<StoredLinks, MemoryError>> {
        async move {
            if let Some(error) = self.fails.lock().unwrap().take() {
                return Err(error);
            }
            let stored = self.stored.lock().unwrap();
            let end = (from + 3).min(before).min(stored.len() as u64);
            let pages = stored.get(from as usize..end as usize).unwrap_or_default();
            Ok(StoredLinks {
                links: pages.concat(),
                end: end.max(from),
            })
        }
        .boxed()
    }

    fn last_visit(&self, _: Fingerprint) -> BoxFuture<'_, Result<Option<Visit>, MemoryError>> {
        async { Ok(None) }.boxed()
    }
}

#[tokio::test]
async fn links_come_once_in_order_until_all_pages_are_done_with() {
    let seen = found([0]).iter().map(|(fingerprint, _)| *fingerprint).collect();
    let frontier = Frontier::new(1, seen, PagesDone::default(), None);
    assert!(frontier.next().now_or_never().is_none(), "page 0 is not done with");
    assert_eq!(names(&frontier.settle(0, found([1, 0, 2, 1]))), [1, 2]);
    assert_eq!(frontier.next().await.unwrap().unwrap().0, 1);
    let (number, link) = frontier.next().await.unwrap().unwrap();
    assert_eq!((number, names(&[link])), (2, vec![2]));
    assert_eq!(frontier.settle(1, found([2])), []);
    assert!(frontier.next().now_or_never().is_none(), "page 2 is not done with");
    frontier.see(Fingerprint::of("http://a.example/3"));
    assert_eq!(names(&frontier.settle(2, found([3]))), Vec::<u64>::new());
    assert_eq!(frontier.next().await, Ok(None));
}

/// A site in which page `n` leads to ten further ones, as far as there are any.
fn links_of(page: u64, pages: u64) -> Vec<Found> {
    found((page * 10 + 1..=page * 10 + 10).filter(|link| *link < pages))
}

/// Takes a run from `done` to `until` (its end, if `None`) and gives the names of the pages in the order of their numbers.
async fn crawl(pages: &Arc<Pages>, total: u64, done: PagesDone, until: Option<u64>) -> Vec<u64> {
    let start = done.next;
    let seen = found([0]).iter().map(|(fingerprint, _)| *fingerprint).collect();
    let memory: Arc<dyn Memory> = pages.clone();
    let frontier = Frontier::new(1, seen, done, Some(memory));
    let mut order = Vec::new();
    let mut settle = |number: u64, name: u64| {
        assert_eq!(number, start + order.len() as u64);
        order.push(name);
        pages.store(frontier.settle(number, links_of(name, total)));
    };
    if start == 0 {
        settle(0, 0);
    }
    if until == Some(1) {
        return order;
    }
    while let Some((number, link)) = frontier.next().await.unwrap() {
        settle(number, names(&[link])[0]);
        if until == Some(number + 1) {
            break;
        }
    }
    order
}

#[tokio::test(start_paused = true)]
async fn a_run_with_a_memory_holds_few_links_and_numbers_them_the_same() {
    let total = 30_000;
    let pages = Arc::new(Pages::default());
    *pages.fails.lock().unwrap() = Some(MemoryError::Unavailable("the database is busy".to_owned()));
    let order = crawl(&pages, total, PagesDone::default(), None).await;
    assert!(order.iter().copied().eq(0..total), "breadth first");
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_where_it_stopped() {
    let total = 30_000;
    for stopped_at in [1, 2, 11, 700, 4_096, 12_345, 29_999] {
        let pages = Arc::new(Pages::default());
        let first = crawl(&pages, total, PagesDone::default(), Some(stopped_at)).await;
        assert_eq!(first.len() as u64, stopped_at);
        let stored = pages.stored.lock().unwrap().clone();
        let all = || stored.iter().flatten();
        let done = PagesDone {
            next: stopped_at,
            taken: Fingerprints::new(),
            seen: all().map(|link| Fingerprint::of(&link.url)).collect(),
            links: (0..)
                .zip(&stored)
                .filter(|(_, links)| !links.is_empty())
                .map(|(page, links)| (page, links.len() as u64))
                .collect(),
        };
        let second = crawl(&pages, total, done, None).await;
        assert!(
            first.iter().chain(&second).copied().eq(0..total),
            "stopped at {stopped_at}"
        );
    }
}

#[tokio::test]
async fn what_waits_in_memory_is_bounded() {
    let pages = Arc::new(Pages::default());
    let memory: Arc<dyn Memory> = pages.clone();
    let frontier = Frontier::new(1, Fingerprints::new(), PagesDone::default(), Some(memory));
    let most = MOST_WAITING as u64;
    frontier.settle(0, found(1..=most));
    assert_eq!(frontier.lock().waiting.len(), MOST_WAITING);
    frontier.settle(1, found([most + 1]));
    assert_eq!(frontier.lock().waiting.len(), MOST_WAITING);
    assert!(frontier.lock().elsewhere.is_some());
}

#[tokio::test]
async fn links_that_cannot_be_understood_end_the_run() {
    let pages = Arc::new(Pages::default());
    let damaged = MemoryError::Damaged("the links of a page".to_owned());
    *pages.fails.lock().unwrap() = Some(damaged.clone());
    let memory: Arc<dyn Memory> = pages;
    let frontier = Frontier::new(1, Fingerprints::new(), PagesDone::default(), Some(memory));
    frontier.settle(0, found(0..=MOST_WAITING as u64));
    assert_eq!(frontier.next().await, Err(damaged));
}
