//! One execution of a job, and its counts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ErrorCode, JobId, PageError, RunId};

/// A run as it is shown: what became of it and what it counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The run.
    pub run_id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// What became of it so far.
    pub status: RunStatus,
    /// What set it off.
    pub trigger: Trigger,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Pages extracted, empty ones among them.
    pub pages: u64,
    /// Pages that failed.
    pub failed_pages: u64,
    /// Pages on which nothing matched.
    pub empty_pages: u64,
    /// Pages that were as in the last successful run.
    pub unchanged_pages: u64,
    /// Pages that ended at one already taken.
    pub duplicate_pages: u64,
    /// Rows made.
    pub rows: u64,
    /// Decoded bytes fetched.
    pub bytes: u64,
    /// How many errors there were.
    pub errors: u64,
    /// The same by kind; only those that occurred.
    pub errors_by_code: BTreeMap<ErrorCode, u64>,
    /// Counts of each column, in the order of the job's queries.
    pub columns: Vec<ColumnCount>,
    /// What the user should know; the first ones where there are many.
    pub warnings: Vec<Warning>,
    /// The first errors.
    pub first_errors: Vec<PageError>,
    /// The components that it began with.
    pub plugins: Vec<PluginUse>,
}

impl Run {
    /// A run that was just asked for and has counted nothing.
    pub fn queued(run_id: RunId, job_id: JobId, trigger: Trigger, queued_at: Timestamp) -> Self {
        Self {
            run_id,
            job_id,
            status: RunStatus::Queued,
            trigger,
            queued_at,
            started_at: None,
            finished_at: None,
            pages: 0,
            failed_pages: 0,
            empty_pages: 0,
            unchanged_pages: 0,
            duplicate_pages: 0,
            rows: 0,
            bytes: 0,
            errors: 0,
            errors_by_code: BTreeMap::new(),
            columns: Vec::new(),
            warnings: Vec::new(),
            first_errors: Vec::new(),
            plugins: Vec::new(),
        }
    }
}

closed_set! {
    /// What became of a run.
    pub enum RunStatus {
        /// It waits for its turn.
        Queued = "queued",
        /// It is going.
        Running = "running",
        /// Its user stopped it for a while.
        Paused = "paused",
        /// At least one page was extracted, or there was none to fetch and nothing failed.
        Success = "success",
        /// Every page failed.
        Failed = "failed",
        /// Its user ended it.
        Cancelled = "cancelled",
    }
}

closed_set! {
    /// What set a run off.
    pub enum Trigger {
        /// A request of its user.
        Manual = "manual",
        /// The job's schedule.
        Schedule = "schedule",
        /// The command line.
        Cli = "cli",
    }
}

/// Counts of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnCount {
    /// The column.
    pub name: String,
    /// Rows in which it is not null.
    pub filled: u64,
    /// Values that could not be read as what they should be.
    pub unparsed: u64,
}

/// Something that the user should know, and that failed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Its kind.
    pub code: WarningCode,
    /// What, and how to mend it.
    pub message: String,
}

closed_set! {
    /// The kind of a warning.
    pub enum WarningCode {
        /// A budget of the job ended the run.
        BudgetReached = "budget_reached",
        /// Columns of a page differ in length.
        UnevenColumns = "uneven_columns",
        /// A value could not be read as what it should be.
        UnparsedValue = "unparsed_value",
        /// A query failed on a page where others did not.
        QueryFailed = "query_failed",
        /// A plugin's own.
        Plugin = "plugin",
        /// A part of the definition that was not obeyed, such as `scheduling` on the command line.
        Ignored = "ignored",
    }
}

/// A component that a run uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginUse {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The hash of its content.
    pub hash: String,
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::model::{ClosedSet, Stage};

    #[test]
    fn a_run_is_written_as_the_reference_has_it() {
        let mut run = Run::queued(
            RunId::new("run_1"),
            JobId::new("job_1"),
            Trigger::Cli,
            Timestamp::UNIX_EPOCH,
        );
        run.errors_by_code.insert(ErrorCode::Timeout, 2);
        run.columns.push(ColumnCount {
            name: "price".into(),
            filled: 3,
            unparsed: 1,
        });
        run.warnings.push(Warning {
            code: WarningCode::BudgetReached,
            message: "stopped".into(),
        });
        run.first_errors.push(PageError {
            url: "http://a.example/".into(),
            stage: Stage::Fetch,
            code: ErrorCode::Timeout,
            message: "too slow".into(),
            at: Timestamp::UNIX_EPOCH,
        });
        run.plugins.push(PluginUse {
            name: "web".into(),
            version: "0.1.0".into(),
            hash: "ab".into(),
        });
        let json = serde_json::to_value(&run).expect("JSON");
        insta::assert_json_snapshot!(json);
        assert_eq!(serde_json::from_value::<Run>(json).expect("a run"), run);
    }

    #[test]
    fn words_are_read_back() {
        fn check<T: ClosedSet + PartialEq + fmt::Debug>(count: usize) {
            assert_eq!(T::ALL.len(), count);
            for value in T::ALL {
                assert_eq!(T::from_name(value.as_str()).as_ref(), Some(value));
            }
            assert_eq!(T::from_name("nope"), None);
        }
        check::<ErrorCode>(20);
        check::<RunStatus>(6);
        check::<Trigger>(3);
        check::<Stage>(6);
    }
}
