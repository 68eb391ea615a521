//! Query types that the built-in components have no like of: JSON for an answer, and pages read as bytes.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use snowscrape_engine::model::Row;
use snowscrape_engine::pipeline::export;
use snowscrape_engine::plugin::{ExportWriter, ExtractionPlan, PageInput, PluginRegistry, RunFacts};
use snowscrape_engine::rows::{ItemsExtraction, PageInfo, RowMaker};

use crate::support::{GUESTS, WEB, engine, job, page, registry};

const JSON: &str = "plugins/dist/json.wasm";

fn components() -> Arc<PluginRegistry> {
    registry(&engine(), &[WEB, GUESTS[1], JSON])
}

/// The rows that a job's `item` and `queries` make of a page.
fn rows(registry: &PluginRegistry, item: &Json, queries: &Json, page: PageInput<'_>) -> (RowMaker, Vec<Row>) {
    let job = job(
        &json!({"name": "structured", "source": "http://shop.example/", "item": item, "queries": queries}),
        registry,
    );
    let plan = Arc::new(ExtractionPlan::new(registry, job.item.as_ref(), &job.queries).unwrap());
    let items = plan.extractors().extract(page).unwrap().items;
    let info = PageInfo {
        url: page.url.into(),
        base_url: page.base_url.parse().unwrap(),
        number: 0,
        fetched_at: "2026-01-02T03:04:05Z".parse().unwrap(),
    };
    let maker = RowMaker::new(&job);
    let made = maker.make(&info, ItemsExtraction { items }).unwrap();
    (maker, made.rows)
}

#[track_caller]
fn check(item: &Json, queries: &Json, text: &str, expected: &[Json]) {
    let (_, rows) = rows(&components(), item, queries, page(text));
    let cells: Vec<Json> = rows.iter().map(|row| json!(row.cells)).collect();
    assert_eq!(cells, expected);
}

#[test]
fn values_keep_their_form() {
    check(
        &Json::Null,
        &json!([
            {"name": "object", "type": "pointer", "query": "/offer"},
            {"name": "text", "type": "pointer", "query": "/name"},
            {"name": "number", "type": "pointer", "query": "/offer/price", "as": "number"},
            {"name": "none", "type": "pointer", "query": "/nowhere"},
        ]),
        r#"{"name": "  Desk  lamp ", "offer": {"price": 12.5, "tags": ["a", null]}}"#,
        &[json!([{"price": 12.5, "tags": ["a", null]}, "Desk lamp", 12.5, null])],
    );
}

#[test]
fn items_of_another_language_are_given_as_html() {
    check(
        &json!({"type": "css", "query": "script"}),
        &json!([
            {"name": "id", "type": "css", "query": "script::attr(id)"},
            {"name": "a", "type": "pointer", "query": "/a"},
            {"name": "digits", "type": "regex", "query": "[0-9]+"},
            {"name": "braces", "type": "bytes", "query": "7b", "as": "integer"},
        ]),
        r#"<script id="x">{"a": [1]}</script><p>between</p><script id="y">{"a": {"b": 2}}</script>"#,
        &[json!(["x", [1], "1", 1]), json!(["y", {"b": 2}, "2", 2])],
    );
}

#[test]
fn bytes_are_those_that_came() {
    let queries = json!([
        {"name": "e9", "type": "bytes", "query": "e9", "as": "integer"},
        {"name": "letter", "type": "regex", "query": "caf(.)"},
    ]);
    let latin = PageInput {
        bytes: b"caf\xE9 \xE9",
        ..page("caf\u{e9} \u{e9}")
    };
    let (_, rows) = rows(&components(), &Json::Null, &queries, latin);
    assert_eq!(json!(rows[0].cells), json!([2, "\u{e9}"]));
}

#[test]
fn files_keep_json_too() {
    let registry = components();
    let queries = json!([{"name": "a", "type": "pointer", "query": "/a"}]);
    let text = r#"{"a": {"b": [1, 2.5, "\"", null, true]}}"#;
    let (maker, rows) = rows(&registry, &Json::Null, &queries, page(text));
    let (exporter, _) = registry.exporter("json").unwrap();
    let writer = ExportWriter::open(exporter, maker.columns(), &[], &RunFacts::default()).unwrap();
    let mut file = Vec::new();
    let exported = export(writer, [rows], &mut file).unwrap();
    assert_eq!((exported.rows, exported.bytes), (1, file.len() as u64));
    let written: Json = serde_json::from_slice(&file).unwrap();
    assert_eq!(written, json!([serde_json::from_str::<Json>(text).unwrap()]));
}
