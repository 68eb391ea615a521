//! `queries`, and whatever else is an expression of a query type.

use std::collections::BTreeMap;

use poem_openapi::Object;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use snowscrape_engine::model::{As, Decimal};

use super::described::{Described, Form, word};
use super::optional::{Optional, no};

/// An expression of some query type.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Selector {
    /// The query type: `xpath`, `css`, `regex`, or one that a plugin serves.
    #[oai(rename = "type")]
    kind: String,
    /// The expression. It must be valid for its type.
    #[oai(rename = "query", validator(min_length = 1))]
    expression: String,
    /// Options of the query type, by name. `css` and `xpath` take `output` (`text`, `html`, `inner-html`), `regex`
    /// takes `on` (`source`, `text`).
    options: Optional<BTreeMap<String, Described<OptionValue>>>,
}

/// A named column of the result, and how its values are found and read.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Query {
    /// The column's name. It must be unique in its job without regard to case.
    #[oai(validator(min_length = 1, max_length = 128))]
    name: String,
    /// The query type: `xpath`, `css`, `regex`, or one that a plugin serves.
    #[oai(rename = "type")]
    kind: String,
    /// The expression. It must be valid for its type. With `item` it is evaluated relative to each item node.
    #[oai(rename = "query", validator(min_length = 1))]
    expression: String,
    /// Options of the query type, by name. `css` and `xpath` take `output` (`text`, `html`, `inner-html`), `regex`
    /// takes `on` (`source`, `text`).
    options: Optional<BTreeMap<String, Described<OptionValue>>>,
    /// Whether the value is a list of all matches. It cannot be combined with `join`.
    #[oai(default = "no")]
    many: Optional<bool>,
    /// Whether the value is all matches joined to one text. No match is null.
    #[oai(default = "no")]
    join: Optional<bool>,
    /// What stands between joined matches; one space if left out. It is only allowed where `join` is true.
    join_separator: Optional<String>,
    /// Whether matches keep their white space. Otherwise they are trimmed, inner runs become one space, and text nodes
    /// of nothing but white space are left out.
    #[oai(default = "no")]
    raw: Optional<bool>,
    /// A regular expression in the syntax of Rust's `regex` crate. The value is its first group, or the whole match if
    /// it has no group, or null if it does not match.
    #[oai(rename = "match")]
    match_: Optional<String>,
    /// What values are read as. What cannot be read is null and counted as unparsed.
    #[oai(rename = "as", default = "word::<As>")]
    as_: Optional<Described<As>>,
    /// What separates the fraction of a number; the point if left out. The other one then separates groups of three
    /// digits. It is only allowed where `as` is `integer` or `number`.
    decimal: Optional<Described<Decimal>>,
    /// The form of a datetime in strftime's letters, with year, month and day. If left out, RFC 3339, ISO 8601 and RFC
    /// 2822 are read. It is only allowed where `as` is `datetime`.
    #[oai(validator(min_length = 1))]
    format: Optional<String>,
}

/// The form of an option's value. It is no derived union, because poem-openapi gives each of those the type `object`.
#[derive(Debug)]
pub(crate) struct OptionValue;

impl Form for OptionValue {
    fn schema() -> MetaSchema {
        let kind = |name| MetaSchemaRef::Inline(Box::new(MetaSchema::new(name)));
        MetaSchema {
            any_of: ["string", "boolean", "number"].map(kind).into(),
            ..MetaSchema::ANY
        }
    }
}
