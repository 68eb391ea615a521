//! Why the store did not do what it was asked.

use std::fmt;
use std::sync::Arc;

use surrealdb::types::QueryError;

/// An error of the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another transaction was faster; the same one may succeed when it is made again.
    #[error("another write came between; try again")]
    Conflict,
    /// There is no room on the disk.
    #[error("the disk of the store is full; make room, and the store goes on by itself")]
    StorageFull,
    /// What was asked for is not there.
    #[error("{0} is not in the store")]
    NotFound(&'static str),
    /// The record is in a state in which this cannot be done.
    #[error("it is {found}, and this needs it to be {needed}")]
    State {
        /// The state it is in.
        found: String,
        /// The states that would do.
        needed: String,
    },
    /// The worker's lease is another's by now, or was taken back.
    #[error("the lease was lost: another worker goes on, or the run was ended")]
    LeaseLost,
    /// A request with this key was answered already.
    #[error("a request with this key was answered already")]
    Answered,
    /// A job's time was taken by another, or has changed.
    #[error("the job's time was taken by another")]
    Taken,
    /// The folder of the store cannot be used.
    #[error("the store in {folder} cannot be opened: {reason}")]
    Open {
        /// The folder.
        folder: String,
        /// What the database says.
        reason: String,
    },
    /// The store is of a newer version.
    #[error("the store was written by a newer SnowScrape (schema {found}, this one knows {known}); use that version")]
    TooNew {
        /// The schema of the store.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// A record that cannot be read.
    #[error("a record of the store is damaged: {0}")]
    Damaged(String),
    /// What the database says.
    #[error("the database failed: {0}")]
    Database(Database),
}

/// An error of the database, in its own words.
#[derive(Clone, Debug)]
pub struct Database(Arc<surrealdb::Error>);

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a transaction of ours throws, with the word that tells which.
pub(super) const THROWN_STATE: &str = "snowscrape:state:";
pub(super) const THROWN_LEASE: &str = "snowscrape:lease";
pub(super) const THROWN_TAKEN: &str = "snowscrape:taken";
pub(super) const THROWN_ANSWERED: &str = "snowscrape:answered";
pub(super) const THROWN_NOT_FOUND: &str = "snowscrape:not-found:";

impl From<surrealdb::Error> for StoreError {
    fn from(error: surrealdb::Error) -> Self {
        if error.query_details() == Some(&QueryError::TransactionConflict) {
            return Self::Conflict;
        }
        let text = error.to_string();
        if is_disk_full(&text) {
            return Self::StorageFull;
        }
        Self::Database(Database(Arc::new(error)))
    }
}

/// How RocksDB and the operating system say that there is no room: the error carries no kind of its own.
fn is_disk_full(text: &str) -> bool {
    ["No space left on device", "os error 28", "Disk quota exceeded"]
        .iter()
        .any(|words| text.contains(words))
}

impl StoreError {
    /// The one that counts among the errors of a transaction's statements: those beside it only say that they were not
    /// carried out.
    pub(super) fn of_transaction(errors: impl IntoIterator<Item = surrealdb::Error>) -> Option<Self> {
        let mut first = None;
        for error in errors {
            let text = error.to_string();
            if text.contains(THROWN_LEASE) {
                return Some(Self::LeaseLost);
            }
            if text.contains(THROWN_TAKEN) {
                return Some(Self::Taken);
            }
            if text.contains(THROWN_ANSWERED) {
                return Some(Self::Answered);
            }
            if let Some(state) = thrown(&text, THROWN_STATE) {
                let (found, needed) = state.split_once('|').unwrap_or((state, ""));
                return Some(Self::State {
                    found: found.to_owned(),
                    needed: needed.to_owned(),
                });
            }
            if let Some(what) = thrown(&text, THROWN_NOT_FOUND) {
                return Some(Self::NotFound(match what {
                    "job" => "the job",
                    "run" => "the run",
                    _ => "the record",
                }));
            }
            let not_executed = matches!(
                error.query_details(),
                Some(QueryError::NotExecuted | QueryError::Cancelled)
            );
            match Self::from(error) {
                found @ (Self::Conflict | Self::StorageFull) => return Some(found),
                found if !not_executed || first.is_none() => first = Some(found),
                _ => {}
            }
        }
        first
    }
}

/// What stands between a mark and the end of its word.
fn thrown<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split([';', '\n', '\'', '"']).next()
}
