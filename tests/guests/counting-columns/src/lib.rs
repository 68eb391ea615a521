//! A guest for `engine/benches/boundary.rs`: it reads every cell of the batches that it is given, row by row as a writer
//! of a row format does, and answers their sum. `counting-rows` does the same on rows of cell variants.

use snowscrape_plugin_sdk::{
    Batch, Cell, Closing, Column, Ending, ExportError, Exporter, ExporterInfo, RunInfo, Settings, Writer,
    export_exporter,
};

struct Counting;

struct Sum(f64);

impl Exporter for Counting {
    type Writer = Sum;

    fn describe() -> ExporterInfo {
        ExporterInfo {
            name: "counting-columns".to_owned(),
            version: "1.0.0".to_owned(),
            format: "count".to_owned(),
            file_extension: "txt".to_owned(),
            media_type: "text/plain".to_owned(),
            description: "The sum of all cells, texts by their length.".to_owned(),
            options: Vec::new(),
            variants: Vec::new(),
        }
    }

    fn open(_: Vec<Column>, _: Settings, _: RunInfo) -> Result<Sum, ExportError> {
        Ok(Sum(0.0))
    }
}

impl Writer for Sum {
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        for row in batch.iter_rows().iter() {
            self.0 += row.cells().map(|cell| weight(&cell)).sum::<f64>();
        }
        Ok(Vec::new())
    }

    fn finish(&mut self) -> Result<Ending, ExportError> {
        Ok(Ending::Done(Closing {
            bytes: self.0.to_string().into_bytes(),
            warnings: Vec::new(),
        }))
    }
}

fn weight(cell: &Cell<'_>) -> f64 {
    match cell {
        Cell::Null => 0.0,
        Cell::Text(text) => text.len() as f64,
        Cell::Integer(value) | Cell::Datetime(value) => *value as f64,
        Cell::Number(value) => *value,
        Cell::Boolean(value) => f64::from(u8::from(*value)),
        Cell::List(items) => items.clone().map(|item| weight(&item)).sum(),
    }
}

export_exporter!(Counting);
