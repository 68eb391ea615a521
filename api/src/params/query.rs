//! Parameters of the query.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use snowscrape_engine::model::ClosedSet;

use crate::error::ApiError;

/// A parameter of the query that may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Param<T>(pub(crate) Option<T>);

/// What a parameter may be.
pub(crate) trait ParamValue: Sized + Send + 'static {
    /// Its schema.
    fn schema() -> MetaSchema;

    /// Reads it.
    ///
    /// # Errors
    /// What it must be.
    fn parse(text: &str) -> Result<Self, String>;
}

impl<'a, T: ParamValue> ApiExtractor<'a> for Param<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = T;
    type ParamRawType = T;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(T::schema())))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<T>,
    ) -> poem::Result<Self> {
        let given = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let mut values = given.filter(|(name, _)| name == options.name).map(|(_, value)| value);
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        if values.next().is_some() {
            return Err(ApiError::parameter(options.name, "must be given once").into());
        }
        T::parse(&value)
            .map(|value| Self(Some(value)))
            .map_err(|message| ApiError::parameter(options.name, message).into())
    }
}

/// How many at most: a whole number from 1 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(usize);

impl Limit {
    const MAX: usize = 1_000;

    pub(crate) fn get(self) -> usize {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl ParamValue for Limit {
    fn schema() -> MetaSchema {
        MetaSchema {
            minimum: Some(1.0),
            maximum: Some(Self::MAX as f64),
            ..MetaSchema::new("integer")
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let digits = text.bytes().all(|digit| digit.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|limit| digits && (1..=Self::MAX).contains(limit))
            .map(Self)
            .ok_or_else(|| "must be a whole number from 1 to 1000".to_owned())
    }
}

/// Any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl ParamValue for Text {
    fn schema() -> MetaSchema {
        MetaSchema::new("string")
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

/// A yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl ParamValue for Flag {
    fn schema() -> MetaSchema {
        MetaSchema::new("boolean")
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "must be true or false".to_owned())
    }
}

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePart(pub(crate) String);

impl NamePart {
    const MAX: usize = 256;
}

impl ParamValue for NamePart {
    fn schema() -> MetaSchema {
        MetaSchema {
            max_length: Some(Self::MAX),
            ..MetaSchema::new("string")
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > Self::MAX {
            return Err(format!("must be at most {} characters long", Self::MAX));
        }
        Ok(Self(text.to_owned()))
    }
}

/// One of a closed set of words.
impl<T: ClosedSet + Send> ParamValue for T {
    fn schema() -> MetaSchema {
        MetaSchema {
            enum_items: T::ALL.iter().map(|value| value.as_str().into()).collect(),
            ..MetaSchema::new("string")
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        T::from_name(text).ok_or_else(|| {
            let words: Vec<_> = T::ALL.iter().map(|value| value.as_str()).collect();
            format!("must be one of: {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_whole_numbers_within_bounds() {
        let check = |text: &str, expected: Option<usize>| {
            assert_eq!(Limit::parse(text).ok().map(Limit::get), expected, "{text}");
        };
        check("1", Some(1));
        check("1000", Some(1_000));
        check("1001", None);
        check("0", None);
        check("-1", None);
        check("+1", None);
        check("1.0", None);
        check("", None);
        check("99999999999999999999", None);
    }
}
