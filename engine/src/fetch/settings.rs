//! What a run's requests are made of, in plain types.
//!
//! Names follow the job's `request` block. The values are checked when a [`Client`](super::Client) is made of them.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use url::{Origin, Url};

use super::proxy::NoProxy;
use super::request::is_secret;
use crate::model::ProxyConfig;

/// How a run's pages are asked for.
#[derive(Clone, PartialEq)]
pub struct FetchSettings {
    /// The HTTP method, upper case.
    pub method: String,
    /// Names and values of headers, beside those that the client sets.
    pub headers: Vec<(String, String)>,
    /// Names of those headers whose values are secrets, beside the ones whose names say so.
    pub secret_headers: Vec<String>,
    /// Names and values of cookies, sent beside those that the servers set in the run.
    pub cookies: Vec<(String, String)>,
    /// The body of each request.
    pub body: Option<Bytes>,
    /// Credentials for HTTP's Basic scheme. A URL's own credentials go before these.
    pub auth: Option<BasicAuth>,
    /// The `User-Agent`; [`default_user_agent`](Self::default_user_agent) where none is given.
    pub user_agent: Option<String>,
    /// Where credentials go: secret headers, cookies and `auth`. Other origins get none, as after a redirect; every origin does if
    /// `None`.
    pub own_origins: Option<Vec<Origin>>,
    /// The time one request may take, from connecting to the body's last byte. A redirect or a retry is a request
    /// of its own; waiting for the rate limit does not count.
    pub timeout: Duration,
    /// The attempts at a page in all, at least 1.
    pub attempts: u32,
    /// The redirects followed for one page.
    pub max_redirects: u32,
    /// The bytes a body may have, after decompression.
    pub max_body_bytes: u64,
    /// The proxies that the run wants; none if `None`.
    pub proxies: Option<WantedProxies>,
    /// The pace of the run's requests.
    pub rate: Rate,
    /// Whether robots.txt is obeyed, where the client is given a [`RobotsCache`](super::RobotsCache).
    pub robots: bool,
}

impl FetchSettings {
    /// Whether a page's origin gets the credentials.
    pub fn owns(&self, url: &Url) -> bool {
        let origins = self.own_origins.as_ref();
        origins.is_none_or(|origins| origins.contains(&url.origin()))
    }

    /// The same without what only the own origins get.
    #[must_use]
    pub fn without_credentials(&self) -> Self {
        let is_secret = |name: &String| {
            self.secret_headers
                .iter()
                .any(|secret| secret.eq_ignore_ascii_case(name))
                || is_secret(name)
        };
        Self {
            headers: self
                .headers
                .iter()
                .filter(|(name, _)| !is_secret(name))
                .cloned()
                .collect(),
            cookies: Vec::new(),
            auth: None,
            ..self.clone()
        }
    }

    /// `SnowScrape/` and the version: it names the product, and no address to write to.
    pub fn default_user_agent() -> String {
        format!("SnowScrape/{}", env!("CARGO_PKG_VERSION"))
    }
}

impl Default for FetchSettings {
    /// The defaults of a job.
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            own_origins: None,
            cookies: Vec::new(),
            body: None,
            auth: None,
            user_agent: None,
            timeout: Duration::from_secs(30),
            attempts: 4,
            max_redirects: 10,
            max_body_bytes: 32 * 1024 * 1024,
            proxies: None,
            rate: Rate::DEFAULT,
            robots: true,
        }
    }
}

impl fmt::Debug for FetchSettings {
    /// Values of headers and cookies, and the body, may be secrets and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("FetchSettings")
            .field("method", &self.method)
            .field("headers", &names(&self.headers))
            .field("cookies", &names(&self.cookies))
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("auth", &self.auth)
            .field("user_agent", &self.user_agent)
            .field("timeout", &self.timeout)
            .field("attempts", &self.attempts)
            .field("max_redirects", &self.max_redirects)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("proxies", &self.proxies)
            .field("rate", &self.rate)
            .field("robots", &self.robots)
            .finish_non_exhaustive()
    }
}

/// Through which proxies a run's requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedProxies {
    /// What the job says of them.
    pub config: ProxyConfig,
    /// What the job is known by: its sticky proxies are the same in all its runs.
    pub job: String,
}

/// A user name and password for HTTP's Basic scheme (RFC 7617).
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The user name, without a colon.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicAuth")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Requests a minute: above 0, at most [`Rate::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// The most that can be asked for.
    pub const MAX: f64 = 600_000.0;
    /// A job's default: 10 a minute.
    pub const DEFAULT: Self = Self(10.0);
    /// What a rate next to nothing comes to: a wait that ends with the process.
    const LONGEST_INTERVAL: Duration = Duration::from_hours(10 * 365 * 24);

    /// The rate of so many requests a minute.
    ///
    /// # Errors
    /// A number that is not above 0, or above [`Rate::MAX`], or none.
    pub fn per_minute(requests: f64) -> Result<Self, RateError> {
        if requests > 0.0 && requests <= Self::MAX {
            Ok(Self(requests))
        } else {
            Err(RateError(requests))
        }
    }

    /// The time from one request to the next.
    pub fn interval(self) -> Duration {
        Duration::try_from_secs_f64(60.0 / self.0).map_or(Self::LONGEST_INTERVAL, |it| it.min(Self::LONGEST_INTERVAL))
    }
}

/// A rate that cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("rate_limit is {0}: give requests a minute, above 0 and at most {max}", max = Rate::MAX)]
pub struct RateError(f64);

/// Settings of which no request can be made. Messages name the field, never a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not a method's name.
    #[error("request.method '{0}' is no HTTP method; give one such as GET or POST")]
    Method(String),
    /// A method that asks for no page.
    #[error("request.method '{0}' does not fetch a page; give one such as GET or POST")]
    MethodWithoutPage(String),
    /// A header's name has characters that HTTP does not allow.
    #[error("request.headers: '{0}' is no header name; use letters, digits and hyphens")]
    HeaderName(String),
    /// A header's value has a line break or another control character.
    #[error("request.headers: the value of '{0}' has control characters; remove them")]
    HeaderValue(String),
    /// A header that belongs to the connection or frames the body.
    #[error("request.headers: '{0}' is set by the client; remove it")]
    ReservedHeader(String),
    /// A cookie's name or value has characters that HTTP does not allow.
    #[error("request.cookies: '{0}' has a name or value with a separator or a control character; encode it")]
    Cookie(String),
    /// A colon ends the user name in HTTP's Basic scheme.
    #[error("request.auth.username has a colon, which HTTP's Basic scheme does not allow; remove it")]
    Username,
    /// A user agent with control characters.
    #[error("request.user_agent has control characters; remove them")]
    UserAgent,
    /// No attempt at all.
    #[error("request.attempts is 0; give at least 1")]
    Attempts,
    /// The run wants proxies, and there are none.
    #[error(transparent)]
    Proxies(NoProxy),
    /// The HTTP library could not be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Transport(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_bounds_on_both_sides() {
        let check = |rate: f64, interval: Option<Duration>| {
            assert_eq!(Rate::per_minute(rate).ok().map(Rate::interval), interval, "{rate}");
        };
        check(60.0, Some(Duration::from_secs(1)));
        check(0.5, Some(Duration::from_mins(2)));
        check(Rate::MAX, Some(Duration::from_micros(100)));
        check(f64::MIN_POSITIVE, Some(Rate::LONGEST_INTERVAL));
        check(Rate::MAX + 0.1, None);
        check(0.0, None);
        check(-1.0, None);
        check(f64::NAN, None);
        check(f64::INFINITY, None);
        assert_eq!(Rate::DEFAULT.interval(), Duration::from_secs(6));
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = FetchSettings {
            headers: vec![("Authorization".into(), "hush".into())],
            cookies: vec![("session".into(), "hush".into())],
            body: Some(Bytes::from_static(b"hush")),
            auth: Some(BasicAuth {
                username: "me".into(),
                password: "hush".into(),
            }),
            ..FetchSettings::default()
        };
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("session") && shown.contains("Authorization"), "{shown}");
    }
}
