//! What the derives of poem-openapi cannot say of a definition, added to the finished document.

use std::collections::BTreeSet;

use poem_openapi::types::Type as _;
use serde_json::{Value, json};

use super::JobDefinition;

/// Adds to an OpenAPI document that a definition has no other fields than those shown, and which of them exclude each
/// other. The document must hold [`JobDefinition`].
pub(crate) fn complete(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    let mut names = BTreeSet::from([JobDefinition::name().into_owned()]);
    let mut next: Vec<_> = names.iter().cloned().collect();
    while let Some(name) = next.pop() {
        let schema = &mut schemas[&name];
        if schema.get("properties").is_some() {
            schema["additionalProperties"] = false.into();
        }
        next.extend(references(schema).into_iter().filter(|name| names.insert(name.clone())));
    }
    if let Value::Object(rules) = rules() {
        for (name, rules) in rules {
            schemas[&name]["not"] = match rules.as_array().map(Vec::as_slice) {
                Some([rule]) => rule.clone(),
                _ => json!({ "anyOf": rules }),
            };
        }
    }
}

/// The names of the schemas that a schema refers to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|reference| reference.strip_prefix("#/components/schemas/"));
            let own = own.into_iter().map(str::to_owned);
            own.chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(members) => members.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// What a definition may not be, by schema.
///
/// It becomes a `not`, which generators of clients pass by, whereas they make classes of the alternatives in an `allOf`
/// or `oneOf`.
fn rules() -> Value {
    let yes = || json!({ "enum": [true] });
    // No null here, since a field that is null is as if it were left out.
    let given = || json!({ "type": "string" });
    let is = |words: &[&str]| json!({ "enum": words });
    let is_not = |words: &[&str]| json!({ "not": { "enum": words } });
    json!({
        "JobDefinition": [{
            "required": ["source_column"],
            "properties": { "source_column": given(), "source_type": is_not(&["csv"]) },
        }],
        "Query": [
            {
                "required": ["many", "join"],
                "properties": { "many": yes(), "join": yes() },
            },
            {
                "required": ["join_separator"],
                "properties": { "join_separator": given(), "join": { "not": yes() } },
            },
            {
                "required": ["decimal"],
                "properties": { "decimal": given(), "as": is_not(&["integer", "number"]) },
            },
            {
                "required": ["format"],
                "properties": { "format": given(), "as": is_not(&["datetime"]) },
            },
        ],
        "RequestConfig": [{
            "required": ["body"],
            "properties": { "body": given(), "method": is_not(&["POST", "PUT", "PATCH", "DELETE"]) },
        }],
        "RenderConfig": [
            {
                "required": ["wait_strategy"],
                "properties": { "wait_strategy": is(&["selector"]), "wait_for_selector": { "not": given() } },
            },
            {
                "required": ["wait_strategy", "wait_for_selector"],
                "properties": {
                    "wait_strategy": is(&["load", "domcontentloaded", "networkidle"]),
                    "wait_for_selector": given(),
                },
            },
        ],
    })
}
