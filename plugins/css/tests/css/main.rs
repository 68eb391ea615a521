//! Tests of the crate as its callers see it.
#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and clippy does not see that these helpers are a test's"
)]

mod errors;
mod items;
mod limits;
mod pseudo_elements;
mod scraper;
mod states;

use snowscrape_css::Selector;
use snowscrape_dom::{Document, NodeId, Output, ParseOptions};
use snowscrape_plugin_sdk::Match;

fn page(html: &str) -> Document {
    Document::parse(html, ParseOptions::default())
}

fn compile(expression: &str) -> Selector {
    Selector::compile(expression, Output::Text).unwrap_or_else(|error| panic!("{expression}: {error:?}"))
}

/// The matches as strings, text nodes in quotes.
fn matches(document: &Document, item: Option<NodeId>, expression: &str) -> Vec<String> {
    let mut out = Vec::new();
    compile(expression).matches(document, item, &mut out).unwrap();
    out.into_iter()
        .map(|found| match found {
            Match::TextNode(text) => format!("{text:?}"),
            Match::Text(text) => text,
            Match::Structured(json) => panic!("{json}"),
        })
        .collect()
}

/// The ids of the elements found, or their names where they have none.
fn found(document: &Document, item: Option<NodeId>, expression: &str) -> String {
    let nodes = compile(expression).nodes(document, item).unwrap();
    let names: Vec<_> = nodes
        .into_iter()
        .map(|id| document.attribute(id, "id").unwrap_or_else(|| document.local_name(id)))
        .collect();
    names.join(" ")
}
