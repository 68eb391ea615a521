//! Thirty queries of the kinds that people write, on one page of 196 KB, by this evaluator and by two others.
//!
//! Each compiles its expressions and makes the texts of what it finds; the page is parsed before. The same queries serve
//! `examples/thirty.rs`, which counts instructions.

#[path = "../tests/xpath/engines/mod.rs"]
mod engines;

use std::fs;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use snowscrape_dom::{Document, NodeId, Output, ParseOptions};
use snowscrape_xpath::Expression;

use self::engines::{SxdPage, ask_xpath_eval};

const QUERIES: &str = include_str!("../examples/thirty.txt");

fn thirty(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pages");
    let page = fs::read_to_string(folder.join("postgresql-monitoring-stats.html"));
    let document = Document::parse(&page.expect("the page is among the fixtures"), ParseOptions::default());
    let root = document.root_element().unwrap_or(NodeId::DOCUMENT);
    let copy = SxdPage::copy(&document);

    let mut group = criterion.benchmark_group("thirty xpath queries, 196 KB");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("this evaluator", |bench| {
        bench.iter(|| {
            let mut found = Vec::new();
            for query in QUERIES.lines() {
                let compiled = Expression::compile(query, Output::Text).expect("the queries of the benchmark compile");
                compiled
                    .matches(&document, root, &mut found)
                    .expect("the page is an easy one");
            }
            found
        });
    });
    group.bench_function("xpath-eval", |bench| {
        bench.iter(|| every(|query| ask_xpath_eval(&document, query)));
    });
    group.bench_function("sxd-xpath", |bench| bench.iter(|| every(|query| copy.ask(query))));
    group.finish();
}

fn every(ask: impl Fn(&str) -> Result<Vec<String>, String>) -> Vec<Vec<String>> {
    let answers = QUERIES.lines().map(ask).collect::<Result<_, _>>();
    answers.expect("both know what the queries of the benchmark use")
}

criterion_group!(benches, thirty);
criterion_main!(benches);
