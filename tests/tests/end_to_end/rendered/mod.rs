//! Pages that only a browser can show, rendered by the real Chromium on loopback.

mod guarded;
mod pages;
mod server;

use std::path::Path;

use serde_json::{Value as Json, json};
use snowscrape_tests::files::FileSite;

use crate::run::{small_job, with};
use crate::support::{Ended, Folder};

/// The site of `fixtures/rendered`.
fn site() -> FileSite {
    FileSite::start(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rendered"))
}

/// A job that renders one page of the site and takes the texts of a CSS selector.
fn job(site: &FileSite, page: &str, selector: &str, render: &Json, fields: &Json) -> Json {
    let job = json!({
        "render_config": render,
        "queries": [{"name": "text", "type": "css", "query": selector}],
    });
    with(with(small_job(&format!("{}/{page}", site.base_url())), &job), fields)
}

/// Runs a job and gives the texts that it found.
#[track_caller]
fn texts(job: &Json, words: &[&str]) -> Vec<String> {
    let folder = Folder::with_job(job);
    Ended::within(folder.path(), &["run", "job.json", "--output", "rows.json"]).expect(0, words);
    let rows = folder.rows("rows.json");
    rows.iter()
        .map(|row| row["text"].as_str().unwrap_or_default().to_owned())
        .collect()
}
