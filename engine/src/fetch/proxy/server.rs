//! One proxy: where it stands, and how one speaks to it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;
use url::{Host, Url};

use super::fault::ProxyFault;
use crate::fetch::{AddressGuard, Blocked};
use crate::model::GeoTarget;

/// A proxy that requests can go through. `Debug` and `Display` show scheme, host and port, and never the credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyServer {
    scheme: ProxyScheme,
    host: Host,
    port: u16,
    credentials: Option<Credentials>,
    /// The URL with its credentials, as the HTTP library takes it.
    url: Url,
    id: ProxyId,
    location: Option<GeoTarget>,
    weight: NonZeroU32,
}

/// Which proxy: a hash of its URL, so that the same one has the same id in every process and after every restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxyId(u64);

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// HTTP in the clear: absolute URLs, and CONNECT for tunnels (RFC 9110, section 9.3.6).
    Http,
    /// The same within TLS.
    Https,
    /// SOCKS version 5 (RFC 1928), the names resolved by the proxy.
    Socks5,
}

/// In the form in which the proxy's protocol wants them.
#[derive(Clone, PartialEq, Eq)]
enum Credentials {
    /// The value of `Proxy-Authorization`.
    Basic(HeaderValue),
    /// A user name and a password (RFC 1929).
    Plain(String, String),
}

/// A text that is no proxy's URL. It never shows the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// It is no URL at all.
    #[error("it is no URL: {0}; write one like http://user:password@host:port")]
    Malformed(url::ParseError),
    /// Its scheme is another. It is not shown, since without a scheme that would be the user name.
    #[error("its scheme is none of http, https and socks5; write one like http://user:password@host:port")]
    Scheme,
    /// There is more than a host and a port.
    #[error("a proxy has no path, query or fragment; end the URL after the port")]
    Path,
    /// The user name or the password does not fit.
    #[error("the user name or the password is longer than the 255 bytes that SOCKS5 allows")]
    LongCredentials,
    /// The user name or the password cannot be read.
    #[error("the user name or the password cannot be read; write each special character in them as %XX")]
    BadCredentials,
}

impl ProxyServer {
    /// The same proxy, with where it stands.
    #[must_use]
    pub fn standing_in(mut self, location: Option<GeoTarget>) -> Self {
        self.location = location;
        self
    }

    /// The same proxy, with its share of the requests.
    #[must_use]
    pub fn weighing(mut self, weight: NonZeroU32) -> Self {
        self.weight = weight;
        self
    }

    /// Which proxy it is.
    pub fn id(&self) -> ProxyId {
        self.id
    }

    /// What it speaks.
    pub fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Its own host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, by which messages and logs name it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Where it stands; `None` if unknown.
    pub fn location(&self) -> Option<&GeoTarget> {
        self.location.as_ref()
    }

    /// How many requests it gets to one of a proxy of weight 1.
    pub fn weight(&self) -> NonZeroU32 {
        self.weight
    }

    /// Whether it stands where a job wants its proxies: a country is any place in it, a part only that part.
    pub fn stands_in(&self, target: &GeoTarget) -> bool {
        self.location.as_ref().is_some_and(|location| {
            location.country() == target.country()
                && (target.subdivision().is_none() || target.subdivision() == location.subdivision())
        })
    }

    /// Judges the proxy's own address where it is a literal: the HTTP library dials such a one without asking a resolver.
    ///
    /// # Errors
    /// What is special about it.
    pub fn check(&self, guard: &AddressGuard) -> Result<(), Blocked> {
        match self.host {
            Host::Ipv4(address) => guard.check_address(address.into()),
            Host::Ipv6(address) => guard.check_address(address.into()),
            Host::Domain(_) => Ok(()),
        }
    }

    /// The proxy as `reqwest` takes it, for all schemes, credentials included.
    ///
    /// # Errors
    /// None is known for a URL that was parsed; the library's own type does not rule it out.
    pub fn as_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        reqwest::Proxy::all(self.url.clone())
    }

    /// What the proxy says for itself by a response to a request that it forwarded, where the same from the target would
    /// mean nothing: 407 (RFC 9110, section 15.5.8). What comes through a tunnel is always the target's.
    pub fn fault_in_response(&self, target: &Url, status: u16) -> Option<ProxyFault> {
        (self.forwards(target) && status == 407).then_some(ProxyFault::Credentials)
    }

    /// Whether the HTTP library asks it for the page itself, and not for a tunnel to the target.
    pub(in crate::fetch) fn forwards(&self, target: &Url) -> bool {
        self.scheme != ProxyScheme::Socks5 && target.scheme() == "http"
    }

    /// The value of `Proxy-Authorization`.
    pub(super) fn basic_auth(&self) -> Option<&HeaderValue> {
        match &self.credentials {
            Some(Credentials::Basic(value)) => Some(value),
            _ => None,
        }
    }

    /// The user name and the password for SOCKS.
    pub(super) fn user_and_password(&self) -> Option<(&str, &str)> {
        match &self.credentials {
            Some(Credentials::Plain(user, password)) => Some((user, password)),
            _ => None,
        }
    }
}

impl ProxyId {
    /// The hash.
    pub(super) fn hash(self) -> u64 {
        self.0
    }
}

impl ProxyScheme {
    /// As a URL spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            "socks5" | "socks5h" => Some(Self::Socks5),
            _ => None,
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 => 1080,
        }
    }
}

impl FromStr for ProxyServer {
    type Err = ProxyUrlError;

    /// Reads `scheme://user:password@host:port`; the location is unknown and the weight 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let given = Url::parse(text).map_err(ProxyUrlError::Malformed)?;
        let scheme = ProxyScheme::parse(given.scheme()).ok_or(ProxyUrlError::Scheme)?;
        if !matches!(given.path(), "" | "/") || given.query().is_some() || given.fragment().is_some() {
            return Err(ProxyUrlError::Path);
        }
        // A URL of a scheme that the standard does not know keeps its host as it stands, so it is read once more.
        let host = Host::parse(given.host_str().unwrap_or_default()).map_err(ProxyUrlError::Malformed)?;
        let port = given.port().unwrap_or(scheme.default_port());
        let userinfo = given
            .as_str()
            .split_once("://")
            .and_then(|(_, rest)| rest.rsplit_once('@'));
        let userinfo = userinfo.map(|(userinfo, _)| format!("{userinfo}@")).unwrap_or_default();
        // `socks5h` tells the library to let the proxy resolve names.
        let library_scheme = if scheme == ProxyScheme::Socks5 {
            "socks5h"
        } else {
            scheme.as_str()
        };
        let url =
            Url::parse(&format!("{library_scheme}://{userinfo}{host}:{port}")).map_err(ProxyUrlError::Malformed)?;
        let credentials = if userinfo.is_empty() {
            None
        } else {
            Some(credentials(&url)?)
        };
        let digest = blake3::hash(url.as_str().as_bytes());
        let id = digest.as_bytes().first_chunk().expect("a digest has 32 bytes");
        Ok(Self {
            scheme,
            host,
            port,
            credentials,
            url,
            id: ProxyId(u64::from_le_bytes(*id)),
            location: None,
            weight: NonZeroU32::MIN,
        })
    }
}

/// The credentials of a URL, decoded by the same library that fetches use.
fn credentials(url: &Url) -> Result<Credentials, ProxyUrlError> {
    const ANY: &str = "http://target.invalid/";
    let any = ANY.parse().expect("a constant URL");
    let matcher = Matcher::builder().all(url.as_str()).build();
    let intercepted = matcher.intercept(&any).ok_or(ProxyUrlError::BadCredentials)?;
    if let Some(value) = intercepted.basic_auth() {
        return Ok(Credentials::Basic(value.clone()));
    }
    let (user, password) = intercepted.raw_auth().ok_or(ProxyUrlError::BadCredentials)?;
    if user.len() > 255 || password.len() > 255 {
        return Err(ProxyUrlError::LongCredentials);
    }
    Ok(Credentials::Plain(user.to_owned(), password.to_owned()))
}

impl fmt::Display for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme.as_str(), self.host, self.port)
    }
}

impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyServer({self})")
    }
}
