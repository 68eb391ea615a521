//! `proxy_config`.

use poem_openapi::Object;
use snowscrape_engine::model::RotationStrategy;

use super::described::{Described, word};
use super::optional::{Optional, no, whole, yes};

/// How a job's requests go through the operator's proxies.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct ProxyConfig {
    /// Whether they do.
    #[oai(default = "yes")]
    enabled: Optional<bool>,
    /// Which proxy a request gets: one after the other, any, or the same for each host of the job (`sticky`).
    #[oai(default = "word::<RotationStrategy>")]
    rotation_strategy: Optional<Described<RotationStrategy>>,
    /// Where the proxies must stand; anywhere if left out. It is a country's code of ISO 3166-1, such as `US`, or that
    /// of a part of one by ISO 3166-2, such as `US-CA`, without regard to case.
    #[oai(validator(pattern = "^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$"))]
    geo_targeting: Optional<String>,
    /// With how many other proxies a request is tried again.
    #[oai(default = "whole::<2>", validator(minimum(value = "0"), maximum(value = "20")))]
    max_retries: Optional<u32>,
    /// Whether a request goes without a proxy when none works.
    #[oai(default = "no")]
    fallback_to_direct: Optional<bool>,
}
