//! The pages of a run that have rows, read part after part.

use surrealdb::types::{Bytes, RecordId, SurrealValue, vars};

use super::Store;
use super::encoding::decode;
use super::error::StoreError;
use super::pages::number;
use crate::model::{Column, Row, RunId};

/// The most pages that are read at a time. A limit would not bound the scan of a range of keys, so the range is what is bounded.
const MOST_PAGES: u64 = 64;
/// The parts grow until their rows take so many bytes in the store, and shrink above the second.
const ENOUGH_BYTES: usize = 1 << 20;
const TOO_MANY_BYTES: usize = 4 << 20;

/// A page and its rows, as they are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPage {
    /// Its number in the run.
    pub number: u64,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Reads the pages of a run in their order: a few at a time where their rows are large, some tens where they are small.
#[derive(Debug)]
pub struct PageReader<'a> {
    store: &'a Store,
    run: &'a RunId,
    columns: &'a [Column],
    next: u64,
    end: u64,
    /// How many pages are read next.
    span: u64,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    url: Option<String>,
    rows: Option<Bytes>,
}

impl Stored {
    fn size(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.as_ref().len())
    }

    fn decoded(self, columns: &[Column]) -> Result<StoredPage, StoreError> {
        let bytes = self.rows.unwrap_or_default();
        Ok(StoredPage {
            number: number(self.id)?,
            rows: decode(&bytes, self.url.as_deref().unwrap_or_default(), columns)?,
        })
    }
}

impl Store {
    /// A reader of the pages of a run with these columns, from a number on and below `end`.
    pub fn page_reader<'a>(&'a self, run: &'a RunId, from: u64, end: u64, columns: &'a [Column]) -> PageReader<'a> {
        PageReader {
            store: self,
            run,
            columns,
            next: from,
            end,
            span: 1,
        }
    }
}

impl PageReader<'_> {
    /// The next pages with rows; none where there are no more.
    pub async fn next_part(&mut self) -> Result<Vec<StoredPage>, StoreError> {
        while self.next < self.end {
            let (from, after) = (self.next, self.end.min(self.next + self.span));
            let found = self
                .store
                .database
                .run(
                    "SELECT id, url, rows FROM page:[$run, $from]..[$run, $after] WHERE row_count > 0 ORDER BY id",
                    vars! { run: self.run.as_str().to_owned(), from: from as i64, after: after as i64 },
                )
                .await?
                .take::<Vec<Stored>>(0)?;
            self.next = after;
            self.span = span_after(self.span, found.iter().map(Stored::size).sum());
            if !found.is_empty() {
                return found.into_iter().map(|page| page.decoded(self.columns)).collect();
            }
        }
        Ok(Vec::new())
    }
}

/// How many pages are read after so many, whose rows took so many bytes.
fn span_after(span: u64, bytes: usize) -> u64 {
    match bytes {
        ..ENOUGH_BYTES => MOST_PAGES.min(span * 2),
        ENOUGH_BYTES..=TOO_MANY_BYTES => span,
        _ => 1.max(span / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_a_size() {
        for (span, bytes, expected) in [
            (1, 0, 2),
            (8, ENOUGH_BYTES - 1, 16),
            (8, ENOUGH_BYTES, 8),
            (8, TOO_MANY_BYTES, 8),
            (8, TOO_MANY_BYTES + 1, 4),
            (1, usize::MAX, 1),
            (MOST_PAGES, 0, MOST_PAGES),
        ] {
            assert_eq!(span_after(span, bytes), expected, "{span} pages of {bytes} bytes");
        }
    }
}
