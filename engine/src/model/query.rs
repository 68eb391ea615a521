//! What is asked of a page.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{ClosedSet as _, ColumnKind, OptionValue, Pattern};

/// An expression of some query type: what `item`, `pagination.next` and `follow[].links` are.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The query type, one that an extractor serves.
    pub query_type: String,
    /// The expression, checked by that extractor.
    pub expression: String,
    /// Options that were given, checked against the type's specifications, in the order in which they were given.
    pub options: Vec<(String, OptionValue)>,
}

impl From<&Self> for Selector {
    fn from(selector: &Self) -> Self {
        selector.clone()
    }
}

impl From<&Query> for Selector {
    fn from(query: &Query) -> Self {
        Self {
            query_type: query.query_type.clone(),
            expression: query.expression.clone(),
            options: query.options.clone(),
        }
    }
}

/// A named column of the result and how its values are found and read.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the definition, and they do not exclude each other"
)]
pub struct Query {
    /// The column's name, unique in its job without regard to case.
    pub name: String,
    /// The query type, one that an extractor serves.
    pub query_type: String,
    /// The expression, checked by that extractor.
    pub expression: String,
    /// Options that were given, in the order in which they were given.
    pub options: Vec<(String, OptionValue)>,
    /// All matches as a list; never together with `join`.
    pub many: bool,
    /// All matches joined to one text.
    pub join: bool,
    /// What stands between the joined matches.
    pub join_separator: String,
    /// Matches keep their white space.
    pub raw: bool,
    /// What of each match is taken: the first group, or the whole match of an expression without groups.
    pub match_: Option<Pattern>,
    /// What values are read as.
    pub as_: As,
    /// What separates the fraction of a number.
    pub decimal: Decimal,
    /// The form of a datetime in strftime's letters; the standard ones if `None`.
    pub format: Option<String>,
    /// Whether the query type answers structured values. It is the extractor's to say and no field of the definition.
    pub structured: bool,
}

impl Query {
    /// The separator of joined matches unless the query says otherwise.
    pub const DEFAULT_JOIN_SEPARATOR: &'static str = " ";

    /// What the values of the column are.
    pub fn column_kind(&self) -> ColumnKind {
        match self.as_ {
            As::Text if self.structured && !self.join && self.match_.is_none() => ColumnKind::Json,
            as_ => as_.into(),
        }
    }

    /// Whether the query gives one value a page or item, made of all its matches.
    pub fn takes_all(&self) -> bool {
        self.many || self.join
    }
}

closed_set! {
    /// What the values of a column are read as.
    #[derive(Default)]
    pub enum As {
        /// Text as it is.
        #[default]
        Text = "text",
        /// A whole number within 64 bits.
        Integer = "integer",
        /// A 64-bit floating-point number.
        Number = "number",
        /// True or false.
        Boolean = "boolean",
        /// A point in time.
        Datetime = "datetime",
        /// A URL, resolved against the page's base URL.
        Url = "url",
    }
}

closed_set! {
    /// What separates the fraction of a number; the other one then separates groups of three digits.
    #[derive(Default)]
    pub enum Decimal {
        /// `1,234.5`
        #[default]
        Point = ".",
        /// `1.234,5`
        Comma = ",",
    }
}

/// As in a definition: the fields of `{"type", "query", "options"}`, `options` only where there are some.
impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_selector::<S>(&mut map, &self.query_type, &self.expression, &self.options)?;
        map.end()
    }
}

/// As in a definition; fields that have their default value are left out.
impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        write_selector::<S>(&mut map, &self.query_type, &self.expression, &self.options)?;
        for (name, set) in [("many", self.many), ("join", self.join), ("raw", self.raw)] {
            if set {
                map.serialize_entry(name, &true)?;
            }
        }
        if self.join && self.join_separator != Self::DEFAULT_JOIN_SEPARATOR {
            map.serialize_entry("join_separator", &self.join_separator)?;
        }
        if let Some(pattern) = &self.match_ {
            map.serialize_entry("match", pattern)?;
        }
        if self.as_ != As::default() {
            map.serialize_entry("as", self.as_.as_str())?;
        }
        if self.decimal != Decimal::default() {
            map.serialize_entry("decimal", self.decimal.as_str())?;
        }
        if let Some(format) = &self.format {
            map.serialize_entry("format", format)?;
        }
        map.end()
    }
}

fn write_selector<S: Serializer>(
    map: &mut S::SerializeMap,
    query_type: &str,
    expression: &str,
    options: &[(String, OptionValue)],
) -> Result<(), S::Error> {
    map.serialize_entry("type", query_type)?;
    map.serialize_entry("query", expression)?;
    if !options.is_empty() {
        let options: serde_json::Map<_, _> = options
            .iter()
            .map(|(name, value)| (name.clone(), value.to_json()))
            .collect();
        map.serialize_entry("options", &options)?;
    }
    Ok(())
}
