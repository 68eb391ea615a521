//! Pages and their rows, as they are written: in small groups, under a lease. Reading them is [`super::page_reader`]'s.

use std::borrow::Cow;

use surrealdb::types::{Bytes, RecordId, SurrealValue, vars};

use super::Store;
use super::crawl::{encode_links, encode_visit};
use super::encoding::encode;
use super::error::StoreError;
use super::groups::{MOST_TOGETHER, PageText};
use super::leases::{CHECK_LEASE, Lease, counts};
use super::log::lines;
use super::records::{group_record, screenshot_record};
use crate::model::{LogLine, RunId};
use crate::pipeline::PageOutput;

/// What a record takes beside its value, in bytes: its key and the name of its field.
const RECORD_BYTES: u64 = 128;

/// A group of pages as they are written.
#[derive(Clone, Debug)]
pub struct EncodedPages {
    group: RecordId,
    pages: Bytes,
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

impl EncodedPages {
    /// Pages of a run in their order; `None` if there are none.
    pub fn new(run: &RunId, pages: &[PageOutput]) -> Option<Self> {
        debug_assert!(pages.len() as u64 <= MOST_TOGETHER, "readers look for no larger groups");
        let last = pages.last()?;
        let mut text = Vec::new();
        for page in pages {
            let page = PageText {
                number: page.number,
                url: page.url.as_deref().map(Cow::Borrowed),
                rows: encode(&page.rows),
                links: encode_links(&page.links),
                visit: page.visit.as_ref().map(encode_visit),
            };
            serde_json::to_writer(&mut text, &page).expect("a page is JSON, and a vector takes it");
            text.push(b'\n');
        }
        let screenshots: Vec<Screenshot> = pages
            .iter()
            .filter_map(|page| {
                Some(Screenshot {
                    id: screenshot_record(run, page.number),
                    png: Bytes::from(page.screenshot.as_ref()?.to_vec()),
                })
            })
            .collect();
        let pictures = screenshots.iter().map(|picture| picture.png.as_ref().len());
        let records = 1 + screenshots.len() as u64;
        Some(Self {
            group: group_record(run, last.number),
            counts: counts(&last.run),
            next_page: last.number + 1,
            size: records * RECORD_BYTES + (text.len() + pictures.sum::<usize>()) as u64,
            pages: Bytes::from(text),
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
            group: pages.group.clone(),
            pages: pages.pages.clone(),
            screenshots: pages.screenshots.clone(),
            counts: pages.counts.clone(),
            next_page: pages.next_page as i64,
            size: pages.size as i64,
            lines: lines(&lease.run, first_line, log),
            next_line: (first_line + log.len() as u64) as i64,
        });
        // A group that an earlier, unanswered commit wrote is written again, under the same key.
        let statements = format!(
            "BEGIN;
             {CHECK_LEASE}
             UPSERT $group SET pages = $pages RETURN NONE;
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
