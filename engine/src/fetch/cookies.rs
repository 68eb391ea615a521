//! The cookies of a run: those that servers set, kept by RFC 6265's rules and within its limits, and those of the settings.

use std::sync::{Arc, PoisonError, RwLock};

use cookie_store::{Cookie, CookieStore};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// The bytes that a cookie may have with its attributes: more than browsers take.
const MOST_BYTES: usize = 8_192;
/// How many cookies are kept in all, and of one domain (RFC 6265, 6.1, asks for 3,000 and 50 at least). There, further ones are
/// not kept, so that those which came first, the session's among them, stay.
const MOST: Most = Most {
    all: 3_000,
    of_domain: 180,
};

/// A jar that all clones share.
#[derive(Clone)]
pub(super) struct Cookies {
    jar: Arc<RwLock<CookieStore>>,
    most: Most,
}

#[derive(Clone, Copy)]
struct Most {
    all: usize,
    of_domain: usize,
}

impl Default for Cookies {
    fn default() -> Self {
        Self {
            jar: Arc::default(),
            most: MOST,
        }
    }
}

impl Cookies {
    /// Keeps what a response from `url` sets.
    pub(super) fn keep(&self, headers: &HeaderMap, url: &Url) {
        let mut cookies = headers.get_all(SET_COOKIE).iter().peekable();
        if cookies.peek().is_none() {
            return;
        }
        let mut jar = self.jar.write().unwrap_or_else(PoisonError::into_inner);
        for cookie in cookies {
            // What cannot be read, is too large or is not the server's to set is left out, as by browsers.
            if let Ok(text) = str::from_utf8(cookie.as_bytes())
                && text.len() <= MOST_BYTES
                && let Ok(cookie) = Cookie::parse(text, url)
                && self.most.leave_room_for(&cookie, &mut jar)
            {
                let _ = jar.insert(cookie.into_owned(), url);
            }
        }
    }

    /// The `Cookie` header for `url`: the settings' cookies, and the jar's, which go before one of the same name.
    pub(super) fn header(&self, url: &Url, settings: &[(String, String)]) -> Option<HeaderValue> {
        let jar = self.jar.read().unwrap_or_else(PoisonError::into_inner);
        let kept: Vec<_> = jar.get_request_values(url).collect();
        let is_kept = |name: &str| kept.iter().any(|(other, _)| *other == name);
        let given = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs: Vec<_> = given
            .filter(|(name, _)| !is_kept(name))
            .chain(kept.iter().copied())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if pairs.is_empty() {
            None
        } else {
            HeaderValue::from_bytes(pairs.join("; ").as_bytes()).ok()
        }
    }
}

impl Most {
    /// Whether a cookie takes another's place, or there is room for one more; room is made of those that have expired.
    fn leave_room_for(self, cookie: &Cookie<'_>, jar: &mut CookieStore) -> bool {
        let domain = String::from(&cookie.domain);
        if jar.contains(&domain, &cookie.path, cookie.name()) || self.has_room(&domain, jar) {
            return true;
        }
        let expired: Vec<_> = jar
            .iter_any()
            .filter(|cookie| cookie.is_expired())
            .map(|cookie| {
                (
                    String::from(&cookie.domain),
                    String::from(&cookie.path),
                    cookie.name().to_owned(),
                )
            })
            .collect();
        for (domain, path, name) in &expired {
            jar.remove(domain, path, name);
        }
        self.has_room(&domain, jar)
    }

    fn has_room(self, domain: &str, jar: &CookieStore) -> bool {
        let of_domain = |cookie: &&Cookie<'_>| cookie.domain.as_cow().is_some_and(|of| of == domain);
        jar.iter_any().count() < self.all && jar.iter_any().filter(of_domain).count() < self.of_domain
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

    /// The names that are sent to `url` after servers have set these.
    fn sent(most: Most, set: &[(&str, &str)], url: &str) -> Vec<String> {
        let cookies = Cookies {
            most,
            ..Cookies::default()
        };
        for (url, cookie) in set {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, HeaderValue::from_str(cookie).unwrap());
            cookies.keep(&headers, &Url::parse(url).unwrap());
        }
        let header = cookies.header(&Url::parse(url).unwrap(), &[]);
        let header = header.map_or_else(String::new, |header| header.to_str().unwrap().to_owned());
        let mut names: Vec<_> = header
            .split("; ")
            .map(|pair| pair.split('=').next().unwrap().to_owned())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_domain_has_so_many_cookies_and_the_first_stay() {
        let (one, other) = ("http://a.example/", "http://b.example/");
        let most = Most { all: 4, of_domain: 2 };
        assert_eq!(sent(most, &[(one, "a=1"), (one, "b=1")], one), ["a", "b"]);
        assert_eq!(sent(most, &[(one, "a=1"), (one, "b=1"), (one, "c=1")], one), ["a", "b"]);
        let replaced = [
            (one, "a=1"),
            (one, "b=1"),
            (one, "b=2"),
            (one, "a=1; Max-Age=0"),
            (one, "c=1"),
        ];
        assert_eq!(sent(most, &replaced, one), ["b", "c"]);
        let third = "http://c.example/";
        let all = [
            (one, "a=1"),
            (one, "b=1"),
            (other, "a=1"),
            (other, "b=1"),
            (third, "a=1"),
        ];
        assert_eq!(sent(most, &all[..4], other), ["a", "b"]);
        assert_eq!(sent(most, &all, third), [""]);
    }

    #[test]
    fn a_cookie_has_a_largest_size() {
        let url = "http://a.example/";
        let of = |bytes: usize| format!("a={}", "x".repeat(bytes - 2));
        assert_eq!(sent(MOST, &[(url, &of(MOST_BYTES))], url), ["a"]);
        assert_eq!(sent(MOST, &[(url, &of(MOST_BYTES + 1))], url), [""]);
    }
}
