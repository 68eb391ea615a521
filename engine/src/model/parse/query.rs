//! Reads `queries`, `item`, and whatever else is an expression of a query type.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::reader::{Node, ObjectReader};
use crate::model::{As, Decimal, OptionValue, Query, QueryTypes, Selector, validate_options};

/// The longest name of a query, in characters.
const MAX_NAME: usize = 128;

/// `item`, `pagination.next`, `follow[].links`: `{"type", "query", "options"}`.
pub(super) fn selector(node: &Node<'_>, query_types: &dyn QueryTypes) -> Option<Selector> {
    read_selector(node, query_types, Role::Query)
}

/// `item`, whose expression must find nodes.
pub(super) fn item(node: &Node<'_>, query_types: &dyn QueryTypes) -> Option<Selector> {
    read_selector(node, query_types, Role::Item)
}

/// What an expression is for, which decides how it is checked.
#[derive(Clone, Copy)]
enum Role {
    /// It finds matches.
    Query,
    /// It finds nodes.
    Item,
}

fn read_selector(node: &Node<'_>, query_types: &dyn QueryTypes, role: Role) -> Option<Selector> {
    let mut object = node.object()?;
    let selector = selector_fields(&mut object, query_types, role);
    object.finish();
    selector
}

/// `queries`.
pub(super) fn queries(node: &Node<'_>, query_types: &dyn QueryTypes) -> Option<Vec<Query>> {
    let members = node.members();
    if node.value.as_array().is_some_and(Vec::is_empty) {
        return node.fault("must hold at least one query");
    }
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut queries = Vec::with_capacity(members.len());
    for (place, member) in members.iter().enumerate() {
        let Some(mut object) = member.object() else { continue };
        if let Some(name) = object.node.value["name"].as_str()
            && let Some(first) = names.insert(name.to_lowercase(), place)
        {
            let message = format!("must be unique without regard to case, but queries[{first}] has it too");
            member.faults.add(&format!("{}.name", member.path), message);
        }
        queries.extend(query(&mut object, query_types));
        object.finish();
    }
    Some(queries)
}

fn query(object: &mut ObjectReader<'_>, query_types: &dyn QueryTypes) -> Option<Query> {
    let name = object.require("name", |node| node.text_within(1..=MAX_NAME));
    let selector = selector_fields(object, query_types, Role::Query);
    let many = object.read_or("many", false, Node::boolean);
    let join = object.get("join");
    let joined = join.as_ref().and_then(Node::boolean).unwrap_or(false);
    if let Some(join) = join.filter(|_| joined && many) {
        join.fault::<()>("cannot be combined with `many`: a query gives a list or a joined text");
    }
    let join_separator = object.read("join_separator", |node| {
        if joined {
            node.text()
        } else {
            node.fault("only has a meaning with `join`")
        }
    });
    let raw = object.read_or("raw", false, Node::boolean);
    let match_ = object.read("match", Node::pattern);
    let as_ = object.read_or("as", As::default(), Node::choice);
    let decimal = object.read_or("decimal", Decimal::default(), |node| match as_ {
        As::Integer | As::Number => node.choice(),
        _ => node.fault("only has a meaning with `as` integer or number"),
    });
    let format = object.read("format", |node| match as_ {
        As::Datetime => datetime_format(node),
        _ => node.fault("only has a meaning with `as` datetime"),
    });
    let Selector {
        query_type,
        expression,
        options,
    } = selector?;
    Some(Query {
        name: name?.to_owned(),
        structured: query_types.is_structured(&query_type),
        query_type,
        expression,
        options,
        many,
        join: joined,
        join_separator: join_separator.unwrap_or(Query::DEFAULT_JOIN_SEPARATOR).to_owned(),
        raw,
        match_,
        as_,
        decimal,
        format,
    })
}

/// The fields `type`, `query` and `options` of an object, checked by the extractor that serves the type.
fn selector_fields(object: &mut ObjectReader<'_>, query_types: &dyn QueryTypes, role: Role) -> Option<Selector> {
    let query_type = object.require("type", Node::text);
    // Asked for in any case, so that they are known fields.
    let expression = object.get("query");
    let given = object.get("options");
    let specs = query_type.and_then(|query_type| query_types.options(query_type));
    if let (Some(_), None) = (query_type, specs) {
        object.require("type", |node| node.one_of::<()>(query_types.names()));
    }
    let options = given.map_or(Some(Vec::new()), |node| {
        let entries = node.entries();
        let entries = entries.iter().map(|(name, entry)| (*name, entry.value));
        match validate_options(specs?, entries, &node.path, OptionValue::from_json) {
            Ok(options) => Some(options),
            Err(faults) => {
                node.faults.extend(faults);
                None
            }
        }
    });
    let Some(expression) = expression else {
        return object.require("query", |_| None);
    };
    let text = expression.some_text()?;
    let (query_type, options) = (query_type.filter(|_| specs.is_some())?, options?);
    expression.good(match role {
        Role::Query => query_types.check(query_type, text, &options),
        Role::Item => query_types.check_item(query_type, text, &options),
    })?;
    Some(Selector {
        query_type: query_type.to_owned(),
        expression: text.to_owned(),
        options,
    })
}

/// A format in strftime's letters, which must be readable and give a date.
fn datetime_format(node: &Node<'_>) -> Option<String> {
    let format = node.some_text()?;
    let sample = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
    let text = node.good(
        strtime::format(format, &sample).map_err(|error| format!("must be a format in strftime's letters: {error}")),
    )?;
    let time = strtime::parse(format, text)
        .map_err(|error| format!("must be a format that can be read back: {error}"))
        .and_then(|time| match (time.timestamp(), time.to_date()) {
            (None, Err(_)) => Err("must give a whole date, with year, month and day".to_owned()),
            _ => Ok(()),
        });
    node.good(time)?;
    Some(format.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::parse::testing::{check_field, parse, parse_with};
    use crate::model::{As, Decimal};

    #[test]
    fn each_fault_has_its_place() {
        let check = |query: serde_json::Value, expected: &[&str]| check_field("queries", json!([query]), expected);
        check(json!({"name": "a", "type": "css", "query": "p"}), &[]);
        check(
            json!({"name": "a", "type": "jsonpath", "query": "$"}),
            &["queries[0].type: Must be one of: xpath, css, regex"],
        );
        check(
            json!({"name": "a", "type": "CSS", "query": "p"}),
            &["queries[0].type: Must be one of: xpath, css, regex"],
        );
        check(
            json!({"name": "a", "type": 1, "query": "p"}),
            &["queries[0].type: Must be text, found a number"],
        );
        check(
            json!({}),
            &[
                "queries[0].name: Is required",
                "queries[0].type: Is required",
                "queries[0].query: Is required",
            ],
        );
        check(
            json!({"name": null, "type": "css", "query": "p"}),
            &["queries[0].name: Is required"],
        );
        check(json!({"name": "a", "type": "css"}), &["queries[0].query: Is required"]);
        check(
            json!({"name": "a", "type": "css", "query": ""}),
            &["queries[0].query: Must not be empty"],
        );
        check(
            json!({"name": "a", "type": "css", "query": "p{"}),
            &["queries[0].query: Unexpected brace (at byte 1)"],
        );
        check(
            json!({"name": "", "type": "css", "query": "p"}),
            &["queries[0].name: Must be 1 to 128 characters long, found 0"],
        );
        check(json!({"name": "é".repeat(128), "type": "css", "query": "p"}), &[]);
        check(
            json!({"name": "é".repeat(129), "type": "css", "query": "p"}),
            &["queries[0].name: Must be 1 to 128 characters long, found 129"],
        );
        check(
            json!({"name": "a", "typ": "css", "query": "p"}),
            &[
                "queries[0].type: Is required",
                "queries[0].typ: Unknown field, did you mean `type`?",
            ],
        );
        check(json!("p"), &["queries[0]: Must be an object, found text"]);
    }

    #[test]
    fn how_values_are_taken() {
        #[allow(
            clippy::needless_pass_by_value,
            reason = "a table of literals reads better without references"
        )]
        fn check(fields: serde_json::Value, expected: &[&str]) {
            let mut query = json!({"name": "a", "type": "css", "query": "p"});
            for (name, value) in fields.as_object().expect("an object") {
                query[name] = value.clone();
            }
            check_field("queries", json!([query]), expected);
        }
        check(json!({"many": true}), &[]);
        check(json!({"join": true, "join_separator": ""}), &[]);
        check(json!({"many": true, "join": false}), &[]);
        check(
            json!({"many": true, "join": true}),
            &["queries[0].join: Cannot be combined with `many`: a query gives a list or a joined text"],
        );
        check(
            json!({"join_separator": ","}),
            &["queries[0].join_separator: Only has a meaning with `join`"],
        );
        check(json!({"join_separator": null}), &[]);
        check(
            json!({"raw": "yes"}),
            &["queries[0].raw: Must be true or false, found text"],
        );
        check(
            json!({"match": "(a"}),
            &["queries[0].match: Is not a regular expression: unclosed group (at byte 0)"],
        );
        check(
            json!({"as": "float"}),
            &["queries[0].as: Must be one of: text, integer, number, boolean, datetime, url"],
        );
        check(json!({"as": "number", "decimal": ","}), &[]);
        check(json!({"as": "integer", "decimal": "."}), &[]);
        check(
            json!({"as": "number", "decimal": ";"}),
            &["queries[0].decimal: Must be one of: ., ,"],
        );
        check(
            json!({"decimal": ","}),
            &["queries[0].decimal: Only has a meaning with `as` integer or number"],
        );
        check(json!({"as": "datetime", "format": "%d.%m.%Y %H:%M"}), &[]);
        check(json!({"as": "datetime", "format": "%s"}), &[]);
        check(
            json!({"as": "date", "format": 1}),
            &[
                "queries[0].as: Must be one of: text, integer, number, boolean, datetime, url",
                "queries[0].format: Only has a meaning with `as` datetime",
            ],
        );
        check(
            json!({"format": "%Y"}),
            &["queries[0].format: Only has a meaning with `as` datetime"],
        );
        check(
            json!({"as": "datetime", "format": "%H:%M"}),
            &["queries[0].format: Must give a whole date, with year, month and day"],
        );
        check(
            json!({"as": "datetime", "format": "%d %B"}),
            &["queries[0].format: Must give a whole date, with year, month and day"],
        );
        check(json!({"options": {"output": "html"}}), &[]);
        check(json!({"options": {"output": null}}), &[]);
        check(
            json!({"options": {"output": "xml"}}),
            &["queries[0].options.output: Must be one of: text, html"],
        );
        check(
            json!({"options": {"outputs": "html"}}),
            &["queries[0].options.outputs: Unknown option, did you mean `output`?"],
        );
        check(
            json!({"options": []}),
            &["queries[0].options: Must be an object, found a list"],
        );
    }

    #[test]
    fn a_format_that_strftime_does_not_know_is_a_fault() {
        let query = json!([{"name": "a", "type": "css", "query": "p", "as": "datetime", "format": "%Y-%m-%d %!"}]);
        let faults = parse_with("queries", query).expect_err("a fault");
        assert_eq!(faults[0].path, "queries[0].format");
        assert!(
            faults[0].message.starts_with("Must be a format in strftime's letters"),
            "{}",
            faults[0].message
        );
    }

    #[test]
    fn names_are_unique_without_regard_to_case() {
        fn check(names: &[&str], expected: &[&str]) {
            let query = |name: &&str| json!({"name": name, "type": "css", "query": "p"});
            check_field("queries", names.iter().map(query).collect(), expected);
        }
        check(&["a", "b"], &[]);
        check(
            &["a", "b", "A"],
            &["queries[2].name: Must be unique without regard to case, but queries[0] has it too"],
        );
        check(
            &["Öl", "öL"],
            &["queries[1].name: Must be unique without regard to case, but queries[0] has it too"],
        );
        check_field("queries", json!([]), &["queries: Must hold at least one query"]);
        check_field("queries", json!({}), &["queries: Must be a list, found an object"]);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let job = parse(&json!({})).expect("a job");
        let query = &job.queries[0];
        assert_eq!((query.many, query.join, query.raw), (false, false, false));
        assert_eq!((query.as_, query.decimal), (As::Text, Decimal::Point));
        assert_eq!(query.join_separator, " ");
        assert!(query.match_.is_none() && query.format.is_none() && query.options.is_empty());
    }

    #[test]
    fn items_are_checked_like_queries() {
        check_field(
            "item",
            json!({"type": "css", "query": ".p", "options": {"output": "html"}}),
            &[],
        );
        check_field("item", json!(null), &[]);
        check_field("item", json!(".p"), &["item: Must be an object, found text"]);
        check_field(
            "item",
            json!({"type": "x", "query": ".p"}),
            &["item.type: Must be one of: xpath, css, regex"],
        );
        check_field(
            "item",
            json!({"type": "css", "query": "é{"}),
            &["item.query: Unexpected brace (at byte 2)"],
        );
        check_field(
            "item",
            json!({"type": "css", "query": "p", "many": true}),
            &["item.many: Unknown field, known ones: type, query, options"],
        );
    }
}
