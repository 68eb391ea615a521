//! What is sent: the run's settings, checked once, on a URL.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::page::Validators;
use super::settings::{BasicAuth, FetchSettings, SettingsError};
use super::target::Target;

/// What browsers ask for first; some servers answer `*/*` alone with JSON.
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// The codings that the body's reader knows.
const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

/// A run's requests but for their URL.
#[derive(Clone)]
pub(super) struct Template {
    method: Method,
    /// Those with secrets are marked sensitive.
    headers: HeaderMap,
    cookies: Vec<(String, String)>,
    auth: Option<BasicAuth>,
    body: Option<Bytes>,
}

impl Template {
    /// Checks the settings that a request is made of.
    pub(super) fn new(settings: &FetchSettings) -> Result<Self, SettingsError> {
        let mut cookies = Vec::new();
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let Ok(key) = HeaderName::from_bytes(name.as_bytes()) else {
                return Err(SettingsError::HeaderName(name.clone()));
            };
            if is_reserved(&key) {
                return Err(SettingsError::ReservedHeader(name.clone()));
            }
            if key == header::COOKIE {
                let pairs = value.split(';').map(str::trim).filter(|pair| !pair.is_empty());
                cookies.extend(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(owned));
                continue;
            }
            let mut value =
                HeaderValue::from_bytes(value.as_bytes()).map_err(|_| SettingsError::HeaderValue(name.clone()))?;
            let is_marked = settings
                .secret_headers
                .iter()
                .any(|secret| secret.eq_ignore_ascii_case(name));
            value.set_sensitive(is_marked || is_secret(key.as_str()));
            headers.append(key, value);
        }
        cookies.extend(settings.cookies.iter().cloned());
        if let Some((name, _)) = cookies.iter().find(|(name, value)| !is_cookie(name, value)) {
            return Err(SettingsError::Cookie(name.clone()));
        }
        if settings.auth.as_ref().is_some_and(|auth| auth.username.contains(':')) {
            return Err(SettingsError::Username);
        }
        if let Some(user_agent) = &settings.user_agent {
            let value = HeaderValue::from_bytes(user_agent.as_bytes()).map_err(|_| SettingsError::UserAgent)?;
            headers.insert(header::USER_AGENT, value);
        }
        for (name, value) in [
            (header::ACCEPT, ACCEPT),
            (header::ACCEPT_ENCODING, ACCEPT_ENCODING),
            (header::USER_AGENT, &FetchSettings::default_user_agent()),
        ] {
            let value = HeaderValue::from_str(value).expect("the client's own headers are ASCII text");
            headers.entry(name).or_insert(value);
        }
        Ok(Self {
            method: method(&settings.method)?,
            headers,
            cookies,
            auth: settings.auth.clone(),
            body: settings.body.clone(),
        })
    }

    /// The request for a URL.
    pub(super) fn on(&self, target: Target) -> Request {
        Request {
            template: self.clone(),
            target,
            validators: None,
        }
    }

    /// Requests for robots.txt: by the same user agent, and with nothing else that the settings give to pages.
    pub(super) fn for_robots(&self) -> Self {
        let own = [
            (header::ACCEPT, HeaderValue::from_static("text/plain,*/*;q=0.8")),
            (header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPT_ENCODING)),
        ];
        let user_agent = self.headers.get(header::USER_AGENT).cloned();
        let user_agent = user_agent.map(|value| (header::USER_AGENT, value));
        Self {
            method: Method::GET,
            headers: own.into_iter().chain(user_agent).collect(),
            cookies: Vec::new(),
            auth: None,
            body: None,
        }
    }

    /// The `User-Agent`, as text.
    pub(super) fn user_agent(&self) -> String {
        let value = self.headers.get(header::USER_AGENT);
        value.map_or_else(String::new, |value| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        })
    }
}

/// A request that can be sent, again if need be.
#[derive(Clone)]
pub(super) struct Request {
    template: Template,
    target: Target,
    validators: Option<Validators>,
}

impl Request {
    /// Asks for the page only if it has changed. Only GET and HEAD can ask so (RFC 9110, 13.1.2): others would fail.
    #[must_use]
    pub(super) fn if_changed(mut self, validators: &Validators) -> Self {
        let can_ask = [Method::GET, Method::HEAD].contains(self.method());
        self.validators = (can_ask && *validators != Validators::default()).then(|| validators.clone());
        self
    }

    /// What it asks with, if it asks for a page only if that has changed.
    pub(super) fn validators(&self) -> Option<&Validators> {
        self.validators.as_ref()
    }

    pub(super) fn method(&self) -> &Method {
        &self.template.method
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// The settings' cookies, as far as they may still be sent.
    pub(super) fn cookies(&self) -> &[(String, String)] {
        &self.template.cookies
    }

    /// Turns to another URL. Where its origin is another, credentials are dropped for good, as the fetch standard
    /// drops `Authorization`: a site must not get another's by a redirect. Validators are the first URL's alone.
    pub(super) fn turn_to(&mut self, target: Target) {
        if target.url() != self.target.url() {
            self.validators = None;
        }
        if target.url().origin() != self.target.url().origin() {
            let Template {
                headers, cookies, auth, ..
            } = &mut self.template;
            let secret: Vec<_> = headers
                .iter()
                .filter(|(_, value)| value.is_sensitive())
                .map(|(name, _)| name.clone())
                .collect();
            for name in secret {
                headers.remove(name);
            }
            cookies.clear();
            *auth = None;
        }
        self.target = target;
    }

    /// Becomes a GET without a body, and without the headers that describe one.
    pub(super) fn turn_to_get(&mut self) {
        let Template {
            method, headers, body, ..
        } = &mut self.template;
        *method = Method::GET;
        *body = None;
        for name in [
            header::CONTENT_ENCODING,
            header::CONTENT_LANGUAGE,
            header::CONTENT_LOCATION,
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
        ] {
            headers.remove(name);
        }
    }

    /// The request in the HTTP library's form. The URL's credentials go before the settings', and both before a
    /// header `Authorization`.
    pub(super) fn build(
        &self,
        http: &reqwest::Client,
        cookies: Option<HeaderValue>,
    ) -> Result<reqwest::Request, reqwest::Error> {
        let Template {
            method,
            headers,
            auth,
            body,
            ..
        } = &self.template;
        let mut headers = headers.clone();
        let auth = auth.as_ref().filter(|_| !self.target.has_credentials());
        if auth.is_some() || self.target.has_credentials() {
            headers.remove(header::AUTHORIZATION);
        }
        if let Some(mut cookies) = cookies {
            cookies.set_sensitive(true);
            headers.insert(header::COOKIE, cookies);
        }
        if let Some(Validators { etag, last_modified }) = &self.validators {
            let asked = [
                (header::IF_NONE_MATCH, etag),
                (header::IF_MODIFIED_SINCE, last_modified),
            ];
            for (name, value) in asked {
                // What no header can hold was in none either.
                if let Some(value) = value
                    .as_ref()
                    .and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
                {
                    headers.insert(name, value);
                }
            }
        }
        let mut builder = http.request(method.clone(), self.target.for_request()).headers(headers);
        if let Some(auth) = auth {
            builder = builder.basic_auth(&auth.username, Some(&auth.password));
        }
        if let Some(body) = body {
            builder = builder.body(body.clone());
        }
        builder.build()
    }
}

fn method(name: &str) -> Result<Method, SettingsError> {
    let method =
        Method::from_bytes(name.to_ascii_uppercase().as_bytes()).map_err(|_| SettingsError::Method(name.to_owned()))?;
    // The fetch standard's forbidden methods.
    if [Method::CONNECT, Method::TRACE].contains(&method) || method.as_str() == "TRACK" {
        return Err(SettingsError::MethodWithoutPage(name.to_owned()));
    }
    Ok(method)
}

/// Headers that the HTTP library sets, of which a second one would break the connection or the body's framing.
fn is_reserved(name: &HeaderName) -> bool {
    [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::HOST,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ]
    .contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// Whether a header's value is likely to be a secret that another origin must not get. The standard names
/// `Authorization` alone; sites invent names of their own, and a header too few on a redirect does less harm than
/// a key given away.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "auth", "cookie", "token", "secret", "api-key", "apikey", "session", "csrf", "xsrf", "password",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Whether a cookie can stand in a `Cookie` header beside others (RFC 6265, 4.1.1, without its narrower limits
/// on values, which browsers do not keep either).
fn is_cookie(name: &str, value: &str) -> bool {
    let is_plain = |text: &str| text.chars().all(|c| !c.is_control() && c != ';');
    is_plain(name) && is_plain(value) && !name.is_empty() && !name.contains(['=', ' ', ','])
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests;
