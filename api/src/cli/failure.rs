//! What a command ends with when it cannot do its work.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use snowscrape_engine::model::FieldError;

/// Bad input.
const USAGE: u8 = 2;
/// The work failed.
const FAILED: u8 = 1;

/// Words for standard error, and an exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    lines: Vec<String>,
    code: u8,
}

impl Failure {
    /// What the person at the keyboard can mend: exit code 2.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self {
            lines: vec![format!("error: {}", message.into())],
            code: USAGE,
        }
    }

    /// Every fault of a definition or of options, a line each: exit code 2.
    pub(crate) fn fields(what: &str, faults: &[FieldError]) -> Self {
        let mut lines = vec![format!("error: {what}")];
        lines.extend(faults.iter().map(|fault| format!("  {fault}")));
        Self { lines, code: USAGE }
    }

    /// What went wrong while working: exit code 1.
    pub(crate) fn work(error: &dyn Error) -> Self {
        let mut text = format!("error: {error}");
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self {
            lines: vec![text],
            code: FAILED,
        }
    }

    /// A further line.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Prints the words.
    pub(crate) fn exit(self) -> ExitCode {
        let mut out = io::stderr().lock();
        for line in self.lines {
            // Without a standard error there is nobody to tell.
            let _ = writeln!(out, "{line}");
        }
        ExitCode::from(self.code)
    }
}
