//! `rate_limit`, `budget` and `retention`.

use poem_openapi::Object;
use poem_openapi::registry::MetaSchema;
use serde_json::json;
use snowscrape_engine::model::RateLimit;

use super::described::{Described, Form};
use super::optional::{Optional, whole};

/// Requests a minute. It is no `f64`, which would write the 10 of a job as `10.0`.
#[derive(Debug)]
pub(crate) struct Rate;

impl Form for Rate {
    fn schema() -> MetaSchema {
        MetaSchema {
            minimum: Some(0.0),
            exclusive_minimum: Some(true),
            maximum: Some(RateLimit::MAX),
            ..MetaSchema::new_with_format("number", "double")
        }
    }
}

/// The default rate.
pub(super) fn rate_limit() -> Optional<Described<Rate>> {
    Optional::Default(json!(RateLimit::default()).into())
}

/// Where a run stops by itself. What is left out has no bound.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Budget {
    /// Pages fetched.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    pages: Optional<u64>,
    /// Seconds from the run's start.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    seconds: Optional<u64>,
    /// Bytes fetched, after decoding.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    bytes: Optional<u64>,
    /// Rows made.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    rows: Optional<u64>,
}

/// How long finished runs are kept.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Retention {
    /// How many of the job's last runs are kept.
    #[oai(default = "whole::<20>", validator(minimum(value = "1"), maximum(value = "100000")))]
    runs: Optional<u32>,
    /// For how many days at most they are kept; for any time if left out.
    #[oai(validator(minimum(value = "1"), maximum(value = "36500")))]
    days: Optional<u32>,
}
