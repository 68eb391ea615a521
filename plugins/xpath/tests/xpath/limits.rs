use snowscrape_dom::{Document, Output, ParseOptions};
use snowscrape_plugin_sdk::QueryFailure;
use snowscrape_xpath::{Expression, MAX_DEPTH, MAX_LENGTH};

use crate::{evaluate, parse, root};

fn compile(expression: &str) -> Result<Expression, String> {
    Expression::compile(expression, Output::Text).map_err(|error| error.message)
}

#[test]
fn the_length_is_bounded() {
    let padded = |length: usize| format!("1{}", " ".repeat(length - 1));
    assert!(compile(&padded(MAX_LENGTH)).is_ok());
    let error = compile(&padded(MAX_LENGTH + 1)).expect_err("it is too long");
    assert_eq!(
        error,
        "the expression is 65537 bytes long, the most is 65536: split it up"
    );
}

/// What nests, how it is closed, and how many levels each is.
const NESTINGS: [(&str, &str, &str, usize); 6] = [
    ("(", "1", ")", 1),
    ("string(", "1", ")", 1),
    ("not(", "1", ")", 1),
    ("a[", "1", "]", 2),
    ("//a[", "b", "]", 2),
    ("(1 + ", "1", ")", 2),
];

fn nested(nesting: (&str, &str, &str, usize), times: usize) -> String {
    let (open, inner, close, _) = nesting;
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

/// In the deepest expressions the stack holds what a component's does: half a mebibyte.
#[test]
fn the_depth_is_bounded() {
    let test = || {
        let document = parse("<a><a><b>1</b></a></a>");
        for nesting in NESTINGS {
            let most = MAX_DEPTH / nesting.3;
            let deepest = nested(nesting, most);
            assert!(evaluate(&document, &deepest).is_ok(), "{deepest}");
            let error = compile(&nested(nesting, most + 1)).expect_err("it is too deep");
            assert_eq!(error, "the expression nests deeper than 128 levels: simplify it");
        }
    };
    let thread = std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(test)
        .expect("a thread starts");
    thread.join().expect("it passes");
}

#[test]
fn a_hundred_thousand_parentheses_are_an_error() {
    for open in ["(", "a[", "-(", "not(", "//*["] {
        assert!(compile(&open.repeat(100_000)).is_err());
        assert!(compile(&open.repeat(MAX_LENGTH / open.len())).is_err());
    }
}

/// Chains nest nothing, so that only the length bounds them.
#[test]
fn long_chains_are_no_depth() {
    let document = parse("<a><b>1</b></a>");
    for (first, link, times, expected) in [
        ("1", "+1", 30_000, "30001"),
        ("1", "*1", 30_000, "1"),
        ("1", "=1", 30_000, "true"),
        ("1", " or 0", 10_000, "true"),
        ("count(//a", "|//b", 10_000, "2"),
        ("count(//a", "/.", 30_000, "1"),
        ("count(//a", "/../a", 10_000, "1"),
        ("count(//a", "[1]", 20_000, "1"),
        ("", "-", 60_001, "-1"),
        ("concat('a'", ",''", 20_000, "a"),
    ] {
        let mut expression = format!("{first}{}", link.repeat(times));
        expression.push_str(if first.contains('(') {
            ")"
        } else if first.is_empty() {
            "1"
        } else {
            ""
        });
        assert_eq!(
            evaluate(&document, &expression),
            Ok(vec![expected.to_owned()]),
            "{first}{link}…"
        );
    }
}

#[test]
fn steps_are_bounded_in_proportion_to_the_page() {
    let expression = compile("//i[count(//i[count(.//b/preceding::b/following::b) = 5]) = 1]").expect("it is right");
    let costly = compile("//i[count(preceding::node()[count(following::node()) = 1]) = 1]").expect("it is right");
    let page = |count: usize| Document::parse(&"<i><b>x</b></i>".repeat(count), ParseOptions::default());
    let small = page(20);
    assert!(expression.matches(&small, root(&small), &mut Vec::new()).is_ok());
    assert!(costly.matches(&small, root(&small), &mut Vec::new()).is_ok());
    let large = page(1_000);
    let failure = costly
        .matches(&large, root(&large), &mut Vec::new())
        .expect_err("it is cubic");
    assert!(
        matches!(&failure, QueryFailure::TooCostly(why) if why.contains("give it a narrower path")),
        "{failure:?}"
    );
}

/// Nothing recurses on the page's depth.
#[test]
fn a_deep_page_is_no_deep_stack() {
    let document = parse(&format!("{}x", "<div>".repeat(100_000)));
    for expression in [
        "count(//div)",
        "string(//div[not(div)])",
        "count(//div/ancestor::div)",
        "string(//text()/ancestor::*[1])",
    ] {
        assert!(evaluate(&document, expression).is_ok(), "{expression}");
    }
}

/// What a function writes takes memory, so that it costs more than what is read.
#[test]
fn text_that_is_written_is_bounded() {
    let document = parse(&format!("<p>{}</p>", "x".repeat(100_000)));
    let concat = |times: usize| format!("string-length(concat(''{}))", ",.".repeat(times));
    assert_eq!(evaluate(&document, &concat(100)), Ok(vec!["10000000".to_owned()]));
    for expression in [
        &concat(1_000),
        "//*[count(re:match(., '.?', 'g')) > 1][count(re:match(., '.?', 'g')) > 1][count(re:match(., '.', 'g')) > 1]\
         [count(re:match(., '.?', 'g')) > 1][count(re:match(., '.?', 'g')) > 1][count(re:match(., '.', 'g')) > 1]",
        &format!("re:replace(., '.', 'g', '{}')", "$0".repeat(1_000)),
    ] {
        let error = evaluate(&document, expression).expect_err("it is too much");
        assert!(error.contains("steps on this page"), "{error}");
    }
    let twice = "string-length(re:replace(., '.', 'g', '$0$0'))";
    assert_eq!(evaluate(&document, twice), Ok(vec!["200000".to_owned()]));
    assert_eq!(
        evaluate(&document, "count(re:match(., '.', 'g'))"),
        Ok(vec!["100000".to_owned()])
    );
}
