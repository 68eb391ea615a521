//! What is sent: the run's settings, checked once, on a URL.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

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
            value.set_sensitive(is_secret(&key));
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
        }
    }
}

/// A request that can be sent, again if need be.
#[derive(Clone)]
pub(super) struct Request {
    template: Template,
    target: Target,
}

impl Request {
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
    /// drops `Authorization`: a site must not get another's by a redirect.
    pub(super) fn turn_to(&mut self, target: Target) {
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
fn is_secret(name: &HeaderName) -> bool {
    let name = name.as_str();
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
mod tests {
    use url::Url;

    use super::*;

    fn target(url: &str) -> Target {
        Target::new(&Url::parse(url).unwrap()).unwrap()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        owned((name, value))
    }

    #[test]
    fn bad_settings_are_named() {
        let check = |settings: FetchSettings, expected: SettingsError| {
            assert_eq!(Template::new(&settings).err(), Some(expected));
        };
        let default = FetchSettings::default;
        let with_header = |name: &str, value: &str| FetchSettings {
            headers: vec![pair(name, value)],
            ..default()
        };
        let with_cookie = |name: &str, value: &str| FetchSettings {
            cookies: vec![pair(name, value)],
            ..default()
        };
        let with_method = |name: &str| FetchSettings {
            method: name.into(),
            ..default()
        };
        check(with_header("a b", "x"), SettingsError::HeaderName("a b".into()));
        check(
            with_header("X-A", "x\r\ny: z"),
            SettingsError::HeaderValue("X-A".into()),
        );
        check(with_header("Host", "x"), SettingsError::ReservedHeader("Host".into()));
        check(
            with_header("Content-Length", "1"),
            SettingsError::ReservedHeader("Content-Length".into()),
        );
        check(with_cookie("a", "b;c"), SettingsError::Cookie("a".into()));
        check(with_cookie("", "b"), SettingsError::Cookie(String::new()));
        check(with_cookie("a=", "b"), SettingsError::Cookie("a=".into()));
        check(with_method("G T"), SettingsError::Method("G T".into()));
        check(with_method(""), SettingsError::Method(String::new()));
        check(
            with_method("CONNECT"),
            SettingsError::MethodWithoutPage("CONNECT".into()),
        );
        check(
            FetchSettings {
                user_agent: Some("a\nb".into()),
                ..default()
            },
            SettingsError::UserAgent,
        );
        let auth = BasicAuth {
            username: "a:b".into(),
            password: String::new(),
        };
        check(
            FetchSettings {
                auth: Some(auth),
                ..default()
            },
            SettingsError::Username,
        );
    }

    #[test]
    fn settings_go_before_the_clients_own_headers() {
        let value = |settings: &FetchSettings, name: &str| {
            let template = Template::new(settings).unwrap();
            template
                .headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let default = FetchSettings::default();
        let own = FetchSettings {
            headers: vec![pair("user-agent", "a"), pair("Accept", "b")],
            ..default.clone()
        };
        assert_eq!(
            value(&default, "user-agent"),
            [format!("SnowScrape/{}", env!("CARGO_PKG_VERSION"))]
        );
        assert_eq!(value(&default, "accept-encoding"), [ACCEPT_ENCODING]);
        assert_eq!(value(&own, "user-agent"), ["a"]);
        assert_eq!(value(&own, "accept"), ["b"]);
        let both = FetchSettings {
            user_agent: Some("c".into()),
            ..own
        };
        assert_eq!(value(&both, "user-agent"), ["c"]);
    }

    #[test]
    fn another_origin_gets_no_credentials() {
        let settings = FetchSettings {
            headers: [
                ("Authorization", "a"),
                ("X-Api-Key", "b"),
                ("Cookie", "c=d; e=f"),
                ("Accept-Language", "en"),
            ]
            .map(owned)
            .to_vec(),
            cookies: vec![pair("g", "h")],
            auth: Some(BasicAuth {
                username: "me".into(),
                password: "hush".into(),
            }),
            ..FetchSettings::default()
        };
        let check = |to: &str, kept: bool| {
            let mut request = Template::new(&settings).unwrap().on(target("https://a.example/"));
            request.turn_to(target(to));
            let Template {
                headers, cookies, auth, ..
            } = &request.template;
            assert_eq!(headers.contains_key("authorization"), kept, "{to}");
            assert_eq!(headers.contains_key("x-api-key"), kept, "{to}");
            assert_eq!(cookies.len(), if kept { 3 } else { 0 }, "{to}");
            assert_eq!(auth.is_some(), kept, "{to}");
            assert!(headers.contains_key("accept-language"), "{to}");
        };
        check("https://a.example/other?page", true);
        check("https://a.example:443/", true);
        check("https://a.example:8443/", false);
        check("http://a.example/", false);
        check("https://www.a.example/", false);
    }

    #[test]
    fn the_urls_credentials_go_before_the_settings() {
        let check = |url: &str, auth: Option<&str>, expected: &str| {
            let settings = FetchSettings {
                headers: vec![pair("Authorization", "Bearer x")],
                auth: auth.map(|name| BasicAuth {
                    username: name.into(),
                    password: "b".into(),
                }),
                ..FetchSettings::default()
            };
            super::super::transport::install_provider();
            let built = Template::new(&settings)
                .unwrap()
                .on(target(url))
                .build(&reqwest::Client::new(), None)
                .unwrap();
            let sent: Vec<_> = built.headers().get_all("authorization").iter().collect();
            assert_eq!(sent, [expected], "{url}");
            assert!(built.url().username().is_empty());
        };
        check("http://h.example/", None, "Bearer x");
        check("http://h.example/", Some("a"), "Basic YTpi");
        check("http://u%40:p%3A@h.example/", Some("a"), "Basic dUA6cDo=");
    }
}
