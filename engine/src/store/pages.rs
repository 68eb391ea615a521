//! Pages and their rows, as they are written: in small groups, under a lease. Reading them is [`super::page_reader`]'s.

use surrealdb::types::{Bytes, RecordId, SurrealValue, Value, vars};

use super::Store;
use super::crawl::{encode_links, encode_visit};
use super::encoding::encode;
use super::error::StoreError;
use super::leases::{CHECK_LEASE, Lease, counts};
use super::log::lines;
use super::records::{damaged, page_record, parts, screenshot_record};
use crate::model::{LogLine, RunId};
use crate::pipeline::PageOutput;

/// What a page takes beside its URL and its rows, in bytes: its key and the names of its fields.
const PAGE_BYTES: u64 = 128;
/// A group of pages as they are written.
#[derive(Clone, Debug)]
pub struct EncodedPages {
    records: Vec<NewPage>,
    screenshots: Vec<Screenshot>,
    counts: String,
    next_page: u64,
    size: u64,
}

#[derive(Clone, Debug, SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Screenshot {
    id: RecordId,
    png: Bytes,
}

#[derive(Clone, Debug, SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct NewPage {
    id: RecordId,
    url: Option<String>,
    rows: Option<Bytes>,
    row_count: i64,
    links: Option<Bytes>,
    visit: Option<Bytes>,
}

impl EncodedPages {
    /// Pages of a run in their order; `None` if there are none.
    pub fn new(run: &RunId, pages: &[PageOutput]) -> Option<Self> {
        let last = pages.last()?;
        let records: Vec<NewPage> = pages
            .iter()
            .map(|page| NewPage {
                id: page_record(run, page.number),
                url: page.url.as_deref().map(str::to_owned),
                rows: encode(&page.rows).map(Bytes::from),
                row_count: page.rows.len() as i64,
                links: encode_links(&page.links).map(Bytes::from),
                visit: page.visit.as_ref().map(encode_visit).map(Bytes::from),
            })
            .collect();
        let size = |page: &NewPage| {
            let url = page.url.as_ref().map_or(0, String::len);
            let values = [&page.rows, &page.links, &page.visit].into_iter().flatten();
            PAGE_BYTES + (url + values.map(|value| value.as_ref().len()).sum::<usize>()) as u64
        };
        let screenshots: Vec<Screenshot> = pages
            .iter()
            .filter_map(|page| {
                Some(Screenshot {
                    id: screenshot_record(run, page.number),
                    png: Bytes::from(page.screenshot.as_ref()?.to_vec()),
                })
            })
            .collect();
        let pictures = |picture: &Screenshot| picture.png.as_ref().len() as u64;
        Some(Self {
            counts: counts(&last.run),
            next_page: last.number + 1,
            size: records.iter().map(size).sum::<u64>() + screenshots.iter().map(pictures).sum::<u64>(),
            records,
            screenshots,
        })
    }

    /// About what they take in the store, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Store {
    /// Writes a group of pages, their rows, and with them the counts and lines of the log, in one transaction that is on disk
    /// when this returns.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and then nothing was written.
    pub async fn commit_pages(
        &self,
        lease: &Lease,
        pages: &EncodedPages,
        log: (u64, &[LogLine]),
    ) -> Result<(), StoreError> {
        let (first_line, log) = log;
        let mut variables = lease.variables();
        variables.extend(vars! {
            pages: pages.records.clone(),
            screenshots: pages.screenshots.clone(),
            counts: pages.counts.clone(),
            next_page: pages.next_page as i64,
            size: pages.size as i64,
            lines: lines(&lease.run, first_line, log),
            next_line: (first_line + log.len() as u64) as i64,
        });
        // A page that an earlier, unanswered commit wrote is written again: its key is its run and number.
        let statements = format!(
            "BEGIN;
             {CHECK_LEASE}
             INSERT INTO page $pages ON DUPLICATE KEY UPDATE url = $input.url, rows = $input.rows,
                 row_count = $input.row_count, links = $input.links, visit = $input.visit RETURN NONE;
             INSERT INTO screenshot $screenshots ON DUPLICATE KEY UPDATE png = $input.png RETURN NONE;
             INSERT INTO log $lines RETURN NONE;
             UPDATE $partition SET counts = $counts, next_page = $next_page, next_line = $next_line, size += $size
                 RETURN NONE;
             COMMIT;"
        );
        self.database.run(&statements, variables).await.map(drop)
    }

    /// The picture of a page of a run, a PNG.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none.
    pub async fn screenshot(&self, run: &RunId, page: u64) -> Result<Vec<u8>, StoreError> {
        let found = self
            .database
            .run("SELECT * FROM ONLY $id", vars! { id: screenshot_record(run, page) })
            .await?
            .take::<Option<Screenshot>>(0)?;
        let picture = found.ok_or(StoreError::NotFound("the screenshot"))?;
        Ok(picture.png.into_inner().to_vec())
    }
}

pub(super) fn number(id: RecordId) -> Result<u64, StoreError> {
    match parts(id)?.into_iter().next_back() {
        Some(Value::Number(number)) => number
            .to_int()
            .map(i64::unsigned_abs)
            .ok_or_else(|| damaged("a page's number")),
        _ => Err(damaged("a page's key does not end in a number")),
    }
}
