//! Keys, and what their users cannot do to each other.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;
use snowscrape_tests::numbered::NumberedSite;

use crate::support::{Ended, Server, snowscrape};

#[test]
fn without_a_valid_key_there_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("ann");
    let wrong = format!("{}0", &key[..59]);
    let wrong = if wrong == key {
        format!("{}1", &key[..59])
    } else {
        wrong
    };
    for key in [None, Some("sk_live_"), Some("nonsense"), Some(wrong.as_str())] {
        let stranger = server.client_with(key);
        for path in ["/jobs/status", "/plugins", "/metrics", "/nowhere"] {
            let answer = stranger.get(path);
            assert_eq!(answer.expect(401)["error"], "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert_eq!(answer.header("x-ratelimit-limit"), "");
        }
        for path in ["/health", "/docs", "/openapi.json"] {
            assert_eq!(stranger.get(path).status, 200, "{path}");
        }
    }
    server
        .client_with(Some(&key))
        .get("/metrics")
        .status
        .eq(&200)
        .then_some(())
        .unwrap();
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let keys = |arguments: &[&str]| {
        let mut command = snowscrape(&["keys"]);
        Ended::of(command.args(arguments).arg("--data").arg(&data))
    };
    // Without a server, with one, and without one again.
    let first = keys(&["create", "--user", "ann"]).expect(0, &[]).stdout;
    let server = Server::start(&data);
    let mode = |file: &str| data.join(file).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("keys.sock")), (0o700, 0o600));
    let second = keys(&["create", "--user", "bob"]).expect(0, &[]).stdout;
    let (first, second) = (first.trim(), second.trim());
    let ann = server.client_with(Some(first));
    ann.get("/jobs/status").expect(200);
    server.client_with(Some(second)).get("/jobs/status").expect(200);

    let list = keys(&["list"]).expect(0, &[]).stdout;
    assert!(list.contains(&first[..16]) && list.contains("\tann\t"), "{list}");
    assert!(!list.contains(&first[..20]) && !list.contains(&second[..20]), "{list}");
    let bobs = keys(&["list", "--user", "bob"]).expect(0, &[]).stdout;
    assert_eq!(bobs.lines().count(), 2, "{bobs}");
    assert!(!bobs.contains("never"), "{bobs}");

    keys(&["revoke", &first[..16]]).expect(0, &["revoked"]);
    ann.get("/jobs/status").expect(401);
    assert_eq!(server.stop(), Some(0));
    keys(&["revoke", &first[..16]]).expect(2, &["there is no key"]);
    let list = keys(&["list"]).expect(0, &[]).stdout;
    assert_eq!(list.lines().count(), 2, "{list}");
    keys(&["create", "--user", ""]).expect(2, &["1 to 128 characters"]);

    // What lies on the disk opens nothing.
    for file in walk(&data) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(43).any(|part| part == &second.as_bytes()[17..]);
        assert!(!found, "a key stands in {}", file.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn a_key_has_a_rate_and_is_told_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| command.env("SNOWSCRAPE_RATE_LIMIT", "5"));
    let (ann, bob) = (server.client("ann"), server.client("bob"));
    for (path, status, remaining) in [
        ("/jobs/status", 200, "4"),
        ("/jobs/none", 404, "3"),
        ("/nowhere", 404, "2"),
        ("/jobs", 405, "1"),
        ("/jobs/status?limit=0", 400, "0"),
        ("/jobs/status", 429, "0"),
    ] {
        let answer = ann.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("x-ratelimit-limit"), "5");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining, "{path}");
        let reset: u64 = answer.header("x-ratelimit-reset").parse().unwrap();
        assert!((1..=60).contains(&reset), "{reset}");
    }
    // Another's key is not touched by it, and wrong keys touch no right one.
    bob.get("/jobs/status").expect(200);
    let stranger = server.client_with(Some("nonsense"));
    let answers: Vec<u16> = (0..7).map(|_| stranger.get("/jobs/status").status).collect();
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429]);
    bob.get("/jobs/status").expect(200);
}

#[test]
fn two_users_cannot_see_change_or_guess_each_others_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (ann, bob) = (server.client("ann"), server.client("bob"));
    let site = NumberedSite::start(Duration::from_millis(20));
    let id = ann.create(&site.job(50));
    let run = ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(0));
    let own = bob.create(&site.job(1));
    assert_eq!(bob.get("/jobs/status").expect(200)["count"], 1);
    let not_found = json!({"error": "not_found", "message": "Job not found"});
    for path in [
        "",
        "/results",
        "/download?format=csv",
        "/runs",
        &format!("/runs/{run}"),
        &format!("/runs/{run}/log"),
        "/events",
    ] {
        assert_eq!(bob.get(&format!("/jobs/{id}{path}")).expect(404), not_found, "{path}");
        // What is not there and what is another's are told apart by nothing.
        assert_eq!(
            bob.get(&format!("/jobs/job_none{path}")).expect(404),
            not_found,
            "{path}"
        );
    }
    for action in ["run", "pause", "resume", "cancel"] {
        assert_eq!(bob.post(&format!("/jobs/{id}/{action}")).expect(404), not_found);
    }
    assert_eq!(
        bob.put_json(&format!("/jobs/{id}"), &site.job(1)).expect(404),
        not_found
    );
    assert_eq!(bob.delete(&format!("/jobs/{id}")).expect(404), not_found);
    // Nor by way of a job of one's own.
    assert_eq!(
        bob.get(&format!("/jobs/{own}/runs/{run}")).expect(404)["message"],
        "Run not found"
    );
    assert_eq!(
        bob.get(&format!("/jobs/{own}/results?run={run}")).expect(404)["message"],
        "Run not found"
    );
    assert_eq!(ann.wait_for(&id, "success")["results_count"], 50);
}

#[test]
fn a_user_cannot_take_the_runs_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| {
        command.args(["--runs", "3", "--runs-per-user", "2"])
    });
    let (ann, bob) = (server.client("ann"), server.client("bob"));
    let slow = NumberedSite::start(Duration::from_millis(100));
    let ids: Vec<String> = (0..6).map(|_| ann.create(&slow.job(400))).collect();
    for id in &ids {
        ann.run(id);
    }
    let states = |client: &crate::support::Client| {
        let going = ids.iter().filter(|id| {
            let job = client.get(&format!("/jobs/{id}")).expect(200);
            assert_eq!(job["status"], "running");
            job["run"]["status"] == "running"
        });
        going.count()
    };
    ann.wait_until(&ids[1], |job| job["run"]["status"] == "running");
    assert_eq!(states(&ann), 2, "the others wait");
    let quick = NumberedSite::start(Duration::ZERO);
    let id = bob.create(&quick.job(3));
    bob.run(&id);
    bob.wait_for(&id, "success");
    assert_eq!(states(&ann), 2);
    // What is freed is taken up by the longest waiting.
    ann.post(&format!("/jobs/{}/cancel", ids[0])).expect(200);
    ann.wait_until(&ids[2], |job| job["run"]["status"] == "running");
}

#[test]
fn a_users_rows_have_a_cap() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| command.args(["--user-bytes", "20000"]));
    let (ann, bob) = (server.client("ann"), server.client("bob"));
    let site = NumberedSite::start(Duration::ZERO);
    let id = ann.create(&site.job(500));
    ann.run(&id);
    let failed = ann.wait_for(&id, "failed");
    assert_eq!(failed["last_error"]["code"], "storage_full");
    let rows = failed["run"]["rows"].as_u64().unwrap();
    assert!((1..500).contains(&rows), "{failed:#}");
    let run = failed["run"]["run_id"].as_str().unwrap();
    let kept = ann.get(&format!("/jobs/{id}/results?run={run}&limit=1000")).expect(200);
    assert!(kept["count"].as_u64().unwrap() > 0, "{kept:#}");
    // Another user has a cap of her own, and what is deleted makes room.
    let small = bob.create(&site.job(5));
    bob.run(&small);
    bob.wait_for(&small, "success");
    ann.delete(&format!("/jobs/{id}"));
    let small = ann.create(&site.job(5));
    ann.wait_until(&small, |job| {
        if job["run"].is_null() || job["status"] == "failed" {
            ann.run(&small);
        }
        job["status"] == "success"
    });
}
