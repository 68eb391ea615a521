//! `snowscrape run`: a job file goes in, pages are fetched, components extract, a file comes out.

use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value as Json, json};
use snowscrape_tests::hostile::{HostilePage, HostileServer};
use snowscrape_tests::site::{BROKEN, CATALOGUE_SIZE, DemoSite, demo_job, expected_rows};

use crate::support::{Ended, Folder, snowscrape};

/// A job with one query over `source`.
pub(crate) fn small_job(source: &str) -> Json {
    json!({
        "name": "small", "source": source, "rate_limit": 600_000, "request": {"attempts": 1},
        "queries": [{"name": "title", "type": "css", "query": "title::text"}],
    })
}

/// `job` with further fields, those of `request` added one by one.
pub(crate) fn with(mut job: Json, fields: &Json) -> Json {
    for (name, value) in fields.as_object().unwrap() {
        match (name.as_str(), value) {
            ("request", Json::Object(request)) => {
                for (name, value) in request {
                    job["request"][name] = value.clone();
                }
            }
            _ => job[name] = value.clone(),
        }
    }
    job
}

fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[test]
fn the_demo_job_gives_a_hundred_rows() {
    let site = DemoSite::start();
    let folder = Folder::new();
    folder.write("demo.job", &demo_job(&site.base_url()).to_string());
    Ended::within(folder.path(), &["run", "demo.job"]).expect(
        0,
        &[
            "success in",
            "pages     5 (0 empty, 0 failed, 0 duplicate)",
            "rows      100",
            "name: filled 99 of 100",
            "in_stock: filled 99 of 100, 1 unparsed",
            "`perhaps` is not one of true, false",
            "/products?page=2",
            "written   demo.json (",
        ],
    );
    assert_eq!(folder.names(), ["demo.job", "demo.json"]);
    let rows = folder.rows("demo.json");
    let expected = expected_rows(&site.base_url());
    assert_eq!(expected.len(), CATALOGUE_SIZE);
    assert_eq!(rows, expected);
    assert_eq!(rows[BROKEN]["name"], Json::Null);
    // Five pages, and one of them asked for three times.
    assert_eq!(site.requests(), 7);

    let options = ["--format", "csv", "--set", "delimiter=;", "--output", "out.csv"];
    Ended::within(folder.path(), &[&["run", "demo.job"][..], &options].concat()).expect(0, &["written   out.csv ("]);
    let csv = folder.read("out.csv");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("name;price;rating;in_stock;url;tags;published;sku"));
    let first = &expected[0];
    let start = format!(
        "{};{};{};{};",
        text(first, "name"),
        first["price"],
        first["rating"],
        first["in_stock"]
    );
    assert!(lines.next().unwrap().starts_with(&start), "{start} in {csv}");
    assert_eq!(lines.count(), CATALOGUE_SIZE - 1);
}

fn text<'a>(row: &'a Json, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

#[test]
fn rows_go_where_they_should() {
    let site = DemoSite::start();
    let job = small_job(&site.base_url());
    let folder = Folder::with_job(&job);
    let expected = json!([{"title": "Snowdrop & Co., things for the home"}]);
    let same_title = |rows: &Json| {
        rows.as_array()
            .is_some_and(|rows| rows.len() == 1 && rows[0]["title"].is_string())
    };

    Ended::within(folder.path(), &["run", "job.json"]).expect(0, &["written   job.rows.json ("]);
    assert!(same_title(&json!(folder.rows("job.rows.json"))), "{expected}");
    assert_eq!(folder.names(), ["job.json", "job.rows.json"]);
    assert_eq!(folder.read("job.json"), job.to_string());

    let ended = Ended::within(folder.path(), &["run", "job.json", "--output", "-"]).expect(0, &["written   "]);
    assert!(same_title(&ended.json()));

    let ended = Ended::fed(&["run", "-", "--output", "-", "--set", "lines=true"], &job.to_string()).expect(0, &[]);
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
    assert!(ended.stdout.starts_with("{\"title\":"), "{ended:?}");
}

#[test]
fn a_file_has_the_columns_that_are_named_and_the_name_of_its_kind() {
    let site = DemoSite::start();
    let folder = Folder::new();
    folder.write("demo.job", &demo_job(&site.base_url()).to_string());
    let arguments = ["run", "demo.job", "--columns", "sku,name", "--meta"];
    Ended::within(folder.path(), &arguments).expect(0, &["written   demo.json ("]);
    let names: Vec<String> = folder.rows("demo.json")[0]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(names, ["sku", "name", "_url", "_scraped_at", "_run"]);

    let check = |arguments: &[&str], file: &str| {
        let written = format!("written   {file} (");
        Ended::within(folder.path(), &[&["run", "demo.job"][..], arguments].concat()).expect(0, &[&written]);
    };
    check(&["--set", "lines=true"], "demo.ndjson");
    check(&["--format", "csv", "--set", "delimiter=tab"], "demo.tsv");

    let job = demo_job(&site.base_url());
    refuses(&job, &["--columns", "sku,nme"], &["--columns", "nme", "`name`"]);
    refuses(&job, &["--columns", ""], &["--columns", "names of columns"]);
}

/// A command that ends with code 2 and says each of `words`, and writes nothing.
#[track_caller]
fn refuses(job: &Json, arguments: &[&str], words: &[&str]) {
    let folder = Folder::with_job(job);
    Ended::within(folder.path(), &[&["run", "job.json"], arguments].concat()).expect(2, words);
    assert_eq!(folder.names(), ["job.json"]);
}

#[test]
fn wrong_input_is_refused_before_anything_is_fetched() {
    let site = DemoSite::start();
    let job = small_job(&site.base_url());
    refuses(
        &job,
        &["--set", "delimitr=;", "--format", "csv"],
        &["--set", "delimitr", "`delimiter`"],
    );
    refuses(&job, &["--set", "lines=perhaps"], &["--set", "lines"]);
    refuses(
        &job,
        &["--format", "xml"],
        &["--format: Must be one of: ", "csv", "json"],
    );
    refuses(
        &job,
        &["--output", "no/such/folder"],
        &["--output: no/such/folder cannot be written"],
    );
    refuses(
        &with(
            job.clone(),
            &json!({"request": {"auth": {"username": "me", "password": {"secret": "NOT_SET"}}}}),
        ),
        &[],
        &["SNOWSCRAPE_SECRET_NOT_SET"],
    );
    refuses(&json!("text"), &[], &["body: "]);
    // Every fault at once, each with the path of its field.
    refuses(
        &json!({
            "name": "", "source": "ftp://shop.example/", "rate_limit": 0, "conurrency": 2,
            "item": {"type": "css", "query": "p["},
            "queries": [
                {"name": "a", "type": "xpth", "query": "//a"},
                {"name": "A", "type": "xpath", "query": "//a["},
            ],
        }),
        &[],
        &[
            "job.json is no valid job",
            "name: ",
            "source: ",
            "rate_limit: ",
            "conurrency: Unknown field, did you mean `concurrency`?",
            "item.query: ",
            "queries[0].type: Must be one of: xpath, css, regex",
            "queries[1].name: ",
            "queries[1].query: ",
        ],
    );
    assert_eq!(site.requests(), 0);

    let folder = Folder::new();
    Ended::within(folder.path(), &["run", "none.json"]).expect(2, &["none.json cannot be read"]);
    folder.write("broken.json", "{\"name\": ");
    Ended::within(folder.path(), &["run", "broken.json"]).expect(2, &["broken.json"]);
}

#[test]
fn what_only_a_server_does_is_ignored_with_a_warning() {
    let site = DemoSite::start();
    let scheduled = with(
        small_job(&site.base_url()),
        &json!({
            "scheduling": {"minutes": [0]}, "request": {"only_changed": true},
            "render_config": {"enabled": false, "screenshot": true},
        }),
    );
    let folder = Folder::with_job(&scheduled);
    let warnings = [
        "warning: scheduling is ignored",
        "warning: request.only_changed is ignored",
    ];
    let ended = Ended::within(folder.path(), &["run", "job.json"]).expect(0, &warnings);
    assert!(!ended.stderr.contains("screenshot"), "nothing is rendered: {ended:#?}");
    assert_eq!(folder.rows("job.rows.json").len(), 1);
}

#[test]
fn an_earlier_result_outlives_a_run_that_fails() {
    let folder = Folder::with_job(&small_job(&nowhere()));
    folder.write("job.rows.json", "[\"earlier\"]");
    Ended::within(folder.path(), &["run", "job.json"])
        .expect(1, &["failed: connect_failed", "errors    1 connect_failed"]);
    assert_eq!(folder.read("job.rows.json"), "[\"earlier\"]");
    assert_eq!(folder.names(), ["job.json", "job.rows.json"]);
}

#[test]
fn failed_pages_are_listed_and_do_not_fail_the_run() {
    let site = DemoSite::start();
    let missing = format!("{}/nowhere", site.base_url());
    let folder = Folder::with_job(&with(small_job(&site.base_url()), &json!({"urls": [missing]})));
    Ended::within(folder.path(), &["run", "job.json"]).expect(
        0,
        &[
            "pages     1 (0 empty, 1 failed, 0 duplicate)",
            "errors    1 http_status",
            &missing,
            "404 Not Found",
        ],
    );
}

#[test]
fn budgets_end_a_run() {
    let site = DemoSite::start();
    let listing = with(
        demo_job(&site.base_url()),
        &json!({"source": format!("{}/products?page=[1-3]", site.base_url())}),
    );
    for (budget, rows) in [
        (json!({"pages": 2}), 40),
        (json!({"rows": 30}), 30),
        (json!({"bytes": 1}), 20),
        (json!({"pages": 3, "rows": 61}), 60),
    ] {
        let folder = Folder::with_job(&with(listing.clone(), &json!({"budget": budget})));
        let ended = Ended::within(folder.path(), &["run", "job.json"]).expect(0, &[]);
        let name = budget.as_object().unwrap().keys().next().unwrap();
        let reached = ended.stderr.contains(&format!("its budget of {name} was reached"));
        assert_eq!(reached, rows < 60, "{budget}: {ended:#?}");
        assert_eq!(
            folder.rows("job.rows.json"),
            expected_rows(&site.base_url())[..rows],
            "{budget}"
        );
    }
}

#[test]
fn a_page_reached_twice_makes_rows_once() {
    let server = HostileServer::start();
    let job = with(
        small_job(&server.url(HostilePage::Cookies)),
        &json!({"urls": [server.url(HostilePage::SetCookie), format!("{}#part", server.url(HostilePage::Cookies))], "concurrency": 1}),
    );
    let folder = Folder::with_job(&job);
    Ended::within(folder.path(), &["run", "job.json"]).expect(0, &["pages     1 (0 empty, 0 failed, 1 duplicate)"]);
    assert_eq!(folder.rows("job.rows.json"), [json!({"title": "cookies"})]);
    assert_eq!(server.hits(HostilePage::SetCookie.path()), 1);
}

#[test]
fn ctrl_c_stops_cleanly_and_says_what_was_written() {
    let site = DemoSite::start();
    let server = HostileServer::start();
    let folder = Folder::with_job(&with(
        demo_job(&site.base_url()),
        &json!({
            "source": format!("{}/products?page=1", site.base_url()),
            "urls": [server.url(HostilePage::Silence)], "concurrency": 1, "rate_limit": 600_000,
        }),
    ));
    let child = snowscrape(&["run", "job.json"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    // The second page is asked for when the first one is there.
    while server.hits(HostilePage::Silence.path()) == 0 {
        std::thread::yield_now();
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    Ended::wait(child).expect(
        130,
        &[
            "stopping: what was fetched is written",
            "cancelled in",
            "rows      20",
            "written   job.rows.json (",
        ],
    );
    assert_eq!(folder.rows("job.rows.json"), expected_rows(&site.base_url())[..20]);
}
