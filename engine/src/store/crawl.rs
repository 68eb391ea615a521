//! What a run remembers of its pages beside their rows: the links that were found on them, and how they were when they were
//! fetched. Both are in the page's line of its group.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::Store;
use super::error::StoreError;
use super::groups::{Group, GroupReader, MOST_TOGETHER, PageText, group, group_ends};
use crate::model::{RunId, SourceType};
use crate::pipeline::{Fingerprint, Link, PagesDone, StoredLinks, Visit};

/// A link in a page's line: `["http://…", "page", 1, 1]`, its URL, kind, depth and place in its listing.
type LinkText<'a> = (Cow<'a, str>, SourceType, u32, u32);
type PageWithLinks<'a> = PageText<'a, IgnoredAny, Vec<LinkText<'a>>, IgnoredAny>;
type PageWithVisit<'a> = PageText<'a, IgnoredAny, IgnoredAny, VisitText>;

/// A visit in a page's line.
#[derive(Serialize, Deserialize)]
pub(super) struct VisitText {
    page: [u8; 16],
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    body: [u8; 16],
}

/// The links of a page; `None` where there are none.
pub(super) fn encode_links(links: &[Link]) -> Option<Vec<LinkText<'_>>> {
    let texts: Vec<_> = links
        .iter()
        .map(|link| (Cow::Borrowed(link.url.as_str()), link.kind, link.depth, link.listing))
        .collect();
    (!texts.is_empty()).then_some(texts)
}

pub(super) fn encode_visit(visit: &Visit) -> VisitText {
    VisitText {
        page: *visit.page.as_bytes(),
        etag: visit.etag.clone(),
        last_modified: visit.last_modified.clone(),
        body: *visit.body.as_bytes(),
    }
}

fn decode_link((url, kind, depth, listing): LinkText<'_>) -> Link {
    Link {
        url: url.into_owned(),
        kind,
        depth,
        listing,
    }
}

fn decode_visit(text: VisitText) -> Visit {
    Visit {
        page: text.page.into(),
        etag: text.etag,
        last_modified: text.last_modified,
        body: text.body.into(),
    }
}

impl Store {
    /// The pages of a run that are done with, those below `next`: what a worker that goes on with it has to know. Up to there
    /// the run's pages are stored, and none beyond.
    pub async fn pages_done(&self, run: &RunId, next: u64) -> Result<PagesDone, StoreError> {
        let mut done = PagesDone {
            next,
            ..PagesDone::default()
        };
        let mut groups = GroupReader::new(&self.database, run, 0, next);
        while let Some(part) = groups.next_part().await? {
            for line in part.iter().flat_map(Group::lines) {
                let page = PageWithLinks::read(line)?;
                if let Some(url) = &page.url {
                    done.taken.insert(Fingerprint::of(url.as_bytes()));
                }
                if let Some(links) = page.links {
                    done.links.push((page.number, links.len() as u64));
                    done.seen
                        .extend(links.iter().map(|(url, ..)| Fingerprint::of(url.as_bytes())));
                }
            }
        }
        Ok(done)
    }

    /// The links of some pages of a run from `from` on: those of the first group that has some, among the groups that are stored
    /// by now and wholly below `before`.
    pub async fn links(&self, run: &RunId, from: u64, before: u64) -> Result<StoredLinks, StoreError> {
        let mut found = StoredLinks {
            links: Vec::new(),
            end: from,
        };
        // Of several looks a later one could find pages whose predecessors an earlier one did not find. Where it finds none, the
        // page is not stored yet.
        let before = before.min(from + MOST_TOGETHER);
        for last_page in group_ends(&self.database, run, from, before).await? {
            let Some(group) = group(&self.database, run, last_page).await? else {
                break;
            };
            for line in group.lines() {
                let page = PageWithLinks::read(line)?;
                if page.number < from {
                    continue;
                }
                found.links.extend(page.links.into_iter().flatten().map(decode_link));
                found.end = page.number + 1;
            }
            if !found.links.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// The pages of a run of which something is known for the next run, by the URL that was asked for: the number of the last
    /// page of the group that each is in. `end` is the number after that of the run's last page.
    pub async fn visits(&self, run: &RunId, end: u64) -> Result<HashMap<Fingerprint, u64>, StoreError> {
        let mut found = HashMap::new();
        let mut groups = GroupReader::new(&self.database, run, 0, end);
        while let Some(part) = groups.next_part().await? {
            for group in part {
                let last_page = group.last_page;
                match visits_of(&group) {
                    Ok(visits) => found.extend(visits.into_iter().map(|visit| (visit.page, last_page))),
                    // Its pages then count as new, which costs rows and loses none.
                    Err(error) => {
                        tracing::warn!(%run, last_page, %error, "a group of earlier pages, up to this one, is passed over");
                    }
                }
            }
        }
        Ok(found)
    }

    /// What is known for the next run of the pages of a group, by the number of its last page.
    pub async fn group_visits(&self, run: &RunId, last_page: u64) -> Result<Vec<Visit>, StoreError> {
        match group(&self.database, run, last_page).await? {
            Some(group) => visits_of(&group),
            None => Ok(Vec::new()),
        }
    }
}

/// What is known of the pages of a group.
fn visits_of(group: &Group) -> Result<Vec<Visit>, StoreError> {
    let mut visits = Vec::new();
    for line in group.lines() {
        visits.extend(PageWithVisit::read(line)?.visit.map(decode_visit));
    }
    Ok(visits)
}
