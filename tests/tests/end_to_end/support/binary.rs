//! The `snowscrape` binary as a shell runs it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use super::components::shared_cache;

/// A command that runs `snowscrape` with its output captured and nothing on its standard input.
pub(crate) fn snowscrape(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env("SNOWSCRAPE_CACHE", shared_cache())
        .env_remove("SNOWSCRAPE_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The binary lies in the folder above that of the test's own executable, where cargo puts the binaries of a workspace.
fn binary() -> PathBuf {
    let executable = std::env::current_exe().expect("a running test has a path");
    let folder = executable
        .ancestors()
        .nth(2)
        .expect("a test lies in target/PROFILE/deps");
    let binary = folder.join(format!("snowscrape{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is not there: run `cargo build -p snowscrape-api` first",
        binary.display()
    );
    binary
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().expect("snowscrape starts").into()
    }

    /// Runs a command in a folder to its end.
    pub(crate) fn within(folder: &Path, arguments: &[&str]) -> Self {
        Self::of(snowscrape(arguments).current_dir(folder))
    }

    /// Runs a command to its end with `input` on its standard input.
    pub(crate) fn fed(arguments: &[&str], input: &str) -> Self {
        let mut child = snowscrape(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .expect("snowscrape starts");
        let mut stdin = child.stdin.take().expect("its standard input is a pipe");
        thread::scope(|scope| {
            scope.spawn(move || {
                // A command that refuses its arguments does not read what it is given.
                let _ = stdin.write_all(input.as_bytes());
            });
            Self::wait(child)
        })
    }

    /// Waits for a child to end.
    pub(crate) fn wait(child: Child) -> Self {
        child.wait_with_output().expect("snowscrape is waited for").into()
    }

    /// That it ended with `code` and that standard error has each of `words`; gives itself back.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:#?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }

    /// What standard output says, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("snowscrape prints UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
