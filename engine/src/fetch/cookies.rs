//! The cookies of a run: those that servers set, kept by RFC 6265's rules, and those of the settings.

use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// A jar that all clones share.
#[derive(Clone, Default)]
pub(super) struct Cookies(Arc<Jar>);

impl Cookies {
    /// Keeps what a response from `url` sets.
    pub(super) fn keep(&self, headers: &HeaderMap, url: &Url) {
        let mut cookies = headers.get_all(SET_COOKIE).iter().peekable();
        if cookies.peek().is_some() {
            self.0.set_cookies(&mut cookies, url);
        }
    }

    /// The `Cookie` header for `url`: the settings' cookies, and the jar's, which go before one of the same name.
    pub(super) fn header(&self, url: &Url, settings: &[(String, String)]) -> Option<HeaderValue> {
        let kept = self.0.cookies(url);
        let kept = kept
            .as_ref()
            .map_or("", |value| str::from_utf8(value.as_bytes()).unwrap_or_default());
        let names: Vec<_> = kept
            .split("; ")
            .filter_map(|pair| Some(pair.split_once('=')?.0))
            .collect();
        let pairs: Vec<_> = settings
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}={value}"))
            .chain((!kept.is_empty()).then(|| kept.to_owned()))
            .collect();
        if pairs.is_empty() {
            None
        } else {
            HeaderValue::from_bytes(pairs.join("; ").as_bytes()).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_sent_and_the_servers_word_is_last() {
        let cookies = Cookies::default();
        let url = Url::parse("http://a.example/").unwrap();
        let check = |url: &str, settings: &[(&str, &str)], expected: Option<&str>| {
            let settings: Vec<_> = settings
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect();
            let header = cookies.header(&Url::parse(url).unwrap(), &settings);
            assert_eq!(header.as_ref().map(|value| value.to_str().unwrap()), expected, "{url}");
        };
        check("http://a.example/", &[], None);
        check("http://a.example/", &[("a", "1"), ("b", "2")], Some("a=1; b=2"));
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("b=3; Path=/"));
        cookies.keep(&headers, &url);
        check("http://a.example/x", &[], Some("b=3"));
        check("http://a.example/x", &[("a", "1"), ("b", "2")], Some("a=1; b=3"));
        check("http://b.example/", &[("b", "2")], Some("b=2"));
    }
}
