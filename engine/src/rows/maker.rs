//! Puts cells side by side.

use std::iter::RepeatN;
use std::vec::IntoIter;

use super::cells::Cells;
use super::page::{ItemExtraction, ItemsExtraction, PageInfo, PageRows, RowError};
use super::tally::PageTally;
use crate::model::{Column, Job, Query, Row, Value, Warning, WarningCode};

/// The most bytes that the values which stand on every row of a page may take there together: 64 MiB. Without a bound
/// a page of some megabytes could make rows of many gigabytes.
pub const MAX_REPEATED_BYTES: usize = 64 << 20;

/// Makes the rows of a job's pages.
#[derive(Debug, Clone)]
pub struct RowMaker {
    queries: Vec<Query>,
    has_item: bool,
}

impl RowMaker {
    /// A maker of this job's rows.
    pub fn new(job: &Job) -> Self {
        Self {
            queries: job.queries.clone(),
            has_item: job.item.is_some(),
        }
    }

    /// The columns of the rows, in the order of the job's queries.
    pub fn columns(&self) -> Vec<Column> {
        let column = |query: &Query| Column {
            name: query.name.clone(),
            kind: query.column_kind(),
            many: query.many,
        };
        self.queries.iter().map(column).collect()
    }

    /// Makes the rows of one page.
    ///
    /// With an item, each entry of `extraction` is a row. Without one, row *i* takes the *i*-th match of each query,
    /// and what `many` and `join` make stands on every row.
    pub fn make(&self, page: &PageInfo, extraction: ItemsExtraction) -> Result<PageRows, RowError> {
        let mut tally = PageTally::new(&page.url, self.queries.len());
        let mut rows = Vec::new();
        let mut uneven = None;
        for item in extraction.items {
            if item.len() != self.queries.len() {
                return Err(RowError::QueryCount {
                    expected: self.queries.len(),
                    found: item.len(),
                });
            }
            if self.has_item {
                let cells = self.item_cells(page, item, &mut tally);
                push(&mut rows, page, cells);
            } else {
                uneven = self.side_by_side(page, item, &mut tally, &mut rows)?;
            }
        }
        for row in &rows {
            for (count, cell) in tally.columns.iter_mut().zip(&row.cells) {
                count.filled += u64::from(!cell.is_null());
            }
        }
        let (tallies, warnings) = tally.finish(&self.queries, uneven);
        Ok(PageRows {
            rows,
            warnings,
            tallies,
        })
    }

    fn item_cells(&self, page: &PageInfo, item: ItemExtraction, tally: &mut PageTally<'_>) -> Vec<Value> {
        let cell = |(column, (query, found)): (usize, (&Query, Result<Vec<_>, String>))| match found {
            Ok(matches) => {
                let cells = Cells {
                    column,
                    query,
                    base_url: &page.base_url,
                };
                if query.takes_all() {
                    cells.all(matches, tally).unwrap_or_default()
                } else {
                    cells.first(matches, tally)
                }
            }
            Err(message) => {
                tally.failed(column, message);
                Value::Null
            }
        };
        self.queries.iter().zip(item).enumerate().map(cell).collect()
    }

    /// Rows without an item; the warning if columns differ in length.
    fn side_by_side(
        &self,
        page: &PageInfo,
        item: ItemExtraction,
        tally: &mut PageTally<'_>,
        rows: &mut Vec<Row>,
    ) -> Result<Option<Warning>, RowError> {
        let mut found = Vec::with_capacity(self.queries.len());
        for (column, (query, matches)) in self.queries.iter().zip(item).enumerate() {
            let cells = Cells {
                column,
                query,
                base_url: &page.base_url,
            };
            found.push(match matches {
                Ok(matches) if query.takes_all() => Found::Page(cells.all(matches, tally)),
                Ok(matches) => Found::Rows(cells.each(matches, tally).collect()),
                Err(message) => {
                    tally.failed(column, message);
                    Found::Failed
                }
            });
        }
        let lengths = found
            .iter()
            .zip(&self.queries)
            .filter_map(|(found, query)| match found {
                Found::Rows(values) => Some((query.name.as_str(), values.len())),
                Found::Page(_) | Found::Failed => None,
            });
        let longest = lengths.clone().map(|(_, length)| length).max().unwrap_or(0);
        let is_uneven = lengths.clone().any(|(_, length)| length != longest);
        let uneven = is_uneven.then(|| uneven_columns(&page.url, lengths));
        let has_page_values = found.iter().any(|found| matches!(found, Found::Page(Some(_))));
        let count = if longest == 0 {
            usize::from(has_page_values)
        } else {
            longest
        };
        check_repeated(&found, count)?;

        let mut columns: Vec<_> = found.into_iter().map(|found| found.into_cells(count)).collect();
        rows.reserve(count);
        for _ in 0..count {
            let cells = columns
                .iter_mut()
                .map(|column| column.next().unwrap_or_default())
                .collect();
            push(rows, page, cells);
        }
        Ok(uneven)
    }
}

fn push(rows: &mut Vec<Row>, page: &PageInfo, cells: Vec<Value>) {
    let position = rows.len() as u32;
    rows.push(Row {
        url: page.url.clone(),
        position,
        fetched_at: page.fetched_at,
        cells,
    });
}

/// What a query found on a page without items.
enum Found {
    /// A value for each row.
    Rows(Vec<Value>),
    /// One value for all rows, if there was a match.
    Page(Option<Value>),
    Failed,
}

/// The cells of a column from row to row; null after the last.
enum ColumnCells {
    Rows(IntoIter<Value>),
    Page(RepeatN<Value>),
}

impl Found {
    fn into_cells(self, rows: usize) -> ColumnCells {
        match self {
            Self::Rows(values) => ColumnCells::Rows(values.into_iter()),
            // The last row takes the value itself, so a page of one row copies nothing.
            Self::Page(value) => ColumnCells::Page(std::iter::repeat_n(value.unwrap_or_default(), rows)),
            Self::Failed => ColumnCells::Rows(IntoIter::default()),
        }
    }
}

impl ColumnCells {
    fn next(&mut self) -> Option<Value> {
        match self {
            Self::Rows(values) => values.next(),
            Self::Page(values) => values.next(),
        }
    }
}

fn check_repeated(found: &[Found], rows: usize) -> Result<(), RowError> {
    let value_bytes = |found: &Found| match found {
        Found::Page(Some(value)) => value.heap_bytes(),
        Found::Page(None) | Found::Rows(_) | Found::Failed => 0,
    };
    let bytes: usize = found.iter().map(value_bytes).sum();
    if rows > 1 && bytes.saturating_mul(rows) > MAX_REPEATED_BYTES {
        return Err(RowError::TooMuchRepeated {
            bytes,
            rows,
            limit: MAX_REPEATED_BYTES,
        });
    }
    Ok(())
}

fn uneven_columns<'a>(url: &str, lengths: impl Iterator<Item = (&'a str, usize)>) -> Warning {
    let lengths: Vec<String> = lengths.map(|(name, length)| format!("`{name}` {length}")).collect();
    let message = format!(
        "columns of differing length on {url}: {}; set `item` so that each row is taken from one element and nothing is \
         put beside what it does not belong to",
        lengths.join(", ")
    );
    Warning {
        code: WarningCode::UnevenColumns,
        message,
    }
}

#[cfg(test)]
mod tests;
