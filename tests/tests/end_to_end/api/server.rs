//! The server itself: its pages, its figures, its settings, its end.

use std::fs;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use snowscrape_tests::numbered::NumberedSite;

use crate::support::{Ended, Server, snowscrape};

#[test]
fn the_document_and_its_page_need_no_internet() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let anyone = server.client_with(None);
    let document = anyone.get("/openapi.json");
    assert_eq!(document.header("content-type"), "application/json; charset=utf-8");
    let page = anyone.get("/docs");
    assert!(
        page.header("content-type").starts_with("text/html"),
        "{:?}",
        page.headers
    );
    assert!(
        page.text.contains("\"operationId\":\"createJob\""),
        "the document is in the page"
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("http"),
        "{policy}"
    );
    for mark in ["<script src", "<link "] {
        assert!(!page.text[..2_000].contains(mark), "the page loads something");
    }
}

#[test]
fn the_committed_document_is_fresh() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let committed = fs::read_to_string(committed).unwrap_or_default();
    let generated = Ended::of(&mut snowscrape(&["openapi"])).expect(0, &[]).stdout;
    assert!(
        committed == generated,
        "openapi/openapi.json is stale: run `cargo xtask openapi` and commit it"
    );
}

#[test]
fn health_plugins_and_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| command.args(["--open-metrics", "true"]));
    let anyone = server.client_with(None);
    let health = anyone.get("/health").expect(200);
    assert_eq!(
        health,
        json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "runs": 0})
    );
    let plugins = server.client("ann").get("/plugins").expect(200);
    let served: Vec<_> = plugins["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| {
            let types = plugin["query_types"].as_array().unwrap().iter();
            let types: Vec<_> = types.map(|served| served["name"].as_str().unwrap()).collect();
            (
                plugin["name"].as_str().unwrap(),
                types.join(" "),
                plugin["format"]["name"].as_str().unwrap_or(""),
            )
        })
        .collect();
    let expected = [
        ("web", "xpath css regex", ""),
        ("json", "", "json"),
        ("csv", "", "csv"),
        ("xlsx", "", "xlsx"),
        ("parquet", "", "parquet"),
        ("sql", "", "sql"),
    ];
    let expected: Vec<_> = expected
        .map(|(name, types, format)| (name, types.to_owned(), format))
        .into();
    assert_eq!(served, expected);
    let metrics = anyone.get("/metrics").text;
    assert!(
        metrics.contains("snowscrape_requests_total{method=\"GET\",status=\"200\"} 2"),
        "{metrics}"
    );
    assert!(metrics.contains("snowscrape_runs_going 0"), "{metrics}");
}

#[test]
fn other_origins_are_let_in_by_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |server: &Server, origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "GET")];
        let anyone = server.client_with(None);
        let preflight = anyone.send(Method::OPTIONS, "/jobs/status", &headers, None);
        let answer = anyone.send(Method::GET, "/health", &headers[..1], None);
        let allowed = |answer: &crate::support::Answer| answer.header("access-control-allow-origin").to_owned();
        (allowed(&preflight), allowed(&answer))
    };
    let server = Server::start(folder.path());
    assert_eq!(ask(&server, "https://a.example"), (String::new(), String::new()));
    drop(server);
    let server = Server::with(folder.path(), |command| {
        command.env("SNOWSCRAPE_CORS_ORIGINS", "https://a.example,https://b.example")
    });
    let good = "https://a.example".to_owned();
    assert_eq!(ask(&server, "https://a.example"), (good.clone(), good));
    let (preflight, answer) = ask(&server, "https://evil.example");
    assert_ne!(preflight, "https://evil.example");
    assert_ne!(answer, "https://evil.example");

    // A script must be able to ask whether a file that it has is still the same.
    let anyone = server.client_with(None);
    let asking = [
        ("origin", "https://a.example"),
        ("access-control-request-method", "HEAD"),
        ("access-control-request-headers", "if-none-match"),
    ];
    let preflight = anyone.send(Method::OPTIONS, "/jobs/status", &asking, None);
    let answer = anyone.send(Method::GET, "/health", &asking[..1], None);
    for (answer, name, part) in [
        (&preflight, "access-control-allow-methods", "HEAD"),
        (&preflight, "access-control-allow-headers", "if-none-match"),
        (&answer, "access-control-expose-headers", "etag"),
    ] {
        assert!(answer.header(name).contains(part), "{name}: {}", answer.header(name));
    }
}

#[test]
fn wrong_settings_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |arguments: &[&str]| {
        let mut command = snowscrape(&["serve", "--data"]);
        Ended::of(command.arg(folder.path()).args(arguments))
    };
    serve(&["--rate-limit", "0"]).expect(2, &["--rate-limit", "0"]);
    serve(&["--listen", "here"]).expect(2, &["--listen"]);
    serve(&["--allow-addresses", "10.0.0.0/33"]).expect(2, &["--allow-addresses"]);
    let variable = Ended::of(snowscrape(&["serve"]).env("SNOWSCRAPE_ALLOW_PORTS", "9-1"));
    variable.expect(2, &["9-1"]);
    fs::write(folder.path().join("snowscrape.toml"), "rate_limits = 5\n").unwrap();
    serve(&[]).expect(2, &["snowscrape.toml", "rate_limits", "rate_limit"]);
    serve(&["--config", "/none.toml"]).expect(2, &["/none.toml", "cannot be read"]);
}

#[test]
fn settings_come_from_flags_then_variables_then_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("snowscrape.toml"),
        "rate_limit = 7\nmax_body_bytes = 77\n",
    )
    .unwrap();
    let limit = |server: &Server| {
        server
            .client("ann")
            .get("/jobs/status")
            .header("x-ratelimit-limit")
            .to_owned()
    };
    let server = Server::with(folder.path(), |command| command.env_remove("SNOWSCRAPE_RATE_LIMIT"));
    assert_eq!(limit(&server), "7");
    let message = server
        .client("ann")
        .post_json("/jobs", &json!({"name": "x".repeat(100)}))
        .expect(413);
    assert!(message["message"].as_str().unwrap().contains("77 bytes"));
    drop(server);
    let server = Server::with(folder.path(), |command| command.env("SNOWSCRAPE_RATE_LIMIT", "8"));
    assert_eq!(limit(&server), "8");
    drop(server);
    let server = Server::with(folder.path(), |command| {
        command.env("SNOWSCRAPE_RATE_LIMIT", "8").args(["--rate-limit", "9"])
    });
    assert_eq!(limit(&server), "9");
}

#[test]
fn a_server_stops_in_order_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let site = NumberedSite::start(Duration::from_millis(30));
    let server = Server::start(folder.path());
    let key = server.key("ann");
    let ann = server.client_with(Some(&key));
    let id = ann.create(&site.job(100));
    ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(10));
    let began = Instant::now();
    assert_eq!(server.stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let fetched = site.requests();
    assert!(fetched < 100, "{fetched}");
    let server = Server::start(folder.path());
    let ann = server.client_with(Some(&key));
    assert_eq!(ann.wait_for(&id, "success")["results_count"], 100);
    assert_eq!(site.requests(), 100, "no page was fetched twice");
}

#[test]
fn one_server_has_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path());
    let mut second = snowscrape(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    Ended::of(second.arg(folder.path())).expect(1, &["cannot be opened"]);
}
