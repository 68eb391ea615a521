//! Batches for the tests.

use snowscrape_plugin_sdk::{Batch, Column, ColumnData, ColumnType, Ending, Lists, Series, Texts, Values, Writer};

use crate::writer::SqlWriter;

pub(crate) fn column(name: &str, column_type: ColumnType, many: bool) -> Column {
    Column {
        name: name.to_owned(),
        column_type,
        many,
    }
}

pub(crate) fn texts<T: AsRef<str>>(texts: &[T]) -> Values {
    let mut joined = String::new();
    let ends = texts.iter().map(|text| {
        joined.push_str(text.as_ref());
        joined.len() as u32
    });
    let ends = ends.collect();
    Values::Texts(Texts { joined, ends })
}

/// Values of which the first so many bits say which are there; none says all.
pub(crate) fn single(values: Values, validity: &[u8]) -> ColumnData {
    ColumnData {
        items: Series {
            values,
            validity: validity.to_vec(),
        },
        lists: None,
    }
}

pub(crate) fn lists(items: ColumnData, ends: &[u32], validity: &[u8]) -> ColumnData {
    ColumnData {
        lists: Some(Lists {
            ends: ends.to_vec(),
            validity: validity.to_vec(),
        }),
        ..items
    }
}

/// The file, and the codes of its warnings.
pub(crate) fn written(mut writer: SqlWriter, batches: Vec<Batch>) -> (String, Vec<String>) {
    let mut out: Vec<u8> = batches
        .into_iter()
        .flat_map(|batch| writer.write(batch).unwrap())
        .collect();
    let Ending::Done(closing) = writer.finish().unwrap() else {
        panic!("one piece")
    };
    out.extend(closing.bytes);
    let codes = closing.warnings.into_iter().map(|warning| warning.code).collect();
    (String::from_utf8(out).unwrap(), codes)
}
