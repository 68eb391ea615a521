//! The browser's processes: whose they are, and that nothing is left of them.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio_util::sync::CancellationToken;

use super::site::{Site, url};
use super::{Stage, script, settings, this_program};
use crate::render::processes::descendants;
use crate::render::{BrowserSettings, PageRequest, RenderError};

/// The processes that are still there; one that has ended and was not reaped is not.
pub(super) fn alive(processes: &[Pid]) -> Vec<Pid> {
    let is_alive = |process: &Pid| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    };
    processes.iter().copied().filter(is_alive).collect()
}

/// Waits until none of the processes is left.
pub(super) async fn gone(processes: &[Pid]) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !alive(processes).is_empty() {
        assert!(Instant::now() < deadline, "{:?} are left", alive(processes));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn command_line(process: Pid) -> String {
    let bytes = std::fs::read(format!("/proc/{}/cmdline", process.as_raw_nonzero())).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

fn profile_of(processes: &[Pid]) -> String {
    let line = processes
        .iter()
        .map(|&process| command_line(process))
        .find(|line| line.contains("--user-data-dir="));
    let line = line.unwrap();
    let (_, rest) = line.split_once("--user-data-dir=").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_sandbox_is_on_and_the_user_unprivileged() {
    let site = Site::page("<p>x</p>").await;
    let stage = Stage::open(&site).await;
    stage.render("/", &script()).await;
    let processes = descendants(stage.context.browser().await.process());
    let user = if rustix::process::geteuid().is_root() {
        uzers::get_user_by_name("nobody").unwrap().uid()
    } else {
        rustix::process::geteuid().as_raw()
    };
    for &process in &processes {
        let line = command_line(process);
        assert!(!line.contains("--no-sandbox"), "{line}");
        let owner = std::fs::metadata(format!("/proc/{}", process.as_raw_nonzero()))
            .unwrap()
            .uid();
        // The sandbox's own processes cannot be looked into, so that the kernel shows them as root's.
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero())).unwrap();
        let uid = status
            .lines()
            .find_map(|line| line.strip_prefix("Uid:"))
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        assert_eq!(uid, user.to_string(), "{line} ({owner})");
        if line.contains("--type=renderer") {
            assert!(status.contains("Seccomp:\t2"), "{status}");
            assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        }
        // Nothing of the server's surroundings is in the browser's.
        let environment = std::fs::read(format!("/proc/{}/environ", process.as_raw_nonzero())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&environment).contains("CARGO"));
    }
    assert!(
        processes
            .iter()
            .any(|&process| command_line(process).contains("--type=renderer"))
    );
    stage.close().await;
    gone(&processes).await;
}

#[tokio::test]
async fn an_operator_can_turn_the_sandbox_off() {
    let site = Site::page("<p>x</p>").await;
    let without = BrowserSettings {
        sandbox: false,
        ..settings()
    };
    let stage = Stage::with(without, &site).await;
    assert!(stage.render("/", &script()).await.html.contains("<p>x</p>"));
    let processes = descendants(stage.context.browser().await.process());
    assert!(
        processes
            .iter()
            .any(|&process| command_line(process).contains("--no-sandbox"))
    );
    stage.close().await;
}

#[tokio::test]
async fn shutdown_leaves_nothing() {
    let site = Site::page("<p>x</p>").await;
    let stage = Stage::open(&site).await;
    stage.render("/", &script()).await;
    let supervisor = stage.context.browser().await.process();
    let mut processes = descendants(supervisor);
    let profile = profile_of(&processes);
    assert!(std::path::Path::new(&profile).exists());
    processes.push(supervisor);
    let (context, browsers) = (stage.context, stage.browsers);
    browsers.shutdown().await;
    assert_eq!(alive(&processes), []);
    assert!(!std::path::Path::new(&profile).exists());
    let page = context
        .render(&PageRequest::get(url("/")), &script(), &CancellationToken::new())
        .await;
    assert_eq!(page, Err(RenderError::Cancelled));
}

#[tokio::test]
async fn dropping_everything_leaves_nothing() {
    let site = Site::page("<p>x</p>").await;
    let stage = Stage::open(&site).await;
    stage.render("/", &script()).await;
    let processes = descendants(stage.context.browser().await.process());
    drop(stage);
    gone(&processes).await;
}

#[tokio::test]
async fn a_supervisor_that_is_ended_takes_the_browser_along() {
    let site = Site::page("<p>x</p>").await;
    let stage = Stage::open(&site).await;
    for signal in [Signal::TERM, Signal::KILL] {
        stage.render("/", &script()).await;
        let supervisor = stage.context.browser().await.process();
        let processes = descendants(supervisor);
        let profile = profile_of(&processes);
        kill_process(supervisor, signal).unwrap();
        gone(&processes).await;
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::path::Path::new(&profile).exists() {
            assert!(Instant::now() < deadline, "{profile} is left");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // The context goes on in another browser.
    stage.render("/", &script()).await;
    stage.close().await;
}

/// Not a test: [`a_killed_server_leaves_no_browser`] runs it as its server.
#[tokio::test]
#[ignore = "it is the server of another test"]
async fn as_server() {
    let site = Site::page("<p>x</p>").await;
    let stage = Stage::open(&site).await;
    stage.render("/", &script()).await;
    println!(
        "supervisor {}",
        stage.context.browser().await.process().as_raw_nonzero()
    );
    // Until it is killed; where nobody does, as when all ignored tests are run, it ends by itself.
    tokio::time::sleep(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn a_killed_server_leaves_no_browser() {
    let program = this_program("processes::as_server");
    let mut server = Command::new(&program[0])
        .args(&program[1..])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let supervisor = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("supervisor ")?.parse().ok());
    let supervisor = Pid::from_raw(supervisor.unwrap()).unwrap();
    let mut processes = descendants(supervisor);
    assert!(processes.len() > 3, "{processes:?}");
    let profile = profile_of(&processes);
    processes.push(supervisor);
    server.kill().unwrap();
    server.wait().unwrap();
    gone(&processes).await;
    assert!(!std::path::Path::new(&profile).exists());
}
