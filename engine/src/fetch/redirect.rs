//! The request that follows a redirect, by the fetch standard ("HTTP-redirect fetch").
//!
//! Counting redirects, and noticing that they run in a circle, is the client's.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};

use super::error::FetchErrorKind;
use super::request::Request;
use super::target::{Target, is_http};
use crate::model::public;

/// The characters of a `Location` that a message shows.
const SHOWN: usize = 200;

/// The request that a response asks for, or `None` if the response is no redirect or does not say where to.
///
/// # Errors
/// A `Location` that is no http or https URL.
pub(super) fn redirected(
    request: &Request,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Request>, FetchErrorKind> {
    let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = headers.get(LOCATION).filter(|_| is_redirect) else {
        return Ok(None);
    };
    // Servers send UTF-8 as it is; what is not is read byte by byte, and the URL parser encodes both.
    let location = str::from_utf8(location.as_bytes()).map_or_else(
        |_| location.as_bytes().iter().copied().map(char::from).collect(),
        ToOwned::to_owned,
    );
    let url = request
        .target()
        .url()
        .join(&location)
        .map_err(|error| FetchErrorKind::Location {
            location: shown(&location),
            reason: format!("no URL ({error})"),
        })?;
    if !is_http(&url) {
        let reason = format!("a {} URL", url.scheme());
        return Err(FetchErrorKind::Location {
            location: shown(public(&url).as_str()),
            reason,
        });
    }
    let mut next = request.clone();
    let method = request.method();
    let becomes_get = match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::POST,
        StatusCode::SEE_OTHER => method != Method::GET && method != Method::HEAD,
        _ => false,
    };
    if becomes_get {
        next.turn_to_get();
    }
    next.turn_to(Target::new(&url)?);
    Ok(Some(next))
}

/// A `Location` for a message: without what may be credentials, and not too long.
fn shown(location: &str) -> String {
    let location = location
        .rsplit_once('@')
        .map_or_else(|| location.to_owned(), |(_, host)| format!("…@{host}"));
    match location.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &location[..end]),
        None => location,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use url::Url;

    use super::*;
    use crate::fetch::FetchSettings;
    use crate::fetch::request::Template;

    fn request(method: &str) -> Request {
        let settings = FetchSettings {
            method: method.into(),
            headers: vec![("Content-Type".into(), "text/plain".into())],
            body: Some(Bytes::from_static(b"x")),
            ..FetchSettings::default()
        };
        let url = Url::parse("http://a.example/dir/page?q").unwrap();
        Template::new(&settings).unwrap().on(Target::new(&url).unwrap())
    }

    fn follow(method: &str, status: u16, location: &[u8]) -> Result<Option<Request>, FetchErrorKind> {
        let headers = HeaderMap::from_iter([(LOCATION, location.try_into().unwrap())]);
        redirected(&request(method), StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let check = |method: &str, status: u16, expected: &str| {
            super::super::transport::install_provider();
            let next = follow(method, status, b"/x").unwrap().unwrap();
            let built = next.build(&reqwest::Client::new(), None).unwrap();
            assert_eq!(built.method().as_str(), expected, "{method} {status}");
            let keeps_body = method == expected;
            assert_eq!(built.body().is_some(), keeps_body, "{method} {status}");
            assert_eq!(
                built.headers().contains_key("content-type"),
                keeps_body,
                "{method} {status}"
            );
        };
        for status in [301, 302] {
            check("GET", status, "GET");
            check("POST", status, "GET");
            check("PUT", status, "PUT");
            check("HEAD", status, "HEAD");
        }
        check("POST", 303, "GET");
        check("PUT", 303, "GET");
        check("HEAD", 303, "HEAD");
        for status in [307, 308] {
            check("POST", status, "POST");
        }
    }

    #[test]
    fn locations_are_resolved() {
        let check = |location: &[u8], expected: &str| {
            let next = follow("GET", 302, location).unwrap().unwrap();
            assert_eq!(next.target().url().as_str(), expected);
        };
        check(b"other", "http://a.example/dir/other");
        check(b"?r", "http://a.example/dir/page?r");
        check(b"//b.example/#part", "http://b.example/");
        check(b"https://me:hush@b.example/", "https://b.example/");
        check("/caf\u{e9}".as_bytes(), "http://a.example/caf%C3%A9");
        check(b"/caf\xE9", "http://a.example/caf%C3%A9");
        check(b"", "http://a.example/dir/page?q");
    }

    #[test]
    fn other_answers_are_no_redirects() {
        for status in [200, 201, 300, 304, 305, 404] {
            assert!(follow("GET", status, b"/x").unwrap().is_none(), "{status}");
        }
        assert!(
            redirected(&request("GET"), StatusCode::FOUND, &HeaderMap::new())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn locations_that_cannot_be_fetched_are_errors_without_credentials() {
        let check = |location: &str, shown: &str, reason: &str| {
            let expected = FetchErrorKind::Location {
                location: shown.into(),
                reason: reason.into(),
            };
            assert_eq!(follow("GET", 302, location.as_bytes()).err(), Some(expected));
        };
        check("ftp://me:hush@b.example/", "ftp://b.example/", "a ftp URL");
        check("javascript:alert(1)", "javascript:alert(1)", "a javascript URL");
        check("http://me:hush@[b", "…@[b", "no URL (invalid IPv6 address)");
        let long = format!("data:{}", "x".repeat(1000));
        check(&long, &format!("{}…", &long[..SHOWN]), "a data URL");
    }
}
