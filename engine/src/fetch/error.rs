//! Why a page could not be fetched, in the words of a run's errors.
//!
//! Nothing here holds a URL's user name or password, or a header's value.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::guard::Blocked;
use super::proxy::{NoProxy, ProxyFault};
use super::retry::is_transient;
use super::robots::RobotsRefusal;

/// A page that could not be fetched.
///
/// Its message is complete in itself: the URL, what happened, how to mend it, and the number of attempts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}{}", Place { url, at: at.as_ref() }, Attempts(*attempts))]
pub struct FetchError {
    /// The URL that was asked for, without credentials and fragment.
    pub url: Url,
    /// The URL that failed, where redirects had led away from [`url`](Self::url).
    pub at: Option<Url>,
    /// The attempts made, retries included; 0 where no request was sent.
    pub attempts: u32,
    /// What happened.
    pub kind: FetchErrorKind,
}

impl FetchError {
    /// The code that a run's errors carry.
    pub fn code(&self) -> FetchCode {
        self.kind.code()
    }

    /// Whether the same request may fare better later.
    pub fn may_pass(&self) -> bool {
        is_transient(&self.kind)
    }
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchErrorKind {
    /// A scheme that is not fetched.
    #[error("the scheme '{scheme}' cannot be fetched; give an http or https URL")]
    Scheme {
        /// The scheme, without its colon.
        scheme: String,
    },
    /// A URL of which the HTTP library can make no request, such as one of more than 64 KiB.
    #[error("the URL cannot be requested: {reason}; shorten or correct it")]
    Unrequestable {
        /// What the library said.
        reason: String,
    },
    /// A redirect whose `Location` is no URL that can be fetched.
    #[error("the server redirects to '{location}', which is {reason}; give the page's final URL instead")]
    Location {
        /// The header as it stood, without credentials, shortened.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host has no address.
    #[error("cannot find the host '{host}': {reason}; check its name and this machine's DNS")]
    Dns {
        /// The host's name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No connection, or one that broke before the whole response was there.
    #[error("the connection to '{host}' failed while {stage}: {reason}; check that the server is up and reachable")]
    Connect {
        /// The host and, where it is not the scheme's own, the port.
        host: String,
        /// How far the request had come.
        stage: Stage,
        /// The innermost cause.
        reason: String,
    },
    /// The server's certificate or its TLS was refused.
    #[error("no secure connection to '{host}': {reason}; check the certificate, or the port if it does not speak TLS")]
    Tls {
        /// The host and, where it is not the scheme's own, the port.
        host: String,
        /// What the TLS library said.
        reason: String,
    },
    /// The response was not there in time.
    #[error(
        "timed out after {} s while {stage}; raise request.timeout_ms if the server is known to be slow",
        limit.as_secs_f64()
    )]
    Timeout {
        /// The time that one request may take.
        limit: Duration,
        /// How far the request had come.
        stage: Stage,
    },
    /// More redirects than allowed.
    #[error("more than {limit} redirects; give the page's final URL, or raise request.max_redirects")]
    TooManyRedirects {
        /// `max_redirects`.
        limit: u32,
    },
    /// A redirect to a request that was already made with the same cookies.
    #[error("the redirects run in a circle; check the URL, and whether the site wants a cookie or a login")]
    RedirectLoop,
    /// An answer that is neither a page nor a redirect.
    #[error("the server answered {}{}", Status(*status), Asked(*retry_after))]
    HttpStatus {
        /// The status code.
        status: u16,
        /// What `Retry-After` asked for, where that is longer than it is obeyed.
        retry_after: Option<Duration>,
    },
    /// A body above `max_body_bytes`.
    #[error("the body is larger than {limit} bytes; raise request.max_body_bytes if the page is meant to be so large")]
    BodyTooLarge {
        /// `max_body_bytes`, counted after decompression.
        limit: u64,
    },
    /// A compressed body that is damaged or cut off, or a coding that is not known.
    #[error(
        "the body cannot be decoded as '{coding}': {reason}; the server sends it damaged, or set the header \
         Accept-Encoding to identity"
    )]
    BadEncoding {
        /// What `Content-Encoding` says.
        coding: String,
        /// What the decoder said.
        reason: String,
    },
    /// An address or a port that the guard refuses.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The site's robots.txt does not let the page be fetched.
    #[error(transparent)]
    Robots(Box<RobotsRefusal>),
    /// A proxy failed, and so did the others that it was tried with.
    #[error("the proxy {proxy} {fault}")]
    Proxy {
        /// The last one's host and port.
        proxy: String,
        /// What is wrong with it.
        fault: ProxyFault,
    },
    /// There is no proxy to try.
    #[error(transparent)]
    NoProxy(NoProxy),
    /// The run was stopped.
    #[error("cancelled before the page was fetched")]
    Cancelled,
}

impl From<RobotsRefusal> for FetchErrorKind {
    fn from(refusal: RobotsRefusal) -> Self {
        Self::Robots(Box::new(refusal))
    }
}

impl FetchErrorKind {
    /// The code that a run's errors carry.
    pub fn code(&self) -> FetchCode {
        match self {
            Self::Scheme { .. } | Self::Unrequestable { .. } | Self::Location { .. } => FetchCode::InvalidUrl,
            Self::Dns { .. } | Self::Connect { .. } => FetchCode::ConnectFailed,
            Self::Tls { .. } => FetchCode::TlsFailed,
            Self::Timeout { .. } => FetchCode::Timeout,
            Self::TooManyRedirects { .. } | Self::RedirectLoop => FetchCode::TooManyRedirects,
            Self::HttpStatus { .. } => FetchCode::HttpStatus,
            Self::BodyTooLarge { .. } => FetchCode::BodyTooLarge,
            Self::BadEncoding { .. } => FetchCode::BadEncoding,
            Self::Blocked(_) => FetchCode::BlockedAddress,
            Self::Robots(_) => FetchCode::BlockedByRobots,
            Self::Proxy { .. } | Self::NoProxy(_) => FetchCode::ProxyFailed,
            Self::Cancelled => FetchCode::Cancelled,
        }
    }
}

/// The codes of a run's errors that fetching can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchCode {
    /// `invalid_url`
    InvalidUrl,
    /// `blocked_address`
    BlockedAddress,
    /// `blocked_by_robots`
    BlockedByRobots,
    /// `connect_failed`
    ConnectFailed,
    /// `tls_failed`
    TlsFailed,
    /// `timeout`
    Timeout,
    /// `too_many_redirects`
    TooManyRedirects,
    /// `http_status`
    HttpStatus,
    /// `body_too_large`
    BodyTooLarge,
    /// `bad_encoding`
    BadEncoding,
    /// `proxy_failed`
    ProxyFailed,
    /// `cancelled`
    Cancelled,
}

impl FetchCode {
    /// The code as a run's errors spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidUrl => "invalid_url",
            Self::BlockedAddress => "blocked_address",
            Self::BlockedByRobots => "blocked_by_robots",
            Self::ConnectFailed => "connect_failed",
            Self::TlsFailed => "tls_failed",
            Self::Timeout => "timeout",
            Self::TooManyRedirects => "too_many_redirects",
            Self::HttpStatus => "http_status",
            Self::BodyTooLarge => "body_too_large",
            Self::BadEncoding => "bad_encoding",
            Self::ProxyFailed => "proxy_failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for FetchCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a request had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// No connection was there yet.
    Connecting,
    /// The request was under way, its response's head not complete.
    Waiting,
    /// The response's body was under way.
    Reading,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::Waiting => "waiting for the response",
            Self::Reading => "reading the body",
        })
    }
}

/// The URL, and where its redirects led.
struct Place<'a> {
    url: &'a Url,
    at: Option<&'a Url>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            None => write!(f, "{}: ", self.url),
            Some(at) => write!(f, "{} (redirected to {at}): ", self.url),
        }
    }
}

/// The number of attempts, where there was more than one.
struct Attempts(u32);

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => Ok(()),
            attempts => write!(f, " ({attempts} attempts)"),
        }
    }
}

/// A status code with its standard name.
struct Status(u16);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = reqwest::StatusCode::from_u16(self.0)
            .ok()
            .and_then(|status| status.canonical_reason());
        write!(
            f,
            "{}{}{}",
            self.0,
            if name.is_some() { " " } else { "" },
            name.unwrap_or_default()
        )
    }
}

/// What `Retry-After` asked for, and that it was too long.
struct Asked(Option<Duration>);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(asked) = self.0 else { return Ok(()) };
        write!(
            f,
            " and asks to wait {} s, more than the {} s that a run waits; run the job again later or lower its rate_limit",
            asked.as_secs(),
            super::retry::LONGEST_RETRY_AFTER.as_secs(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: FetchErrorKind, at: Option<&str>, attempts: u32) -> FetchError {
        let parse = |url: &str| Url::parse(url).unwrap();
        FetchError {
            url: parse("http://shop.example/p"),
            at: at.map(parse),
            attempts,
            kind,
        }
    }

    #[test]
    fn messages_say_where_what_and_how_often() {
        let check = |error: FetchError, code: &str, message: &str| {
            assert_eq!(error.code().as_str(), code);
            assert_eq!(error.to_string(), message);
        };
        check(
            error(
                FetchErrorKind::HttpStatus {
                    status: 503,
                    retry_after: None,
                },
                None,
                4,
            ),
            "http_status",
            "http://shop.example/p: the server answered 503 Service Unavailable (4 attempts)",
        );
        check(
            error(
                FetchErrorKind::HttpStatus {
                    status: 799,
                    retry_after: None,
                },
                Some("http://b.example/"),
                1,
            ),
            "http_status",
            "http://shop.example/p (redirected to http://b.example/): the server answered 799",
        );
        check(
            error(
                FetchErrorKind::HttpStatus {
                    status: 429,
                    retry_after: Some(Duration::from_mins(10)),
                },
                None,
                1,
            ),
            "http_status",
            "http://shop.example/p: the server answered 429 Too Many Requests and asks to wait 600 s, more than the \
             120 s that a run waits; run the job again later or lower its rate_limit",
        );
        check(
            error(
                FetchErrorKind::Timeout {
                    limit: Duration::from_millis(1500),
                    stage: Stage::Reading,
                },
                None,
                2,
            ),
            "timeout",
            "http://shop.example/p: timed out after 1.5 s while reading the body; raise request.timeout_ms if the \
             server is known to be slow (2 attempts)",
        );
        let robots = Url::parse("http://shop.example/robots.txt").unwrap();
        check(
            error(
                FetchErrorKind::from(RobotsRefusal::Rule {
                    robots: robots.clone(),
                    agent: "SnowScrape".into(),
                    rule: "/p".into(),
                }),
                None,
                1,
            ),
            "blocked_by_robots",
            "http://shop.example/p: http://shop.example/robots.txt disallows it for SnowScrape by the rule 'Disallow: \
             /p'; leave the page out, or set request.robots to \"ignore\" if the site's owner lets you fetch it",
        );
        check(
            error(
                FetchErrorKind::from(RobotsRefusal::Unreachable {
                    robots,
                    reason: "the server answered 503 Service Unavailable".into(),
                }),
                None,
                1,
            ),
            "blocked_by_robots",
            "http://shop.example/p: http://shop.example/robots.txt cannot be read (the server answered 503 Service \
             Unavailable), and while it cannot, nothing of the site may be fetched; run the job again later, or set \
             request.robots to \"ignore\" if the site's owner lets you",
        );
    }
}
