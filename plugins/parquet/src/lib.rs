//! The component that writes Parquet.
//!
//! Columns are typed and all of them can be null: a text or URL is a `STRING`, JSON a `JSON`, an integer an `INT64`, a
//! number a `DOUBLE`, a yes or no a `BOOLEAN`, a datetime a `TIMESTAMP` of microseconds in UTC; a column of many values
//! is a `LIST` of that, whose items can be null too. The file's metadata says the job, the run, its times and the
//! queries that made the columns (keys `snowscrape.…`), and carries the Arrow schema for the readers that look for one.
//!
//! Rows are gathered into a row group until it has `row_group_rows` rows or 16 MB of values (64 MB from 512 columns on);
//! then it is encoded, handed out and dropped, so a writer holds one row group and, for the footer, about three kilobytes
//! for each column of each row group that was. Where a column of a row group repeats its values it is written with a
//! dictionary.
//!
//! # What readers cannot tell apart or hold
//!
//! | value | what becomes of it |
//! |---|---|
//! | null, empty text, empty list, list of a null | four different things, here and in every reader that was tried |
//! | text and URL | both are `STRING`: which it was stands only in the metadata of the queries |
//! | JSON | text with the logical type `JSON`: DuckDB gives its type JSON (and checks it), pyarrow its `arrow.json`, polars and pandas text |
//! | a whole number of more than 53 bits | exact; pandas makes floats of a column that has nulls too, unless told `dtype_backend="pyarrow"` |
//! | a datetime before 1677-09-21 or after 2262-04-11 | exact here and in pyarrow, DuckDB, polars and pandas 3; pandas refuses it where it is told to use nanoseconds |
//! | names that differ only in case, an empty name | kept; DuckDB, whose names know no case, reads a second as `Name_1`, and an empty one as `C` and its place |
//! | smallest and largest text of a column (the statistics) | cut after 64 bytes: they are bounds, which need not be values |
//! | a text of more than 64 bytes that begins with U+10FFFF, which is no character, 16 times | read as it is; its column has no smallest and largest text in that row group |

mod dictionary;
mod gather;
mod metadata;
mod pages;
#[cfg(test)]
mod read_back;
mod schema;
mod writer;

use snowscrape_plugin_sdk::{
    Column, ExportError, Exporter, ExporterInfo, InvalidOption, OptionKind, OptionSpec, OptionValue, RunInfo, Settings,
    export_exporter,
};

use writer::{Layout, ParquetWriter, row_group_bytes};

/// Readers share work out by row groups of about this many rows.
const DEFAULT_ROW_GROUP_ROWS: i64 = 131_072;
/// A million rows of 500 columns have 31,000 column chunks then, and take a hundred megabytes for the footer; in row groups of
/// a batch's 1,024 rows they would take more than a component may have.
const MIN_ROW_GROUP_ROWS: i64 = 16_384;
/// Beyond this the bound on a row group's bytes decides anyway.
const MAX_ROW_GROUP_ROWS: i64 = 1_048_576;

struct Parquet;

impl Exporter for Parquet {
    type Writer = ParquetWriter;

    fn describe() -> ExporterInfo {
        ExporterInfo {
            name: "parquet".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: "parquet".to_owned(),
            file_extension: "parquet".to_owned(),
            media_type: "application/vnd.apache.parquet".to_owned(),
            description: "Apache Parquet: typed columns, compressed, for data tools.".to_owned(),
            options: vec![
                OptionSpec {
                    name: "compression".to_owned(),
                    kind: OptionKind::Choice(vec!["snappy".to_owned(), "none".to_owned()]),
                    default: Some(OptionValue::Text("snappy".to_owned())),
                    description: "How pages are compressed.".to_owned(),
                },
                OptionSpec {
                    name: "row_group_rows".to_owned(),
                    kind: OptionKind::Integer,
                    default: Some(OptionValue::Integer(DEFAULT_ROW_GROUP_ROWS)),
                    description: format!(
                        "How many rows a row group holds at most, {MIN_ROW_GROUP_ROWS} to {MAX_ROW_GROUP_ROWS}; it \
                         also ends at 16 MB of values, more where columns are many."
                    ),
                },
            ],
            variants: Vec::new(),
        }
    }

    fn open(columns: Vec<Column>, settings: Settings, run: RunInfo) -> Result<ParquetWriter, ExportError> {
        let layout = Layout {
            snappy: settings.text("compression") != Some("none"),
            row_group_rows: row_group_rows(settings.integer("row_group_rows"))?,
            row_group_bytes: row_group_bytes(columns.len()),
        };
        ParquetWriter::new(&columns, layout, &run)
    }
}

export_exporter!(Parquet);

fn row_group_rows(given: Option<i64>) -> Result<usize, ExportError> {
    let rows = given.unwrap_or(DEFAULT_ROW_GROUP_ROWS);
    if (MIN_ROW_GROUP_ROWS..=MAX_ROW_GROUP_ROWS).contains(&rows) {
        Ok(rows as usize)
    } else {
        Err(ExportError::InvalidOption(InvalidOption {
            name: "row_group_rows".to_owned(),
            message: format!("must be from {MIN_ROW_GROUP_ROWS} to {MAX_ROW_GROUP_ROWS}, not {rows}"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::{ExportError, Exporter, RunInfo, Settings};

    use super::{Parquet, row_group_rows};

    #[test]
    fn a_row_group_has_bounds() {
        for (given, rows) in [
            (None, Some(131_072)),
            (Some(16_384), Some(16_384)),
            (Some(1_048_576), Some(1_048_576)),
            (Some(16_383), None),
            (Some(1_048_577), None),
            (Some(i64::MIN), None),
            (Some(i64::MAX), None),
        ] {
            assert_eq!(row_group_rows(given).ok(), rows, "{given:?}");
        }
    }

    #[test]
    fn no_columns_are_no_file() {
        let run = RunInfo {
            job: String::new(),
            run: None,
            started_at: None,
            finished_at: None,
            queries: Vec::new(),
        };
        let opened = Parquet::open(Vec::new(), Settings::default(), run);
        assert!(matches!(opened.err(), Some(ExportError::Unsupported(_))));
    }
}
