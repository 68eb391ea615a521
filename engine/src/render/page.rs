//! What is asked of the browser for one page, and what it gives.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use url::Url;

use super::gate::Gate;
use crate::model::public;

/// One page, as the browser is to ask for it.
#[derive(Clone)]
pub struct PageRequest {
    /// Where it is. Credentials in it are taken for [`auth`](Self::auth).
    pub url: Url,
    /// The method of the document's request, upper case.
    pub method: String,
    /// Names and values of headers. They go with every request of the page to the URL's own origin, its scripts'
    /// included, and to no other. Those that only the browser can know (`Host`, `Content-Length`, …) are left out.
    pub headers: Vec<(String, String)>,
    /// Names and values of cookies of the URL's host. A context takes them once for each host, so that the servers'
    /// own word is the last.
    pub cookies: Vec<(String, String)>,
    /// The body of the document's request.
    pub body: Option<Bytes>,
    /// Credentials for HTTP's Basic scheme (RFC 7617), for the URL's own origin.
    pub auth: Option<Credentials>,
    /// The bytes that the rendered document may have.
    pub max_bytes: u64,
    /// Who says where the page may lead; it may lead anywhere if `None`.
    pub gate: Option<Arc<dyn Gate>>,
}

impl PageRequest {
    /// A GET of a URL with the limits of a job's defaults.
    pub fn get(url: Url) -> Self {
        Self {
            url,
            method: "GET".to_owned(),
            headers: Vec::new(),
            cookies: Vec::new(),
            body: None,
            auth: None,
            max_bytes: 32 * 1024 * 1024,
            gate: None,
        }
    }
}

impl fmt::Debug for PageRequest {
    /// Values of headers and cookies, and the body, may be secrets and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("PageRequest")
            .field("url", &public(&self.url).as_str())
            .field("method", &self.method)
            .field("headers", &names(&self.headers))
            .field("cookies", &names(&self.cookies))
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("auth", &self.auth)
            .field("max_bytes", &self.max_bytes)
            .field("gate", &self.gate)
            .finish()
    }
}

/// A user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name, without a colon.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// One rendered document, in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedPage {
    /// Where the page is in the end, after redirects and scripts, without credentials and fragment.
    pub url: Url,
    /// The status code of the document's response, whatever it is: 404 and 500 have pages too.
    pub status: u16,
    /// The response's `Retry-After` as it stands there.
    pub retry_after: Option<String>,
    /// The document's type: `text/html`, lower case, without parameters.
    pub media_type: String,
    /// HTML and XHTML: the live document, serialised as HTML, with its document type, its open shadow roots as
    /// `<template shadowrootmode="open">` (not those of XHTML), and where frames are wanted the content of each in a
    /// `<template data-frame="URL">` right after its element (for a frame set at the end of the head). Any other
    /// text: what the server sent, decoded.
    pub html: String,
    /// A PNG of the window as it was in the end.
    pub screenshot: Option<Bytes>,
    /// When the document was taken.
    pub fetched_at: Timestamp,
    /// What it took, from asking for the page to its document.
    pub elapsed: Duration,
    /// How many requests were not let through because of their kind. Web sockets are not counted.
    pub blocked: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let request = PageRequest {
            headers: vec![("X-Key".into(), "hush".into())],
            cookies: vec![("sid".into(), "hush".into())],
            body: Some(Bytes::from_static(b"hush")),
            auth: Some(Credentials {
                username: "me".into(),
                password: "hush".into(),
            }),
            ..PageRequest::get(Url::parse("http://a:hush@h.example/").unwrap())
        };
        let shown = format!("{request:?}");
        assert!(
            shown.contains("X-Key") && shown.contains("sid") && shown.contains("me"),
            "{shown}"
        );
        assert!(!shown.contains("hush"), "{shown}");
    }
}
