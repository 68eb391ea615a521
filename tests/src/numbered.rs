//! A site of as many pages as are asked for: `/1`, `/2` and so on, each with its number, and as slow as it is told to be.
//!
//! For what needs many pages and cares little for what is on them: restarts, queues, sizes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::loopback::{Loopback, serve_http};

/// The site on 127.0.0.1, until this value is dropped.
#[derive(Debug)]
pub struct NumberedSite {
    server: Loopback,
    requests: Arc<AtomicUsize>,
    open: watch::Sender<usize>,
}

impl NumberedSite {
    /// Serves on a free port; each answer takes so long.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start(delay: Duration) -> Self {
        Self::with_items(delay, 0)
    }

    /// A site that answers so many requests at once, and the others when it is told to [`Self::release`] them: whoever reads
    /// it is surely not done before that.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn held_after(requests: usize) -> Self {
        let site = Self::start(Duration::ZERO);
        site.open.send_replace(requests);
        site
    }

    /// Answers what is held, and whatever comes.
    pub fn release(&self) {
        self.open.send_replace(usize::MAX);
    }

    /// [`Self::start`], with so many items on each page: `li`, each with a number, a price and a link.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn with_items(delay: Duration, items: usize) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let open = watch::Sender::new(usize::MAX);
        let opened = open.subscribe();
        let server = Loopback::start(0, move |stream| {
            let (counted, opened) = (Arc::clone(&counted), opened.clone());
            serve_http(stream, move |request| {
                let is_page = request.uri().path() != "/robots.txt";
                let number = counted.fetch_add(usize::from(is_page), Ordering::Relaxed);
                let mut opened = opened.clone();
                async move {
                    if !is_page {
                        return answer(&request, items);
                    }
                    // A site that is gone holds nobody.
                    let _ = opened.wait_for(|open| number < *open).await;
                    tokio::time::sleep(delay).await;
                    answer(&request, items)
                }
            })
        });
        Self {
            server: server.expect("loopback has a free port"),
            requests,
            open,
        }
    }

    /// The site's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// How many requests there were; those for robots.txt, which it has not, aside.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Waits until there were so many requests.
    ///
    /// # Panics
    /// If they do not come within a minute.
    pub fn wait_for_requests(&self, requests: usize) {
        let began = Instant::now();
        while self.requests() < requests {
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "{requests} requests do not come"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A job that takes the number from each of so many pages.
    pub fn job(&self, pages: usize) -> Value {
        json!({
            "name": "Numbers",
            "source": format!("{}/[1-{pages}]", self.base_url()),
            "rate_limit": 600_000,
            "queries": [
                {"name": "number", "type": "css", "query": "h1::text", "as": "integer"},
                {"name": "text", "type": "xpath", "query": "//p/text()"}
            ]
        })
    }
}

fn answer(request: &Request<hyper::body::Incoming>, items: usize) -> Response<Full<Bytes>> {
    let number = request.uri().path().trim_start_matches('/');
    let list: String = (0..items)
        .map(|item| {
            format!("<li><b>{item}</b> <i>Item {item} of page {number}</i> <s>{item}.95</s> <a href='/item/{number}/{item}'>more</a>\n")
        })
        .collect();
    let page = format!(
        "<!doctype html><title>{number}</title><h1>{number}</h1><p>The page of the number {number}</p><ul>{list}</ul>"
    );
    Response::builder()
        .header("content-type", "text/html; charset=utf-8")
        .body(Full::new(Bytes::from(page)))
        .expect("the head is right")
}
