//! Between the database's types and the model's.

use jiff::Timestamp;
use surrealdb::types::{Array, Datetime, RecordId, RecordIdKey, Value};

use super::error::StoreError;
use crate::model::{ClosedSet, ErrorCode, JobId, RunId, UserId};

/// The record of a table with a key of several parts.
pub(super) fn record(table: &str, key: impl IntoIterator<Item = Value>) -> RecordId {
    RecordId {
        table: table.into(),
        key: RecordIdKey::Array(key.into_iter().collect::<Vec<_>>().into()),
    }
}

pub(super) fn job_record(user: &UserId, job: &JobId) -> RecordId {
    record("job", [text(user.as_str()), text(job.as_str())])
}

pub(super) fn run_record(job: &JobId, run: &RunId) -> RecordId {
    record("run", [text(job.as_str()), text(run.as_str())])
}

/// A run's pages are one partition as long as one worker takes them all.
pub(super) fn partition_record(run: &RunId) -> RecordId {
    record("partition", [text(run.as_str()), Value::Number(0_i64.into())])
}

/// The group of pages whose last one has this number.
pub(super) fn group_record(run: &RunId, last_page: u64) -> RecordId {
    record(
        "page_group",
        [text(run.as_str()), Value::Number((last_page as i64).into())],
    )
}

pub(super) fn screenshot_record(run: &RunId, number: u64) -> RecordId {
    record(
        "screenshot",
        [text(run.as_str()), Value::Number((number as i64).into())],
    )
}

pub(super) fn log_record(run: &RunId, number: u64) -> RecordId {
    record("log", [text(run.as_str()), Value::Number((number as i64).into())])
}

/// What is to be erased: a run, or all runs of a job.
pub(super) fn erasure_record(job: &JobId, run: Option<&RunId>) -> RecordId {
    record("erasure", [text(job.as_str()), text(run.map_or("", RunId::as_str))])
}

pub(super) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// The parts of a key.
pub(super) fn parts(id: RecordId) -> Result<Array, StoreError> {
    match id.key {
        RecordIdKey::Array(parts) => Ok(parts),
        _ => Err(damaged("a key is no array")),
    }
}

/// The last part of a key, which is a text.
pub(super) fn last_text(id: RecordId) -> Result<String, StoreError> {
    match parts(id)?.into_iter().next_back() {
        Some(Value::String(text)) => Ok(text),
        _ => Err(damaged("a key does not end in a text")),
    }
}

/// The last part of a key, which is a number.
pub(super) fn last_number(id: RecordId) -> Result<u64, StoreError> {
    match parts(id)?.into_iter().next_back() {
        Some(Value::Number(number)) => number
            .to_int()
            .map(i64::unsigned_abs)
            .ok_or_else(|| damaged("a key does not end in a whole number")),
        _ => Err(damaged("a key does not end in a number")),
    }
}

/// The first part of a key, which is a text.
pub(super) fn first_text(id: RecordId) -> Result<String, StoreError> {
    match parts(id)?.into_iter().next() {
        Some(Value::String(text)) => Ok(text),
        _ => Err(damaged("a key does not begin with a text")),
    }
}

pub(super) fn to_database(time: Timestamp) -> Datetime {
    let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
    // Before 1970 the fraction is negative, and the database counts upwards.
    let (seconds, nanos) = if nanos < 0 {
        (seconds - 1, nanos + 1_000_000_000)
    } else {
        (seconds, nanos)
    };
    Datetime::from_timestamp(seconds, nanos.unsigned_abs()).unwrap_or(Datetime::MAX_UTC)
}

pub(super) fn from_database(time: Datetime) -> Timestamp {
    let time = time.into_inner();
    Timestamp::new(time.timestamp(), time.timestamp_subsec_nanos() as i32).unwrap_or(Timestamp::MAX)
}

/// A word of a closed set.
pub(super) fn word<T: ClosedSet>(word: &str) -> Result<T, StoreError> {
    T::from_name(word).ok_or_else(|| damaged(&format!("`{word}` is no word that is known")))
}

/// The error of a job or a run.
pub(super) fn error(code: Option<String>, message: Option<String>) -> Result<Option<(ErrorCode, String)>, StoreError> {
    code.map(|code| Ok((word(&code)?, message.unwrap_or_default())))
        .transpose()
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        for time in [
            "1970-01-01T00:00:00Z",
            "2026-11-25T09:00:00.123456789Z",
            "1969-12-31T23:59:59.5Z",
        ] {
            let time: Timestamp = time.parse().unwrap();
            assert_eq!(from_database(to_database(time)), time);
        }
    }
}
