//! The browser of a server: cookies of a run, pictures of pages, and no process that outlives it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{job, site};
use crate::support::Server;

/// Processes whose command line names a profile in the server's browser, or its supervisor.
fn browsers(supervisor_of: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents = |id: u32| -> Option<(u32, char)> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let rest = stat.rsplit_once(')')?.1.trim().to_owned();
        let mut fields = rest.split_whitespace();
        let state = fields.next()?.chars().next()?;
        Some((fields.next()?.parse().ok()?, state))
    };
    let all: Vec<u32> = ids.collect();
    let mut family = vec![supervisor_of];
    // A child has a greater id as a rule, and not always: it is looked until nothing is added.
    loop {
        let more: Vec<u32> = all
            .iter()
            .filter(|id| !family.contains(id))
            .filter(|id| parents(**id).is_some_and(|(parent, state)| state != 'Z' && family.contains(&parent)))
            .copied()
            .collect();
        if more.is_empty() {
            break;
        }
        family.extend(more);
    }
    family.split_off(1)
}

#[test]
fn a_browser_ends_with_its_server_however_that_ends() {
    let site = site();
    for kill in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let ann = server.client("ann");
        let id = ann.create(&job(&site, "landed.html", "p", &json!({}), &json!({})));
        ann.run(&id);
        ann.wait_for(&id, "success");
        let family = browsers(server.process());
        assert!(
            family.len() >= 3,
            "a supervisor, and several processes of the browser: {family:?}"
        );
        if kill {
            server.kill();
        } else {
            assert_eq!(server.stop(), Some(0));
        }
        let began = Instant::now();
        let lives = |id: &u32| {
            fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
                !stat
                    .rsplit_once(')')
                    .is_some_and(|(_, rest)| rest.trim().starts_with('Z'))
            })
        };
        while family.iter().any(lives) {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "killed: {kill}, left: {family:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn pictures_are_kept_with_their_pages() {
    let site = site();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let render = json!({"screenshot": true, "viewport": {"width": 320, "height": 200}});
    let id = ann.create(&job(&site, "landed.html", "p", &render, &json!({})));
    let run = ann.run(&id);
    ann.wait_for(&id, "success");
    let path = |page: &str| format!("/jobs/{id}/runs/{run}/pages/{page}/screenshot");
    let picture = ann.get(&path("0"));
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert!(picture.bytes.starts_with(b"\x89PNG\r\n"));
    let side = |at: usize| u32::from_be_bytes(picture.bytes[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (320, 200));
    for none in ["1", "x", "-1"] {
        ann.get(&path(none)).expect(404);
    }
    server.client("bob").get(&path("0")).expect(404);
}

#[test]
fn cookies_are_the_runs_own() {
    let site = site();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let fields = json!({"concurrency": 1, "urls": [format!("{}/cookie.html?again", site.base_url())]});
    let id = ann.create(&job(&site, "cookie.html", "#cookie", &json!({}), &fields));
    let seen = || {
        ann.run(&id);
        ann.wait_for(&id, "success");
        ann.rows(&id)
            .iter()
            .map(|row| row["data"]["text"].clone())
            .collect::<Vec<_>>()
    };
    let first = seen();
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1], "the second page of a run knows of the first");
    assert_eq!(seen(), first, "the second run does not know of the first");
}
