//! A site of pages that a test wrote: `/1` is the first of them.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};

use crate::loopback::{Loopback, serve_http};

/// The site on 127.0.0.1, until this value is dropped.
#[derive(Debug)]
pub struct PageSite(Loopback);

impl PageSite {
    /// Serves pages of plain text on a free port.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start(pages: impl IntoIterator<Item = String>) -> Self {
        let pages: Arc<Vec<Bytes>> = Arc::new(pages.into_iter().map(Bytes::from).collect());
        let server = Loopback::start(0, move |stream| {
            let pages = Arc::clone(&pages);
            serve_http(stream, move |request| std::future::ready(answer(&request, &pages)))
        });
        Self(server.expect("loopback has a free port"))
    }

    /// The site's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.0.base_url()
    }
}

fn answer(request: &Request<hyper::body::Incoming>, pages: &[Bytes]) -> Response<Full<Bytes>> {
    let number = request.uri().path().trim_start_matches('/').parse::<usize>().ok();
    let page = number.and_then(|number| pages.get(number.checked_sub(1)?));
    Response::builder()
        .status(if page.is_some() { 200 } else { 404 })
        .header("content-type", "text/plain; charset=utf-8")
        .body(Full::new(page.cloned().unwrap_or_default()))
        .expect("the head is right")
}
