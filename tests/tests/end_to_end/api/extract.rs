//! Queries tried out on a page.

use serde_json::{Value as Json, json};
use snowscrape_tests::routed::{Reply, RoutedSite};
use snowscrape_tests::site::DemoSite;

use crate::support::Server;

#[test]
fn queries_are_tried_out_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = DemoSite::start();
    let extract = |body: &Json| ann.post_json("/extract", body);
    let given = extract(&json!({
        "html": "<ul><li>a <b>1</b></li><li>b</li></ul>",
        "item": {"type": "css", "query": "li"},
        "queries": [
            {"name": "text", "type": "css", "query": "::text", "join": true},
            {"name": "number", "type": "xpath", "query": "b", "as": "integer"}
        ]
    }));
    assert_eq!(
        given.expect(200),
        json!({"rows": [{"text": "a 1", "number": 1}, {"text": "b", "number": null}], "warnings": []})
    );
    let fetched = extract(&json!({
        "url": format!("{}/products?page=1", site.base_url()),
        "queries": [
            {"name": "title", "type": "css", "query": ".product-name a::text"},
            {"name": "page", "type": "xpath", "query": "//title/text()"}
        ]
    }));
    let fetched = fetched.expect(200);
    assert_eq!(fetched["rows"].as_array().unwrap().len(), 20, "{fetched:#}");
    assert_eq!(fetched["warnings"][0]["code"], "uneven_columns");

    let queries = json!([{"name": "a", "type": "css", "query": "a"}]);
    let check = |body: Json, field: &str, words: &str| {
        let answer = extract(&body).expect(400);
        let detail = answer["details"][field].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{answer:#}");
    };
    check(json!({"queries": queries}), "url", "Is required");
    check(
        json!({"html": "", "url": "http://a.example/", "queries": queries}),
        "html",
        "Must be left out",
    );
    check(json!({"html": 5, "queries": queries}), "html", "Must be text");
    check(json!({"url": "ftp://a.example/", "queries": queries}), "url", "http");
    check(json!({"html": "", "querys": queries}), "querys", "`queries`");
    check(json!({"html": "", "querys": queries}), "queries", "Is required");
    check(
        json!({"html": "", "queries": [{"name": "a", "type": "css", "query": "div >"}]}),
        "queries[0].query",
        "",
    );
    let failed = extract(&json!({
        "url": "http://127.0.0.1:9/", "queries": queries, "request": {"attempts": 1}
    }));
    let failed = failed.expect(502);
    assert_eq!(failed["error"], "fetch_failed");
    assert!(
        failed["message"].as_str().unwrap().contains("connect_failed"),
        "{failed:#}"
    );
    assert_eq!(ann.get("/jobs/status").expect(200)["count"], 0, "nothing is kept");
}

#[test]
fn refused_addresses_are_a_fault_of_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| {
        command.env_remove("SNOWSCRAPE_ALLOW_ADDRESSES")
    });
    let ann = server.client("ann");
    for url in [
        "http://127.0.0.1:8000/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://2130706433/",
    ] {
        let body = json!({"url": url, "queries": [{"name": "a", "type": "css", "query": "a"}]});
        let answer = ann.post_json("/extract", &body).expect(400);
        let detail = answer["details"]["url"].as_str().unwrap_or_default();
        assert!(detail.contains("a loopback address"), "{url}: {answer:#}");
    }
}

#[test]
fn the_pages_own_origin_gets_what_is_secret_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let other = RoutedSite::start(|asked| {
        let sent = ["authorization", "cookie", "x-token"].map(|name| asked.header(name).to_owned());
        Reply::html(format!("<p>{}</p>", sent.join("|")))
    });
    let away = format!("{}/", other.base_url());
    let site = RoutedSite::start(move |asked| match asked.target.as_str() {
        "/away" => Reply::redirect(away.as_str()),
        _ => Reply::html(format!(
            "<p>{}|{}|{}</p>",
            asked.header("authorization"),
            asked.header("cookie"),
            asked.header("x-token")
        )),
    });
    let sent = |path: &str| {
        let body = json!({
            "url": format!("{}{path}", site.base_url()),
            "queries": [{"name": "sent", "type": "css", "query": "p::text"}],
            "request": {
                "auth": {"username": "me", "password": "pw"}, "cookies": {"sid": "1"},
                "headers": {"X-Token": "t"}, "robots": "ignore",
            },
        });
        ann.post_json("/extract", &body).expect(200)["rows"][0]["sent"].clone()
    };
    assert_eq!(sent("/"), "Basic bWU6cHc=|sid=1|t");
    assert_eq!(sent("/away"), "||");
}
