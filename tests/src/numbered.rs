//! A site of as many pages as are asked for: `/1`, `/2` and so on, each with its number, and as slow as it is told to be.
//!
//! For what needs many pages and cares little for what is on them: restarts, queues, sizes.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::loopback::Loopback;

/// The site on 127.0.0.1, until this value is dropped.
#[derive(Debug)]
pub struct NumberedSite {
    server: Loopback,
    requests: Arc<AtomicUsize>,
}

impl NumberedSite {
    /// Serves on a free port; each answer takes so long.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start(delay: Duration) -> Self {
        Self::with_items(delay, 0)
    }

    /// [`Self::start`], with so many items on each page: `li`, each with a number, a price and a link.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn with_items(delay: Duration, items: usize) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let server = Loopback::start(0, move |stream| {
            let counted = Arc::clone(&counted);
            async move {
                let service = service_fn(move |request| answer(request, Arc::clone(&counted), delay, items));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                // A client that is killed hangs up, which is no error here.
                let _ = connection.await;
            }
        });
        Self {
            server: server.expect("loopback has a free port"),
            requests,
        }
    }

    /// The site's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
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

async fn answer(
    request: Request<hyper::body::Incoming>,
    requests: Arc<AtomicUsize>,
    delay: Duration,
    items: usize,
) -> Result<Response<Full<Bytes>>, Infallible> {
    requests.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(delay).await;
    let number = request.uri().path().trim_start_matches('/');
    let list: String = (0..items)
        .map(|item| {
            format!("<li><b>{item}</b> <i>Item {item} of page {number}</i> <s>{item}.95</s> <a href='/item/{number}/{item}'>more</a>\n")
        })
        .collect();
    let page = format!(
        "<!doctype html><title>{number}</title><h1>{number}</h1><p>The page of the number {number}</p><ul>{list}</ul>"
    );
    Ok(Response::builder()
        .header("content-type", "text/html; charset=utf-8")
        .body(Full::new(Bytes::from(page)))
        .expect("the head is right"))
}
