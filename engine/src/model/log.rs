//! What a run says of itself while it goes.

use jiff::Timestamp;

/// A line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// What there is to say.
    pub message: String,
}

closed_set! {
    /// How much a line matters.
    pub enum LogLevel {
        /// What happened, as it should.
        Info = "info",
        /// Something that the user should know, and that failed nothing.
        Warn = "warn",
        /// Something that failed.
        Error = "error",
    }
}

impl LogLine {
    /// A line that is written now.
    pub fn now(level: LogLevel, message: impl Into<String>) -> Self {
        Self {
            at: Timestamp::now(),
            level,
            message: message.into(),
        }
    }
}
