//! One page through each query language, native: what the component's own work costs without the boundary.
//!
//! A page comes as a text and the answers are texts. Queries are compiled before, as in a session. `engine/benches/page.rs`
//! does the same through the component, `parsel.py` beside this file with parsel; all three ask `queries.txt`, whose css
//! and xpath queries are the same seven questions. `scraper` is the baseline of css.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use scraper::Html;
use snowscrape_css::Selector;
use snowscrape_dom::{Document, NodeId, Output, ParseOptions};
use snowscrape_plugin_sdk::Match;
use snowscrape_regex::{On, Pattern};
use snowscrape_xpath::Expression;

const QUERIES: &str = include_str!("queries.txt");
const PAGES: [(&str, &str); 2] = [
    ("55 KB", "postgresql-protocol-message-formats.html"),
    ("196 KB", "postgresql-monitoring-stats.html"),
];

/// The compiled queries of each language.
struct Queries {
    css: Vec<Selector>,
    xpath: Vec<Expression>,
    regex: Vec<Pattern>,
}

impl Queries {
    fn compile() -> Self {
        let compiled = "the queries of the benchmark compile";
        Self {
            css: expressions("css")
                .map(|it| Selector::compile(it, Output::Text).expect(compiled))
                .collect(),
            xpath: expressions("xpath")
                .map(|it| Expression::compile(it, Output::Text).expect(compiled))
                .collect(),
            regex: expressions("regex")
                .map(|it| Pattern::compile(it, On::Source).expect(compiled))
                .collect(),
        }
    }

    fn ask_css(&self, document: &Document, found: &mut Vec<Match>) {
        for selector in &self.css {
            selector
                .matches(document, None, found)
                .expect("the page is an easy one");
        }
    }

    fn ask_xpath(&self, document: &Document, found: &mut Vec<Match>) {
        let root = document.root_element().unwrap_or(NodeId::DOCUMENT);
        for expression in &self.xpath {
            expression
                .matches(document, root, found)
                .expect("the page is an easy one");
        }
    }

    fn ask_regex(&self, source: &str, found: &mut Vec<Match>) {
        for pattern in &self.regex {
            pattern.matches(source, found).expect("the page is an easy one");
        }
    }
}

fn expressions(language: &str) -> impl Iterator<Item = &'static str> {
    QUERIES
        .lines()
        .filter_map(move |line| line.strip_prefix(language)?.strip_prefix(' '))
}

fn pages(criterion: &mut Criterion) {
    let queries = Queries::compile();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pages");
    for (size, file) in PAGES {
        let source = fs::read_to_string(folder.join(file)).expect("the page is among the fixtures");
        let parse = || Document::parse(&source, ParseOptions::default());
        let mut group = criterion.benchmark_group(format!("native, {size}"));
        group.sample_size(40).measurement_time(Duration::from_secs(3));
        group.bench_function("parse", |bench| bench.iter(parse));
        group.bench_function("css", |bench| {
            bench.iter(|| {
                let mut found = Vec::new();
                queries.ask_css(&parse(), &mut found);
                found
            });
        });
        group.bench_function("xpath", |bench| {
            bench.iter(|| {
                let mut found = Vec::new();
                queries.ask_xpath(&parse(), &mut found);
                found
            });
        });
        group.bench_function("css and xpath", |bench| {
            bench.iter(|| {
                let mut found = Vec::new();
                let document = parse();
                queries.ask_css(&document, &mut found);
                queries.ask_xpath(&document, &mut found);
                found
            });
        });
        group.bench_function("regex", |bench| {
            bench.iter(|| {
                let mut found = Vec::new();
                queries.ask_regex(&source, &mut found);
                found
            });
        });
        group.bench_function("css by scraper", |bench| {
            let selectors = ScraperQuery::compile();
            bench.iter(|| {
                let document = Html::parse_document(black_box(&source));
                selectors.iter().flat_map(|it| it.ask(&document)).collect::<Vec<_>>()
            });
        });
        group.finish();
    }
}

/// A css query as a user of `scraper` writes it: the pseudo-elements are done by hand.
struct ScraperQuery {
    selector: scraper::Selector,
    wanted: Wanted,
}

enum Wanted {
    TextContent,
    TextNodes,
    Attribute(&'static str),
}

impl ScraperQuery {
    fn compile() -> Vec<Self> {
        let query = |expression: &'static str| {
            let (selector, wanted) = match expression.split_once("::") {
                None => (expression, Wanted::TextContent),
                Some((selector, "text")) => (selector, Wanted::TextNodes),
                Some((selector, attribute)) => {
                    let name = attribute.strip_prefix("attr(").and_then(|it| it.strip_suffix(')'));
                    (
                        selector,
                        Wanted::Attribute(name.expect("a pseudo-element of the benchmark")),
                    )
                }
            };
            let selector = scraper::Selector::parse(selector).expect("the queries of the benchmark compile");
            Self { selector, wanted }
        };
        expressions("css").map(query).collect()
    }

    fn ask(&self, document: &Html) -> Vec<String> {
        let elements = document.select(&self.selector);
        match self.wanted {
            Wanted::TextContent => elements.map(|element| element.text().collect()).collect(),
            Wanted::TextNodes => elements
                .flat_map(|element| element.children())
                .filter_map(|child| child.value().as_text().map(|text| text.to_string()))
                .collect(),
            Wanted::Attribute(name) => elements
                .filter_map(|element| element.attr(name).map(str::to_owned))
                .collect(),
        }
    }
}

criterion_group!(benches, pages);
criterion_main!(benches);
