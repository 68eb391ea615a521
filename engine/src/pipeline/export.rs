//! The export stage: rows go to an exporter in batches, and its bytes to wherever they are wanted, as they are ready.

use std::io::{self, Write};

use crate::model::{ErrorCode, Row, Warning};
use crate::plugin::{Export, ExportError, ExportWriter};

/// A batch is handed over when it has this many rows.
const BATCH_ROWS: usize = 1_024;
/// A batch is handed over when its values take about this many bytes.
const BATCH_BYTES: usize = 4 << 20;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Rows in the file.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// What a person should know of the file.
    pub warnings: Vec<Warning>,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailure {
    /// The exporter failed.
    #[error(transparent)]
    Exporter(#[from] ExportError),
    /// The bytes could not be written.
    #[error("the file could not be written: {0}")]
    Write(#[from] io::Error),
}

impl ExportFailure {
    /// The code that a run counts it under.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Write(error) if error.kind() == io::ErrorKind::StorageFull => ErrorCode::StorageFull,
            Self::Exporter(ExportError::Call(error)) => error.code(),
            _ => ErrorCode::ExportFailed,
        }
    }
}

/// Writes the rows of pages until there are no more. It blocks: run it on a thread of its own.
pub fn export(
    mut writer: ExportWriter,
    pages: impl IntoIterator<Item = Vec<Row>>,
    out: &mut dyn Write,
) -> Result<Exported, ExportFailure> {
    let mut export = Writing {
        writer: &mut writer,
        out,
        done: Exported::default(),
    };
    let mut batch: Vec<Row> = Vec::new();
    let mut bytes = 0;
    for rows in pages {
        for row in rows {
            bytes += row.heap_bytes();
            batch.push(row);
            if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
                export.write(&batch)?;
                batch.clear();
                bytes = 0;
            }
        }
    }
    if !batch.is_empty() {
        export.write(&batch)?;
    }
    export.finish()
}

struct Writing<'a> {
    writer: &'a mut ExportWriter,
    out: &'a mut dyn Write,
    done: Exported,
}

impl Writing<'_> {
    fn write(&mut self, rows: &[Row]) -> Result<(), ExportFailure> {
        let bytes = self.writer.write(rows)?;
        self.done.rows += rows.len() as u64;
        self.put(&bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ExportFailure> {
        self.out.write_all(bytes)?;
        self.done.bytes += bytes.len() as u64;
        Ok(())
    }

    fn finish(mut self) -> Result<Exported, ExportFailure> {
        loop {
            match self.writer.finish()? {
                Export::More(bytes) => self.put(&bytes)?,
                Export::Done(bytes, warnings) => {
                    self.put(&bytes)?;
                    self.out.flush()?;
                    self.done.warnings = warnings;
                    return Ok(self.done);
                }
            }
        }
    }
}
