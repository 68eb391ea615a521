//! One page through the built-in extractors as a component, from the host's bytes to the host's strings.
//!
//! `plugins/web/benches/page.rs` does the same natively and `plugins/web/benches/page_parsel.py` with parsel, with the queries
//! of the same file. Besides: what it costs to ask query by query, to take a fresh instance for each page, and to load
//! the components from the cache. `cargo xtask plugins build` must have run before.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use snowscrape_engine::model::{As, Decimal, Query};
use snowscrape_engine::plugin::{
    CodeCache, ComponentSource, ExtractionPlan, Extractors, Limits, PageExtraction, PageInput, PluginEngine,
    PluginRegistry,
};

const QUERIES: &str = include_str!("../../plugins/web/benches/queries.txt");
const PAGES: [(&str, &str); 2] = [
    ("55 KB", "postgresql-protocol-message-formats.html"),
    ("196 KB", "postgresql-monitoring-stats.html"),
];
const LANGUAGES: [(&str, &[&str]); 4] = [
    ("css", &["css"]),
    ("xpath", &["xpath"]),
    ("css and xpath", &["css", "xpath"]),
    ("regex", &["regex"]),
];

fn pages(criterion: &mut Criterion) {
    let registry = Components::read(&["web"]).load();
    for (size, file) in PAGES {
        let source = page(file);
        let mut group = criterion.benchmark_group(format!("component, {size}"));
        group.sample_size(40).measurement_time(Duration::from_secs(3));
        for (name, languages) in LANGUAGES {
            let mut extractors = extractors(&registry, &queries(languages));
            group.bench_function(name, |bench| bench.iter(|| extract(&mut extractors, &source)));
        }
        group.finish();
    }
}

/// One call a page, against a call and a parse a query.
fn calls(criterion: &mut Criterion) {
    let registry = Components::read(&["web"]).load();
    let source = page(PAGES[0].1);
    let queries = queries(&["css"]);
    let mut group = criterion.benchmark_group("seven css queries, 55 KB");
    group.sample_size(40).measurement_time(Duration::from_secs(3));
    group.bench_function("in one call", |bench| {
        let mut together = extractors(&registry, &queries);
        bench.iter(|| extract(&mut together, &source));
    });
    group.bench_function("in a call each", |bench| {
        let mut apart: Vec<_> = queries
            .iter()
            .map(|query| extractors(&registry, std::slice::from_ref(query)))
            .collect();
        bench.iter(|| {
            apart
                .iter_mut()
                .map(|extractors| extract(extractors, &source))
                .collect::<Vec<_>>()
        });
    });
    group.bench_function("in a fresh instance for each page", |bench| {
        bench.iter_batched(
            || (),
            |()| extract(&mut extractors(&registry, &queries), &source),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("an instance and its session alone", |bench| {
        bench.iter(|| {
            let mut extractors = extractors(&registry, &queries);
            extractors.start_all().expect("the queries of the benchmark compile");
            extractors
        });
    });
    group.finish();
}

/// Every component from the cache, as at the start of a process.
fn loading(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for compiled code");
    let cache = CodeCache::in_folder(folder.path()).expect("a folder for compiled code");
    let components = Components::read(&["web", "json", "csv"]);
    components.load_by(&cache);
    let mut group = criterion.benchmark_group("loading from the cache");
    group.sample_size(30).measurement_time(Duration::from_secs(3));
    group.bench_function("an engine and the three components", |bench| {
        bench.iter(|| components.load_by(&cache));
    });
    group.finish();
}

/// Built-in components as their bytes.
struct Components(Vec<ComponentSource>);

impl Components {
    fn read(names: &[&str]) -> Self {
        let read = |name: &&str| {
            let file = root().join(format!("plugins/dist/{name}.wasm"));
            let bytes = fs::read(&file).unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; run `cargo xtask plugins build` before the benchmarks",
                    file.display()
                )
            });
            ComponentSource {
                name: (*name).to_owned(),
                bytes: Cow::Owned(bytes),
            }
        };
        Self(names.iter().map(read).collect())
    }

    fn load(&self) -> PluginRegistry {
        self.load_by(&CodeCache::none())
    }

    fn load_by(&self, cache: &CodeCache) -> PluginRegistry {
        let engine = PluginEngine::new(Limits::default()).expect("an engine starts");
        PluginRegistry::load(&engine, cache, &self.0).expect("the built-in components load")
    }
}

fn extractors(registry: &PluginRegistry, queries: &[Query]) -> Extractors {
    let plan = ExtractionPlan::new(registry, None, queries).expect("the built-in components serve the queries");
    Arc::new(plan).extractors()
}

fn extract(extractors: &mut Extractors, source: &str) -> PageExtraction {
    let page = PageInput {
        url: "https://www.example.com/page",
        base_url: "https://www.example.com/page",
        media_type: "text/html",
        status: 200,
        scripting: false,
        text: source,
        bytes: source.as_bytes(),
    };
    let found = extractors.extract(page).expect("the page is an easy one");
    assert!(
        found.items.iter().flatten().all(Result::is_ok),
        "a query found no answer"
    );
    found
}

fn queries(languages: &[&str]) -> Vec<Query> {
    QUERIES
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(language, _)| languages.contains(language))
        .enumerate()
        .map(|(at, (language, expression))| Query {
            name: format!("q{at}"),
            query_type: language.to_owned(),
            expression: expression.to_owned(),
            options: Vec::new(),
            many: true,
            join: false,
            join_separator: String::new(),
            raw: true,
            match_: None,
            as_: As::Text,
            decimal: Decimal::default(),
            format: None,
            structured: false,
        })
        .collect()
}

fn page(file: &str) -> String {
    fs::read_to_string(root().join("tests/fixtures/pages").join(file)).expect("the page is among the fixtures")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

criterion_group!(benches, pages, calls, loading);
criterion_main!(benches);
