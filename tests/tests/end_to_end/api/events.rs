//! A run as server-sent events.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value as Json;
use snowscrape_tests::numbered::NumberedSite;

use crate::support::Server;

/// An event's name, id and data.
fn events(text: &str) -> Vec<(String, String, Json)> {
    let field = |event: &str, name: &str| {
        let value = event
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().trim_start().to_owned()
    };
    text.split("\n\n")
        .filter(|event| event.contains("data:"))
        .map(|event| {
            let data = serde_json::from_str(&field(event, "data")).unwrap();
            (field(event, "event"), field(event, "id"), data)
        })
        .collect()
}

#[test]
fn a_run_is_followed_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::from_millis(30));
    let id = ann.create(&site.job(100));
    let path = format!("/jobs/{id}/events");
    let none = ann.get(&path);
    assert_eq!(
        (none.status, none.text.as_str()),
        (200, ""),
        "without a run there is nothing to follow"
    );
    let run = ann.run(&id);
    let stream = ann.get(&path);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    let events = events(&stream.text);
    assert!(events.len() > 2, "{}", stream.text);
    let (name, last_id, last) = events.last().unwrap();
    assert_eq!(
        (name.as_str(), &last["status"], &last["pages"]),
        ("status", &"success".into(), &100.into())
    );
    assert_eq!(last, &ann.get(&format!("/jobs/{id}/runs/{run}")).expect(200));
    let pages: Vec<u64> = events.iter().map(|(.., run)| run["pages"].as_u64().unwrap()).collect();
    assert!(pages.is_sorted(), "{pages:?}");
    for pair in events.windows(2) {
        let changed = pair[0].2["status"] != pair[1].2["status"];
        assert_eq!(pair[1].0, if changed { "status" } else { "progress" });
    }
    // Whoever has seen it all is told nothing twice; whoever has not is told the rest.
    let from = |id: &str| ann.send(Method::GET, &path, &[("last-event-id", id)], None).text;
    assert_eq!(from(last_id), "");
    assert_eq!(self::events(&from(&events[0].1)).last().unwrap().2, *last);
}

#[test]
fn the_stream_of_a_paused_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::from_millis(20));
    let id = ann.create(&site.job(100));
    ann.run(&id);
    let follower = {
        let (ann, path) = (ann.clone(), format!("/jobs/{id}/events"));
        std::thread::spawn(move || ann.get(&path).text)
    };
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(5));
    ann.post(&format!("/jobs/{id}/pause")).expect(200);
    std::thread::sleep(Duration::from_millis(600));
    ann.post(&format!("/jobs/{id}/resume")).expect(200);
    ann.wait_for(&id, "success");
    let mut states: Vec<String> = events(&follower.join().unwrap())
        .iter()
        .map(|(.., run)| run["status"].as_str().unwrap().to_owned())
        .collect();
    states.dedup();
    let states = states.join(" ");
    // States that last no longer than the time between two events may be passed over.
    assert!(states.contains("paused") && states.ends_with("success"), "{states}");
}
