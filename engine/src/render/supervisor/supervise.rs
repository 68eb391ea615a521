//! The supervisor itself, which runs in a process of its own.

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, wait};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::message::{Order, Report};
use super::profile::{self, User};
use crate::render::processes::descendants;

/// How long the browser may take to come up. On a machine under load it was seen to take ten seconds.
const START: Duration = Duration::from_mins(1);
/// How long its processes may take to end once they are killed.
const END: Duration = Duration::from_secs(10);
/// How many of the browser's last lines are kept for an error.
const KEPT_LINES: usize = 12;
/// What the browser says again and again where there is no desktop.
const NOISE: &str = ":dbus/";
/// The variables that the browser is given of the server's; the others may be secrets.
const KEPT_VARIABLES: [&str; 4] = ["PATH", "LANG", "LC_ALL", "TZ"];

/// Runs a browser until the standard input closes, and ends it with all that came from it.
///
/// This is the whole work of a process of its own, such as a hidden subcommand of the server: it takes over the
/// standard input and output, the signals and the children of the process.
pub fn supervise() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match &runtime {
        Ok(runtime) => runtime.block_on(run()),
        Err(error) => Err(format!("the supervisor did not start: {error}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            report(&Report::Failed(reason));
            ExitCode::FAILURE
        }
    }
}

/// What ends the supervisor's work.
enum Occasion {
    /// The server closed its end, or is gone.
    Closed,
    /// A signal asks for it.
    Asked,
    /// The browser ended by itself.
    Browser,
    /// The browser did not come up in time.
    Late,
}

async fn run() -> Result<(), String> {
    let mut first = String::new();
    io::stdin()
        .lock()
        .read_line(&mut first)
        .map_err(cannot("read its orders"))?;
    let order: Order = serde_json::from_str(&first).map_err(cannot("read its orders"))?;
    // Whatever leaves the browser's group, as its crash handler does, becomes a child of this process.
    set_child_subreaper(Some(getpid())).map_err(cannot("become the reaper of the browser's processes"))?;
    let mut children = signal(SignalKind::child()).map_err(cannot("listen to signals"))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot("listen to signals"))?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(cannot("listen to signals"))?;
    let mut closed = closed();

    let user = User::to_change_to(&order.user)?;
    let profile = profile::create(user, &order.preferences).map_err(cannot("make the browser's profile"))?;
    let mut browser = start(&order, user, profile.path()).map_err(|error| {
        format!(
            "{} cannot be run: {error}; set `browser_executable` to a program that can",
            order.executable.display()
        )
    })?;
    let group = Pid::from_child(&browser);
    let said = Said::listen(browser.stderr.take());

    let late = tokio::time::sleep(START);
    tokio::pin!(late);
    let mut url = said.url;
    let (mut silent, mut ready) = (false, false);
    let occasion = loop {
        tokio::select! {
            found = &mut url, if !silent => {
                silent = true;
                // Where there is none, the browser has closed its standard error, and should be about to end.
                if let Ok(url) = found {
                    ready = true;
                    let profile = profile.path().to_owned();
                    report(&Report::Ready { group: group.as_raw_nonzero().get(), url, profile });
                }
            }
            _ = closed.recv() => break Occasion::Closed,
            _ = terminate.recv() => break Occasion::Asked,
            _ = hang_up.recv() => break Occasion::Asked,
            _ = children.recv() => if browser.try_wait().is_ok_and(|status| status.is_some()) {
                break Occasion::Browser;
            },
            () = &mut late, if !ready => break Occasion::Late,
        }
    };
    end(group);
    drop(profile);
    let last_words = || said.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match occasion {
        Occasion::Closed | Occasion::Asked => Ok(()),
        Occasion::Browser => Err(why_ended(last_words())),
        Occasion::Late => Err(format!(
            "it was not up after {} s; the machine may be too busy. It said: {}",
            START.as_secs(),
            Vec::from(last_words()).join(" | ")
        )),
    }
}

fn cannot<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> String {
    move |error| format!("its supervisor cannot {what}: {error}")
}

/// The browser's process, at the head of a group of its own, with nothing of the server's surroundings.
fn start(order: &Order, user: Option<User>, profile: &Path) -> io::Result<Child> {
    let mut command = Command::new(&order.executable);
    command
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(&order.arguments)
        .env_clear()
        .envs(
            KEPT_VARIABLES
                .iter()
                .filter_map(|&name| Some((name, env::var_os(name)?))),
        )
        .envs(["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"].map(|name| (name, profile)))
        .current_dir(profile)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command.spawn()
}

/// What the browser says on its standard error: the web socket's URL once, and its last lines.
struct Said {
    url: tokio::sync::oneshot::Receiver<String>,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Said {
    /// Listens until the browser ends, in a thread of its own: a full pipe would hold the browser up.
    fn listen(stderr: Option<ChildStderr>) -> Self {
        let (found, url) = tokio::sync::oneshot::channel();
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&lines);
        thread::spawn(move || {
            let mut found = Some(found);
            let Some(stderr) = stderr else { return };
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if let Some(url) = devtools_url(&line)
                    && let Some(found) = found.take()
                {
                    let _ = found.send(url.to_owned());
                }
                if line.contains(NOISE) {
                    continue;
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(line.chars().take(300).collect());
                if kept.len() > KEPT_LINES {
                    kept.pop_front();
                }
            }
        });
        Self { url, lines }
    }
}

fn devtools_url(line: &str) -> Option<&str> {
    let url = line.strip_prefix("DevTools listening on ")?.trim();
    url.starts_with("ws://").then_some(url)
}

/// Says when the standard input closes.
fn closed() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = sender.blocking_send(());
    });
    receiver
}

fn report(report: &Report) {
    // The server may be gone; then nobody is left to tell.
    if let Ok(line) = serde_json::to_string(report) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "\n{line}").and_then(|()| out.flush());
    }
}

/// Ends the browser's group and whatever else came from it, and reaps them all.
fn end(group: Pid) {
    let deadline = Instant::now() + END;
    loop {
        // Those that have ended already are no error.
        let _ = kill_process_group(group, Signal::KILL);
        let left = descendants(getpid());
        for &process in &left {
            let _ = kill_process(process, Signal::KILL);
        }
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        if left.is_empty() || Instant::now() > deadline {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Why the browser ended by itself, and how to mend it where its last words tell.
fn why_ended(lines: VecDeque<String>) -> String {
    let said = Vec::from(lines).join(" | ");
    let sandbox = [
        "No usable sandbox",
        "without --no-sandbox",
        "SUID sandbox",
        "sandbox_linux",
        "zygote_host",
    ];
    if sandbox.iter().any(|words| said.contains(words)) {
        format!(
            "its sandbox cannot work on this machine; allow unprivileged user namespaces or install Debian's package \
             `chromium-sandbox`, or, if every page is trusted, set `browser_sandbox` to false. It said: {said}"
        )
    } else {
        format!("it ended by itself. It said: {said}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_sockets_line_is_found() {
        let check = |line: &str, url: Option<&str>| assert_eq!(devtools_url(line), url);
        let url = "ws://127.0.0.1:4/devtools/browser/x";
        check(&format!("DevTools listening on {url}\r"), Some(url));
        check("DevTools listening on nothing", None);
        check(&format!("A page said: DevTools listening on {url}"), None);
    }

    #[test]
    fn a_sandbox_that_cannot_work_names_its_setting() {
        let check = |line: &str, named: bool| {
            let reason = why_ended(VecDeque::from(["first".to_owned(), line.to_owned()]));
            assert_eq!(reason.contains("`browser_sandbox`"), named, "{reason}");
            assert!(reason.contains(line), "{reason}");
        };
        check("FATAL: No usable sandbox! If you are running on Ubuntu 23.10+", true);
        check("Running as root without --no-sandbox is not supported", true);
        check("cannot open shared object file", false);
    }
}
