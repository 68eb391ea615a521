//! `only_changed`: pages that are as they were make no rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value as Json, json};
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{headings, headings_of};
use crate::support::{Client, Server};

/// A site in which `/tagged` has an `ETag`, `/dated` a `Last-Modified`, `/plain` neither; `/changing` is another one each
/// round, and `/` leads to all of them.
fn site(round: Arc<AtomicU32>) -> RoutedSite {
    RoutedSite::start(move |asked| {
        let round = round.load(Ordering::Relaxed);
        let date = "Thu, 01 Jan 2026 00:00:00 GMT";
        match asked.target.as_str() {
            "/" => Reply::html(
                "<h1>home</h1><a href=/tagged></a><a href=/dated></a><a href=/plain></a><a href=/changing></a>",
            )
            .with("etag", "\"home\""),
            "/tagged" if asked.header("if-none-match") == "\"1\"" => Reply::html("").status(304),
            "/tagged" => Reply::html("<h1>tagged</h1>").with("etag", "\"1\""),
            "/dated" if asked.header("if-modified-since") == date => Reply::html("").status(304),
            "/dated" => Reply::html("<h1>dated</h1>").with("last-modified", date),
            "/plain" => Reply::html("<h1>plain</h1>"),
            "/changing" => Reply::html(format!("<h1>changing {round}</h1>")).with("etag", format!("\"{round}\"")),
            _ => Reply::not_found(),
        }
    })
}

/// Runs a job to its end; gives the headings, and the run's counts.
fn run(ann: &Client, job: &str) -> (Vec<String>, Json) {
    let run = ann.run(job);
    ann.wait_for(job, "success");
    let rows: Vec<Json> = ann.rows(job).iter().map(|row| row["data"].clone()).collect();
    let run = ann.get(&format!("/jobs/{job}/runs/{run}")).expect(200);
    (headings_of(&rows), run)
}

#[test]
fn a_second_run_makes_rows_of_what_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let round = Arc::new(AtomicU32::new(1));
    let site = site(Arc::clone(&round));
    let base = site.base_url();

    // Pages that are asked for one by one are asked whether they have changed.
    let fields = json!({"request": {"only_changed": true}});
    let listed = ann.create(&headings(&format!("{base}/[tagged,dated,plain,changing]"), &fields));
    let all = ["tagged", "dated", "plain", "changing 1"];
    assert_eq!(run(&ann, &listed).0, all);
    let (rows, counts) = run(&ann, &listed);
    assert_eq!(
        (rows.len(), &counts["unchanged_pages"], &counts["pages"]),
        (0, &json!(4), &json!(0))
    );
    round.store(2, Ordering::Relaxed);
    site.take_asked();
    let (rows, counts) = run(&ann, &listed);
    assert_eq!(
        (rows, &counts["unchanged_pages"]),
        (vec!["changing 2".to_owned()], &json!(3))
    );
    let conditions: Vec<_> = site
        .take_asked()
        .iter()
        .filter(|asked| asked.target != "/robots.txt")
        .map(|asked| format!("{}{}", asked.header("if-none-match"), asked.header("if-modified-since")))
        .collect();
    let mut sorted = conditions.clone();
    sorted.sort();
    assert_eq!(sorted, ["", "\"1\"", "\"1\"", "Thu, 01 Jan 2026 00:00:00 GMT"]);

    // Links of a page that has not changed are followed all the same.
    let follow = json!([{"links": {"type": "css", "query": "a::attr(href)"}}]);
    let crawled = ann.create(&headings(
        &base,
        &json!({"request": {"only_changed": true}, "follow": follow}),
    ));
    assert_eq!(
        run(&ann, &crawled).0,
        ["home", "tagged", "dated", "plain", "changing 2"]
    );
    round.store(3, Ordering::Relaxed);
    let (rows, counts) = run(&ann, &crawled);
    assert_eq!(
        (rows, &counts["unchanged_pages"]),
        (vec!["changing 3".to_owned()], &json!(4))
    );
}
