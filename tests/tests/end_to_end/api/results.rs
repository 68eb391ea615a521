//! Rows: read in pages, downloaded as files.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use snowscrape_tests::numbered::NumberedSite;
use snowscrape_tests::site::{DemoSite, demo_job, expected_rows};

use crate::support::Server;

#[test]
fn rows_are_read_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let id = ann.create(&site.job(150));
    let path = format!("/jobs/{id}/results");
    let empty = json!({"results": [], "count": 0, "total": 0, "next_cursor": null});
    assert_eq!(ann.get(&path).expect(200), empty);
    let run = ann.run(&id);
    ann.wait_for(&id, "success");
    let first = ann.get(&path).expect(200);
    assert_eq!((&first["count"], &first["total"]), (&json!(100), &json!(150)));
    let row = &first["results"][2];
    assert_eq!(row["url"], format!("{}/3", site.base_url()));
    assert_eq!(row["data"], json!({"number": 3, "text": "The page of the number 3"}));
    assert_eq!(row["scraped_at"].as_str().unwrap().len(), 20, "{row:#}");
    let mut numbers = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = ann.get(&format!("{path}?limit=7&run={run}{cursor}")).expect(200);
        let rows = page["results"].as_array().unwrap().iter();
        numbers.extend(rows.map(|row| row["data"]["number"].as_u64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(numbers, (1..=150).collect::<Vec<_>>());

    // A cursor is its run's.
    let foreign = first["next_cursor"].as_str().unwrap().to_owned();
    ann.run(&id);
    ann.wait_for(&id, "success");
    let wrong = ann.get(&format!("{path}?cursor={foreign}")).expect(400);
    assert_eq!(
        wrong["details"],
        json!({"cursor": "Must be the next_cursor of an answer about the same run"})
    );
    ann.get(&format!("{path}?run={run}&cursor={foreign}")).expect(200);
    ann.get(&format!("{path}?run=run_none")).expect(404);
}

#[test]
fn rows_of_a_run_that_is_going_or_failed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::from_millis(20));
    let id = ann.create(&site.job(1000));
    let run = ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(20));
    let results = |query: &str| ann.get(&format!("/jobs/{id}/results{query}")).expect(200);
    assert_eq!(results("")["count"], 0, "no run has succeeded yet");
    let so_far = results(&format!("?run={run}&limit=1000"));
    assert!(so_far["count"].as_u64().unwrap() >= 20, "{so_far:#}");
    ann.post(&format!("/jobs/{id}/cancel")).expect(200);
    assert_eq!(results("")["count"], 0);
    assert!(results(&format!("?run={run}"))["total"].as_u64().unwrap() >= 20);
}

#[test]
fn files_are_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = DemoSite::start();
    let mut job = demo_job(&site.base_url());
    job["name"] = json!("Tea & Co. é");
    let id = ann.create(&job);
    let path = format!("/jobs/{id}/download");
    let before = ann.get(&path);
    assert_eq!(
        (before.expect(200), before.header("content-type")),
        (json!([]), "application/json")
    );
    let header = ann.get(&format!("{path}?format=csv")).text;
    assert_eq!(header.lines().count(), 1, "{header}");
    ann.run(&id);
    ann.wait_for(&id, "success");
    let json_file = ann.get(&path);
    assert_eq!(json_file.expect(200), Json::Array(expected_rows(&site.base_url())));
    assert_eq!(
        json_file.header("content-disposition"),
        "attachment; filename=\"Tea___Co.__.json\"; filename*=UTF-8''Tea%20&%20Co.%20%C3%A9.json"
    );
    let csv = ann.get(&format!("{path}?format=csv"));
    assert_eq!(
        (csv.status, csv.header("content-type")),
        (200, "text/csv; charset=utf-8; header=present")
    );
    assert!(csv.text.starts_with(&header), "{}", csv.text);
    let head = ann.send(Method::HEAD, &format!("{path}?format=csv"), &[], None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-disposition"), csv.header("content-disposition"));

    let check = |query: &str, field: &str, words: &str| {
        let answer = ann.get(&format!("{path}?{query}")).expect(400);
        let detail = answer["details"][field].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{answer:#}");
    };
    check("format=pdf", "format", "Must be one of: json, csv");
    check("format=", "format", "Must be one of: json, csv");
    check("format=csv&delimeter=;", "delimeter", "delimiter");
    check("format=json&format=csv", "format", "Must be given once");
    let lines = ann.get(&format!("{path}?lines=true")).text;
    assert_eq!(lines.lines().count(), 100);
}
