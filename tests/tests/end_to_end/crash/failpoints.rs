//! The process ends at each step of a run's life and at each commit, as it would in a crash; the next one goes on.

use std::time::Duration;

use reqwest::Method;
use snowscrape_tests::numbered::NumberedSite;

use super::kill::check_numbers;
use crate::support::Server;

const PAGES: usize = 60;

/// Runs a job on a server that ends at a failpoint, and then on one that does not.
#[track_caller]
fn check(failpoint: &str, action: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let site = NumberedSite::start(Duration::from_millis(15));
    let server = Server::with(folder.path(), |command| command.env("FAILPOINTS", failpoint));
    let key = server.key("ann");
    let ann = server.client_with(Some(&key));
    let id = ann.create(&site.job(PAGES));
    // The server may be gone before it has answered.
    let path = |action: &str| format!("/jobs/{id}/{action}");
    let triggered = ann.try_send(Method::POST, &path("run"), &[], None);
    let mut told = false;
    if let Some(action) = action {
        std::thread::sleep(Duration::from_millis(60));
        told = ann.try_send(Method::POST, &path(action), &[], None).is_ok();
    }
    server.wait_for_end();
    let server = Server::start(folder.path());
    let ann = server.client_with(Some(&key));
    let job = ann.get(&format!("/jobs/{id}")).expect(200);
    if triggered.is_ok() {
        assert!(!job["run"].is_null(), "{failpoint}: an answered run is lost: {job:#}");
    } else if job["run"].is_null() {
        ann.run(&id);
    }
    match action {
        Some("cancel") if told => assert_eq!(job["run"]["status"], "cancelled", "{failpoint}"),
        Some("pause") if job["status"] == "paused" => {
            ann.post(&format!("/jobs/{id}/resume")).expect(200);
        }
        _ => {}
    }
    let done = ann.wait_until(&id, |job| job["status"] == "success" || job["status"] == "failed");
    if done["run"]["status"] == "cancelled" {
        return;
    }
    assert_eq!(done["results_count"], PAGES, "{failpoint}: {done:#}");
    check_numbers(&ann.rows(&id), PAGES);
}

#[test]
fn a_run_goes_on_after_a_crash_at_any_step() {
    check("claimed=return", None);
    check("committed=return", None);
    check("committed=3*off->return", None);
    check("finishing=return", None);
    check("finished=return", None);
    check("paused=return", Some("pause"));
    check("releasing=return", Some("pause"));
    check("cancelled=return", Some("cancel"));
    check("enqueued=return", None);
}
