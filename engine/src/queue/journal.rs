//! The lines of a run's log that are not stored yet. They are stored with the pages that they tell of.

use crate::model::{LogLevel, LogLine};
use crate::pipeline::PageOutput;

/// How many lines a run's log has at most, the last ones of each worker aside.
const MOST_LINES: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Journal {
    next: u64,
    lines: Vec<LogLine>,
    /// How many of the run's warnings are in the log already.
    warnings: usize,
}

impl Journal {
    /// Goes on after the lines, and after the run's warnings, that are stored already.
    pub(super) fn new(next: u64, warnings: usize) -> Self {
        Self {
            next,
            lines: Vec::new(),
            warnings,
        }
    }

    /// Adds a line, unless there are as many as there may be: the last of those says so.
    pub(super) fn add(&mut self, level: LogLevel, message: String) {
        let place = self.next + self.lines.len() as u64;
        if place < MOST_LINES - 1 {
            self.lines.push(LogLine::now(level, message));
        } else if place == MOST_LINES - 1 {
            let words = format!("there are more than {MOST_LINES} lines; the others are left out");
            self.lines.push(LogLine::now(LogLevel::Warn, words));
        }
    }

    /// Adds how it ended, which there is always room for.
    pub(super) fn add_last(&mut self, level: LogLevel, message: String) {
        self.lines.push(LogLine::now(level, message));
    }

    /// Adds what there is to tell of pages: why they failed, and what the run warns of since.
    pub(super) fn add_pages(&mut self, pages: &[PageOutput]) {
        for page in pages {
            if let Some(failure) = &page.failure {
                let message = format!("{}: {}: {}", failure.url, failure.code, failure.message);
                self.add(LogLevel::Error, message);
            }
            for warning in page.run.warnings.iter().skip(self.warnings) {
                self.add(LogLevel::Warn, warning.message.clone());
            }
            self.warnings = page.run.warnings.len();
        }
    }

    /// The lines that are to be stored, and the number of the first of them.
    pub(super) fn unwritten(&self) -> (u64, Vec<LogLine>) {
        (self.next, self.lines.clone())
    }

    /// Notes that they are stored.
    pub(super) fn written(&mut self) {
        self.next += self.lines.len() as u64;
        self.lines.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_an_end_and_says_so() {
        let check = |stored: u64, added: usize, expected: u64, last: &str| {
            let mut journal = Journal::new(stored, 0);
            for number in 0..added {
                journal.add(LogLevel::Info, format!("line {number}"));
            }
            let (first, lines) = journal.unwritten();
            assert_eq!((first, first + lines.len() as u64), (stored, expected));
            assert_eq!(lines.last().map(|line| line.message.as_str()), Some(last));
        };
        check(0, 999, 999, "line 998");
        check(
            0,
            1_000,
            1_000,
            "there are more than 1000 lines; the others are left out",
        );
        check(
            990,
            100,
            1_000,
            "there are more than 1000 lines; the others are left out",
        );
        let mut journal = Journal::new(1_000, 0);
        journal.add(LogLevel::Info, "left out".to_owned());
        journal.add_last(LogLevel::Info, "the end".to_owned());
        assert_eq!(journal.unwritten().1.len(), 1);
        journal.written();
        assert_eq!(journal.unwritten(), (1_001, Vec::new()));
    }
}
