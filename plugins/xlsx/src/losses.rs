//! What Excel could not hold as it was, counted.

use snowscrape_plugin_sdk::Warning;

use crate::text::MAX_TEXT;

/// How often each kind of loss occurred.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Losses {
    /// Texts that were too long.
    pub(crate) cut: u64,
    /// Integers that a number would have rounded.
    pub(crate) integers: u64,
    /// Datetimes before Excel's calendar.
    pub(crate) datetimes: u64,
    /// URLs that came after the last link that a sheet can hold.
    pub(crate) links: u64,
}

impl Losses {
    /// A warning for each kind that occurred.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let all = [
            (
                "text_cut",
                self.cut,
                format!(
                    "{} texts were cut after {MAX_TEXT} characters, the most that a cell can hold",
                    self.cut
                ),
            ),
            (
                "integer_as_text",
                self.integers,
                format!(
                    "{} integers beyond 2^53 were written as text, since Excel would round them",
                    self.integers
                ),
            ),
            (
                "datetime_as_text",
                self.datetimes,
                format!(
                    "{} datetimes before 1900-03-01 were written as text, since spreadsheets disagree on earlier dates",
                    self.datetimes
                ),
            ),
            (
                "url_as_text",
                self.links,
                format!(
                    "{} URLs were written as text, since their sheet had as many links as it can hold",
                    self.links
                ),
            ),
        ];
        all.into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(code, _, message)| Warning {
                code: code.to_owned(),
                message,
            })
            .collect()
    }
}
