//! XPath 1.0 held against its specification, against libxml2's own test suite and against two other evaluators.

#![allow(clippy::doc_markdown, reason = "XPath is a name and no code")]
#![allow(clippy::format_push_string, reason = "pages and expressions of tests are small")]

mod axes;
mod comparisons;
mod conformance;
mod engines;
mod extensions;
mod functions;
mod generated;
mod limits;
mod linearity;
mod mistakes;
mod paths;
mod second_opinions;

use snowscrape_dom::{Document, NodeId, Output, ParseOptions};
use snowscrape_plugin_sdk::{Match, QueryFailure};
use snowscrape_xpath::Expression;

fn parse(html: &str) -> Document {
    Document::parse(html, ParseOptions::default())
}

fn root(document: &Document) -> NodeId {
    document.root_element().expect("a parsed page has a root element")
}

fn text(matched: Match) -> String {
    match matched {
        Match::TextNode(text) | Match::Text(text) | Match::Structured(text) => text,
    }
}

fn evaluate(document: &Document, expression: &str) -> Result<Vec<String>, String> {
    let compiled = Expression::compile(expression, Output::Text).map_err(|error| error.message)?;
    let mut matches = Vec::new();
    match compiled.matches(document, root(document), &mut matches) {
        Ok(()) => Ok(matches.into_iter().map(text).collect()),
        Err(QueryFailure::TooCostly(why) | QueryFailure::UnsuitablePage(why) | QueryFailure::Other(why)) => Err(why),
    }
}

/// The matches of an expression on a page.
#[track_caller]
fn check(html: &str, expression: &str, expected: &[&str]) {
    assert_eq!(
        evaluate(&parse(html), expression).as_deref(),
        Ok(expected.map_owned().as_slice()),
        "{expression} on {html}"
    );
}

/// An expression without a page to look at.
#[track_caller]
fn check_value(expression: &str, expected: &str) {
    check("<p>x</p>", expression, &[expected]);
}

trait MapOwned {
    fn map_owned(&self) -> Vec<String>;
}

impl MapOwned for [&str] {
    fn map_owned(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}
