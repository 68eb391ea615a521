//! The process ends at each step of a run's life and at each commit, as it would in a crash; the next one goes on.

use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use reqwest::Method;
use serde_json::json;
use snowscrape_engine::model::{JobId, UserId};
use snowscrape_engine::store::{DueJob, Store, StoreSettings};
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
    // So many pages are two groups at the least.
    check("committed=1*off->return", &[]);
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

/// Moves a job's next time into the past, as if the server had slept through it.
fn make_due(data: &Path, user: &str, job: &str, next_run: Timestamp) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&data.join("store"), StoreSettings::default())
            .await
            .unwrap();
        let due = DueJob {
            user: UserId::new(user.to_owned()),
            id: JobId::new(job.to_owned()),
            due: next_run,
        };
        assert!(store.skip_due(&due, Some(Timestamp::now() - 1.minute())).await.unwrap());
        store.close().await.unwrap();
    });
}

#[test]
fn a_time_that_has_come_makes_one_run_whatever_happens() {
    let folder = tempfile::tempdir().unwrap();
    let site = NumberedSite::start(Duration::ZERO);
    let server = Server::start(folder.path());
    let key = server.key("ann");
    let ann = server.client_with(Some(&key));
    let mut job = site.job(PAGES);
    // On yesterday's day of the week, so that no other time comes while the test runs.
    let yesterday = TimeZone::UTC
        .to_datetime(Timestamp::now())
        .date()
        .yesterday()
        .unwrap()
        .weekday();
    job["scheduling"] = json!({"days": [yesterday.to_sunday_zero_offset()], "hours": [12]});
    let id = ann.create(&job);
    let next_run = ann.get(&format!("/jobs/{id}")).expect(200)["next_run"].clone();
    server.stop();
    make_due(folder.path(), "ann", &id, next_run.as_str().unwrap().parse().unwrap());

    Server::with(folder.path(), |command| command.env("FAILPOINTS", "scheduled=return")).wait_for_end();
    let server = Server::start(folder.path());
    let ann = server.client_with(Some(&key));
    ann.wait_for(&id, "success");
    check_numbers(&ann.rows(&id), PAGES);
    let runs = ann.get(&format!("/jobs/{id}/runs")).expect(200);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{runs:#}");
    let job = ann.get(&format!("/jobs/{id}")).expect(200);
    assert_eq!(job["next_run"], next_run, "the time after the one that came");
}
