//! Thousands of requests that schemathesis makes from the document, good ones and bad ones, one by one and in chains: no
//! answer is other than the document says. `tests/schemathesis` has its settings, and each excuse with its reason.

use std::process::{Command, Stdio};
use std::time::Duration;

use snowscrape_tests::numbered::NumberedSite;

use crate::support::Server;

#[test]
fn every_answer_is_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let site = NumberedSite::start(Duration::ZERO);
    let server = Server::with(folder.path(), |command| {
        // A run that waits in the queue could not be looked at.
        command.args(["--runs", "256", "--runs-per-user", "256"])
    });
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(format!("{root}/.venv/bin/python"))
        .arg(format!("{root}/tests/schemathesis/run.py"))
        .args([server.base_url(), "--stateful-seconds", "40"])
        .env("SNOWSCRAPE_KEY", server.key("ann"))
        .env("SNOWSCRAPE_OTHER_KEY", server.key("bob"))
        .env("SNOWSCRAPE_SITE", format!("{}/", site.base_url()))
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .expect("`cargo xtask setup` makes the Python environment");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
