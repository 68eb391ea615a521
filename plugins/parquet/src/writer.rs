//! Row groups and the footer as the bytes of a file.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use polars_parquet::parquet::error::{ParquetError, ParquetResult};
use polars_parquet::parquet::schema::types::ParquetType;
use polars_parquet::parquet::write::{DynIter, FileWriter, Version, WriteOptions};
use polars_parquet::write::{KeyValue, schema_to_metadata_key};
use snowscrape_plugin_sdk::{Batch, Closing, Column, Ending, ExportError, RunInfo, Writer};

use crate::gather::Gathered;
use crate::pages::pages_of;
use crate::{metadata, pages, schema};

/// What a row group's values take at most, about: it is in memory until it is written.
const ROW_GROUP_BYTES: usize = 16 << 20;
/// Each column of a row group leaves three kilobytes in memory for the footer, so where columns are many a row group has
/// room for so much of each, within this bound.
const COLUMN_BYTES: usize = 128 << 10;
const WIDE_ROW_GROUP_BYTES: usize = 64 << 20;
/// The footer is handed out in pieces of this size.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

/// What a row group's values take at most, about, where there are so many columns.
pub(crate) fn row_group_bytes(columns: usize) -> usize {
    columns
        .saturating_mul(COLUMN_BYTES)
        .clamp(ROW_GROUP_BYTES, WIDE_ROW_GROUP_BYTES)
}

/// How a file is laid out.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) snappy: bool,
    pub(crate) row_group_rows: usize,
    pub(crate) row_group_bytes: usize,
}

/// Gathers rows and writes a row group when it is full.
pub(crate) struct ParquetWriter {
    layout: Layout,
    columns: Vec<Column>,
    types: Vec<ParquetType>,
    gathered: Gathered,
    file: FileWriter<Sink>,
    sink: Sink,
    /// Taken when the footer is written.
    metadata: Option<Vec<KeyValue>>,
}

/// Where polars-parquet writes to, and what is taken from there: its writer does not lend out its own.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl ParquetWriter {
    pub(crate) fn new(columns: &[Column], layout: Layout, run: &RunInfo) -> Result<Self, ExportError> {
        if columns.is_empty() {
            return Err(ExportError::Unsupported(
                "Parquet has no rows without columns: choose at least one column".to_owned(),
            ));
        }
        let arrow = schema::arrow(columns);
        let types: ParquetResult<Vec<_>> = columns.iter().map(schema::encoded).collect();
        let mut metadata = metadata::of_run(run);
        metadata.push(schema_to_metadata_key(&arrow));
        let sink = Sink::default();
        let file = FileWriter::new(
            sink.clone(),
            schema::declared(columns).map_err(failed)?,
            WriteOptions {
                // It stands for an index of the pages' bounds, which has no place for a page without bounds.
                write_statistics: false,
                version: Version::V1,
            },
            Some(metadata::created_by()),
        );
        Ok(Self {
            layout,
            types: types.map_err(failed)?,
            gathered: Gathered::new(columns),
            columns: columns.to_vec(),
            file,
            sink,
            metadata: Some(metadata),
        })
    }

    /// Writes the rows that were gathered as a row group, column after column, each dropped when it is written.
    fn write_row_group(&mut self) -> Result<(), ExportError> {
        let gathered = std::mem::replace(&mut self.gathered, Gathered::new(&self.columns));
        if gathered.rows == 0 {
            return Ok(());
        }
        let options = pages::options(self.layout.snappy);
        let types = self.types.clone();
        let columns = gathered
            .columns
            .into_iter()
            .zip(types)
            .map(move |(column, file_type)| pages_of(column, file_type, options));
        self.file
            .write::<ParquetError>(gathered.rows as u64, DynIter::new(columns))
            .map_err(failed)
    }
}

impl Writer for ParquetWriter {
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        let rows = self.gathered.rows + batch.rows as usize;
        let bytes = self.gathered.bytes + Gathered::bytes_of(&batch);
        if rows > self.layout.row_group_rows || bytes > self.layout.row_group_bytes {
            self.write_row_group()?;
        }
        self.gathered.append(batch)?;
        Ok(self.sink.take())
    }

    fn finish(&mut self) -> Result<Ending, ExportError> {
        if let Some(metadata) = self.metadata.take() {
            self.write_row_group()?;
            self.file.end(Some(metadata)).map_err(failed)?;
        }
        Ok(self.sink.take_piece())
    }
}

impl Sink {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }

    fn take_piece(&self) -> Ending {
        let mut bytes = self.0.borrow_mut();
        if bytes.len() <= PIECE_BYTES {
            return Ending::Done(Closing {
                bytes: std::mem::take(&mut *bytes),
                warnings: Vec::new(),
            });
        }
        let rest = bytes.split_off(PIECE_BYTES);
        Ending::More(std::mem::replace(&mut *bytes, rest))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(error: impl std::fmt::Display) -> ExportError {
    ExportError::Other(format!("the Parquet file could not be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::row_group_bytes;

    #[test]
    fn many_columns_have_larger_row_groups() {
        for (columns, bytes) in [
            (1, 16 << 20),
            (128, 16 << 20),
            (129, 129 << 17),
            (512, 64 << 20),
            (513, 64 << 20),
            (usize::MAX, 64 << 20),
        ] {
            assert_eq!(row_group_bytes(columns), bytes, "{columns}");
        }
    }
}
