//! Batches for the tests of exporters, written as briefly as they can be.

use crate::{Column, ColumnData, ColumnType, Lists, Series, Texts, Values};

/// A column.
pub fn column(name: &str, column_type: ColumnType, many: bool) -> Column {
    Column {
        name: name.to_owned(),
        column_type,
        many,
    }
}

/// Texts, one after another.
pub fn texts<T: AsRef<str>>(texts: &[T]) -> Values {
    let mut joined = String::new();
    let ends = texts.iter().map(|text| {
        joined.push_str(text.as_ref());
        joined.len() as u32
    });
    let ends = ends.collect();
    Values::Texts(Texts { joined, ends })
}

/// The data of a column that holds no lists: one bit of `validity` for each value, or none where no value is null.
pub fn single(values: Values, validity: &[u8]) -> ColumnData {
    ColumnData {
        items: Series {
            values,
            validity: validity.to_vec(),
        },
        lists: None,
    }
}

/// The data of a column of lists: where each list ends among the items, and which lists are there.
pub fn lists(items: ColumnData, ends: &[u32], validity: &[u8]) -> ColumnData {
    ColumnData {
        lists: Some(Lists {
            ends: ends.to_vec(),
            validity: validity.to_vec(),
        }),
        ..items
    }
}
