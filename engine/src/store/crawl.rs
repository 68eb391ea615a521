//! What a run remembers of its pages beside their rows: the links that were found on them, and how they were when they were
//! fetched. Both are opaque values in the page's record.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use surrealdb::types::{Bytes, RecordId, SurrealValue, vars};

use super::Store;
use super::error::StoreError;
use super::pages::number;
use super::records::{damaged, page_record, word};
use crate::model::RunId;
use crate::pipeline::{Fingerprint, Link, PagesDone, StoredLinks, Visit};

/// How many pages are read at a time; fewer where all their links are kept, since a sitemap has tens of thousands.
const PAGES_AT_A_TIME: u64 = 64;
const PAGES_WITH_LINKS_AT_A_TIME: u64 = 16;

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct StoredPage {
    id: RecordId,
    url: Option<String>,
    links: Option<Bytes>,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct StoredVisit {
    id: RecordId,
    visit: Option<Bytes>,
}

/// A visit in JSON.
#[derive(Serialize, Deserialize)]
struct VisitText {
    page: [u8; 16],
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    body: [u8; 16],
}

/// Links as JSON: `[["http://…", "page", 1, 1], …]`; nothing where there are none.
pub(super) fn encode_links(links: &[Link]) -> Option<Vec<u8>> {
    let texts: Vec<_> = links
        .iter()
        .map(|link| (&link.url, link.kind.to_string(), link.depth, link.listing))
        .collect();
    (!texts.is_empty()).then(|| serde_json::to_vec(&texts).expect("links are JSON"))
}

pub(super) fn encode_visit(visit: &Visit) -> Vec<u8> {
    let text = VisitText {
        page: *visit.page.as_bytes(),
        etag: visit.etag.clone(),
        last_modified: visit.last_modified.clone(),
        body: *visit.body.as_bytes(),
    };
    serde_json::to_vec(&text).expect("a visit is JSON")
}

fn decode_links(bytes: &Bytes) -> Result<Vec<Link>, StoreError> {
    let texts: Vec<(String, String, u32, u32)> =
        serde_json::from_slice(bytes.as_ref()).map_err(|error| damaged(&format!("the links of a page: {error}")))?;
    let link = |(url, kind, depth, listing): (String, String, u32, u32)| {
        Ok(Link {
            url,
            kind: word(&kind)?,
            depth,
            listing,
        })
    };
    texts.into_iter().map(link).collect()
}

fn decode_visit(bytes: &Bytes) -> Result<Visit, StoreError> {
    let text: VisitText = serde_json::from_slice(bytes.as_ref())
        .map_err(|error| damaged(&format!("what is known of a page: {error}")))?;
    Ok(Visit {
        page: text.page.into(),
        etag: text.etag,
        last_modified: text.last_modified,
        body: text.body.into(),
    })
}

impl Store {
    /// The pages of a run that are done with, those below `next`: what a worker that goes on with it has to know.
    pub async fn pages_done(&self, run: &RunId, next: u64) -> Result<PagesDone, StoreError> {
        let mut done = PagesDone {
            next,
            ..PagesDone::default()
        };
        let mut from = 0;
        while from < next {
            let before = next.min(from + PAGES_AT_A_TIME);
            for page in self.crawled(run, from, before).await? {
                if let Some(url) = &page.url {
                    done.taken.insert(Fingerprint::of(url));
                }
                if let Some(links) = &page.links {
                    let links = decode_links(links)?;
                    done.seen.extend(links.iter().map(|link| Fingerprint::of(&link.url)));
                    done.links.push((number(page.id)?, links.len() as u64));
                }
            }
            from = before;
        }
        Ok(done)
    }

    /// The links of some pages of a run from `from` on and below `before`: of as many as are stored without a gap.
    pub async fn links(&self, run: &RunId, from: u64, before: u64) -> Result<StoredLinks, StoreError> {
        let mut found = StoredLinks {
            links: Vec::new(),
            end: from,
        };
        while found.links.is_empty() && found.end < before {
            let chunk_end = before.min(found.end + PAGES_WITH_LINKS_AT_A_TIME);
            for page in self.crawled(run, found.end, chunk_end).await? {
                if let Some(links) = &page.links {
                    found.links.append(&mut decode_links(links)?);
                }
                found.end = number(page.id)? + 1;
            }
            if found.end < chunk_end {
                break;
            }
        }
        Ok(found)
    }

    /// The pages of a run of which something is known for the next run, by the URL that was asked for; `end` is the number
    /// after that of its last page.
    pub async fn visits(&self, run: &RunId, end: u64) -> Result<HashMap<Fingerprint, u64>, StoreError> {
        let mut found = HashMap::new();
        let mut from = 0;
        while from < end {
            let before = end.min(from + PAGES_AT_A_TIME);
            let visits = self
                .database
                .run(
                    "SELECT id, visit FROM page:[$run, $from]..[$run, $before] WHERE visit != NONE",
                    vars! { run: run.as_str().to_owned(), from: from as i64, before: before as i64 },
                )
                .await?
                .take::<Vec<StoredVisit>>(0)?;
            for stored in visits {
                let Some(visit) = &stored.visit else { continue };
                match decode_visit(visit) {
                    Ok(visit) => drop(found.insert(visit.page, number(stored.id)?)),
                    // The page then counts as new, which costs rows and loses none.
                    Err(error) => tracing::warn!(%run, %error, "an earlier page is passed over"),
                }
            }
            from = before;
        }
        Ok(found)
    }

    /// What is known of a page of a run for the next one.
    pub async fn visit(&self, run: &RunId, page: u64) -> Result<Option<Visit>, StoreError> {
        let found = self
            .database
            .run("SELECT id, visit FROM ONLY $id", vars! { id: page_record(run, page) })
            .await?
            .take::<Option<StoredVisit>>(0)?;
        found
            .and_then(|stored| stored.visit)
            .as_ref()
            .map(decode_visit)
            .transpose()
    }

    async fn crawled(&self, run: &RunId, from: u64, before: u64) -> Result<Vec<StoredPage>, StoreError> {
        let mut found = self
            .database
            .run(
                "SELECT id, url, links FROM page:[$run, $from]..[$run, $before] ORDER BY id",
                vars! { run: run.as_str().to_owned(), from: from as i64, before: before as i64 },
            )
            .await?;
        Ok(found.take::<Vec<StoredPage>>(0)?)
    }
}
