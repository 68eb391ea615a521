//! How pages are asked for.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::SecretText;

/// What every request of a job carries, and how far it goes for a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Header fields in the order in which they were given; names are unique without regard to case.
    #[serde(serialize_with = "as_map")]
    pub headers: Vec<(String, SecretText)>,
    /// Cookies in the order in which they were given.
    #[serde(serialize_with = "as_map")]
    pub cookies: Vec<(String, SecretText)>,
    /// The body; never with GET.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// User name and password of basic authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// The `User-Agent`; the engine's own if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// How long one attempt may take, body included, in milliseconds.
    pub timeout_ms: u32,
    /// Attempts in all.
    pub attempts: u32,
    /// Redirects followed for one page.
    pub max_redirects: u32,
    /// The largest body, in bytes after decoding.
    pub max_body_bytes: u64,
    /// What the job says of robots.txt; `None` where it says nothing, which means [`Robots::Obey`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robots: Option<Robots>,
    /// Whether pages that have not changed since the last successful run make no rows.
    pub only_changed: bool,
}

impl Request {
    /// [`Request::timeout_ms`] as a duration.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.timeout_ms))
    }

    /// What is done about robots.txt.
    pub fn robots(&self) -> Robots {
        self.robots.unwrap_or_default()
    }
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: Method::default(),
            headers: Vec::new(),
            cookies: Vec::new(),
            body: None,
            auth: None,
            user_agent: None,
            timeout_ms: 30_000,
            attempts: 4,
            max_redirects: 10,
            max_body_bytes: 32 * 1024 * 1024,
            robots: None,
            only_changed: false,
        }
    }
}

closed_set! {
    /// The HTTP methods that fetch a page.
    #[derive(Default)]
    pub enum Method {
        /// Without a body.
        #[default]
        Get = "GET",
        /// With a body, as forms and search interfaces want it.
        Post = "POST",
        /// With a body.
        Put = "PUT",
        /// With a body.
        Patch = "PATCH",
        /// With or without a body.
        Delete = "DELETE",
    }
}

closed_set! {
    /// What is done about robots.txt (RFC 9309).
    #[derive(Default)]
    pub enum Robots {
        /// A page that it forbids fails as `blocked_by_robots`.
        #[default]
        Obey = "obey",
        /// It is not asked for.
        Ignore = "ignore",
    }
}

/// User name and password of HTTP's basic authentication (RFC 7617).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Auth {
    /// The user name; never with a colon.
    pub username: SecretText,
    /// The password.
    pub password: SecretText,
}

fn as_map<S: Serializer>(entries: &[(String, SecretText)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}
