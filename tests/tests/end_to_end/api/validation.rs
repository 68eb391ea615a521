//! All faults of a definition at once, by field.

use reqwest::Method;
use serde_json::json;

use crate::support::Server;

#[test]
fn every_fault_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let answer = ann.post_json(
        "/jobs",
        &json!({
            "name": 7,
            "source": "ftp://example.com/",
            "ratelimit": 5,
            "queries": [
                {"name": "a", "type": "css", "query": "div >"},
                {"name": "A", "type": "xpath", "query": "//a[", "as": "money"}
            ],
            "scheduling": {"days": [7], "hours": "nine", "timezone": "Mars/Olympus"}
        }),
    );
    insta::assert_json_snapshot!(answer.expect(400));
}

#[test]
fn bodies_that_are_no_definition_are_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let send = |media_type: &str, body: &str| {
        let headers = [("content-type", media_type)];
        ann.send(Method::POST, "/jobs", &headers, Some(body.into()))
    };
    let check = |body: &str, words: &str| {
        let answer = send("application/json", body).expect(400);
        assert_eq!(answer["error"], "validation_error");
        let detail = answer["details"]["body"].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{answer:#}");
    };
    check("", "Must be JSON");
    check("{", "Must be JSON: EOF while parsing an object at line 1 column 1");
    check("{\n  \"name\": }", "line 2 column 11");
    check("[]", "Must be an object");
    check("null", "Must be an object");
    check("\u{feff}[]", "Must be an object");
    let invalid_utf8 = ann.send(
        Method::POST,
        "/jobs",
        &[("content-type", "application/json")],
        Some(vec![b'"', 0xff, b'"']),
    );
    assert_eq!(invalid_utf8.expect(400)["error"], "validation_error");
    assert_eq!(send("text/plain", "{}").expect(415)["error"], "unsupported_media_type");
    assert_eq!(ann.post("/jobs").expect(415)["error"], "unsupported_media_type");
}

#[test]
fn a_body_has_a_largest_size() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| command.args(["--max-body-bytes", "1000"]));
    let ann = server.client("ann");
    let body = |length: usize| {
        let mut job = json!({
            "name": "",
            "source": "http://127.0.0.1:9/",
            "queries": [{"name": "a", "type": "css", "query": "a"}],
            "request": {"body": "", "method": "POST"}
        });
        let missing = length - job.to_string().len();
        job["name"] = "n".repeat(missing.min(200)).into();
        job["request"]["body"] = "b".repeat(missing - missing.min(200)).into();
        job
    };
    assert_eq!(body(1000).to_string().len(), 1000);
    ann.post_json("/jobs", &body(1000)).expect(201);
    let answer = ann.post_json("/jobs", &body(1001)).expect(413);
    assert_eq!(
        answer,
        json!({"error": "body_too_large", "message": "The body is larger than the 1000 bytes that are taken"})
    );
}

#[test]
fn addresses_that_are_not_fetched_from_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::guarded(folder.path());
    let ann = server.client("ann");
    let job = |source: &str| {
        json!({
            "name": "Guarded",
            "source": source,
            "urls": ["http://169.254.169.254/latest", "https://example.com/"],
            "queries": [{"name": "a", "type": "css", "query": "a"}]
        })
    };
    let details = ann.post_json("/jobs", &job("http://127.0.0.1/[1-3]")).expect(400)["details"].clone();
    let fields: Vec<_> = details.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["source", "urls[0]"]);
    assert!(
        details["source"].as_str().unwrap().contains("a loopback address"),
        "{details:#}"
    );
    let port = ann.post_json("/jobs", &job("https://example.com:22/")).expect(400);
    assert!(
        port["details"]["source"].as_str().unwrap().contains("port 22"),
        "{port:#}"
    );

    // A name is judged when it is dialled, but for those that always mean this machine.
    let mut by_name = job("http://localhost:8000/");
    by_name["urls"] = json!([]);
    let refused = ann.post_json("/jobs", &by_name).expect(400);
    assert!(
        refused["details"]["source"]
            .as_str()
            .unwrap()
            .contains("a loopback address"),
        "{refused:#}"
    );
}
