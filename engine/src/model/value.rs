//! Cells and columns of the result.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::As;

/// The value of one cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// No match, nothing in it, or not readable as what it should be.
    #[default]
    Null,
    /// A text, or a URL.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Datetime(Timestamp),
    /// The values of a query with `many`, null where one of them is.
    List(Vec<Value>),
    /// A structured match other than a string: it keeps its form even in a column of texts.
    Json(serde_json::Value),
}

impl Value {
    /// Whether there is nothing in the cell.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// About how many bytes the value takes, without the cell itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(values) => values.iter().map(|value| size_of::<Self>() + value.heap_bytes()).sum(),
            Self::Json(json) => json_bytes(json),
            Self::Null | Self::Integer(_) | Self::Number(_) | Self::Boolean(_) | Self::Datetime(_) => 0,
        }
    }
}

/// Structured values are no deeper than their makers let them be, so recursion is bounded.
fn json_bytes(json: &serde_json::Value) -> usize {
    let inner = match json {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(values) => values.iter().map(json_bytes).sum(),
        serde_json::Value::Object(map) => map.iter().map(|(name, value)| name.len() + json_bytes(value)).sum(),
        _ => 0,
    };
    size_of::<serde_json::Value>() + inner
}

/// As JSON has it: a datetime is RFC 3339 text in UTC.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::Datetime(time) => serializer.collect_str(time),
            Self::List(values) => serializer.collect_seq(values),
            Self::Json(json) => json.serialize(serializer),
        }
    }
}

/// A column of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The query's name.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Whether its cells are lists of them.
    pub many: bool,
}

closed_set! {
    /// What the values of a column are. A column of texts may hold structured values.
    pub enum ColumnKind {
        /// [`Value::Text`], or [`Value::Json`] where an extractor answers structured values.
        Text = "text",
        /// [`Value::Integer`]
        Integer = "integer",
        /// [`Value::Number`]
        Number = "number",
        /// [`Value::Boolean`]
        Boolean = "boolean",
        /// [`Value::Datetime`]
        Datetime = "datetime",
        /// [`Value::Text`] that is an absolute URL.
        Url = "url",
        /// [`Value::Json`] throughout.
        Json = "json",
    }
}

impl From<As> for ColumnKind {
    fn from(as_: As) -> Self {
        match as_ {
            As::Text => Self::Text,
            As::Integer => Self::Integer,
            As::Number => Self::Number,
            As::Boolean => Self::Boolean,
            As::Datetime => Self::Datetime,
            As::Url => Self::Url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_written_as_json_has_them() {
        #[allow(
            clippy::needless_pass_by_value,
            reason = "a table of literals reads better without references"
        )]
        fn check(value: Value, expected: &str) {
            assert_eq!(serde_json::to_string(&value).expect("JSON"), expected);
        }
        check(Value::Null, "null");
        check(Value::Text("a\"b".into()), r#""a\"b""#);
        check(Value::Integer(i64::MIN), "-9223372036854775808");
        check(Value::Number(1.5), "1.5");
        check(Value::Boolean(true), "true");
        check(Value::Datetime(Timestamp::UNIX_EPOCH), r#""1970-01-01T00:00:00Z""#);
        check(Value::List(vec![Value::Null, Value::Integer(1)]), "[null,1]");
        check(
            Value::Json(serde_json::json!({"b": 1, "a": [null]})),
            r#"{"b":1,"a":[null]}"#,
        );
    }
}
