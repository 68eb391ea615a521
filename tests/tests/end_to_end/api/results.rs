//! Rows, read in pages.

use std::time::Duration;

use serde_json::json;
use snowscrape_tests::numbered::NumberedSite;

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
