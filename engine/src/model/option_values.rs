//! Options of query types and formats: how they are declared, and how given ones are checked.
//!
//! One code for all: a job's `options`, a download's parameters and `--set` on the command line.

use serde::Serialize;

use super::FieldError;
use super::parse::{json_kind, unknown_name};

/// An option that an extractor or exporter takes.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionSpec {
    /// Its name.
    pub name: String,
    /// What its value is.
    pub kind: OptionKind,
    /// Its value where none is given.
    pub default: Option<OptionValue>,
    /// What it does.
    pub description: String,
}

/// What the value of an option is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionKind {
    /// Any text.
    Text,
    /// True or false.
    Boolean,
    /// A whole number within 64 bits.
    Integer,
    /// A finite number.
    Number,
    /// One of these texts.
    Choice(Vec<String>),
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// Of a text or a choice.
    Text(String),
    /// Of a boolean.
    Boolean(bool),
    /// Of a whole number.
    Integer(i64),
    /// Of a number.
    Number(f64),
}

impl OptionValue {
    /// Reads the text of `--set name=text` or of a query parameter; an error says what it must be.
    pub fn parse(spec: &OptionSpec, text: &str) -> Result<Self, String> {
        match &spec.kind {
            OptionKind::Text => Ok(Self::Text(text.to_owned())),
            OptionKind::Boolean => match text {
                "true" => Ok(Self::Boolean(true)),
                "false" => Ok(Self::Boolean(false)),
                _ => Err(format!("must be true or false, found `{text}`")),
            },
            OptionKind::Integer => text
                .parse()
                .map(Self::Integer)
                .map_err(|_| format!("must be a whole number, found `{text}`")),
            OptionKind::Number => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Self::Number(number)),
                _ => Err(format!("must be a number, found `{text}`")),
            },
            OptionKind::Choice(choices) => Self::choose(choices, text),
        }
    }

    /// Reads the value of a definition; an error says what it must be.
    pub fn from_json(spec: &OptionSpec, value: &serde_json::Value) -> Result<Self, String> {
        let expected = |what: &str| format!("must be {what}, found {}", json_kind(value));
        match &spec.kind {
            OptionKind::Text => Ok(Self::Text(value.as_str().ok_or_else(|| expected("text"))?.to_owned())),
            OptionKind::Boolean => value
                .as_bool()
                .map(Self::Boolean)
                .ok_or_else(|| expected("true or false")),
            OptionKind::Integer => value
                .as_i64()
                .map(Self::Integer)
                .ok_or_else(|| expected("a whole number")),
            OptionKind::Number => value.as_f64().map(Self::Number).ok_or_else(|| expected("a number")),
            OptionKind::Choice(choices) => Self::choose(choices, value.as_str().ok_or_else(|| expected("text"))?),
        }
    }

    /// The value as JSON has it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Boolean(boolean) => (*boolean).into(),
            Self::Integer(integer) => (*integer).into(),
            Self::Number(number) => (*number).into(),
        }
    }

    fn choose(choices: &[String], text: &str) -> Result<Self, String> {
        if choices.iter().any(|choice| choice == text) {
            Ok(Self::Text(text.to_owned()))
        } else {
            Err(format!("must be one of: {}", choices.join(", ")))
        }
    }
}

/// Checks given options against their specifications and reads them by `read`, which is [`OptionValue::parse`] or
/// [`OptionValue::from_json`]. Options that are not given are not filled in. All faults at once, each at `path.name`.
pub fn validate_options<'a, V>(
    specs: &[OptionSpec],
    given: impl IntoIterator<Item = (&'a str, V)>,
    path: &str,
    read: impl Fn(&OptionSpec, V) -> Result<OptionValue, String>,
) -> Result<Vec<(String, OptionValue)>, Vec<FieldError>> {
    let mut values: Vec<(String, OptionValue)> = Vec::new();
    let mut faults = Vec::new();
    for (name, value) in given {
        let mut fault = |message: String| {
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            faults.push(FieldError::new(path, message));
        };
        let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
            fault(unknown_name(
                "option",
                name,
                specs.iter().map(|spec| spec.name.as_str()),
            ));
            continue;
        };
        if values.iter().any(|(given, _)| given == name) {
            fault("is given twice".to_owned());
            continue;
        }
        match read(spec, value) {
            Ok(value) => values.push((name.to_owned(), value)),
            Err(message) => fault(message),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

/// [`validate_options`] for texts: the `name=text` of `--set` and `--option`, and query parameters.
pub fn parse_options<'a>(
    specs: &[OptionSpec],
    given: impl IntoIterator<Item = (&'a str, &'a str)>,
    path: &str,
) -> Result<Vec<(String, OptionValue)>, Vec<FieldError>> {
    validate_options(specs, given, path, OptionValue::parse)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(name: &str, kind: OptionKind) -> OptionSpec {
        OptionSpec {
            name: name.into(),
            kind,
            default: None,
            description: String::new(),
        }
    }

    fn specs() -> Vec<OptionSpec> {
        vec![
            spec("delimiter", OptionKind::Text),
            spec("lines", OptionKind::Boolean),
            spec("indent", OptionKind::Integer),
            spec("ratio", OptionKind::Number),
            spec("output", OptionKind::Choice(vec!["text".into(), "html".into()])),
        ]
    }

    fn texts(faults: &[FieldError]) -> Vec<String> {
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn texts_are_read_by_the_specification() {
        fn check(name: &str, text: &str, expected: Result<OptionValue, &str>) {
            let found = parse_options(&specs(), [(name, text)], "");
            match expected {
                Ok(value) => assert_eq!(found, Ok(vec![(name.to_owned(), value)])),
                Err(message) => assert_eq!(texts(&found.expect_err(text)), [message]),
            }
        }
        check("delimiter", "", Ok(OptionValue::Text(String::new())));
        check("lines", "true", Ok(OptionValue::Boolean(true)));
        check("lines", "false", Ok(OptionValue::Boolean(false)));
        check("lines", "yes", Err("lines: Must be true or false, found `yes`"));
        check("indent", "-2", Ok(OptionValue::Integer(-2)));
        check(
            "indent",
            "9223372036854775808",
            Err("indent: Must be a whole number, found `9223372036854775808`"),
        );
        check("ratio", "1e3", Ok(OptionValue::Number(1000.0)));
        check("ratio", "inf", Err("ratio: Must be a number, found `inf`"));
        check("output", "html", Ok(OptionValue::Text("html".into())));
        check("output", "xml", Err("output: Must be one of: text, html"));
        check("line", "true", Err("line: Unknown option, did you mean `lines`?"));
        check(
            "zzz",
            "1",
            Err("zzz: Unknown option, known ones: delimiter, lines, indent, ratio, output"),
        );
    }

    #[test]
    fn json_is_read_by_the_specification() {
        #[allow(
            clippy::needless_pass_by_value,
            reason = "a table of literals reads better without references"
        )]
        fn check(given: serde_json::Value, expected: Result<OptionValue, &str>) {
            let map = given.as_object().expect("an object");
            let given = map.iter().map(|(name, value)| (name.as_str(), value));
            let found = validate_options(&specs(), given, "queries[0].options", OptionValue::from_json);
            match expected {
                Ok(value) => assert_eq!(found.expect("good options")[0].1, value),
                Err(message) => assert_eq!(texts(&found.expect_err(message)), [message]),
            }
        }
        check(json!({"delimiter": ";"}), Ok(OptionValue::Text(";".into())));
        check(
            json!({"delimiter": 1}),
            Err("queries[0].options.delimiter: Must be text, found a number"),
        );
        check(json!({"lines": true}), Ok(OptionValue::Boolean(true)));
        check(
            json!({"lines": "true"}),
            Err("queries[0].options.lines: Must be true or false, found text"),
        );
        check(json!({"indent": 2}), Ok(OptionValue::Integer(2)));
        check(
            json!({"indent": 2.5}),
            Err("queries[0].options.indent: Must be a whole number, found a number"),
        );
        check(json!({"ratio": 2}), Ok(OptionValue::Number(2.0)));
        check(
            json!({"output": "xml"}),
            Err("queries[0].options.output: Must be one of: text, html"),
        );
        check(
            json!({"output": ["text"]}),
            Err("queries[0].options.output: Must be text, found a list"),
        );
    }

    #[test]
    fn all_faults_at_once() {
        let given = [("lines", "1"), ("indent", "2"), ("indent", "3"), ("x", "")];
        let faults = parse_options(&specs(), given, "").expect_err("faults");
        assert_eq!(
            texts(&faults),
            [
                "lines: Must be true or false, found `1`",
                "indent: Is given twice",
                "x: Unknown option, known ones: delimiter, lines, indent, ratio, output",
            ]
        );
        let none = parse_options(&[], [("a", "b")], "").expect_err("a fault");
        assert_eq!(texts(&none), ["a: Unknown option, there are none"]);
    }
}
