//! The reference's own requests and responses, `jobs-api-seed.txt`, field by field.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use snowscrape_tests::numbered::NumberedSite;

use crate::support::Server;

/// The reference's example of a request body.
fn product_prices() -> Json {
    json!({
        "name": "Product Prices",
        "source": "https://example.com/products",
        "rate_limit": 10,
        "queries": [
            {"name": "title", "type": "xpath", "query": "//h1[@class='product-title']/text()"},
            {"name": "price", "type": "css", "query": ".price-value::text"}
        ],
        "scheduling": {"days": [1, 2, 3, 4, 5], "hours": [9], "minutes": [0]},
        "render_config": {"enabled": true, "wait_strategy": "networkidle", "wait_timeout_ms": 5000},
        "proxy_config": {"enabled": true, "rotation_strategy": "round-robin", "geo_targeting": "US"}
    })
}

/// That `whole` has all that `part` has, at every level.
#[track_caller]
fn contains(whole: &Json, part: &Json) {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => {
            for (name, value) in part {
                contains(whole.get(name).unwrap_or_else(|| panic!("no {name}")), value);
            }
        }
        (Json::Array(whole), Json::Array(part)) => {
            assert_eq!(whole.len(), part.len());
            whole.iter().zip(part).for_each(|(whole, part)| contains(whole, part));
        }
        (whole, part) => assert_eq!(whole, part),
    }
}

fn is_time(value: &Json) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 20 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

#[test]
fn a_job_is_created_as_in_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let answer = ann.post_json("/jobs", &product_prices());
    let job = answer.expect(201);
    contains(&job, &product_prices());
    let id = job["job_id"].as_str().unwrap();
    assert!(id.starts_with("job_"), "{id}");
    assert_eq!(answer.header("location"), format!("/jobs/{id}"));
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(job["status"], "scheduled");
    assert!(is_time(&job["created_at"]) && is_time(&job["next_run"]), "{job:#}");
    assert_eq!(job["next_runs"].as_array().unwrap().len(), 5);
    assert_eq!(job["next_runs"][0], job["next_run"]);
    assert_eq!(
        (&job["last_run"], &job["results_count"], &job["last_error"], &job["run"]),
        (&Json::Null, &json!(0), &Json::Null, &Json::Null)
    );
    assert_eq!(ann.get(&format!("/jobs/{id}")).expect(200), job);
}

#[test]
fn jobs_are_listed_as_in_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    assert_eq!(ann.get("/jobs/status").expect(200), json!({"jobs": [], "count": 0}));
    let site = NumberedSite::start(Duration::ZERO);
    let id = ann.create(&site.job(3));
    ann.run(&id);
    ann.wait_for(&id, "success");
    let list = ann.get("/jobs/status").expect(200);
    let fields: Vec<_> = list["jobs"][0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "job_id",
            "name",
            "source",
            "status",
            "created_at",
            "last_run",
            "results_count"
        ]
    );
    let job = &list["jobs"][0];
    assert_eq!(list["count"], 1);
    assert_eq!(
        (&job["job_id"], &job["name"], &job["status"], &job["results_count"]),
        (&json!(id), &json!("Numbers"), &json!("success"), &json!(3))
    );
    assert_eq!(job["source"], site.job(3)["source"]);
    assert!(is_time(&job["created_at"]) && is_time(&job["last_run"]), "{job:#}");
}

#[test]
fn errors_are_as_in_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| command.env("SNOWSCRAPE_RATE_LIMIT", "3"));
    let ann = server.client("ann");
    let mut job = product_prices();
    job["queries"][0]["type"] = json!("jsonpath");
    assert_eq!(
        ann.post_json("/jobs", &job).expect(400),
        json!({
            "error": "validation_error",
            "message": "Invalid query configuration",
            "details": {"queries[0].type": "Must be one of: xpath, css, regex"}
        })
    );
    assert_eq!(
        ann.get("/jobs/job_abc123").expect(404),
        json!({"error": "not_found", "message": "Job not found"})
    );
    ann.get("/jobs/status").expect(200);
    let limited = ann.get("/jobs/status");
    let body = limited.expect(429);
    let after = body["retry_after"].as_u64().unwrap();
    assert_eq!(
        body,
        json!({"error": "rate_limited", "message": "API rate limit exceeded", "retry_after": after})
    );
    assert_eq!(limited.header("retry-after"), after.to_string());
    assert!((1..=20).contains(&after), "{after}");
}

/// The reference's program, with another base URL and nothing else changed.
const EXAMPLE: &str = r#"
import requests
import os
API_KEY = os.environ['SNOWSCRAPE_API_KEY']
BASE_URL = 'https://api.snowscrape.com'
# Create a job
job_config = {
"name": "Example Scraper",
"source": "https://example.com/page",
"queries": [
{"name": "title", "type": "xpath", "query": "//h1/text()"},
{"name": "content", "type": "css", "query": "article p::text", "join": True}
]
}
response = requests.post(
f'{BASE_URL}/jobs',
json=job_config,
headers={'Authorization': f'Bearer {API_KEY}'}
)
job = response.json()
print(f"Created job: {job['job_id']}")
# Trigger the job
requests.post(
f'{BASE_URL}/jobs/{job["job_id"]}/run',
headers={'Authorization': f'Bearer {API_KEY}'}
)
"#;

#[test]
fn the_python_example_runs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("ann");
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/bin/python");
    let program = EXAMPLE.replace("https://api.snowscrape.com", server.base_url());
    let output = Command::new(python)
        .args(["-c", &program])
        .env("SNOWSCRAPE_API_KEY", &key)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .expect("`cargo xtask setup` makes the Python environment");
    let printed = String::from_utf8(output.stdout).unwrap();
    let id = printed.trim().strip_prefix("Created job: ");
    let id = id.unwrap_or_else(|| panic!("{printed}{}", String::from_utf8_lossy(&output.stderr)));
    let ann = server.client_with(Some(&key));
    let job = ann.wait_until(id, |job| job["run"] != Json::Null);
    assert_eq!(job["name"], "Example Scraper");
    assert_eq!(job["run"]["trigger"], "manual");
    ann.post(&format!("/jobs/{id}/cancel"));
}
