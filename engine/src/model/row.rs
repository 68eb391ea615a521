//! One record of the result.

use std::sync::Arc;

use jiff::Timestamp;

use super::Value;

/// A row, and where and when it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The URL of its page, after redirects; shared by all rows of the page.
    pub url: Arc<str>,
    /// Its place on the page, from 0.
    pub position: u32,
    /// When the page was fetched.
    pub fetched_at: Timestamp,
    /// One cell a column, in the order of the job's queries.
    pub cells: Vec<Value>,
}

impl Row {
    /// About how many bytes its values take.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.cells.iter().map(Value::heap_bytes).sum()
    }
}
