//! The process ends at each step of a run's life and at each commit, as it would in a crash; the next one goes on.

use std::time::Duration;

use reqwest::Method;
use snowscrape_tests::numbered::NumberedSite;

use super::kill::check_numbers;
use crate::support::{Client, Server};

const PAGES: usize = 60;

/// The pages that a held site gives before it holds the others.
const BEFORE: usize = 20;

/// A server that ends at a failpoint, a run on it, and what its user asks for while the run is going.
struct Crash {
    folder: tempfile::TempDir,
    site: NumberedSite,
    key: String,
    job: String,
    /// Whether the run was answered.
    triggered: bool,
}

/// Runs a job on a server that ends at a failpoint, doing something meanwhile.
#[track_caller]
fn crash(failpoint: &str, actions: &[(Method, &str)]) -> Crash {
    let folder = tempfile::tempdir().unwrap();
    let site = if actions.is_empty() {
        NumberedSite::start(Duration::ZERO)
    } else {
        NumberedSite::held_after(BEFORE)
    };
    let server = Server::with(folder.path(), |command| command.env("FAILPOINTS", failpoint));
    let key = server.key("ann");
    let ann = server.client_with(Some(&key));
    let job = ann.create(&site.job(PAGES));
    // The server may be gone before it has answered.
    let triggered = ann
        .try_send(Method::POST, &format!("/jobs/{job}/run"), &[], None)
        .is_ok();
    if !actions.is_empty() {
        site.wait_for_requests(BEFORE + 1);
    }
    for (method, path) in actions {
        let _ = ann.try_send(method.clone(), &format!("/jobs/{job}{path}"), &[], None);
    }
    site.release();
    server.wait_for_end();
    Crash {
        folder,
        site,
        key,
        job,
        triggered,
    }
}

/// Runs a job on a server that ends at a failpoint, and then on one that does not: every page is there once.
#[track_caller]
fn check(failpoint: &str, actions: &[(Method, &str)]) {
    let crash = crash(failpoint, actions);
    let id = &crash.job;
    let server = Server::start(crash.folder.path());
    let ann = server.client_with(Some(&crash.key));
    let job = ann.get(&format!("/jobs/{id}")).expect(200);
    if job["run"].is_null() {
        assert!(!crash.triggered, "{failpoint}: an answered run is lost: {job:#}");
        ann.run(id);
    }
    if job["status"] == "paused" {
        ann.post(&format!("/jobs/{id}/resume")).expect(200);
    }
    let done = ann.wait_for(id, "success");
    assert_eq!(done["results_count"], PAGES, "{failpoint}: {done:#}");
    check_numbers(&ann.rows(id), PAGES);
}

#[test]
fn a_run_goes_on_after_a_crash_at_any_step() {
    let pause = || (Method::POST, "/pause");
    check("claimed=return", &[]);
    check("committed=return", &[]);
    check("committed=3*off->return", &[]);
    check("finishing=return", &[]);
    check("finished=return", &[]);
    check("enqueued=return", &[]);
    check("paused=return", &[pause()]);
    check("releasing=return", &[pause()]);
    check("resumed=return", &[pause(), (Method::POST, "/resume")]);
}

/// What was written before the server could tell of it holds.
#[track_caller]
fn check_ended(failpoint: &str, action: (Method, &str), good: impl Fn(&Client, &str)) {
    let crash = crash(failpoint, &[action]);
    let asked = crash.site.requests();
    let server = Server::start(crash.folder.path());
    let ann = server.client_with(Some(&crash.key));
    good(&ann, &crash.job);
    // Nobody goes on with it.
    let other = ann.create(&crash.site.job(1));
    ann.run(&other);
    ann.wait_for(&other, "success");
    assert_eq!(
        crash.site.requests(),
        asked + 1,
        "{failpoint}: a run that was ended went on"
    );
}

#[test]
fn a_run_that_its_user_ended_stays_ended_after_a_crash() {
    check_ended("cancelled=return", (Method::POST, "/cancel"), |ann, id| {
        let job = ann.get(&format!("/jobs/{id}")).expect(200);
        assert_eq!(job["run"]["status"], "cancelled", "{job:#}");
    });
    check_ended("deleted=return", (Method::DELETE, ""), |ann, id| {
        ann.get(&format!("/jobs/{id}")).expect(404);
    });
}
