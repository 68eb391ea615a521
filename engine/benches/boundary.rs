//! A million cells over the boundary: flat columns, as the exporter interface has them, against rows of cell variants.
//!
//! Both start from the engine's rows and end when the guest has read every cell. The guests are
//! `tests/guests/counting-columns`, which goes through the engine's own export path, and `tests/guests/counting-rows`,
//! whose interface is only measured. `cargo xtask plugins build --guests` must have run before.
//!
//! The times are criterion's; the guest's linear memory is printed, because criterion has no table for it.
#![allow(clippy::print_stdout, reason = "this is a program")]

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use snowscrape_engine::model::{ClosedSet, Column, ColumnKind, Row, Value};
use snowscrape_engine::plugin::{
    CodeCache, ComponentSource, Export, ExportWriter, Limits, PluginEngine, PluginRegistry, RunFacts,
};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use bindings::exports::snowscrape::counting::counting::Cell;

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    reason = "generated code; the WIT package is its documentation"
)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../tests/guests/counting-rows/wit",
        world: "rows",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

const CELLS: usize = 1_000_000;
const BATCH_ROWS: usize = 1024;
const KINDS: [ColumnKind; 6] = [
    ColumnKind::Integer,
    ColumnKind::Text,
    ColumnKind::Number,
    ColumnKind::Url,
    ColumnKind::Boolean,
    ColumnKind::Datetime,
];

fn boundary(criterion: &mut Criterion) {
    let rows = rows();
    let mut columns = Columns::start();
    let mut cells = Rows::start();
    let (summed, summed_too) = (columns.write(&rows), cells.write(&rows));
    // The same numbers in another order: the last digits may differ.
    assert!(
        (summed - summed_too).abs() <= summed.abs() * 1e-9,
        "{summed} is not {summed_too}"
    );
    let mut group = criterion.benchmark_group("a million cells");
    group.sample_size(20).measurement_time(Duration::from_secs(8));
    group.bench_function("flat columns", |bench| bench.iter(|| columns.write(&rows)));
    group.bench_function("rows of variants", |bench| bench.iter(|| cells.write(&rows)));
    group.finish();
}

/// Rows of a catalogue: number, name, price, address, in stock, seen; one cell in twenty is null.
fn rows() -> Vec<Row> {
    let url: Arc<str> = "https://www.example.com/catalogue".into();
    let seen = Timestamp::from_second(1_790_000_000).expect("a time in range");
    let row = |at: usize| {
        let cell = |column: usize, value: Value| {
            if (at * 7 + column * 3).is_multiple_of(20) {
                Value::Null
            } else {
                value
            }
        };
        let cells = [
            Value::Integer(i64::try_from(at).expect("a row's number is small")),
            Value::Text(format!("Kettle, model {:06}", at * 7919 % 1_000_000)),
            Value::Number((at % 10_000) as f64 / 100.0),
            Value::Text(format!("https://www.example.com/products/{at:06}")),
            Value::Boolean(at.is_multiple_of(3)),
            Value::Datetime(seen),
        ];
        Row {
            url: Arc::clone(&url),
            position: at as u32,
            fetched_at: seen,
            cells: cells
                .into_iter()
                .enumerate()
                .map(|(column, value)| cell(column, value))
                .collect(),
        }
    };
    (0..CELLS.div_ceil(KINDS.len())).map(row).collect()
}

/// The interface's way.
struct Columns(PluginRegistry);

impl Columns {
    fn start() -> Self {
        let source = ComponentSource {
            name: "counting-columns".to_owned(),
            bytes: Cow::Owned(guest("counting-columns")),
        };
        let engine = PluginEngine::new(Limits::default()).expect("an engine starts");
        Self(PluginRegistry::load(&engine, &CodeCache::none(), &[source]).expect("the guest loads"))
    }

    fn write(&mut self, rows: &[Row]) -> f64 {
        let (plugin, _) = self.0.exporter("count").expect("the guest writes this format");
        let columns = KINDS.map(|kind| Column {
            name: kind.as_str().to_owned(),
            kind,
            many: false,
        });
        let mut writer =
            ExportWriter::open(plugin, columns.to_vec(), &[], &RunFacts::default()).expect("the guest opens");
        for batch in rows.chunks(BATCH_ROWS) {
            writer.write(batch).expect("the guest takes rows");
        }
        let Ok(Export::Done(sum, _)) = writer.finish() else {
            panic!("the guest ends its file in one piece")
        };
        String::from_utf8(sum)
            .ok()
            .and_then(|sum| sum.parse().ok())
            .expect("the guest answers a number")
    }
}

/// The other way. The host's work is written as well as the interface allows: texts are lent, not copied.
struct Rows {
    engine: Engine,
    component: Component,
    linker: Linker<Guest>,
}

struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl Rows {
    fn start() -> Self {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).expect("an engine starts");
        let component = Component::new(&engine, guest("counting-rows")).expect("the guest compiles");
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("an empty linker takes WASI");
        Self {
            engine,
            component,
            linker,
        }
    }

    fn write(&mut self, rows: &[Row]) -> f64 {
        let state = Guest {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(u64::MAX / 2);
        let guest = bindings::Rows::instantiate(&mut store, &self.component, &self.linker).expect("the guest starts");
        let mut sum = 0.0;
        for batch in rows.chunks(BATCH_ROWS) {
            let cells: Vec<Vec<Cell<'_>>> = batch.iter().map(|row| row.cells.iter().map(cell).collect()).collect();
            let cells: Vec<&[Cell<'_>]> = cells.iter().map(Vec::as_slice).collect();
            sum += guest
                .snowscrape_counting_counting()
                .call_write(&mut store, &cells)
                .expect("the guest takes rows");
        }
        sum
    }
}

fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Text(text) => Cell::Text(text),
        Value::Integer(value) => Cell::Integer(*value),
        Value::Number(value) => Cell::Number(*value),
        Value::Boolean(value) => Cell::Boolean(*value),
        Value::Datetime(value) => Cell::Datetime(value.as_microsecond()),
        Value::Null | Value::List(_) | Value::Json(_) => Cell::Null,
    }
}

fn guest(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/guests/dist/guest-{name}.wasm"));
    fs::read(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run `cargo xtask plugins build --guests` before the benchmarks",
            file.display()
        )
    })
}

criterion_group!(benches, boundary);
criterion_main!(benches);
