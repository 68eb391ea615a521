//! Any rows come back from any format: tables that proptest makes up, written by the components and read by the readers.

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value as Json, json};
use snowscrape_engine::model::{ClosedSet as _, Column, ColumnKind, Row, Value, parse_options};
use snowscrape_engine::pipeline::export;
use snowscrape_engine::plugin::{ExportWriter, Limits, PluginEngine, PluginRegistry, RunFacts};

use super::readers::{Form, Readings};
use crate::support::registry;

/// The components that write.
const EXPORTERS: [&str; 5] = [
    "plugins/dist/json.wasm",
    "plugins/dist/csv.wasm",
    "plugins/dist/xlsx.wasm",
    "plugins/dist/parquet.wasm",
    "plugins/dist/sql.wasm",
];

/// How many tables are made. Starting the readers takes longer than reading them.
const TABLES: usize = 24;
/// How often a table that fails is made smaller.
const MOST_SHRINKING: u32 = 100;

#[test]
fn any_rows_come_back() {
    let engine = PluginEngine::new(Limits::default()).unwrap();
    let registry = registry(&engine, &EXPORTERS);
    let config = Config {
        max_shrink_iters: MOST_SHRINKING,
        failure_persistence: None,
        ..Config::default()
    };
    // The seed is fixed, so that a failure is one again; another one finds other things.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut readings = Readings::new();
    let tables: Vec<_> = (0..TABLES).map(|_| table().new_tree(&mut runner).unwrap()).collect();
    for table in &tables {
        add(&mut readings, &registry, &table.current());
    }
    let Err(found) = readings.check() else { return };
    // All tables are read at once, since starting the readers takes seconds; one at a time tells the smallest that fails.
    for table in tables {
        let alone = runner.run_one(table, |table| {
            let mut readings = Readings::new();
            add(&mut readings, &registry, &table);
            readings.check().map_err(TestCaseError::fail)
        });
        if let Err(smallest) = alone {
            panic!("{smallest}");
        }
    }
    panic!("{found}");
}

/// Adds a table in all forms.
fn add(readings: &mut Readings, registry: &PluginRegistry, (columns, rows): &(Vec<Column>, Vec<Row>)) {
    let described: Vec<Json> = columns
        .iter()
        .map(|column| json!({"name": column.name, "type": column.kind.to_string(), "many": column.many}))
        .collect();
    let cells: Vec<Json> = rows
        .iter()
        .map(|row| serde_json::to_value(&row.cells).unwrap())
        .collect();
    readings.add(&described.into(), &cells, |form| write(registry, columns, rows, form));
}

/// The file of a table in a form.
fn write(registry: &PluginRegistry, columns: &[Column], rows: &[Row], form: &Form) -> Vec<u8> {
    let (exporter, info) = registry.exporter(form.format).unwrap();
    let options = parse_options(&info.options, form.options.iter().copied(), "").unwrap();
    let writer = ExportWriter::open(exporter, columns.to_vec(), &options, &RunFacts::default()).unwrap();
    let mut file = Vec::new();
    export(writer, [rows.to_vec()], &mut file).unwrap();
    file
}

/// Some columns of any types, and some rows of them.
fn table() -> impl Strategy<Value = (Vec<Column>, Vec<Row>)> {
    let column = (any::<prop::sample::Index>(), any::<bool>(), any::<String>());
    vec(column, 1..8).prop_flat_map(|columns| {
        let columns: Vec<Column> = columns
            .into_iter()
            .enumerate()
            .map(|(at, (kind, many, name))| Column {
                // A definition has no two names that differ only in case; the number makes sure of it.
                name: format!("{at} {}", name.replace('\0', "")).chars().take(64).collect(),
                kind: *kind.get(ColumnKind::ALL),
                many,
            })
            .collect();
        let cells: Vec<BoxedStrategy<Value>> = columns.iter().map(cell).collect();
        vec(cells, 0..12).prop_map(move |rows| {
            let rows = rows.into_iter().enumerate();
            let row = |(position, cells)| Row {
                url: "https://a.example/".into(),
                position: position as u32,
                fetched_at: Timestamp::UNIX_EPOCH,
                cells,
            };
            (columns.clone(), rows.map(row).collect())
        })
    })
}

fn cell(column: &Column) -> BoxedStrategy<Value> {
    let value = prop_oneof![1 => Just(Value::Null), 4 => value(column.kind)];
    if column.many {
        let list = vec(value, 0..4).prop_map(Value::List);
        prop_oneof![1 => Just(Value::Null), 4 => list].boxed()
    } else {
        value.boxed()
    }
}

fn value(kind: ColumnKind) -> BoxedStrategy<Value> {
    match kind {
        // Cells are never empty texts: what is found and has nothing in it is null.
        ColumnKind::Text => any::<String>()
            .prop_filter("an empty text", |text| !text.is_empty())
            .prop_map(Value::Text)
            .boxed(),
        ColumnKind::Integer => any::<i64>().prop_map(Value::Integer).boxed(),
        ColumnKind::Number => (prop::num::f64::NORMAL | prop::num::f64::ZERO)
            .prop_map(Value::Number)
            .boxed(),
        ColumnKind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        // Microseconds from the year -9999 to 9999, which is what crosses the boundary.
        ColumnKind::Datetime => (-377_705_023_201_000_000_i64..253_402_207_200_000_000)
            .prop_map(|micros| Value::Datetime(Timestamp::from_microsecond(micros).unwrap()))
            .boxed(),
        ColumnKind::Url => "https://[a-z]{1,9}\\.example/[a-zA-Z0-9%20?&=#+._~-]{0,20}"
            .prop_map(Value::Text)
            .boxed(),
        ColumnKind::Json => json_value().prop_map(Value::Json).boxed(),
    }
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        prop::num::f64::NORMAL.prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
