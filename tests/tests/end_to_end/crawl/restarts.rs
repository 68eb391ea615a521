//! A crawl that is killed or paused goes on where it was: every page exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{headings, set};
use crate::support::{Client, Server};

/// A site of so many pages, each of which leads to ten further ones and to some that were seen before.
fn site(pages: usize, asked: Arc<AtomicUsize>) -> RoutedSite {
    RoutedSite::start(move |request| {
        let Some(number) = request
            .target
            .strip_prefix('/')
            .and_then(|number| number.parse::<usize>().ok())
        else {
            return Reply::not_found();
        };
        asked.fetch_add(1, Ordering::Relaxed);
        let further = (number * 10 + 1..=number * 10 + 10).filter(|link| *link < pages);
        let links: String = further
            .chain([number / 2, number, 0])
            .map(|link| format!("<a href={link}>{link}</a>\n"))
            .collect();
        Reply::html(format!("<!doctype html><h1>{number}</h1>{links}"))
    })
}

fn job(site: &RoutedSite, rate: u32) -> Json {
    let fields = json!({
        "rate_limit": rate, "concurrency": 16,
        "follow": [{"links": {"type": "css", "query": "a::attr(href)"}, "depth": 1_000}],
    });
    headings(&format!("{}/0", site.base_url()), &fields)
}

/// That each page is there once, in the order in which it was found.
#[track_caller]
fn check(ann: &Client, job: &str, pages: usize) {
    let numbers: Vec<usize> = ann
        .rows(job)
        .iter()
        .map(|row| row["data"]["heading"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(set(&numbers).len(), numbers.len(), "pages twice");
    assert_eq!(numbers, (0..pages).collect::<Vec<_>>());
}

fn wait_for(asked: &AtomicUsize, pages: usize) {
    let began = Instant::now();
    while asked.load(Ordering::Relaxed) < pages {
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "{pages} pages are not asked for"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_crawl_survives_being_killed_again_and_again() {
    const PAGES: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let site = site(PAGES, Arc::clone(&asked));
    let mut server = Server::start(folder.path());
    let key = server.key("ann");
    let id = server.client_with(Some(&key)).create(&job(&site, 600_000));
    server.client_with(Some(&key)).run(&id);
    for kill_at in [1, 40, 300, 900, 1_500, 2_400] {
        wait_for(&asked, kill_at);
        server.kill();
        server = Server::start(folder.path());
    }
    let ann = server.client_with(Some(&key));
    ann.wait_for(&id, "success");
    check(&ann, &id, PAGES);
    // What was in flight at a kill is asked for again, and nothing else is.
    let twice = asked.load(Ordering::Relaxed) - PAGES;
    assert!(twice <= 6 * 128, "{twice} pages were fetched twice");
}

#[test]
fn a_crawl_is_paused_and_goes_on() {
    const PAGES: usize = 1_500;
    let folder = tempfile::tempdir().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let site = site(PAGES, Arc::clone(&asked));
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let id = ann.create(&job(&site, 60_000));
    ann.run(&id);
    for pause_at in [20, 200, 700] {
        wait_for(&asked, pause_at);
        ann.post(&format!("/jobs/{id}/pause")).expect(200);
        ann.post(&format!("/jobs/{id}/resume")).expect(200);
    }
    ann.wait_for(&id, "success");
    check(&ann, &id, PAGES);
    assert_eq!(asked.load(Ordering::Relaxed), PAGES, "no page was fetched twice");
}
