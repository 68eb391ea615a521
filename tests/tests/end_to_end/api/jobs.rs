//! Jobs: replaced, deleted, listed in pages, asked for twice.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use snowscrape_tests::numbered::NumberedSite;

use crate::support::Server;

fn job(name: &str) -> Json {
    json!({
        "name": name,
        "source": "http://127.0.0.1:9/",
        "queries": [{"name": "a", "type": "css", "query": "a"}]
    })
}

#[test]
fn a_definition_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let mut first = job("First");
    first["scheduling"] = json!({"hours": [9]});
    let id = ann.create(&first);
    let path = format!("/jobs/{id}");
    let second = ann.put_json(&path, &job("Second")).expect(200);
    assert_eq!((&second["name"], &second["next_run"]), (&json!("Second"), &Json::Null));
    assert_eq!(second.get("scheduling"), None);
    assert_eq!(ann.get(&path).expect(200), second);

    let sent_back = ann.put_json(&path, &second).expect(400);
    let details = sent_back["details"].as_object().unwrap();
    assert_eq!(details.len(), 10, "{sent_back:#}");
    assert_eq!(details["job_id"], "Is read-only: leave it out");
    assert_eq!(details["run"], "Is read-only: leave it out");
    ann.put_json("/jobs/job_none", &job("None")).expect(404);
}

#[test]
fn what_runs_keeps_its_definition() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::from_millis(50));
    let mut slow = site.job(40);
    slow["concurrency"] = json!(2);
    let id = ann.create(&slow);
    ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(0));
    ann.put_json(&format!("/jobs/{id}"), &site.job(2)).expect(200);
    assert_eq!(ann.wait_for(&id, "success")["results_count"], 40);
    ann.run(&id);
    assert_eq!(ann.wait_for(&id, "success")["results_count"], 2);
}

#[test]
fn a_deleted_job_is_gone_with_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::from_millis(50));
    let id = ann.create(&site.job(1000));
    let run = ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(0));
    let deleted = ann.delete(&format!("/jobs/{id}"));
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    for path in ["", "/runs", &format!("/runs/{run}"), "/results", "/download", "/events"] {
        let answer = ann.get(&format!("/jobs/{id}{path}")).expect(404);
        assert_eq!(answer["message"], "Job not found");
    }
    ann.delete(&format!("/jobs/{id}"))
        .status
        .eq(&404)
        .then_some(())
        .unwrap();
    assert_eq!(ann.get("/jobs/status").expect(200)["count"], 0);
    // Its worker notices.
    let before = site.requests();
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        site.requests() <= before + 8,
        "it goes on: {before}, {}",
        site.requests()
    );
}

#[test]
fn lists_come_in_pages_and_are_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let mut ids: Vec<String> = (0..5)
        .map(|number| ann.create(&job(&format!("Job {number}"))))
        .collect();
    ids.reverse();
    let names = |list: &Json| -> Vec<String> {
        let jobs = list["jobs"].as_array().unwrap().iter();
        jobs.map(|job| job["job_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&ann.get("/jobs/status").expect(200)), ids);
    let first = ann.get("/jobs/status?limit=2").expect(200);
    assert_eq!((names(&first), &first["count"]), (ids[..2].to_vec(), &json!(2)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ann.get(&format!("/jobs/status?limit=3&cursor={cursor}")).expect(200);
    assert_eq!(names(&second), ids[2..]);
    assert_eq!(second["next_cursor"], Json::Null);
    assert_eq!(names(&ann.get("/jobs/status?name=jOB%203").expect(200)), ids[1..2]);
    assert_eq!(names(&ann.get("/jobs/status?status=success").expect(200)), [""; 0]);
    assert_eq!(ann.get("/jobs/status?status=scheduled").expect(200)["count"], 5);

    let check = |query: &str, field: &str, message: &str| {
        let answer = ann.get(&format!("/jobs/status?{query}")).expect(400);
        assert_eq!(
            answer,
            json!({"error": "validation_error", "message": "Invalid request", "details": {field: message}})
        );
    };
    check("limit=0", "limit", "Must be a whole number from 1 to 1000");
    check("limit=1001", "limit", "Must be a whole number from 1 to 1000");
    check("limit=ten", "limit", "Must be a whole number from 1 to 1000");
    check("limit=1&limit=2", "limit", "Must be given once");
    check("cursor=job_1", "cursor", "Must be the next_cursor of an answer");
    check(
        "status=done",
        "status",
        "Must be one of: running, success, failed, paused, scheduled",
    );
    ann.get("/jobs/status?limit=1000").expect(200);
}

#[test]
fn a_request_with_a_key_makes_one_job_and_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let send = |path: &str, key: &str, body: Option<&Json>| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        ann.send(Method::POST, path, &headers, body.map(|body| body.to_string().into()))
    };
    let first = send("/jobs", "make", Some(&site.job(2))).expect(201);
    let again = send("/jobs", "make", Some(&site.job(2))).expect(201);
    assert_eq!(first["job_id"], again["job_id"]);
    let other = send("/jobs", "make", Some(&site.job(3))).expect(409);
    assert_eq!(other["error"], "conflict");
    assert_eq!(ann.get("/jobs/status").expect(200)["count"], 1);

    let id = first["job_id"].as_str().unwrap();
    let run = format!("/jobs/{id}/run");
    let started = send(&run, "go", None).expect(202);
    ann.wait_for(id, "success");
    let same = send(&run, "go", None).expect(202);
    assert_eq!(
        (&same["run_id"], &same["status"]),
        (&started["run_id"], &json!("success"))
    );
    assert_eq!(ann.get(&format!("/jobs/{id}/runs")).expect(200)["count"], 1);
    // A key is its user's.
    let bob = server.client("bob");
    let headers = [("content-type", "application/json"), ("idempotency-key", "make")];
    bob.send(Method::POST, "/jobs", &headers, Some(site.job(3).to_string().into()))
        .expect(201);
    send("/jobs", "a b", Some(&site.job(2))).expect(400);
}
