//! The pages of a run that have rows, read part after part.

use serde::de::IgnoredAny;

use super::Store;
use super::encoding::{RowsText, decode};
use super::error::StoreError;
use super::groups::{Group, GroupReader, PageText};
use crate::model::{Column, Row, RunId};

/// A page and its rows, as they are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPage {
    /// Its number in the run.
    pub number: u64,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Reads the pages of a run in their order, so many at a time that they take little memory.
#[derive(Debug)]
pub struct PageReader<'a> {
    groups: GroupReader<'a>,
    /// Pages below this number are passed over. Only the first part has some.
    from: u64,
    columns: &'a [Column],
}

/// Some pages of a run, as texts.
#[derive(Debug)]
pub struct PagePart<'a> {
    groups: Vec<Group>,
    from: u64,
    columns: &'a [Column],
}

impl Store {
    /// A reader of the pages of a run with these columns, from a number on; `end` is the number after that of the last page
    /// that was stored.
    pub fn page_reader<'a>(&'a self, run: &'a RunId, from: u64, end: u64, columns: &'a [Column]) -> PageReader<'a> {
        PageReader {
            groups: GroupReader::new(&self.database, run, from, end),
            from,
            columns,
        }
    }
}

impl<'a> PageReader<'a> {
    /// The next pages; `None` where there are no more.
    pub async fn next_part(&mut self) -> Result<Option<PagePart<'a>>, StoreError> {
        let groups = self.groups.next_part().await?;
        Ok(groups.map(|groups| PagePart {
            groups,
            from: std::mem::take(&mut self.from),
            columns: self.columns,
        }))
    }
}

impl PagePart<'_> {
    /// Its pages that have rows, in their order; there may be none. Each is read when its turn comes.
    pub fn pages(&self) -> impl Iterator<Item = Result<StoredPage, StoreError>> {
        let lines = self.groups.iter().flat_map(Group::lines);
        lines.filter_map(|line| self.page(line).transpose())
    }

    fn page(&self, line: &str) -> Result<Option<StoredPage>, StoreError> {
        if self.from > 0 && PageText::<IgnoredAny, IgnoredAny, IgnoredAny>::read(line)?.number < self.from {
            return Ok(None);
        }
        let page = PageText::<RowsText, IgnoredAny, IgnoredAny>::read(line)?;
        let url = page.url.as_deref().unwrap_or_default();
        let decoded = page.rows.map(|rows| {
            Ok(StoredPage {
                number: page.number,
                rows: decode(rows, url, self.columns)?,
            })
        });
        decoded.transpose()
    }
}
