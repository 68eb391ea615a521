//! Every limit on both its sides, and pages that are traps.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use snowscrape_css::{MAX_COMPOUNDS, MAX_NESTING, MAX_OUTPUT, MAX_SIZE, Selector};
use snowscrape_dom::Output;
use snowscrape_plugin_sdk::QueryFailure;

use super::{compile, page};

fn error(expression: &str) -> String {
    Selector::compile(expression, Output::Text).unwrap_err().message
}

#[test]
fn size() {
    let longest = format!("{}a", "a,".repeat(MAX_SIZE / 2 - 1));
    assert!(Selector::compile(&format!("{longest} "), Output::Text).is_ok());
    assert!(error(&format!("{longest}  ")).contains("at most 65536"));
}

#[test]
fn nesting() {
    let nested = |levels: usize| format!("{}a{}", ":not(".repeat(levels), ")".repeat(levels));
    assert!(Selector::compile(&nested(MAX_NESTING), Output::Text).is_ok());
    assert!(error(&nested(MAX_NESTING + 1)).contains("nest deeper than 32"));
    assert!(error(&nested(10_000)).contains("nest deeper than 32"));
    assert!(error(&nested(100_000)).contains("at most 65536"));
    assert!(error(&"(".repeat(60_000)).contains("unexpected") || error(&"(".repeat(60_000)).contains("nest deeper"));
    assert!(error(&":is(".repeat(16_000)).contains("nest deeper than 32"));
}

#[test]
fn compounds() {
    for joint in [" ", ">", " > ", "+", " ~ "] {
        let chain = |parts: usize| vec!["a"; parts].join(joint);
        let html = "<a>".repeat(MAX_COMPOUNDS);
        let most = compile(&chain(MAX_COMPOUNDS));
        most.nodes(&page(&html), None).unwrap();
        assert!(
            error(&chain(MAX_COMPOUNDS + 1)).contains("more than 256 parts"),
            "{joint}"
        );
        assert!(error(&format!("p:not({})", chain(MAX_COMPOUNDS + 1))).contains("more than 256 parts"));
    }
}

#[test]
fn output() {
    let text = "x".repeat(MAX_OUTPUT / 2);
    let document = page(&format!("<p><b>{text}</b></p>"));
    let mut out = Vec::new();
    assert!(compile("p, b").matches(&document, None, &mut out).is_ok());
    let failure = compile("body, p, b").matches(&document, None, &mut out);
    assert!(matches!(failure, Err(QueryFailure::TooCostly(_))));
}

/// A page of 2,000 levels with 20,000 elements at the bottom, and one with 50,000 siblings.
fn traps() -> [String; 2] {
    let mut deep = "<!doctype html>".to_owned();
    for level in 0..2_000 {
        write!(deep, "<div class=c{}>", level % 7).unwrap();
    }
    deep.push_str(&"<i>x</i>".repeat(20_000));
    let mut wide = "<!doctype html>".to_owned();
    for number in 0..50_000 {
        write!(wide, "<{0} class=c{1}>x</{0}>", ["p", "q"][number % 2], number % 7).unwrap();
    }
    [deep, wide]
}

#[test]
fn no_shape_of_page_makes_a_selector_slow() {
    for html in traps() {
        let document = page(&html);
        for expression in [
            "div i",
            "div div div div i",
            ".c1 .c2 .c3 > .c4 i",
            ".nothing i",
            ".nothing div > div i",
            "p ~ q",
            ".nothing ~ q",
            "p ~ q ~ p ~ q ~ p",
            ".nothing ~ p + q ~ p",
            "div:has(.nothing)",
            "div:has(i)",
            ":has(> i)",
            "p:has(~ .nothing)",
            "p:has(~ q ~ p)",
            "*:not(:has(i))",
            "i::text",
            "div ::text",
            "body ::attr(class)",
        ] {
            let selector = compile(expression);
            let start = Instant::now();
            let result = selector.nodes(&document, None);
            assert!(result.is_ok(), "{expression}: {result:?}");
            // Linear ones take a few milliseconds; quadratic ones would take many seconds.
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{expression}: {:?}",
                start.elapsed()
            );
        }
    }
}

#[test]
fn what_is_costly_is_refused() {
    let [_, wide] = traps();
    for expression in [":is(.nothing ~ p)", "p:not(.nothing ~ q ~ p)"] {
        let start = Instant::now();
        match compile(expression).nodes(&page(&wide), None) {
            Err(QueryFailure::TooCostly(message)) => assert!(message.contains("too many steps"), "{message}"),
            other => panic!("{expression}: {:?}", other.map(|nodes| nodes.len())),
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{expression}: {:?}",
            start.elapsed()
        );
    }
}
