//! libxml2's own tests of XPath (`tests/conformance/xpath-libxml2.jsonl` at the root of the repository).

use serde_json::Value;

use crate::{evaluate, parse};

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/conformance/xpath-libxml2.jsonl"
);

/// The cases in which this crate differs from libxml2, each with its reason. There is none.
const EXCEPTIONS: [(&str, &str); 0] = [];

#[test]
fn libxml2_tests() {
    let cases = std::fs::read_to_string(CASES).expect("the cases are in the repository");
    let mut differences = Vec::new();
    let mut count = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("each line is JSON");
        let field = |name: &str| case[name].as_str().expect("it is a string");
        let (id, query) = (field("id"), field("query"));
        count += 1;
        let expected: Option<Vec<&str>> = case["expected"].as_array().map(|matches| {
            matches
                .iter()
                .map(|text| text.as_str().expect("matches are strings"))
                .collect()
        });
        let found = evaluate(&parse(field("html")), query);
        let agrees = match (&found, &expected) {
            (Ok(found), Some(expected)) => found == expected,
            (Err(_), None) => case["error"] == true,
            _ => false,
        };
        let excepted = EXCEPTIONS.iter().any(|(exception, _)| *exception == id);
        if agrees == excepted {
            differences.push(format!("{id} {query}: {found:?} where libxml2 has {expected:?}"));
        }
    }
    assert!(count > 250, "only {count} cases were read");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
