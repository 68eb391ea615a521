//! What the tests of all sections share: a served set of query types, and a definition to change fields of.

use serde_json::{Value, json};

use crate::model::{ExpressionFault, FieldError, Job, OptionKind, OptionSpec, OptionValue, QueryTypes};

/// The built-in types in their order. Each takes `output`, and refuses an expression with a brace at its place.
pub(super) struct BuiltIn(Vec<OptionSpec>);

impl BuiltIn {
    pub(super) fn new() -> Self {
        let kind = OptionKind::Choice(vec!["text".into(), "html".into()]);
        Self(vec![OptionSpec {
            name: "output".into(),
            kind,
            default: None,
            description: String::new(),
        }])
    }
}

impl QueryTypes for BuiltIn {
    fn names(&self) -> Vec<String> {
        ["xpath", "css", "regex"].map(str::to_owned).to_vec()
    }

    fn options(&self, query_type: &str) -> Option<&[OptionSpec]> {
        self.names().iter().any(|name| name == query_type).then_some(&*self.0)
    }

    fn is_structured(&self, _: &str) -> bool {
        false
    }

    fn check_item(
        &self,
        query_type: &str,
        expression: &str,
        options: &[(String, OptionValue)],
    ) -> Result<(), ExpressionFault> {
        if query_type == "regex" {
            return Err(ExpressionFault {
                offset: 0,
                length: 0,
                message: "a regex finds no nodes".into(),
            });
        }
        self.check(query_type, expression, options)
    }

    fn check(&self, _: &str, expression: &str, _: &[(String, OptionValue)]) -> Result<(), ExpressionFault> {
        match expression.find('{') {
            Some(at) => Err(ExpressionFault {
                offset: at as u32,
                length: 1,
                message: "unexpected brace".into(),
            }),
            None => Ok(()),
        }
    }
}

/// Parses the smallest definition with some fields changed.
pub(super) fn parse(fields: &Value) -> Result<Job, Vec<FieldError>> {
    let mut definition = json!({
        "name": "Prices",
        "source": "https://shop.example/",
        "queries": [{"name": "title", "type": "css", "query": "h1"}],
    });
    for (name, value) in fields.as_object().expect("an object of fields") {
        definition[name] = value.clone();
    }
    Job::parse(&definition, &BuiltIn::new())
}

/// [`parse`] with one field changed.
pub(super) fn parse_with(field: &str, value: Value) -> Result<Job, Vec<FieldError>> {
    parse(&Value::Object([(field.to_owned(), value)].into_iter().collect()))
}

/// Changes one field, and expects exactly these faults. A definition without faults must survive being written.
pub(super) fn check_field(field: &str, value: Value, expected: &[&str]) {
    let definition = value.to_string();
    match parse_with(field, value) {
        Ok(job) => {
            assert!(
                expected.is_empty(),
                "{field} {definition}: no fault, expected {expected:?}"
            );
            let written = serde_json::to_value(&job).expect("a job can be written");
            assert_eq!(Job::parse(&written, &BuiltIn::new()), Ok(job), "{written}");
        }
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            assert_eq!(faults, expected, "{field} {definition}");
        }
    }
}
