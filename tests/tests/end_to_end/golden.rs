//! What parsel and libxml2 say of pages that none of us wrote, asked of the binary in two batches.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::support::Ended;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn lines(path: &str) -> Vec<Map<String, Json>> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}: {line}"));
    read(path).lines().map(parse).collect()
}

/// Asks a question a line, and compares each answer with what `is_right` wants of it.
fn check(questions: &[Map<String, Json>], is_right: impl Fn(&Map<String, Json>, &Json) -> bool) {
    let input: String = questions
        .iter()
        .map(|question| format!("{}\n", Json::Object(question.clone())))
        .collect();
    let ended = Ended::fed(&["extract", "--batch", "-"], &input).expect(0, &[]);
    let answers: Vec<Json> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), questions.len());
    let wrong: Vec<String> = questions
        .iter()
        .zip(&answers)
        .filter(|(question, answer)| answer["id"] != question["id"] || !is_right(question, answer))
        .map(|(question, answer)| format!("{}: {} gave {answer}", question["id"], question["query"]))
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn queries_give_what_parsel_gives() {
    let expected: HashMap<String, Json> = lines("golden/expected.jsonl")
        .into_iter()
        .map(|mut line| (line["id"].to_string(), line.remove("matches").unwrap()))
        .collect();
    let mut pages: HashMap<String, String> = HashMap::new();
    let mut questions = lines("golden/queries.jsonl");
    for question in &mut questions {
        let name = question["page"].as_str().unwrap().to_owned();
        let page = pages
            .entry(name)
            .or_insert_with_key(|name| read(&format!("fixtures/pages/{name}")));
        question.insert("html".to_owned(), Json::from(page.as_str()));
    }
    assert!(questions.len() >= 60 && expected.len() == questions.len());
    check(&questions, |question, answer| {
        answer["matches"] == expected[&question["id"].to_string()]
    });
}

#[test]
fn expressions_give_what_libxml2_gives() {
    check(&lines("conformance/xpath-libxml2.jsonl"), |case, answer| {
        if case.get("error") == Some(&Json::Bool(true)) {
            answer["error"]["message"].is_string()
        } else {
            answer["matches"] == case["expected"]
        }
    });
}
