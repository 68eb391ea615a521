//! Thirty queries of the kinds that people write, asked of one page as often as is said: for counting instructions.
//!
//! `valgrind --tool=callgrind target/release/examples/thirty PAGE.html 11`, less the same with 1, is ten rounds; with a
//! third argument that is a number only the query of that number is asked. The queries are `examples/thirty.txt`, which
//! other engines can be asked too.

use std::process::ExitCode;

use snowscrape_dom::{Document, NodeId, Output, ParseOptions};
use snowscrape_xpath::Expression;

const QUERIES: &str = include_str!("thirty.txt");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(file), Some(Ok(rounds))) = (arguments.first(), arguments.get(1).map(|text| text.parse::<u32>())) else {
        return ExitCode::from(2);
    };
    let Ok(html) = std::fs::read_to_string(file) else {
        return ExitCode::from(2);
    };
    let document = Document::parse(&html, ParseOptions::default());
    let root = document.root_element().unwrap_or(NodeId::DOCUMENT);
    let only = arguments.get(2).and_then(|text| text.parse::<usize>().ok());
    let queries = QUERIES
        .lines()
        .enumerate()
        .filter(|(number, _)| only.is_none_or(|only| only == *number));
    let expressions = queries.map(|(_, query)| Expression::compile(query, Output::Text));
    let Ok(expressions) = expressions.collect::<Result<Vec<_>, _>>() else {
        return ExitCode::from(2);
    };
    let mut matches = Vec::new();
    for _ in 0..rounds {
        for expression in &expressions {
            matches.clear();
            if expression.matches(&document, root, &mut matches).is_err() {
                return ExitCode::FAILURE;
            }
            std::hint::black_box(&matches);
        }
    }
    ExitCode::SUCCESS
}
