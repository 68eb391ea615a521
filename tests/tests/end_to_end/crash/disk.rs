//! A disk that is full: a clear error, nothing damaged, and it goes on when there is room.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use snowscrape_tests::numbered::NumberedSite;

use super::kill::check_numbers;
use crate::support::Server;

const PAGES: usize = 60;
const MEBIBYTE: usize = 1 << 20;

/// A file system of its own in memory, gone when this is dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts it; `None` where the tests may not.
    fn mount(folder: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=48m", "snowscrape-test"])
            .arg(folder)
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_lived_through() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path()) else {
        assert!(!is_root(), "root can mount a tmpfs");
        eprintln!("skipped: only root can mount a small disk");
        return;
    };
    let site = NumberedSite::start(Duration::from_millis(200));
    let server = Server::with(folder.path(), |command| {
        command.args(["--store-write-buffer-bytes", "1048576"])
    });
    let ann = server.client("ann");
    let id = ann.create(&site.job(PAGES));
    ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"].as_u64() > Some(5));
    let ballast = folder.path().join("ballast");
    fill(&ballast);
    // What a client writes is refused with a word that says why.
    let full = ann.wait_until_refused(&json!({
        "name": "n".repeat(200),
        "source": "http://127.0.0.1:9/",
        "queries": [{"name": "a", "type": "css", "query": format!("a.{}", "b".repeat(60_000))}]
    }));
    assert_eq!(full["error"], "storage_full");
    // What the run writes waits, and the server says so.
    let began = std::time::Instant::now();
    while ann.get("/health").status != 503 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the server does not say that its disk is full"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(ann.get("/health").expect(503)["status"], "storage_full");
    assert_eq!(ann.get(&format!("/jobs/{id}")).expect(200)["status"], "running");
    fs::remove_file(&ballast).unwrap();
    assert_eq!(ann.wait_for(&id, "success")["results_count"], PAGES);
    check_numbers(&ann.rows(&id), PAGES);
    assert_eq!(ann.get("/health").expect(200)["status"], "ok");
    // And it is all there for the next server.
    assert_eq!(server.stop(), Some(0));
    let server = Server::start(folder.path());
    check_numbers(&server.client("ann").rows(&id), PAGES);
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// Takes all room that there is.
fn fill(file: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(file).unwrap();
    let mut piece = vec![0_u8; MEBIBYTE];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 2);
        }
    }
}
