//! Proxies as an operator writes them down.

use std::fmt;
use std::num::NonZeroU32;

use serde::Deserialize;

use super::server::{ProxyServer, ProxyUrlError};
use crate::model::GeoTarget;

/// One proxy of the settings. It is read as a [`ProxyServer`] before it is used.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySettings {
    /// `http://user:password@host:port`, or the same with `https` or `socks5`. User, password and port may be left out.
    pub url: String,
    /// Where the proxy stands: a country (`US`), or a part of one (`US-CA`). Unknown if `None`.
    #[serde(default)]
    pub country: Option<String>,
    /// How many requests it gets to one of a proxy of weight 1; 1 if `None`.
    #[serde(default)]
    pub weight: Option<u32>,
}

impl fmt::Debug for ProxySettings {
    /// The URL may hold a password and is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("country", &self.country)
            .field("weight", &self.weight)
            .finish_non_exhaustive()
    }
}

/// What is wrong with one proxy of the settings. It names the field, and never shows the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxySettingsError {
    /// `url`
    #[error("`url`: {0}")]
    Url(ProxyUrlError),
    /// `country`
    #[error("`country`: `{0}` is no country; write a code of ISO 3166 such as US, or US-CA for a part of it")]
    Country(String),
    /// `weight`
    #[error("`weight`: must be at least 1; leave the proxy out if it is to get no requests")]
    Weight,
}

impl TryFrom<ProxySettings> for ProxyServer {
    type Error = ProxySettingsError;

    fn try_from(settings: ProxySettings) -> Result<Self, Self::Error> {
        let location = match settings.country {
            Some(country) => Some(GeoTarget::parse(&country).ok_or(ProxySettingsError::Country(country))?),
            None => None,
        };
        let weight = NonZeroU32::new(settings.weight.unwrap_or(1)).ok_or(ProxySettingsError::Weight)?;
        let server: Self = settings.url.parse().map_err(ProxySettingsError::Url)?;
        Ok(server.standing_in(location).weighing(weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<ProxyServer, String> {
        let settings: ProxySettings = serde_json::from_value(json).map_err(|error| error.to_string())?;
        ProxyServer::try_from(settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_proxy_is_read_from_the_settings() {
        let server = read(serde_json::json!({"url": "http://u:p@a.example:3128", "country": "us-ca", "weight": 3}));
        let server = server.unwrap();
        let location = server.location().unwrap();
        assert_eq!((location.country(), location.subdivision()), ("US", Some("CA")));
        assert_eq!(server.weight().get(), 3);
        assert_eq!(server.to_string(), "http://a.example:3128");

        let server = read(serde_json::json!({"url": "socks5://a.example"})).unwrap();
        assert_eq!((server.location(), server.weight().get()), (None, 1));
    }

    #[test]
    fn a_fault_names_its_field_and_no_password() {
        let check = |json: serde_json::Value, expected: &str| {
            let error = read(json).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        };
        check(serde_json::json!({"url": "ftp://u:secret@a.example"}), "`url`: ");
        check(
            serde_json::json!({"url": "http://u:secret@a.example", "country": "UK"}),
            "`country`: `UK` is no country",
        );
        check(
            serde_json::json!({"url": "http://u:secret@a.example", "weight": 0}),
            "`weight`: must be at least 1",
        );
        check(
            serde_json::json!({"url": "http://u:secret@a.example", "wieght": 1}),
            "unknown field `wieght`",
        );
        check(serde_json::json!({"country": "US"}), "missing field `url`");
    }

    #[test]
    fn debugging_shows_no_password() {
        let settings = ProxySettings {
            url: "http://user:secret@a.example".to_owned(),
            country: Some("US".to_owned()),
            weight: None,
        };
        assert_eq!(
            format!("{settings:?}"),
            r#"ProxySettings { country: Some("US"), weight: None, .. }"#
        );
    }
}
