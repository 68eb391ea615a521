//! The URL of a request, with its credentials set apart so that no message and no row can show them.

use url::Url;

use super::error::FetchErrorKind;
use crate::model::public;

/// An http or https URL.
#[derive(Clone)]
pub(super) struct Target {
    url: Url,
    with_credentials: Option<Url>,
}

impl Target {
    /// Takes a URL's credentials and fragment off it.
    ///
    /// # Errors
    /// Any scheme but http and https.
    pub(super) fn new(url: &Url) -> Result<Self, FetchErrorKind> {
        if !is_http(url) {
            return Err(FetchErrorKind::Scheme {
                scheme: url.scheme().to_owned(),
            });
        }
        let with_credentials = (!url.username().is_empty() || url.password().is_some()).then(|| url.clone());
        Ok(Self {
            url: public(url),
            with_credentials,
        })
    }

    /// The URL that may be shown.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the URL came with credentials of its own.
    pub(super) fn has_credentials(&self) -> bool {
        self.with_credentials.is_some()
    }

    /// The URL as it goes to the HTTP library, which makes an `Authorization` header of its credentials.
    pub(super) fn for_request(&self) -> Url {
        self.with_credentials.as_ref().unwrap_or(&self.url).clone()
    }

    /// The host and, where it is not the scheme's own, the port.
    pub(super) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// Whether a URL is of a scheme that is fetched.
pub(super) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_fragment_are_set_apart() {
        let check = |given: &str, shown: &str, host: &str| {
            let target = Target::new(&Url::parse(given).unwrap()).unwrap();
            assert_eq!((target.url().as_str(), target.host().as_str()), (shown, host));
            assert_eq!(target.has_credentials(), given.contains('@'));
        };
        check(
            "http://me:hush@h.example/p?q=1#f",
            "http://h.example/p?q=1",
            "h.example",
        );
        check(
            "https://me@h.example:8443/",
            "https://h.example:8443/",
            "h.example:8443",
        );
        check("https://h.example:443/#", "https://h.example/", "h.example");
        check("http://[::1]:80/", "http://[::1]/", "[::1]");
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in [
            "ftp://h.example/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:1",
        ] {
            assert!(
                matches!(
                    Target::new(&Url::parse(url).unwrap()),
                    Err(FetchErrorKind::Scheme { .. })
                ),
                "{url}"
            );
        }
    }
}
