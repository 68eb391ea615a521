//! Header parameters.

use poem::{Request, RequestBody};
use poem_openapi::registry::MetaSchema;
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::query::ParamValue;
use crate::error::ApiError;

/// A header that may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderParam<T>(pub(crate) Option<T>);

impl<'a, T: ParamValue> ApiExtractor<'a> for HeaderParam<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = T;
    type ParamRawType = T;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(T::schema())))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<T>,
    ) -> poem::Result<Self> {
        let Some(value) = request.headers().get(options.name) else {
            return Ok(Self(None));
        };
        let value = value
            .to_str()
            .map_err(|_| "must be visible ASCII characters".to_owned())
            .and_then(T::parse);
        value
            .map(|value| Self(Some(value)))
            .map_err(|message| ApiError::parameter(options.name, message).into())
    }
}

/// What a request that may be sent again is known by: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub(crate) String);

impl IdempotencyKey {
    const MAX: usize = 255;
}

impl ParamValue for IdempotencyKey {
    fn schema() -> MetaSchema {
        MetaSchema {
            min_length: Some(1),
            max_length: Some(Self::MAX),
            pattern: Some("^[!-~]+$".to_owned()),
            ..MetaSchema::new("string")
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        if (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("must be 1 to {} visible ASCII characters", Self::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_bounds() {
        let check = |key: &str, expected| assert_eq!(IdempotencyKey::parse(key).is_ok(), expected, "{key}");
        check("a", true);
        check(&"a".repeat(255), true);
        check(&"a".repeat(256), false);
        check("", false);
        check("a b", false);
    }
}
