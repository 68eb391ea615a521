//! The component that writes CSV (RFC 4180), with a header row.
//!
//! CSV has no types and no null: a null is an empty field, a list is its values joined by `; `, a datetime is RFC 3339 in
//! UTC, structured values are JSON text.
//!
//! # What readers cannot tell apart or hold
//!
//! | value | what becomes of it |
//! |---|---|
//! | null and empty text | the same: an empty field |
//! | list | its values joined by `; `; null, the empty list and a list of one null are the same, and so are `["a; b"]` and `["a", "b"]` |
//! | text, number, boolean, time, JSON | all text: what `42` is, the reader must know |
//! | text that a spreadsheet runs as a formula | has an apostrophe before it, unless `formulas=keep` |
//! | NUL | kept; Python's `csv` before 3.11 refuses it |
//! | CR, LF, quotes, delimiters | kept within quotes; a reader that goes by lines breaks |
//! | U+FEFF at the head of the first column's name | kept; pandas takes it for the byte-order mark and drops it, unless `bom=true` put one before it |
//!
//! The guard against formulas is for programs that split fields at this file's delimiter: one that splits elsewhere, as
//! Excel does at `;` where the comma is the decimal sign, may find a formula in the middle of a text. Choose the delimiter
//! of whoever opens the file, or XLSX, which has no such question.

mod formula;
mod writer;

use snowscrape_plugin_sdk::{
    Column, ExportError, Exporter, ExporterInfo, FileVariant, InvalidOption, OptionKind, OptionSpec, OptionValue,
    RunInfo, Settings, export_exporter,
};

use writer::{CsvWriter, Form};

/// The words for a tab: its name, itself (`%09` in a URL), and its escape in most languages.
const TABS: [&str; 3] = ["tab", "\t", "\\t"];

struct Csv;

impl Exporter for Csv {
    type Writer = CsvWriter;

    fn describe() -> ExporterInfo {
        ExporterInfo {
            name: "csv".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: "csv".to_owned(),
            file_extension: "csv".to_owned(),
            media_type: "text/csv; charset=utf-8; header=present".to_owned(),
            description: "Comma-separated values with a header row.".to_owned(),
            options: vec![
                OptionSpec {
                    name: "delimiter".to_owned(),
                    kind: OptionKind::Text,
                    default: Some(OptionValue::Text(",".to_owned())),
                    description: "What separates fields: one ASCII character, or `tab`.".to_owned(),
                },
                OptionSpec {
                    name: "bom".to_owned(),
                    kind: OptionKind::Boolean,
                    default: Some(OptionValue::Boolean(false)),
                    description:
                        "Whether the file begins with a byte-order mark, by which Excel knows that it is UTF-8."
                            .to_owned(),
                },
                OptionSpec {
                    name: "formulas".to_owned(),
                    kind: OptionKind::Choice(vec!["guard".to_owned(), "keep".to_owned()]),
                    default: Some(OptionValue::Text("guard".to_owned())),
                    description: "Whether texts that a spreadsheet would run as a formula get an apostrophe before \
                                  them (guard) or stay as they are (keep)."
                        .to_owned(),
                },
            ],
            variants: TABS
                .map(|tab| FileVariant {
                    name: "delimiter".to_owned(),
                    value: OptionValue::Text(tab.to_owned()),
                    file_extension: "tsv".to_owned(),
                    media_type: "text/tab-separated-values; charset=utf-8".to_owned(),
                })
                .into(),
        }
    }

    fn open(columns: Vec<Column>, settings: Settings, _: RunInfo) -> Result<CsvWriter, ExportError> {
        let form = Form {
            delimiter: delimiter(settings.text("delimiter").unwrap_or(","))?,
            guard: settings.text("formulas") != Some("keep"),
            bom: settings.boolean("bom").unwrap_or(false),
        };
        CsvWriter::new(&columns, form)
    }
}

export_exporter!(Csv);

fn delimiter(given: &str) -> Result<u8, ExportError> {
    if TABS.contains(&given) {
        return Ok(b'\t');
    }
    match given.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err(ExportError::InvalidOption(InvalidOption {
            name: "delimiter".to_owned(),
            message: "must be one ASCII character other than a quote or line break, or `tab`".to_owned(),
        })),
    }
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::{Exporter, OptionValue};

    use super::{Csv, delimiter};

    #[test]
    fn a_delimiter_is_one_character() {
        for (given, byte) in [
            (",", Some(b',')),
            (";", Some(b';')),
            ("\t", Some(b'\t')),
            ("tab", Some(b'\t')),
            ("\\t", Some(b'\t')),
            ("|", Some(b'|')),
            ("", None),
            (",,", None),
            ("\"", None),
            ("\n", None),
            ("é", None),
        ] {
            assert_eq!(delimiter(given).ok(), byte, "{given:?}");
            let variants = Csv::describe().variants;
            let given = OptionValue::Text(given.to_owned());
            let kind = variants.iter().find(|variant| variant.value == given);
            let tsv = kind.is_some_and(|kind| kind.media_type.starts_with("text/tab-separated-values"));
            assert_eq!(tsv, byte == Some(b'\t'), "{given:?}");
        }
    }
}
