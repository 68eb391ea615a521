//! Values of which only the schema is known here.

use std::borrow::Cow;
use std::marker::PhantomData;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;
use snowscrape_engine::model::ClosedSet;

use super::optional::Optional;

/// A value as it was given, and what the document says of it: `Described<SourceType>`, `Described<PageUrl>`.
#[derive(Debug)]
pub(crate) struct Described<F> {
    value: Value,
    form: PhantomData<fn() -> F>,
}

/// What a value may be.
pub(crate) trait Form: 'static {
    /// Its schema.
    fn schema() -> MetaSchema;

    /// Registers the schemas that it refers to.
    fn register(_: &mut Registry) {}
}

/// One of the engine's own words, so that the document cannot differ from what the engine reads.
impl<T: ClosedSet> Form for T {
    fn schema() -> MetaSchema {
        words(T::ALL.iter().map(|value| value.as_str()))
    }
}

/// The schema of a text that is one of these words.
pub(super) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> MetaSchema {
    MetaSchema {
        enum_items: words.into_iter().map(Value::from).collect(),
        ..MetaSchema::new("string")
    }
}

/// The default of a closed set, for `#[oai(default)]`, which takes functions only.
pub(super) fn word<T: ClosedSet + Default>() -> Optional<Described<T>> {
    Optional::Default(T::default().as_str().into())
}

impl<F, V: Into<Value>> From<V> for Described<F> {
    fn from(value: V) -> Self {
        Self {
            value: value.into(),
            form: PhantomData,
        }
    }
}

/// The validators of a field judge a text only.
impl<F: Form> Type for Described<F> {
    const IS_REQUIRED: bool = true;
    type RawValueType = String;
    type RawElementValueType = String;

    fn name() -> Cow<'static, str> {
        "described".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(F::schema()))
    }

    fn register(registry: &mut Registry) {
        F::register(registry);
    }

    fn as_raw_value(&self) -> Option<&String> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a String> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl<F: Form> ParseFromJSON for Described<F> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Ok(value.unwrap_or_default().into())
    }
}

impl<F: Form> ToJSON for Described<F> {
    fn to_json(&self) -> Option<Value> {
        Some(self.value.clone())
    }
}
