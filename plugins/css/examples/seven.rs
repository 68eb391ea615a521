//! Parses a page and asks seven selectors of it, for callgrind and a stopwatch: `seven PAGE [TIMES [parse|css|both]]`.
#![allow(clippy::print_stdout, reason = "this is a program")]

use std::time::Instant;

use snowscrape_css::Selector;
use snowscrape_dom::{Document, Output, ParseOptions};

const SELECTORS: [&str; 7] = [
    "title::text",
    "h1, h2, h3",
    "a::attr(href)",
    "div p::text",
    "table tr > td:nth-child(2)",
    "[class] code",
    "li:has(a) ~ li ::text",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: seven PAGE [TIMES [parse|css|both]]")?;
    let times: u32 = arguments.next().map_or(Ok(1), |times| times.parse())?.max(1);
    let what = arguments.next().unwrap_or_else(|| "both".to_owned());
    let html = std::fs::read_to_string(path)?;
    let selectors: Result<Vec<_>, _> = SELECTORS
        .iter()
        .map(|expression| Selector::compile(expression, Output::Text))
        .collect();
    let selectors = selectors.map_err(|error| error.message)?;
    let kept = Document::parse(&html, ParseOptions::default());
    let mut counts = [0; SELECTORS.len()];
    let mut spent = [std::time::Duration::ZERO; SELECTORS.len()];
    let start = Instant::now();
    for _ in 0..times {
        let parsed = (what != "css").then(|| Document::parse(&html, ParseOptions::default()));
        let document = parsed.as_ref().unwrap_or(&kept);
        if what == "parse" {
            continue;
        }
        for (at, selector) in selectors.iter().enumerate() {
            let start = Instant::now();
            let mut out = Vec::new();
            selector
                .matches(document, None, &mut out)
                .map_err(|failure| format!("{failure:?}"))?;
            counts[at] = out.len();
            spent[at] += start.elapsed();
        }
    }
    println!(
        "{} bytes, {} nodes: {:?} each",
        html.len(),
        kept.len(),
        start.elapsed() / times
    );
    for (at, expression) in SELECTORS.iter().enumerate() {
        println!("{:>8} matches {:>10.1?}  {expression}", counts[at], spent[at] / times);
    }
    Ok(())
}
