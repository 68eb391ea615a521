//! A run's log: lines in their order, read by ranges of their keys.

use surrealdb::types::{Datetime, RecordId, SurrealValue, Value, vars};

use super::Store;
use super::error::StoreError;
use super::records::{from_database, last_number, log_record, to_database, word};
use crate::model::{LogLevel, LogLine, RunId};

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    at: Datetime,
    level: String,
    message: String,
}

impl Store {
    /// Lines of a run's log from a number on, each with its number.
    pub async fn log(&self, run: &RunId, from: u64, limit: usize) -> Result<Vec<(u64, LogLine)>, StoreError> {
        let found = self
            .database
            .run(
                &format!("SELECT * FROM log:[$run, $from]..=[$run, $last] ORDER BY id LIMIT {limit}"),
                vars! { run: run.as_str().to_owned(), from: from as i64, last: i64::MAX },
            )
            .await?
            .take::<Vec<Stored>>(0)?;
        found
            .into_iter()
            .map(|stored| {
                let line = LogLine {
                    at: from_database(stored.at),
                    level: word::<LogLevel>(&stored.level)?,
                    message: stored.message,
                };
                Ok((last_number(stored.id)?, line))
            })
            .collect()
    }
}

/// Lines as records, the first of them with this number.
pub(super) fn lines(run: &RunId, first: u64, lines: &[LogLine]) -> Value {
    let records = (first..).zip(lines).map(|(number, line)| {
        Stored {
            id: log_record(run, number),
            at: to_database(line.at),
            level: line.level.to_string(),
            message: line.message.clone(),
        }
        .into_value()
    });
    Value::Array(records.collect::<Vec<_>>().into())
}
