//! The server's end of a supervisor.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio_util::sync::CancellationToken;

use super::message::{Order, Report};
use crate::render::error::RenderError;
use crate::render::flags;
use crate::render::settings::BrowserSettings;

/// How long the supervisor may take over the browser's end, a little more than it allows itself.
const END: Duration = Duration::from_secs(15);

/// A supervisor with a browser that is up. The browser ends when this is dropped.
#[derive(Debug)]
pub(in crate::render) struct Supervisor {
    process: Pid,
    url: String,
    /// What keeps the browser alive: the supervisor's standard input.
    lifeline: Mutex<Option<ChildStdin>>,
    watch: Mutex<Option<JoinHandle<()>>>,
}

impl Supervisor {
    /// Starts a supervisor, which starts the browser; `lost` is cancelled when either has ended. It blocks.
    ///
    /// # Errors
    /// [`RenderError::NotFound`] and [`RenderError::Start`].
    pub(in crate::render) fn start(settings: &BrowserSettings, lost: CancellationToken) -> Result<Self, RenderError> {
        let order = Order {
            executable: settings.find_executable()?,
            arguments: flags::arguments(settings),
            preferences: flags::preferences(),
            user: settings.user.clone(),
        };
        let failed = |reason: String| RenderError::Start { reason };
        let (mut child, mut lifeline) = spawn(settings).map_err(|error| failed(format!("no supervisor: {error}")))?;
        let mut out = BufReader::new(
            child
                .stdout
                .take()
                .ok_or_else(|| failed("no supervisor's output".to_owned()))?,
        );
        let line = serde_json::to_string(&order).map_err(|error| failed(error.to_string()))?;
        // A supervisor that cannot be written to has ended, and says why on its output, if at all.
        let _ = writeln!(lifeline, "{line}");
        let (group, url, profile) = match read_report(&mut out) {
            Some(Report::Ready { group, url, profile }) => (group, url, profile),
            other => {
                drop(lifeline);
                let status = child.wait();
                return Err(failed(match other {
                    Some(Report::Failed(reason)) => reason,
                    _ => format!("its supervisor ended without a word ({status:?}); check what is set to run it"),
                }));
            }
        };
        let process = Pid::from_child(&child);
        let group = Pid::from_raw(group).ok_or_else(|| failed("its supervisor names no process group".to_owned()))?;
        let watch = thread::spawn(move || watch(child, out, group, &profile, &lost));
        Ok(Self {
            process,
            url,
            lifeline: Mutex::new(Some(lifeline)),
            watch: Mutex::new(Some(watch)),
        })
    }

    /// The web socket of the browser's `DevTools`.
    pub(in crate::render) fn url(&self) -> &str {
        &self.url
    }

    /// The supervisor's process.
    pub(in crate::render) fn process(&self) -> Pid {
        self.process
    }

    /// Ends the browser and waits until nothing is left of it. It blocks.
    pub(in crate::render) fn end(&self) {
        self.let_go();
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watch) = watch {
            let _ = watch.join();
        }
    }

    /// Has the browser end, and does not wait.
    pub(in crate::render) fn let_go(&self) {
        drop(self.lifeline.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

fn spawn(settings: &BrowserSettings) -> io::Result<(Child, ChildStdin)> {
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "no program is set to run it");
    let (program, arguments) = settings.supervisor.split_first().ok_or_else(missing)?;
    // In a group of its own, a terminal's interrupt does not reach it before the server has come to its own end.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let lifeline = child.stdin.take().ok_or_else(missing)?;
    Ok((child, lifeline))
}

/// The first line that is a report. Others are none of the supervisor's, as when a test harness runs it.
fn read_report(out: &mut BufReader<ChildStdout>) -> Option<Report> {
    out.lines()
        .map_while(Result::ok)
        .find_map(|line| serde_json::from_str(&line).ok())
}

/// Waits for the supervisor's end, reaps it, and does its work where it could not.
fn watch(mut child: Child, mut out: BufReader<ChildStdout>, group: Pid, profile: &Path, lost: &CancellationToken) {
    let reason = match read_report(&mut out) {
        Some(Report::Failed(reason)) => reason,
        _ => String::new(),
    };
    lost.cancel();
    let status = child.wait();
    if !status.as_ref().is_ok_and(|status| status.code().is_some()) {
        // It was killed itself, and so could neither end the browser nor remove the profile.
        let _ = kill_process_group(group, Signal::KILL);
        remove(profile);
    }
    if !reason.is_empty() {
        tracing::warn!(%reason, "the browser ended");
    }
}

/// Removes the folder of processes that are about to end, and may write to it until they have.
fn remove(profile: &Path) {
    let pause = Duration::from_millis(50);
    for _ in 0..END.as_millis() / pause.as_millis() {
        match std::fs::remove_dir_all(profile) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => thread::sleep(pause),
            _ => return,
        }
    }
    tracing::warn!(profile = %profile.display(), "a browser's profile cannot be removed");
}
