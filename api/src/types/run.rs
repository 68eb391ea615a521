//! Runs as answers show them.

use std::collections::BTreeMap;

use poem_openapi::Object;
use snowscrape_engine::model::{self, ClosedSet as _, ErrorCode, LogLevel, RunStatus, Stage, Trigger, WarningCode};
use snowscrape_engine::store::RunRecord;

use super::{Described, LastError, Nullable, Time};

/// One execution of a job.
#[derive(Debug, Object)]
#[expect(clippy::struct_field_names, reason = "the reference names them so")]
pub(crate) struct Run {
    /// Its id.
    run_id: String,
    /// Its job.
    job_id: String,
    /// What became of it.
    status: Described<RunStatus>,
    /// What set it off.
    trigger: Described<Trigger>,
    /// When it was asked for.
    queued_at: Time,
    /// When it began; null while it waits.
    started_at: Nullable<Time>,
    /// When it was over; null until then.
    finished_at: Nullable<Time>,
    /// Pages that were extracted.
    pages: u64,
    /// Pages that failed.
    failed_pages: u64,
    /// Extracted pages that made no row.
    empty_pages: u64,
    /// Pages that had not changed since the last run.
    unchanged_pages: u64,
    /// Pages that redirected to one that was taken already.
    duplicate_pages: u64,
    /// Rows that were made.
    rows: u64,
    /// Decoded bytes that were fetched.
    bytes: u64,
    /// How many errors there were.
    errors: u64,
    /// How many errors there were, by code.
    errors_by_code: BTreeMap<String, u64>,
    /// What came of each column.
    columns: Vec<ColumnCount>,
    /// What its user should know of, at most 20.
    warnings: Vec<Warning>,
    /// The first errors of pages, at most 20.
    first_errors: Vec<PageError>,
    /// The components that it uses.
    plugins: Vec<PluginUse>,
    /// Why it did not succeed; null unless it failed or was cancelled.
    last_error: Nullable<LastError>,
}

/// What came of a column.
#[derive(Debug, Object)]
struct ColumnCount {
    /// The column.
    name: String,
    /// Rows in which it is not null.
    filled: u64,
    /// Values that could not be read as what they should be.
    unparsed: u64,
}

/// Something that a person should know, and that failed nothing.
#[derive(Debug, Object)]
pub(crate) struct Warning {
    /// Its kind.
    code: Described<WarningCode>,
    /// What, and how to mend it.
    message: String,
}

/// An error of one page.
#[derive(Debug, Object)]
struct PageError {
    /// The page, as it was asked for.
    url: String,
    /// Where in the pipeline.
    stage: Described<Stage>,
    /// What kind.
    code: Described<ErrorCode>,
    /// What went wrong.
    message: String,
    /// When.
    at: Time,
}

/// A component that a run uses.
#[derive(Debug, Object)]
struct PluginUse {
    /// Its name.
    name: String,
    /// Its version.
    version: String,
    /// The BLAKE3 hash of its content.
    hash: String,
}

/// Runs of a job, newest first.
#[derive(Debug, Object)]
pub(crate) struct RunList {
    /// The runs.
    pub(crate) runs: Vec<Run>,
    /// How many there are in this answer.
    pub(crate) count: u64,
    /// What to ask for the next ones with; null where there are no more.
    pub(crate) next_cursor: Nullable<String>,
}

/// A run that was put in the queue.
#[derive(Debug, Object)]
pub(crate) struct RunStarted {
    /// The job.
    pub(crate) job_id: String,
    /// The run.
    pub(crate) run_id: String,
    /// Its state.
    pub(crate) status: Described<RunStatus>,
}

/// Lines of a run's log.
#[derive(Debug, Object)]
pub(crate) struct LogLines {
    /// The lines, oldest first.
    pub(crate) lines: Vec<LogLine>,
    /// How many there are in this answer.
    pub(crate) count: u64,
    /// What to ask for the next ones with; null where there are none yet.
    pub(crate) next_cursor: Nullable<String>,
}

/// A line of a run's log.
#[derive(Debug, Object)]
pub(crate) struct LogLine {
    /// When it was written.
    at: Time,
    /// How much it matters.
    level: Described<LogLevel>,
    /// What there is to say.
    message: String,
}

impl From<RunRecord> for Run {
    fn from(RunRecord { run, last_error, .. }: RunRecord) -> Self {
        Self {
            run_id: run.run_id.to_string(),
            job_id: run.job_id.to_string(),
            status: run.status.as_str().into(),
            trigger: run.trigger.as_str().into(),
            queued_at: run.queued_at.into(),
            started_at: run.started_at.map(Time::from).into(),
            finished_at: run.finished_at.map(Time::from).into(),
            pages: run.pages,
            failed_pages: run.failed_pages,
            empty_pages: run.empty_pages,
            unchanged_pages: run.unchanged_pages,
            duplicate_pages: run.duplicate_pages,
            rows: run.rows,
            bytes: run.bytes,
            errors: run.errors,
            errors_by_code: run
                .errors_by_code
                .into_iter()
                .map(|(code, count)| (code.to_string(), count))
                .collect(),
            columns: run
                .columns
                .into_iter()
                .map(|column| ColumnCount {
                    name: column.name,
                    filled: column.filled,
                    unparsed: column.unparsed,
                })
                .collect(),
            warnings: run.warnings.into_iter().map(Warning::from).collect(),
            first_errors: run
                .first_errors
                .into_iter()
                .map(|error| PageError {
                    url: error.url,
                    stage: error.stage.as_str().into(),
                    code: error.code.as_str().into(),
                    message: error.message,
                    at: error.at.into(),
                })
                .collect(),
            plugins: run
                .plugins
                .into_iter()
                .map(|plugin| PluginUse {
                    name: plugin.name,
                    version: plugin.version,
                    hash: plugin.hash,
                })
                .collect(),
            last_error: last_error.map(LastError::from).into(),
        }
    }
}

impl From<model::Warning> for Warning {
    fn from(warning: model::Warning) -> Self {
        Self {
            code: warning.code.as_str().into(),
            message: warning.message,
        }
    }
}

impl From<model::LogLine> for LogLine {
    fn from(line: model::LogLine) -> Self {
        Self {
            at: line.at.into(),
            level: line.level.as_str().into(),
            message: line.message,
        }
    }
}
