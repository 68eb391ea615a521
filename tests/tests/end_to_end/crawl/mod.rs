//! Jobs that cover a site: links, listings, documents that name pages, and only what has changed.

mod changed;
mod documents;
mod links;
mod manners;
mod restarts;
mod scrapy;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::run::{small_job, with};
use crate::support::{Ended, Folder};

/// A job that takes each page's heading, with further fields.
fn headings(source: &str, fields: &Json) -> Json {
    let job = json!({
        "queries": [{"name": "heading", "type": "css", "query": "h1::text"}],
        "concurrency": 8,
    });
    with(with(small_job(source), &job), fields)
}

/// Runs a job and gives the headings of its pages in their order.
#[track_caller]
fn crawl(job: &Json, words: &[&str]) -> Vec<String> {
    let folder = Folder::with_job(job);
    Ended::within(
        folder.path(),
        &["run", "job.json", "--format", "json", "--output", "rows.json"],
    )
    .expect(0, words);
    headings_of(&folder.rows("rows.json"))
}

fn headings_of(rows: &[Json]) -> Vec<String> {
    rows.iter()
        .map(|row| row["heading"].as_str().unwrap().to_owned())
        .collect()
}

fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    items.into_iter().collect()
}
