//! What is answered was synced to the disk before, as the operating system saw it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use snowscrape_tests::numbered::NumberedSite;

use crate::support::Server;

/// The calls that sync, and those that carry requests and answers.
const CALLS: &str = "trace=fsync,fdatasync,read,recvfrom,write,writev,sendto";

#[test]
fn a_commit_is_synced_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let calls = folder.path().join("calls");
    let server = Server::with(&data, |command| {
        let mut traced = Command::new("strace");
        // The tracer stands aside, so that the server is the test's own child; the files behind descriptors are named.
        traced.args(["-D", "-f", "-y", "-e", CALLS, "-o"]).arg(&calls);
        traced.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => traced.env(name, value),
                None => traced.env_remove(name),
            };
        }
        traced
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        *command = traced;
        command
    });
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    ann.create(&site.job(1));
    server.stop();
    let calls = fs::read_to_string(&calls).unwrap();
    let (_, after_request) = calls.split_once("\"POST /jobs HTTP").expect("the request is seen");
    let (meanwhile, _) = after_request.split_once("\"HTTP/1.1 201").expect("the answer is seen");
    let synced = meanwhile
        .lines()
        .any(|line| line.contains("fdatasync(") && line.contains(".log>"));
    assert!(
        synced,
        "nothing was synced between the request and its answer:\n{meanwhile}"
    );
}
