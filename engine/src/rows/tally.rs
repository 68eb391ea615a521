//! What is counted and warned of while the rows of a page are made.

use super::page::ColumnTally;
use crate::model::{As, Query, Warning, WarningCode};

/// How many values of a column that could not be read a page tells of.
const KEPT_UNPARSED: u64 = 3;
/// How many characters of such a value are shown.
const SHOWN_LENGTH: usize = 80;

/// The counts of a page so far.
#[derive(Debug)]
pub(super) struct PageTally<'a> {
    url: &'a str,
    pub(super) columns: Vec<ColumnTally>,
    /// For each query what it failed with first, and for how many items.
    failed: Vec<Option<(String, u64)>>,
    unparsed: Vec<Warning>,
}

impl<'a> PageTally<'a> {
    pub(super) fn new(url: &'a str, columns: usize) -> Self {
        Self {
            url,
            columns: vec![ColumnTally::default(); columns],
            failed: vec![None; columns],
            unparsed: Vec::new(),
        }
    }

    /// Counts a value that could not be read.
    pub(super) fn unparsed(&mut self, column: usize, query: &Query, text: &str, what: &str) {
        let tally = &mut self.columns[column];
        tally.unparsed += 1;
        if tally.unparsed <= KEPT_UNPARSED {
            let shown = match text.char_indices().nth(SHOWN_LENGTH) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text.to_owned(),
            };
            let message = format!("column `{}`: `{shown}` is not {what}, on {}", query.name, self.url);
            self.unparsed.push(Warning {
                code: WarningCode::UnparsedValue,
                message,
            });
        }
    }

    /// Notes that a query failed for an item.
    pub(super) fn failed(&mut self, column: usize, message: String) {
        self.failed[column].get_or_insert((message, 0)).1 += 1;
    }

    /// The counts and, in reading order, the warnings.
    pub(super) fn finish(self, queries: &[Query], uneven: Option<Warning>) -> (Vec<ColumnTally>, Vec<Warning>) {
        let mut warnings: Vec<Warning> = uneven.into_iter().collect();
        for (query, failed) in queries.iter().zip(self.failed) {
            let Some((message, times)) = failed else { continue };
            let times = if times > 1 {
                format!(" ({times} items)")
            } else {
                String::new()
            };
            let message = format!("query `{}` failed on {}{times}: {message}", query.name, self.url);
            warnings.push(Warning {
                code: WarningCode::QueryFailed,
                message,
            });
        }
        warnings.extend(self.unparsed);
        (self.columns, warnings)
    }
}

/// What a value that could not be read should have been.
pub(super) fn expectation(as_: As) -> &'static str {
    match as_ {
        As::Text => "a text",
        As::Integer => "a whole number of 64 bits",
        As::Number => "a number",
        As::Boolean => "one of true, false, yes, no, on, off, 1, 0",
        As::Datetime => "a date or time of the form that is asked for",
        As::Url => "a URL",
    }
}
