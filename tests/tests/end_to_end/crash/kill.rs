//! `kill -9` at random moments of a run, a restart after each: every page exactly once in the results, and no answered write
//! lost.

use std::time::Duration;

use serde_json::Value as Json;
use snowscrape_tests::numbered::NumberedSite;

use crate::support::{Client, Server};

const KILLS: u64 = 25;
const PAGES: usize = 200;

/// Small buffers, so that flushes and compactions fall into the run.
fn start(folder: &std::path::Path) -> Server {
    Server::with(folder, |command| {
        command
            .args(["--store-write-buffer-bytes", "65536", "--store-table-bytes", "65536"])
            .args(["--lease-seconds", "5"])
    })
}

/// Moments without a pattern, the same at every run of the test (the generator of Numerical Recipes, 32 bits).
struct Moments(u64);

impl Moments {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) % (1 << 32);
        (self.0 >> 8) % below
    }
}

/// That each number is there once, in order.
#[track_caller]
pub(super) fn check_numbers(rows: &[Json], pages: usize) {
    let numbers: Vec<u64> = rows.iter().map(|row| row["data"]["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=pages as u64).collect::<Vec<_>>());
}

#[test]
fn a_run_survives_being_killed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let site = NumberedSite::start(Duration::from_millis(8));
    let mut server = start(folder.path());
    let key = server.key("ann");
    let mut moments = Moments(20_261_125);
    let mut kills = 0;
    let mut runs = 0;
    let mut jobs: Vec<String> = Vec::new();
    while kills < KILLS {
        let ann = server.client_with(Some(&key));
        // Every job that was answered is still there, with all that its user did to it.
        let listed = ann.get("/jobs/status").expect(200)["count"].as_u64().unwrap();
        assert_eq!(listed, jobs.len() as u64, "an answered job is lost");
        let id = ann.create(&site.job(PAGES));
        jobs.push(id.clone());
        let run = ann.run(&id);
        // Several kills in the course of one run, until it comes to its end.
        loop {
            if kills == KILLS {
                break;
            }
            std::thread::sleep(Duration::from_millis(20 + moments.next(350)));
            let acknowledged = pages(&server.client_with(Some(&key)), &id);
            server.kill();
            kills += 1;
            server = start(folder.path());
            let ann = server.client_with(Some(&key));
            let job = ann.get(&format!("/jobs/{id}")).expect(200);
            assert_eq!(job["run"]["run_id"], run.as_str());
            assert!(
                job["run"]["pages"].as_u64() >= Some(acknowledged),
                "pages that were shown are lost: {acknowledged}, {job:#}"
            );
            if job["status"] == "success" {
                break;
            }
        }
        let ann = server.client_with(Some(&key));
        let done = ann.wait_for(&id, "success");
        assert_eq!(
            (
                &done["results_count"],
                &done["run"]["pages"],
                &done["run"]["duplicate_pages"]
            ),
            (&PAGES.into(), &PAGES.into(), &0.into())
        );
        check_numbers(&ann.rows(&id), PAGES);
        runs += 1;
    }
    assert!(runs >= 2, "{runs} runs for {kills} kills");
}

fn pages(client: &Client, id: &str) -> u64 {
    client.get(&format!("/jobs/{id}")).expect(200)["run"]["pages"]
        .as_u64()
        .unwrap()
}

#[test]
fn a_pause_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let site = NumberedSite::start(Duration::from_millis(10));
    let server = start(folder.path());
    let key = server.key("ann");
    let ann = server.client_with(Some(&key));
    let id = ann.create(&site.job(PAGES));
    ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(20));
    ann.post(&format!("/jobs/{id}/pause")).expect(200);
    server.kill();
    let server = start(folder.path());
    let ann = server.client_with(Some(&key));
    std::thread::sleep(Duration::from_secs(2));
    let paused = ann.get(&format!("/jobs/{id}")).expect(200);
    assert_eq!(
        (&paused["status"], &paused["run"]["status"]),
        (&"paused".into(), &"paused".into())
    );
    ann.post(&format!("/jobs/{id}/resume")).expect(200);
    server.kill();
    let server = start(folder.path());
    let ann = server.client_with(Some(&key));
    assert_eq!(ann.wait_for(&id, "success")["results_count"], PAGES);
    check_numbers(&ann.rows(&id), PAGES);
}
