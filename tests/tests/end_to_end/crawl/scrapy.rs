//! The pages of a site by `follow`, and by Scrapy: the same set.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;
use snowscrape_tests::files::{FileSite, rust_documentation};

use super::{headings, set};
use crate::support::Server;

/// Two books of the toolchain's documentation, and what of the others they lead to is left alone.
const BOOKS: &str = "/(book|nomicon)/";

#[test]
fn the_same_pages_as_an_independent_crawler_finds() {
    let site = FileSite::start(&rust_documentation().unwrap());
    let start = format!("{}/book/index.html", site.base_url());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(format!("{root}/.venv/bin/python"))
        .arg(format!("{root}/tests/crawl/crawl.py"))
        .args([&start, "--allow", BOOKS])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: BTreeSet<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    assert!(theirs.len() > 100, "{theirs:?}");

    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    // Scrapy takes pages by their media type; on this site they are those with one of these endings.
    let fields = json!({
        "request": {"robots": "ignore"},
        "queries": [{"name": "title", "type": "css", "query": "title", "join": true}],
        "follow": [{"links": {"type": "xpath", "query": "//a/@href"}, "depth": 1_000, "allow": [BOOKS]}],
        "rows_from": {"allow": [r"(\.html|/)(\?[^/]*)?$"]},
    });
    let id = ann.create(&headings(&start, &fields));
    ann.run(&id);
    ann.wait_for(&id, "success");
    let ours = set(ann.rows(&id).iter().map(|row| row["url"].as_str().unwrap().to_owned()));
    assert_eq!(ours, theirs);
}
