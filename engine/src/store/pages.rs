//! Pages and their rows: written in small groups under a lease, read by ranges of their keys.

use std::collections::HashSet;
use std::sync::Arc;

use surrealdb::types::{Bytes, RecordId, SurrealValue, Value, vars};

use super::Store;
use super::encoding::{decode, encode};
use super::error::StoreError;
use super::records::{damaged, page_record, parts};
use super::runs::{CHECK_LEASE, Lease, counts};
use crate::model::{Column, Row, RunId};
use crate::pipeline::PageOutput;

/// How many pages are read at a time.
const PAGES_AT_A_TIME: usize = 64;

/// A page and its rows, as they are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPage {
    /// Its number in the run.
    pub number: u64,
    /// Its rows.
    pub rows: Vec<Row>,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct NewPage {
    id: RecordId,
    url: Option<String>,
    rows: Option<Bytes>,
    row_count: i64,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    url: Option<String>,
    rows: Option<Bytes>,
}

impl Store {
    /// Writes a group of pages, their rows and the counts with them, in one transaction that is on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and then nothing was written.
    pub async fn commit_pages(&self, lease: &Lease, pages: &[PageOutput]) -> Result<(), StoreError> {
        let Some(last) = pages.last() else { return Ok(()) };
        let records: Vec<NewPage> = pages
            .iter()
            .map(|page| NewPage {
                id: page_record(&lease.run, page.number),
                url: page.url.as_deref().map(str::to_owned),
                rows: encode(&page.rows).map(Bytes::from),
                row_count: page.rows.len() as i64,
            })
            .collect();
        let mut variables = lease.variables();
        variables.extend(vars! {
            pages: records,
            counts: counts(&last.run),
            next_page: last.number as i64 + 1,
        });
        // A page that an earlier, unanswered commit wrote is written again: its key is its run and number.
        let statements = format!(
            "BEGIN;
             {CHECK_LEASE}
             INSERT INTO page $pages ON DUPLICATE KEY UPDATE url = $input.url, rows = $input.rows,
                 row_count = $input.row_count RETURN NONE;
             UPDATE $partition SET counts = $counts, next_page = $next_page RETURN NONE;
             COMMIT;"
        );
        self.database.run(&statements, variables).await.map(drop)
    }

    /// Up to some tens of pages with rows of a run, from a number on, in order. None means that there are no more.
    pub async fn pages(&self, run: &RunId, from: u64, columns: &[Column]) -> Result<Vec<StoredPage>, StoreError> {
        let found = self
            .database
            .run(
                &format!(
                    "SELECT id, url, rows FROM page:[$run, $from]..=[$run, $last] WHERE row_count > 0 ORDER BY id LIMIT \
                     {PAGES_AT_A_TIME}"
                ),
                vars! { run: run.as_str().to_owned(), from: from as i64, last: i64::MAX },
            )
            .await?
            .take::<Vec<Stored>>(0)?;
        found
            .into_iter()
            .map(|page| {
                let bytes = page.rows.unwrap_or_default();
                Ok(StoredPage {
                    number: number(page.id)?,
                    rows: decode(&bytes, page.url.as_deref().unwrap_or_default(), columns)?,
                })
            })
            .collect()
    }

    /// The URLs of all extracted pages of a run: what a worker that goes on with it has to know.
    pub async fn taken_urls(&self, run: &RunId) -> Result<HashSet<Arc<str>>, StoreError> {
        let found = self
            .database
            .run(
                "SELECT VALUE url FROM page:[$run, 0]..=[$run, $last] WHERE url != NONE",
                vars! { run: run.as_str().to_owned(), last: i64::MAX },
            )
            .await?
            .take::<Vec<String>>(0)?;
        Ok(found.into_iter().map(Into::into).collect())
    }
}

fn number(id: RecordId) -> Result<u64, StoreError> {
    match parts(id)?.into_iter().next_back() {
        Some(Value::Number(number)) => number
            .to_int()
            .map(i64::unsigned_abs)
            .ok_or_else(|| damaged("a page's number")),
        _ => Err(damaged("a page's key does not end in a number")),
    }
}
