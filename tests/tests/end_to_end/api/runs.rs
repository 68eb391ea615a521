//! Runs: paused, resumed, cancelled, scheduled, kept.

use std::time::Duration;

use serde_json::{Value as Json, json};
use snowscrape_tests::numbered::NumberedSite;
use snowscrape_tests::site::{DemoSite, demo_job, expected_rows};

use crate::support::Server;

#[test]
fn a_run_is_triggered_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = DemoSite::start();
    let id = ann.create(&demo_job(&site.base_url()));
    let started = ann.post(&format!("/jobs/{id}/run"));
    let body = started.expect(202);
    let run = body["run_id"].as_str().unwrap();
    assert_eq!(body, json!({"job_id": id, "run_id": run, "status": "queued"}));
    assert_eq!(started.header("location"), format!("/jobs/{id}/runs/{run}"));
    let job = ann.wait_for(&id, "success");
    assert_eq!(job["results_count"], 100);
    assert_eq!(job["last_run"], job["run"]["started_at"]);
    let shown = ann.get(&format!("/jobs/{id}/runs/{run}")).expect(200);
    assert_eq!(shown, job["run"]);
    assert_eq!(
        (
            &shown["trigger"],
            &shown["pages"],
            &shown["rows"],
            &shown["failed_pages"]
        ),
        (&json!("manual"), &json!(5), &json!(100), &json!(0))
    );
    let price = shown["columns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|column| column["name"] == "price");
    assert_eq!(
        price.unwrap()["filled"],
        98,
        "the broken product has no price, and one has none by design"
    );
    assert_eq!(shown["plugins"][0]["name"], "web");
    let data: Vec<Json> = ann.rows(&id).into_iter().map(|row| row["data"].clone()).collect();
    assert_eq!(data, expected_rows(&site.base_url()));
}

#[test]
fn a_run_is_paused_resumed_and_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::from_millis(20));
    let id = ann.create(&site.job(200));
    let post = |action: &str| ann.post(&format!("/jobs/{id}/{action}"));
    for action in ["pause", "resume", "cancel"] {
        assert_eq!(post(action).expect(409)["error"], "conflict", "{action}");
    }
    ann.run(&id);
    assert_eq!(post("run").expect(409)["error"], "conflict");
    assert_eq!(post("resume").expect(409)["error"], "conflict");
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(10));
    assert_eq!(post("pause").expect(200)["status"], "paused");
    assert_eq!(post("pause").expect(409)["error"], "conflict");
    assert_eq!(post("run").expect(409)["error"], "conflict");
    // Pages in flight still commit; then nothing moves.
    std::thread::sleep(Duration::from_millis(400));
    let pages = |job: &Json| job["run"]["pages"].as_u64().unwrap();
    let paused = ann.get(&format!("/jobs/{id}")).expect(200);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(ann.get(&format!("/jobs/{id}")).expect(200), paused);
    assert!(pages(&paused) < 200, "{paused:#}");
    assert_eq!(post("resume").expect(200)["status"], "running");
    let done = ann.wait_for(&id, "success");
    assert_eq!((pages(&done), &done["results_count"]), (200, &json!(200)));
    assert!(site.requests() <= 201, "pages were fetched twice: {}", site.requests());

    ann.run(&id);
    post("pause").expect(200);
    let cancelled = post("cancel").expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["run"]["status"]),
        (&json!("failed"), &json!("cancelled"))
    );
    assert_eq!(
        cancelled["last_error"],
        json!({"code": "cancelled", "message": "the run was cancelled"})
    );
    assert_eq!(
        cancelled["results_count"], 200,
        "the results are those of the last success"
    );
}

#[test]
fn a_run_has_a_log_and_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let mut job = site.job(2);
    job["urls"] = json!(["http://127.0.0.1:9/"]);
    job["request"] = json!({"attempts": 1});
    let id = ann.create(&job);
    let runs: Vec<String> = (0..3)
        .map(|_| {
            let run = ann.run(&id);
            ann.wait_for(&id, "success");
            run
        })
        .collect();
    let ids = |list: &Json| -> Vec<String> {
        let runs = list["runs"].as_array().unwrap().iter();
        runs.map(|run| run["run_id"].as_str().unwrap().to_owned()).collect()
    };
    let first = ann.get(&format!("/jobs/{id}/runs?limit=2")).expect(200);
    assert_eq!(ids(&first), [runs[2].clone(), runs[1].clone()]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ann.get(&format!("/jobs/{id}/runs?limit=2&cursor={cursor}")).expect(200);
    assert_eq!(
        (ids(&second), &second["next_cursor"]),
        (vec![runs[0].clone()], &Json::Null)
    );
    ann.get(&format!("/jobs/{id}/runs?cursor=1")).expect(400);

    let log = format!("/jobs/{id}/runs/{}/log", runs[0]);
    let lines = ann.get(&log).expect(200);
    let said: Vec<_> = lines["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["level"].as_str().unwrap(), line["message"].as_str().unwrap()))
        .collect();
    assert_eq!(said[0], ("info", "the run began"));
    assert!(
        said[1].0 == "error" && said[1].1.contains("http://127.0.0.1:9/: connect_failed"),
        "{said:?}"
    );
    assert_eq!(said[2], ("info", "the run ended: success, 2 pages, 2 rows"));
    let first = ann.get(&format!("{log}?limit=1")).expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(ann.get(&format!("{log}?cursor={cursor}")).expect(200)["count"], 2);
    ann.get(&format!("{log}?cursor=-1")).expect(400);
}

#[test]
fn only_the_last_runs_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let mut job = site.job(2);
    job["retention"] = json!({"runs": 2});
    let id = ann.create(&job);
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push(ann.run(&id));
        ann.wait_for(&id, "success");
    }
    ann.wait_until(&id, |_| ann.get(&format!("/jobs/{id}/runs")).expect(200)["count"] == 2);
    ann.get(&format!("/jobs/{id}/runs/{}", runs[0])).expect(404);
    ann.get(&format!("/jobs/{id}/results?run={}", runs[1])).expect(404);
    assert_eq!(
        ann.get(&format!("/jobs/{id}/results?run={}", runs[2])).expect(200)["count"],
        2
    );
}

#[test]
fn budgets_end_a_run_with_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let mut job = site.job(50);
    job["budget"] = json!({"rows": 7});
    let id = ann.create(&job);
    ann.run(&id);
    let done = ann.wait_for(&id, "success");
    assert_eq!(done["results_count"], 7);
    assert_eq!(done["run"]["warnings"][0]["code"], "budget_reached");
}

#[test]
fn a_schedule_runs_jobs_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let mut job = site.job(2);
    let minutes: Vec<u8> = (0..60).collect();
    job["scheduling"] = json!({"minutes": minutes});
    // The next whole minute is at most a minute away.
    let id = ann.create(&job);
    let done = ann.wait_until_within(Duration::from_secs(75), &id, |job| job["status"] == "success");
    assert_eq!(done["run"]["trigger"], "schedule");
    let next: jiff::Timestamp = done["next_run"].as_str().unwrap().parse().unwrap();
    assert!(next > jiff::Timestamp::now(), "{done:#}");
    assert_eq!(next.as_second() % 60, 0);
}

#[test]
fn a_user_is_heard_while_a_run_stores_pages_as_fast_as_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    for _ in 0..6 {
        let asked = site.requests();
        let id = ann.create(&site.job(100_000));
        ann.run(&id);
        for pages in [100, 200] {
            site.wait_for_requests(asked + pages);
            ann.post(&format!("/jobs/{id}/pause")).expect(200);
            ann.post(&format!("/jobs/{id}/resume")).expect(200);
        }
        site.wait_for_requests(asked + 300);
        ann.post(&format!("/jobs/{id}/cancel")).expect(200);
        ann.delete(&format!("/jobs/{id}")).expect(204);
    }
}
