//! The export stage: rows go to an exporter in batches, and its bytes to wherever they are wanted, as they are ready.

use std::io::{self, Write};
use std::iter;

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
    for batch in batches(pages.into_iter().flatten()) {
        export.write(&batch)?;
    }
    export.finish()
}

/// The rows in batches, none of which is empty.
fn batches(rows: impl Iterator<Item = Row>) -> impl Iterator<Item = Vec<Row>> {
    let mut rows = rows.fuse();
    iter::from_fn(move || {
        let mut batch: Vec<Row> = Vec::new();
        let mut bytes = 0;
        while batch.len() < BATCH_ROWS
            && bytes < BATCH_BYTES
            && let Some(row) = rows.next()
        {
            bytes += row.heap_bytes();
            batch.push(row);
        }
        (!batch.is_empty()).then_some(batch)
    })
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
        put(self.out, bytes)?;
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

/// Writes bytes. An exporter that has none to hand out yet would work on for a reader who is gone: flushing fails then, if `out`
/// can tell.
fn put(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        out.flush()
    } else {
        out.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use jiff::Timestamp;

    use super::{BATCH_BYTES, BATCH_ROWS, batches, put};
    use crate::model::{Row, Value};

    /// A reader who is gone.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.flush().map(|()| 0)
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_who_is_gone_is_noticed_without_a_byte() {
        for bytes in [&b""[..], b"a"] {
            assert_eq!(put(&mut Gone, bytes).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
        let mut out = Vec::new();
        put(&mut out, b"a").and_then(|()| put(&mut out, b"")).unwrap();
        assert_eq!(out, b"a");
    }

    #[test]
    fn a_batch_ends_at_so_many_rows_or_bytes() {
        let row = |text: usize| Row {
            url: "".into(),
            position: 0,
            fetched_at: Timestamp::UNIX_EPOCH,
            cells: vec![Value::Text("x".repeat(text))],
        };
        // What a row takes beside its text.
        let around = row(0).heap_bytes();
        let check = |texts: Vec<usize>, expected: &[usize]| {
            let lengths: Vec<usize> = batches(texts.into_iter().map(row)).map(|batch| batch.len()).collect();
            assert_eq!(lengths, expected);
        };
        check(vec![], &[]);
        check(vec![0; BATCH_ROWS], &[BATCH_ROWS]);
        check(vec![0; BATCH_ROWS + 1], &[BATCH_ROWS, 1]);
        let half = BATCH_BYTES / 2 - around;
        check(vec![half, half, 0], &[2, 1]);
        check(vec![half, half - 1, 0], &[3]);
        // A row larger than a batch ends the one that it is in.
        check(vec![0, 2 * BATCH_BYTES, 0], &[2, 1]);
    }
}
