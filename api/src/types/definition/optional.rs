//! Fields that may be left out.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

/// A field that may be left out or be null, which means the same.
///
/// poem-openapi writes an `Option` as what is in it, which in OpenAPI 3.0 refuses null. Its `nullable` says null for
/// plain types only: beside a reference to another schema, which null does not satisfy, it has no effect.
#[derive(Debug)]
pub(crate) enum Optional<T> {
    /// Left out, without a default that the document could show.
    Absent,
    /// Left out, with a default: the document shows it, and a value that is written leaves the field out.
    Default(T),
    /// Given.
    Given(T),
}

impl<T> Optional<T> {
    fn value(&self) -> Option<&T> {
        match self {
            Self::Absent => None,
            Self::Default(value) | Self::Given(value) => Some(value),
        }
    }
}

impl<T> From<Option<T>> for Optional<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Given)
    }
}

impl<T: Type> Type for Optional<T> {
    const IS_REQUIRED: bool = false;
    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        let schema = match T::schema_ref() {
            MetaSchemaRef::Inline(schema) if !schema.ty.is_empty() => or_null(*schema),
            // Null must be one of several here, since `nullable` only counts beside a `type`.
            other => MetaSchema {
                any_of: vec![other, MetaSchemaRef::Inline(Box::new(null()))],
                ..MetaSchema::ANY
            },
        };
        MetaSchemaRef::Inline(Box::new(schema))
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.value().and_then(T::as_raw_value)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        Box::new(self.value().into_iter().flat_map(T::raw_element_iter))
    }

    fn is_none(&self) -> bool {
        !matches!(self, Self::Given(_))
    }
}

impl<T: ParseFromJSON> ParseFromJSON for Optional<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            None | Some(Value::Null) => Ok(Self::Absent),
            value => T::parse_from_json(value)
                .map(Self::Given)
                .map_err(ParseError::propagate),
        }
    }
}

impl<T: ToJSON> ToJSON for Optional<T> {
    fn to_json(&self) -> Option<Value> {
        self.value().and_then(T::to_json)
    }
}

/// A schema of some type, and null too. A list of words has to name null for that.
fn or_null(mut schema: MetaSchema) -> MetaSchema {
    schema.nullable = true;
    if !schema.enum_items.is_empty() {
        schema.enum_items.push(Value::Null);
    }
    schema
}

/// The schema of null alone. OpenAPI 3.0 has no type of that name, so it is any type with null as its one value.
fn null() -> MetaSchema {
    MetaSchema {
        nullable: true,
        enum_items: vec![Value::Null],
        ..MetaSchema::new("object")
    }
}

/// The default true, for `#[oai(default)]`, which takes functions only.
pub(super) fn yes() -> Optional<bool> {
    Optional::Default(true)
}

/// The default false.
pub(super) fn no() -> Optional<bool> {
    Optional::Default(false)
}

/// A whole number as a default.
pub(super) fn whole<const NUMBER: u32>() -> Optional<u32> {
    Optional::Default(NUMBER)
}
