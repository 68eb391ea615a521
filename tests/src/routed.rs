//! A site whose answers a test writes, request by request, and that remembers what it was asked.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::loopback::{Loopback, serve_http};

/// The site on 127.0.0.1, until this value is dropped.
#[derive(Debug)]
pub struct RoutedSite {
    server: Loopback,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Asked {
    /// A header's value; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }
}

impl Reply {
    /// A page of HTML.
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::of("text/html; charset=utf-8", body)
    }

    /// A document of any type.
    pub fn of(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", media_type.to_owned())],
            body: body.into(),
        }
    }

    /// A page that is not there.
    pub fn not_found() -> Self {
        Self::html("not found").status(404)
    }

    /// A redirect.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::html("").status(302).with("location", location)
    }

    /// The same with another status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same with one header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn response(self) -> Response<Full<Bytes>> {
        let start = Response::builder().status(self.status);
        self.headers
            .into_iter()
            .fold(start, |response, (name, value)| response.header(name, value))
            .body(Full::new(Bytes::from(self.body)))
            .expect("the head is right")
    }
}

impl RoutedSite {
    /// Serves on a free port.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let kept = Arc::clone(&asked);
        let server = Loopback::start(0, move |stream| {
            let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
            serve_http(stream, move |request| {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                async move {
                    let asked = read(request).await;
                    let reply = answer(&asked);
                    kept.lock().expect("nobody panics while holding this").push(asked);
                    reply.response()
                }
            })
        });
        Self {
            server: server.expect("loopback has a free port"),
            asked,
        }
    }

    /// The site's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// What it was asked since this was last called.
    ///
    /// # Panics
    /// If an answer panicked.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no answer panics"))
    }

    /// Paths and queries of the requests since this, or [`Self::take_asked`], was last called.
    pub fn take_targets(&self) -> Vec<String> {
        self.take_asked().into_iter().map(|asked| asked.target).collect()
    }
}

async fn read(request: Request<Incoming>) -> Asked {
    let (head, body) = request.into_parts();
    // A body that breaks off is as much as came of it.
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    Asked {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
