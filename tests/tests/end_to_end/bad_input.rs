//! Bad input of every kind, through the binary: each has a clear outcome, and none takes the process down.

use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};
use snowscrape_tests::hostile::{HostilePage, HostileServer};

use crate::run::{small_job, with};
use crate::support::{Ended, Folder, snowscrape};

/// A run over one page that fails with `code` and says each of `words`.
#[track_caller]
fn fails(url: &str, request: &Json, code: &str, words: &[&str]) {
    let folder = Folder::with_job(&with(small_job(url), &json!({"request": request})));
    let ended = Ended::within(folder.path(), &["run", "job.json"]).expect(1, words);
    assert!(
        ended.stderr.contains(&format!("failed: {code} (")),
        "{code}: {ended:#?}"
    );
    assert!(
        ended.stderr.contains(&format!("errors    1 {code}")),
        "{code}: {ended:#?}"
    );
    assert_eq!(folder.names(), ["job.json"], "{code}");
}

/// A run over one page that gives `rows`, and says each of `words`.
#[track_caller]
fn gives(url: &str, fields: &Json, rows: &[Json], words: &[&str]) {
    let folder = Folder::with_job(&with(small_job(url), fields));
    Ended::within(folder.path(), &["run", "job.json"]).expect(0, words);
    assert_eq!(folder.rows("job.rows.json"), rows);
}

#[test]
fn a_page_that_cannot_be_had_fails_with_its_code() {
    let server = HostileServer::start();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("http://{closed}/");
    let none = json!({});
    for (url, request, code, words) in [
        (closed, &none, "connect_failed", "check that the server is up"),
        (server.url(HostilePage::NotFound), &none, "http_status", "404 Not Found"),
        (
            server.url(HostilePage::EndlessRedirect),
            &none,
            "too_many_redirects",
            "more than 10 redirects",
        ),
        (
            server.url(HostilePage::RedirectLoop),
            &none,
            "too_many_redirects",
            "in a circle",
        ),
        (
            server.url(HostilePage::RedirectToFile),
            &none,
            "invalid_url",
            "file:///etc/passwd",
        ),
        (server.url(HostilePage::TruncatedGzip), &none, "bad_encoding", "gzip"),
        (
            server.url(HostilePage::ShortBody),
            &none,
            "connect_failed",
            "reading the body",
        ),
        (
            server.url(HostilePage::Reset),
            &none,
            "connect_failed",
            "reading the body",
        ),
        (server.url(HostilePage::NotHttp), &none, "connect_failed", "127.0.0.1"),
        (
            server.url(HostilePage::GzipBomb),
            &none,
            "body_too_large",
            "request.max_body_bytes",
        ),
        (
            server.url(HostilePage::HugeTextNode),
            &none,
            "body_too_large",
            "33554432 bytes",
        ),
        (
            server.url(HostilePage::SlowDrip),
            &json!({"timeout_ms": 1000}),
            "timeout",
            "request.timeout_ms",
        ),
        (
            server.url(HostilePage::Silence),
            &json!({"timeout_ms": 1000}),
            "timeout",
            "waiting for the response",
        ),
    ] {
        fails(&url, request, code, &[words]);
    }
    assert_eq!(server.hits("/redirect/10"), 1);
    assert_eq!(server.hits("/redirect/11"), 0);
}

#[test]
fn attempts_are_counted() {
    let server = HostileServer::start();
    let url = server.url(HostilePage::ServerError);
    fails(
        &url,
        &json!({"attempts": 2}),
        "http_status",
        &["500 Internal Server Error", "(2 attempts)"],
    );
    assert_eq!(server.hits(HostilePage::ServerError.path()), 2);
    fails(
        &url,
        &json!({"attempts": 1}),
        "http_status",
        &["500 Internal Server Error"],
    );
    assert_eq!(server.hits(HostilePage::ServerError.path()), 3);
}

#[test]
fn a_page_that_is_odd_is_extracted() {
    let server = HostileServer::start();
    let query = |expression: &str| json!({"queries": [{"name": "p", "type": "css", "query": expression}]});
    gives(
        &server.url(HostilePage::InvalidUtf8),
        &query("p::text"),
        &[
            json!({"p": "before"}),
            json!({"p": "caf\u{FFFD} \u{FFFD}\u{FFFD} \u{FFFD}"}),
            json!({"p": "after \u{e9}"}),
        ],
        &["pages     1 (0 empty, 0 failed"],
    );
    gives(
        &server.url(HostilePage::Empty),
        &query("p"),
        &[],
        &["pages     1 (1 empty, 0 failed"],
    );
    gives(
        &server.url(HostilePage::DeepNesting),
        &query("p"),
        &[json!({"p": "after"})],
        &["warning", "deep"],
    );
    gives(
        &server.url(HostilePage::HugeTextNode),
        &json!({
            "request": {"max_body_bytes": 60_000_000},
            "queries": [
                {"name": "title", "type": "css", "query": "title"},
                {"name": "length", "type": "xpath", "query": "string-length(//p)", "as": "integer"},
            ],
        }),
        &[json!({"title": "text", "length": 50_000_000})],
        &[],
    );
}

#[test]
fn a_body_of_200_mb_takes_little_memory() {
    let server = HostileServer::start();
    let folder = Folder::with_job(&small_job(&server.url(HostilePage::HugeBody)));
    let mut child = snowscrape(&["run", "job.json"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // The system keeps the peak, so that looking now and then misses only what comes after the last look.
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line
            .and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
            .map_or(peak, |now: u64| peak.max(now));
        thread::sleep(Duration::from_millis(5));
    }
    Ended::wait(child).expect(1, &["failed: body_too_large"]);
    assert!((1..400 << 10).contains(&peak), "{peak} KiB");
}

#[test]
fn an_expression_that_is_wrong_is_refused_with_its_place() {
    let server = HostileServer::start();
    let check = |query_type: &str, expression: &str, words: &[&str]| {
        let query = json!([{"name": "a", "type": query_type, "query": expression}]);
        let folder = Folder::with_job(&with(small_job(&server.base_url()), &json!({"queries": query})));
        let ended = Ended::within(folder.path(), &["run", "job.json"]).expect(2, words);
        assert!(ended.stderr.len() < 2_000, "{} bytes of words", ended.stderr.len());
    };
    check("xslt", "p", &["queries[0].type: Must be one of: xpath, css, regex"]);
    check("css", "p[", &["queries[0].query: ", "quotes"]);
    check("xpath", "//p[", &["queries[0].query: "]);
    check("regex", "(a", &["queries[0].query: "]);
    let parentheses = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    check("xpath", &parentheses, &["queries[0].query: "]);
    check(
        "css",
        &format!("{}p{}", ":not(".repeat(20_000), ")".repeat(20_000)),
        &["queries[0].query: "],
    );
    check("regex", &parentheses, &["queries[0].query: "]);
    assert_eq!(server.hits("/"), 0);

    // The same on a page of a file, where no job's limit on the length of an expression stands before the plugin.
    let folder = Folder::new();
    folder.write("page.html", "<p>a");
    for (query_type, expression) in [("xpath", "(".repeat(100_000)), ("css", ":is(".repeat(25_000))] {
        Ended::within(
            folder.path(),
            &["extract", "--type", query_type, "--query", &expression, "page.html"],
        )
        .expect(2, &[&format!("error: {query_type}: "), "^"]);
    }
}

#[test]
fn a_guarded_command_does_not_reach_into_the_private_network() {
    let server = HostileServer::start();
    let url = server.url(HostilePage::Empty);
    let extract = ["extract", "--guard", "--type", "css", "--query", "p", url.as_str()];
    Ended::of(&mut snowscrape(&extract)).expect(1, &["SNOWSCRAPE_ALLOW_"]);
    let folder = Folder::with_job(&small_job(&url));
    Ended::within(folder.path(), &["run", "--guard", "job.json"]).expect(1, &["blocked_address"]);
    assert_eq!(server.hits("/empty"), 0);
    Ended::within(folder.path(), &["run", "job.json"]).expect(0, &[]);
    assert_eq!(server.hits("/empty"), 1);
    let allowed = [
        "run",
        "--guard",
        "--allow-addresses",
        "127.0.0.0/8",
        "--allow-ports",
        "1024-65535",
        "job.json",
    ];
    Ended::within(folder.path(), &allowed).expect(0, &[]);
    assert_eq!(server.hits("/empty"), 2);
}
