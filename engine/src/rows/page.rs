//! What goes into rows of a page, and what comes out.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::model::{Match, Row, Warning};

/// The page that rows are made of.
#[derive(Debug, Clone)]
pub struct PageInfo {
    /// Its URL after redirects.
    pub url: Arc<str>,
    /// What relative URLs on it are resolved against: its URL, or that of its `<base>`.
    pub base_url: Url,
    /// Its number in the run.
    pub number: u64,
    /// When it was fetched.
    pub fetched_at: Timestamp,
}

/// What was found for one item: for each query of the job, in its order, the matches or why it failed.
pub type ItemExtraction = Vec<Result<Vec<Match>, String>>;

/// What was found on a page: one entry for each item in document order, or a single one where the job has no `item`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemsExtraction {
    /// The entries.
    pub items: Vec<ItemExtraction>,
}

/// The rows of one page. A page without rows is an empty page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageRows {
    /// The rows in the order of the page.
    pub rows: Vec<Row>,
    /// Columns of differing length, queries that failed, and the first values of each column that could not be read.
    pub warnings: Vec<Warning>,
    /// Counts of each column, in the order of the job's queries.
    pub tallies: Vec<ColumnTally>,
}

/// What a page adds to the counts of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColumnTally {
    /// Rows in which the cell is not null. A list counts, whatever is in it.
    pub filled: u64,
    /// Values that could not be read. One that stands on every row of the page counts once.
    pub unparsed: u64,
}

/// Why a page gives no rows although something was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A value of `many` or `join` that stands on every row would take too much room.
    #[error(
        "the `many` and `join` values of this page are {bytes} bytes and would stand on each of its {rows} rows, more \
         than {limit} bytes in all: set `item`, so that each row has its own"
    )]
    TooMuchRepeated {
        /// The bytes of these values.
        bytes: usize,
        /// The rows of the page.
        rows: usize,
        /// The most bytes in all.
        limit: usize,
    },
    /// The extraction is not one of this job.
    #[error("an item has the answers of {found} queries, and the job has {expected}")]
    QueryCount {
        /// How many queries the job has.
        expected: usize,
        /// How many were answered.
        found: usize,
    },
}
