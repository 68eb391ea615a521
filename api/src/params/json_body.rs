//! A JSON body that the document describes by a type, and that is parsed and validated by us: a derived parser would stop
//! at the first fault.

use std::marker::PhantomData;

use poem::http::header;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value as Json;
use snowscrape_engine::model::FieldError;

use crate::error::ApiError;

/// A body of JSON, of the form that `T` describes.
#[derive(Debug)]
pub(crate) struct JsonBody<T> {
    bytes: Vec<u8>,
    form: PhantomData<fn() -> T>,
}

/// The largest body that is taken, in bytes; put into each request by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaxBody(pub(crate) usize);

impl<T> JsonBody<T> {
    /// The body as JSON.
    ///
    /// # Errors
    /// One fault at `body`, with its line and column.
    pub(crate) fn json(&self) -> Result<Json, FieldError> {
        let text = self.bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&self.bytes);
        serde_json::from_slice(text).map_err(|error| FieldError::new("body", format!("must be JSON: {error}")))
    }

    /// The body as it came.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<'a, T: Type> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema: T::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        if !request.content_type().is_some_and(is_json) {
            return Err(ApiError::UnsupportedMediaType.into());
        }
        let limit = request.data::<MaxBody>().map_or(1 << 20, |limit| limit.0);
        let too_large = || ApiError::BodyTooLarge { limit };
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large().into());
        }
        let bytes = body
            .take()?
            .into_bytes_limit(limit)
            .await
            .map_err(|error| match error {
                poem::error::ReadBodyError::PayloadTooLarge => too_large(),
                error => {
                    tracing::debug!(%error, "a body could not be read");
                    ApiError::request(vec![FieldError::new("body", "could not be read to its end")])
                }
            })?;
        Ok(Self {
            bytes: bytes.into(),
            form: PhantomData,
        })
    }
}

/// `application/json`, whatever its parameters, and what is JSON by its suffix (RFC 6839).
fn is_json(media_type: &str) -> bool {
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let Some(subtype) = media_type.strip_prefix("application/") else {
        return false;
    };
    subtype == "json" || subtype.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_media_type() {
        let check = |media_type: &str, expected| assert_eq!(is_json(media_type), expected, "{media_type}");
        check("application/json", true);
        check("Application/JSON; charset=utf-8", true);
        check("application/vnd.api+json", true);
        check("application/x-www-form-urlencoded", false);
        check("text/plain", false);
        check("", false);
    }
}
