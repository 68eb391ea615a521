//! Times as every answer writes them: RFC 3339, in UTC, whole seconds.

use std::borrow::Cow;

use jiff::Timestamp;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

/// A time, cut to whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(Timestamp);

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        // Towards the past, before 1970 too.
        let seconds = time.as_second() - i64::from(time.subsec_nanosecond() < 0);
        Self(Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Type for Time {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "time".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            example: Some("2024-01-15T10:00:00Z".into()),
            ..MetaSchema::new_with_format("string", "date-time")
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ToJSON for Time {
    fn to_json(&self) -> Option<Value> {
        Some(self.to_string().into())
    }
}

impl ParseFromJSON for Time {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let time = value
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|text| text.parse::<Timestamp>().ok());
        time.map(Self::from).ok_or_else(|| ParseError::custom("must be a time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_to_seconds() {
        let check = |time: &str, expected: &str| {
            assert_eq!(Time::from(time.parse::<Timestamp>().unwrap()).to_string(), expected);
        };
        check("2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z");
        check("2026-11-25T09:00:00.999999999Z", "2026-11-25T09:00:00Z");
        check("2026-11-25T10:00:00+01:00", "2026-11-25T09:00:00Z");
        check("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58Z");
    }
}
