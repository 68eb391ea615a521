//! `snowscrape extract`: one query on a page, and many in a batch.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use snowscrape_tests::site::{BROKEN, DemoSite, products};

use crate::support::{Ended, Folder};

const PAGE: &str = "<base href='/b/'><ul><li class=a> one\n <b>x</b></li><li>two</li><li> </li></ul>";

#[test]
fn queries_answer_on_files_standard_input_and_urls() {
    let folder = Folder::new();
    folder.write("page.html", PAGE);
    let check = |arguments: &[&str], expected: Json| {
        let arguments = [&["extract"], arguments].concat();
        let ended = Ended::within(folder.path(), &[&arguments[..], &["page.html"]].concat()).expect(0, &[]);
        assert_eq!(ended.json(), expected, "{arguments:?}");
        let fed = Ended::fed(&[&arguments[..], &["-"]].concat(), PAGE).expect(0, &[]);
        assert_eq!(fed.json(), expected, "{arguments:?} on standard input");
    };
    check(&["--type", "css", "--query", "li::text"], json!(["one", "two"]));
    check(
        &["--type", "css", "--query", "li::text", "--raw"],
        json!([" one\n ", "two", " "]),
    );
    check(&["--type", "xpath", "--query", "//b/text()"], json!(["x"]));
    check(&["--type", "xpath", "--query", "count(//li)"], json!(["3"]));
    check(&["--type", "regex", "--query", "class=(.)"], json!(["a"]));
    check(
        &["--type", "regex", "--query", "tw.", "--option", "on=text"],
        json!(["two"]),
    );
    check(
        &[
            "--type",
            "xpath",
            "--query",
            "//li[1]",
            "--option",
            "output=inner-html",
            "--raw",
        ],
        json!([" one\n <b>x</b>"]),
    );
    check(
        &["--type", "xpath", "--query", ".//b", "--item", "//li[position() < 3]"],
        json!([["x"], []]),
    );
    check(
        &[
            "--type",
            "xpath",
            "--query",
            "text()",
            "--item",
            "li.a",
            "--item-type",
            "css",
        ],
        json!([["one"]]),
    );
    // A language that finds no nodes takes its items from css.
    check(
        &["--type", "regex", "--query", "<b>(.)", "--item", "li.a"],
        json!([["x"]]),
    );
    check(&["--type", "css", "--query", "table"], json!([]));

    let site = DemoSite::start();
    let url = format!("{}/products?page=3", site.base_url());
    let ended = Ended::of(&mut crate::support::snowscrape(&[
        "extract",
        "--type",
        "css",
        "--query",
        ".product-name a::text",
        &url,
    ]))
    .expect(0, &[]);
    let names: Vec<String> = products()
        .into_iter()
        .filter(|p| p.listing_page() == 3)
        .map(|p| p.name)
        .collect();
    assert_eq!(ended.json(), json!(names));
    assert_eq!(products()[BROKEN].listing_page(), 2);
}

#[test]
fn what_is_wrong_is_said_and_its_place_marked() {
    let folder = Folder::new();
    folder.write("page.html", PAGE);
    let check = |arguments: &[&str], words: &[&str]| {
        let arguments = [&["extract"], arguments].concat();
        let ended = Ended::within(folder.path(), &arguments).expect(2, words);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    };
    check(
        &["--type", "css", "--query", "p[", "page.html"],
        &["error: css: ", "\n  p[\n   ^"],
    );
    check(
        &["--type", "xpath", "--query", "//a[", "page.html"],
        &["error: xpath: ", "\n  //a[\n", "^"],
    );
    check(
        &["--type", "regex", "--query", "a(", "page.html"],
        &["error: regex: ", "\n  a(\n", "^"],
    );
    check(
        &["--type", "xpath", "--query", "a", "--item", "//li[[", "page.html"],
        &["error: xpath: ", "\n  //li[[\n"],
    );
    check(
        &["--type", "jq", "--query", ".", "page.html"],
        &["--type: Must be one of: xpath, css, regex"],
    );
    check(
        &[
            "--type",
            "css",
            "--query",
            "p",
            "--item",
            "p",
            "--item-type",
            "jq",
            "page.html",
        ],
        &["Must be one of: xpath, css, regex"],
    );
    check(
        &["--type", "css", "--query", "p", "--option", "outptu=html", "page.html"],
        &["--option", "outptu", "`output`"],
    );
    check(
        &["--type", "css", "--query", "p", "--option", "output=pdf", "page.html"],
        &["--option", "output"],
    );
    check(
        &["--type", "css", "--query", "p", "--option", "output", "page.html"],
        &["KEY=VALUE"],
    );
    check(
        &["--type", "css", "--query", "p", "none.html"],
        &["none.html cannot be read"],
    );
    check(&["--type", "css", "--query", "p"], &["FILE|URL|-"]);
    check(&["--batch", "none.jsonl"], &["none.jsonl cannot be read"]);
    folder.write("broken.jsonl", "\n{\"id\": 1, \"type\": \"css\"}\n");
    check(&["--batch", "broken.jsonl"], &["broken.jsonl: line 2: "]);
}

#[test]
fn a_batch_answers_line_by_line() {
    let folder = Folder::new();
    let item = json!({"type": "css", "query": "li"});
    let questions = [
        json!({"id": "a", "type": "css", "query": "li::text", "html": PAGE}),
        json!({"id": 2, "type": "xpath", "query": "//a[", "html": PAGE}),
        json!({"id": null, "type": "jq", "query": ".", "html": PAGE}),
        json!({"id": [4], "type": "xpath", "query": "b", "html": PAGE, "item": item, "options": {"output": "html"}}),
        json!({"id": 5, "type": "css", "query": "li", "html": PAGE, "options": {"output": 7}, "note": "not ours"}),
        json!({"id": 6, "type": "regex", "query": "o(n|)", "html": ""}),
    ];
    let lines: String = questions.iter().map(|question| format!("{question}\n\n")).collect();
    folder.write("batch.jsonl", &lines);
    let ended = Ended::within(folder.path(), &["extract", "--batch", "batch.jsonl"]).expect(0, &[]);
    let answers: Vec<Json> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), questions.len());
    assert_eq!(answers[0], json!({"id": "a", "matches": [" one\n ", "two", " "]}));
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["offset"]),
        (&json!(2), &json!(4))
    );
    let message = "type: Must be one of: xpath, css, regex";
    assert_eq!(
        answers[2],
        json!({"id": null, "error": {"message": message, "offset": null}})
    );
    assert_eq!(answers[3], json!({"id": [4], "matches": [["<b>x</b>"], [], []]}));
    assert!(
        answers[4]["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("options.output: "),
        "{}",
        answers[4]
    );
    assert_eq!(answers[5], json!({"id": 6, "matches": []}));
}

#[test]
fn a_batch_may_be_thousands_of_lines() {
    let mut lines = String::new();
    for number in 0..2_000 {
        // A fault in between must not cost the lines after it anything.
        let query = if number % 100 == 50 { "p[" } else { "p::text" };
        let line = json!({"id": number, "type": "css", "query": query, "html": format!("<p>{number}</p>")});
        writeln!(lines, "{line}").unwrap();
    }
    let ended = Ended::fed(&["extract", "--batch", "-"], &lines).expect(0, &[]);
    let mut count = 0;
    for (number, line) in ended.stdout.lines().enumerate() {
        let answer: Json = serde_json::from_str(line).unwrap();
        assert_eq!(answer["id"], json!(number));
        if number % 100 == 50 {
            assert_eq!(answer["error"]["offset"], json!(1), "{answer}");
        } else {
            assert_eq!(answer["matches"], json!([number.to_string()]), "{answer}");
        }
        count += 1;
    }
    assert_eq!(count, 2_000);
}
