//! What a test gives, and the exporter writing it.

use snowscrape_plugin_sdk::{
    Batch, Column, ColumnData, ColumnType, Ending, Lists, RunInfo, Series, Texts, Values, Warning, Writer,
};

use super::read::Workbook;
use crate::layout::{Layout, Limits};
use crate::writer::XlsxWriter;

pub(super) const TEXT: ColumnType = ColumnType::Text;
pub(super) const LINK: ColumnType = ColumnType::Url;

/// A value of a row.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Datetime(i64),
    /// Of texts, some of them null.
    List(Vec<Option<&'static str>>),
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn column(name: &str, column_type: ColumnType) -> Column {
    Column {
        name: name.into(),
        column_type,
        many: false,
    }
}

pub(super) fn layout(columns: &[Column], limits: Limits) -> Layout {
    let run = RunInfo {
        job: "shop & co".into(),
        run: Some("r1".into()),
        started_at: Some("2026-01-02T03:04:05Z".into()),
        finished_at: None,
        queries: Vec::new(),
    };
    let mut layout = Layout::new(columns.to_vec(), "Results", true, &run).unwrap();
    layout.limits = limits;
    layout
}

/// Rows as batches of no more than the host's 1,024.
pub(super) fn batches(columns: &[Column], rows: &[Vec<Value>]) -> Vec<Batch> {
    rows.chunks(1_024)
        .map(|rows| Batch {
            rows: rows.len() as u32,
            columns: columns
                .iter()
                .enumerate()
                .map(|(at, column)| column_data(column, &rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>()))
                .collect(),
        })
        .collect()
}

fn column_data(column: &Column, values: &[Value]) -> ColumnData {
    if !column.many {
        return ColumnData {
            items: series(column.column_type, values),
            lists: None,
        };
    }
    let mut items = Vec::new();
    let mut ends = Vec::new();
    for value in values {
        if let Value::List(list) = value {
            items.extend(list.iter().map(|item| item.map_or(Value::Null, text)));
        }
        ends.push(items.len() as u32);
    }
    ColumnData {
        items: series(column.column_type, &items),
        lists: Some(Lists {
            ends,
            validity: validity(values),
        }),
    }
}

fn validity(values: &[Value]) -> Vec<u8> {
    let mut validity = vec![0; values.len().div_ceil(8)];
    for (at, value) in values.iter().enumerate() {
        validity[at / 8] |= u8::from(!matches!(value, Value::Null)) << (at % 8);
    }
    validity
}

fn series(column_type: ColumnType, values: &[Value]) -> Series {
    let each = values.iter();
    let series = match column_type {
        ColumnType::Text | ColumnType::Url | ColumnType::Json => {
            let mut texts = Texts {
                joined: String::new(),
                ends: Vec::new(),
            };
            for value in each {
                if let Value::Text(text) = value {
                    texts.joined.push_str(text);
                }
                texts.ends.push(texts.joined.len() as u32);
            }
            Values::Texts(texts)
        }
        ColumnType::Integer => Values::Integers(
            each.map(|value| if let Value::Integer(value) = value { *value } else { 0 })
                .collect(),
        ),
        ColumnType::Number => Values::Numbers(
            each.map(|value| if let Value::Number(value) = value { *value } else { 0.0 })
                .collect(),
        ),
        ColumnType::Boolean => Values::Booleans(each.map(|value| matches!(value, Value::Boolean(true))).collect()),
        ColumnType::Datetime => Values::Datetimes(
            each.map(|value| if let Value::Datetime(value) = value { *value } else { 0 })
                .collect(),
        ),
    };
    Series {
        values: series,
        validity: validity(values),
    }
}

/// The file that the exporter writes, its warnings and the calls that it took to finish.
pub(super) fn finished(layout: Layout, batches: impl Iterator<Item = Batch>) -> (Vec<u8>, Vec<Warning>, usize) {
    let mut writer = XlsxWriter::new(layout);
    let mut file = Vec::new();
    for batch in batches {
        file.extend(writer.write(batch).unwrap());
    }
    for pieces in 1.. {
        match writer.finish().unwrap() {
            Ending::More(bytes) => file.extend(bytes),
            Ending::Done(closing) => {
                file.extend(closing.bytes);
                return (file, closing.warnings, pieces);
            }
        }
    }
    unreachable!("a file ends")
}

pub(super) fn written(columns: &[Column], rows: &[Vec<Value>], limits: Limits) -> Workbook {
    Workbook::read(written_in_pieces(columns, rows, limits).0)
}

pub(super) fn written_in_pieces(columns: &[Column], rows: &[Vec<Value>], limits: Limits) -> (Vec<u8>, usize) {
    let (file, _, pieces) = finished(layout(columns, limits), batches(columns, rows).into_iter());
    (file, pieces)
}

/// How often which warnings were given.
pub(super) fn warned(columns: &[Column], rows: &[Vec<Value>], limits: Limits) -> Vec<(String, String)> {
    let (_, warnings, _) = finished(layout(columns, limits), batches(columns, rows).into_iter());
    let count = |message: &str| message.split(' ').next().unwrap().to_owned();
    warnings
        .into_iter()
        .map(|warning| (warning.code, count(&warning.message)))
        .collect()
}
