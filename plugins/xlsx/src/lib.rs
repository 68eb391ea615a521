//! The component that writes XLSX (ECMA-376), a workbook for Excel, LibreOffice and the libraries that read one.
//!
//! `rust_xlsxwriter` makes the workbook and all its parts: styles, formats, properties, sheet settings, links. It does not
//! see the rows: they are streamed into the sheets, cell by cell, while the archive is written, so a writer holds no more
//! than one sheet's links however many rows there are: 16 MB of text at most, and while the sheet ends the XML of what they
//! lead to, which is about as much again and 130 bytes for each. `workbook` is called three times for that: when a sheet
//! begins, for what stands before its rows; when it ends, for what stands after them; and at the end, for all other parts.
//! Nothing here writes a formula, ever: a text that begins with `=` is a text.
//!
//! A header row in bold stays in view and has a filter; columns are as wide as their first rows ask for. Integers, numbers
//! and yes or no are Excel's own, a datetime is a date with the format `yyyy-mm-dd hh:mm:ss` in UTC, a URL is a link, lists
//! are their values joined by `; `, JSON is text. Rows that do not fit in a sheet (1,048,575, or 3.75 GiB of XML) go on in
//! another one with the same header.
//!
//! # What readers cannot tell apart or hold
//!
//! | value | what becomes of it |
//! |---|---|
//! | null and empty text | different in the file (no cell, a cell with an empty text) and for openpyxl; the same in LibreOffice's CSV and in pandas |
//! | list, JSON | text; a null among a list's values is an empty place, and an empty list an empty text |
//! | text over 32,767 UTF-16 units | cut there: warning `text_cut` |
//! | integer beyond ±2^53 | text, since a number would be rounded: warning `integer_as_text` |
//! | integer or number of more than 15 digits | exact in the file and for openpyxl; Excel shows and edits 15 digits, and LibreOffice's CSV has no more |
//! | number under 2.2e-308 in size | exact in the file; Excel reads zero |
//! | datetime before 1900-03-01 | RFC 3339 text: warning `datetime_as_text`. Excel believes in a 29th of February 1900, so LibreOffice reads earlier serials a day off |
//! | datetime's microseconds | cut to milliseconds |
//! | URL after a sheet's 65,530 links or 16 MB of them | text that is no link: warning `url_as_text` |
//! | URL with another scheme than http, https, ftp or mailto, with white space, or over 2,080 UTF-16 units (before `#`, as it is escaped, and after it; mailto whole) | text that is no link |
//! | quotes, `<`, `>`, `^`, backticks, brackets and braces in a URL | percent-encoded where its link leads; the cell's text is the URL as it was |
//! | -0 | `-0` in the file; openpyxl reads 0 |
//! | control characters, U+FFFE, U+FFFF; a text such as `_x000D_` | escaped as `_x0001_`, `_x005F_x000D_` (ECMA-376, `ST_Xstring`). Excel and LibreOffice undo it; openpyxl and pandas do not, `openpyxl.utils.escape.unescape` does |
//! | CR | a character reference, which every XML reader undoes; LibreOffice makes one line break of CR, CR LF and LF CR |
//! | numbers and times in what LibreOffice converts | 15 digits; with `hh:mm:ss` some moments show a second early or late, though the serial in the file is right |
//! | a row of nulls | an empty row; readers leave it out at the end of a sheet |

mod archive;
mod cells;
mod error;
mod layout;
mod links;
mod losses;
mod parts;
#[cfg(test)]
mod tests;
mod text;
mod workbook;
mod writer;

use snowscrape_plugin_sdk::{
    Column, ExportError, Exporter, ExporterInfo, OptionKind, OptionSpec, OptionValue, RunInfo, Settings,
    export_exporter,
};

use layout::Layout;
use writer::XlsxWriter;

const DEFAULT_SHEET: &str = "Results";

struct Xlsx;

impl Exporter for Xlsx {
    type Writer = XlsxWriter;

    fn describe() -> ExporterInfo {
        ExporterInfo {
            name: "xlsx".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: "xlsx".to_owned(),
            file_extension: "xlsx".to_owned(),
            media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned(),
            description: "A workbook for Excel and other spreadsheets, with typed cells.".to_owned(),
            options: vec![
                OptionSpec {
                    name: "links".to_owned(),
                    kind: OptionKind::Boolean,
                    default: Some(OptionValue::Boolean(true)),
                    description: "Whether URLs become links, the first 65,530 of a sheet.".to_owned(),
                },
                OptionSpec {
                    name: "sheet".to_owned(),
                    kind: OptionKind::Text,
                    default: Some(OptionValue::Text(DEFAULT_SHEET.to_owned())),
                    description: "The sheet's name, at most 31 characters; further sheets get a number after it."
                        .to_owned(),
                },
            ],
            variants: Vec::new(),
        }
    }

    fn open(columns: Vec<Column>, settings: Settings, run: RunInfo) -> Result<XlsxWriter, ExportError> {
        let sheet = settings.text("sheet").unwrap_or(DEFAULT_SHEET);
        let links = settings.boolean("links").unwrap_or(true);
        Ok(XlsxWriter::new(Layout::new(columns, sheet, links, &run)?))
    }
}

export_exporter!(Xlsx);
