//! The errors of an operation, for the document: which of them it answers with beside those that every operation does.

use poem_openapi::payload::{Json, Payload as _};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type as _;
use poem_openapi::{ApiResponse, Object};
use std::collections::BTreeMap;

use crate::error::ApiError;

/// An error of an operation whose errors are `KINDS`: a sum of the constants of this module.
#[derive(Debug)]
pub(crate) struct Refusal<const KINDS: u8>(ApiError);

/// A parameter or the body is wrong: 400.
pub(crate) const INVALID: u8 = 1;
/// What is asked for is not there: 404.
pub(crate) const MISSING: u8 = 2;
/// The state does not allow it: 409.
pub(crate) const CONFLICT: u8 = 4;
/// The body is too large or no JSON: 413, 415.
pub(crate) const BODY: u8 = 8;
/// A page could not be fetched: 502.
pub(crate) const FETCH: u8 = 16;
/// No room is left: 507.
pub(crate) const FULL: u8 = 32;
/// There is no key to be had for it: 401, 403 and 429 cannot come.
pub(crate) const OPEN: u8 = 64;

impl<const KINDS: u8, E: Into<ApiError>> From<E> for Refusal<KINDS> {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl<const KINDS: u8> From<Refusal<KINDS>> for poem::Error {
    fn from(refusal: Refusal<KINDS>) -> Self {
        refusal.0.into()
    }
}

/// What went wrong.
#[derive(Debug, Object)]
#[oai(rename = "Error")]
struct ErrorBody {
    /// The kind of error, for programs.
    error: String,
    /// What went wrong, for people.
    message: String,
    /// What is wrong with each field or parameter, by its path, such as `queries[0].type`. With `validation_error` only.
    #[oai(skip_serializing_if_is_none)]
    details: Option<BTreeMap<String, String>>,
    /// In how many seconds to try again. With `rate_limited` and `too_many_downloads` only.
    #[oai(skip_serializing_if_is_none)]
    retry_after: Option<u64>,
}

impl<const KINDS: u8> ApiResponse for Refusal<KINDS> {
    fn meta() -> MetaResponses {
        let always = [
            (OPEN, 401, "There is no valid API key."),
            (OPEN, 429, "There were more requests than the key may make."),
        ];
        let asked = [
            (
                INVALID,
                400,
                "A parameter or the body is wrong; `details` says what, for each field.",
            ),
            (MISSING, 404, "What was asked for is not there, or is another user's."),
            (CONFLICT, 409, "The state that the job is in does not allow this."),
            (BODY, 413, "The body is too large."),
            (BODY, 415, "The body is not sent as JSON."),
            (FETCH, 502, "The page could not be fetched."),
            (FULL, 507, "No room is left in the store."),
        ];
        let always = always.into_iter().filter(|(unless, ..)| KINDS & unless == 0);
        let asked = asked.into_iter().filter(|(kind, ..)| KINDS & kind != 0);
        let mut responses: Vec<_> = always
            .chain(asked)
            .chain([(0, 500, "A fault of the server itself.")])
            .map(|(_, status, description)| response(status, description))
            .collect();
        responses.sort_by_key(|response| response.status);
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        ErrorBody::register(registry);
    }
}

fn response(status: u16, description: &'static str) -> MetaResponse {
    let header = |name: &str, description: &str, ty| MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new(ty))),
    };
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: Json::<ErrorBody>::CONTENT_TYPE,
            schema: Json::<ErrorBody>::schema_ref(),
        }],
        headers: match status {
            401 => vec![header("WWW-Authenticate", "`Bearer`: how to send the key.", "string")],
            429 => vec![header("Retry-After", "In how many seconds to try again.", "integer")],
            _ => Vec::new(),
        },
    }
}
