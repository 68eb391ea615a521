//! A match as a row would take it, for trying a query out.

use super::structured::structured;
use super::text::{is_blank, normalise};
use crate::model::{Match, MatchKind, Value};

/// What a query without `raw`, `match` and `as` makes of a match: `None` for a text node of nothing but white space,
/// which no row sees; null for another empty text.
pub fn trial_value(found: Match) -> Option<Value> {
    match found.kind {
        MatchKind::TextNode if is_blank(&found.text) => None,
        MatchKind::TextNode | MatchKind::Text => Some(text_value(found.text)),
        MatchKind::Structured => Some(match structured(&found.text) {
            Some(serde_json::Value::String(text)) => text_value(text),
            Some(serde_json::Value::Null) => Value::Null,
            Some(json) => Value::Json(json),
            None => Value::Text(found.text),
        }),
    }
}

fn text_value(text: String) -> Value {
    match normalise(text) {
        text if text.is_empty() => Value::Null,
        text => Value::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_as_in_a_row() {
        let check = |kind, text: &str, expected: Option<Value>| {
            assert_eq!(
                trial_value(Match {
                    kind,
                    text: text.to_owned()
                }),
                expected,
                "{text:?}"
            );
        };
        check(MatchKind::TextNode, " \n", None);
        check(MatchKind::TextNode, " a\n b ", Some(Value::Text("a b".into())));
        check(MatchKind::Text, " ", Some(Value::Null));
        check(MatchKind::Structured, "\" a  b\"", Some(Value::Text("a b".into())));
        check(MatchKind::Structured, "null", Some(Value::Null));
        check(MatchKind::Structured, "[1]", Some(Value::Json(serde_json::json!([1]))));
    }
}
