//! The rows of a page in its line of its group: `[fetched_at, [[cell, …], …]]`.
//!
//! JSON keeps less than the types of cells do, so rows are read back by the columns of the run.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use super::error::StoreError;
use super::records::damaged;
use crate::model::{Column, ColumnKind, Row, Value};

/// Rows as they are read.
pub(super) type RowsText = (Timestamp, Vec<Vec<Json>>);

/// The rows of one page; `None` where there are none.
pub(super) fn encode(rows: &[Row]) -> Option<impl Serialize> {
    let first = rows.first()?;
    let cells: Vec<_> = rows.iter().map(|row| &row.cells).collect();
    Some((first.fetched_at, cells))
}

/// The rows of a page at `url`.
pub(super) fn decode(rows: RowsText, url: &str, columns: &[Column]) -> Result<Vec<Row>, StoreError> {
    let (fetched_at, rows) = rows;
    let url: Arc<str> = url.into();
    let row = |(position, cells): (usize, Vec<Json>)| {
        if cells.len() != columns.len() {
            return Err(damaged("a row has not the columns of its run"));
        }
        let cells = cells.into_iter().zip(columns);
        Ok(Row {
            url: Arc::clone(&url),
            position: position as u32,
            fetched_at,
            cells: cells
                .map(|(cell, column)| match cell {
                    Json::Array(cells) if column.many => Ok(Value::List(
                        cells
                            .into_iter()
                            .map(|cell| value(cell, column.kind))
                            .collect::<Result<_, _>>()?,
                    )),
                    cell => value(cell, column.kind),
                })
                .collect::<Result<_, _>>()?,
        })
    };
    rows.into_iter().enumerate().map(row).collect()
}

fn value(cell: Json, kind: ColumnKind) -> Result<Value, StoreError> {
    let wrong = |cell: &Json| damaged(&format!("{cell} is no {kind}"));
    Ok(match (kind, cell) {
        (_, Json::Null) => Value::Null,
        (ColumnKind::Text | ColumnKind::Url, Json::String(text)) => Value::Text(text),
        (ColumnKind::Text | ColumnKind::Json, cell) => Value::Json(cell),
        (ColumnKind::Integer, cell) => Value::Integer(cell.as_i64().ok_or_else(|| wrong(&cell))?),
        (ColumnKind::Number, cell) => Value::Number(cell.as_f64().ok_or_else(|| wrong(&cell))?),
        (ColumnKind::Boolean, cell) => Value::Boolean(cell.as_bool().ok_or_else(|| wrong(&cell))?),
        (ColumnKind::Datetime, cell) => {
            let time = cell.as_str().and_then(|text| text.parse().ok());
            Value::Datetime(time.ok_or_else(|| wrong(&cell))?)
        }
        (ColumnKind::Url, cell) => return Err(wrong(&cell)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ClosedSet;

    #[test]
    fn every_kind_of_cell_comes_back() {
        let column = |kind: ColumnKind, many| Column {
            name: format!("{kind} {many}"),
            kind,
            many,
        };
        let time: Timestamp = "2026-11-25T09:00:00.5Z".parse().unwrap();
        let cells = [
            Value::Text("a\u{0}\"é".to_owned()),
            Value::Integer(i64::MIN),
            Value::Number(2.0),
            Value::Boolean(false),
            Value::Datetime(time),
            Value::Text("https://a.example/".to_owned()),
            Value::Json(json!({"a": [1, null]})),
        ];
        let mut columns: Vec<_> = ColumnKind::ALL.iter().map(|kind| column(*kind, false)).collect();
        columns.extend(ColumnKind::ALL.iter().map(|kind| column(*kind, true)));
        columns.push(column(ColumnKind::Text, false));
        columns.push(column(ColumnKind::Number, false));
        let lists = cells.iter().map(|cell| Value::List(vec![Value::Null, cell.clone()]));
        let mut full: Vec<Value> = cells.iter().cloned().chain(lists).collect();
        full.push(Value::Json(json!(["structured", 1])));
        full.push(Value::Number(0.1 + 0.2));
        let empty = vec![Value::Null; columns.len()];
        let rows: Vec<Row> = [full, empty]
            .into_iter()
            .enumerate()
            .map(|(position, cells)| Row {
                url: "http://a.example/".into(),
                position: position as u32,
                fetched_at: time,
                cells,
            })
            .collect();
        let text = serde_json::to_string(&encode(&rows)).unwrap();
        let text = serde_json::from_str(&text).unwrap();
        assert_eq!(decode(text, "http://a.example/", &columns).unwrap(), rows);
    }

    #[test]
    fn what_does_not_fit_its_column_is_damage() {
        let check = |text: &str, kind| {
            let column = Column {
                name: "a".to_owned(),
                kind,
                many: false,
            };
            let text = serde_json::from_str(text).unwrap();
            let decoded = decode(text, "http://a.example/", &[column]);
            assert!(matches!(decoded, Err(StoreError::Damaged(_))));
        };
        check(r#"["2026-11-25T09:00:00Z", [[1, 2]]]"#, ColumnKind::Text);
        check(r#"["2026-11-25T09:00:00Z", [["1"]]]"#, ColumnKind::Integer);
        check(r#"["2026-11-25T09:00:00Z", [["soon"]]]"#, ColumnKind::Datetime);
        assert!(encode(&[]).is_none());
    }
}
