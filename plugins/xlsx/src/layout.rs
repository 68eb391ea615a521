//! What all sheets of a file share: columns and their widths, names, properties, limits.

use jiff::Timestamp;
use jiff::tz::Offset;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, check_sheet_name};
use snowscrape_plugin_sdk::{Batch, Cell, Column, ColumnType, ExportError, InvalidOption, RunInfo};

use crate::text::cut;

/// Excel's, in UTF-16 units.
const MAX_SHEET_NAME: usize = 31;
/// Excel's.
const MAX_COLUMNS: usize = 16_384;
/// In characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;
/// What the filter's button in a header takes of it, in characters.
const FILTER_BUTTON: usize = 3;
/// The characters of `yyyy-mm-dd hh:mm:ss`.
const DATETIME_WIDTH: usize = 19;

/// What a sheet can hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Rows without the header's.
    pub(crate) rows: u32,
    /// Bytes of XML. A part from 4 GiB on would need ZIP64; what is left to that is for the last row and the links.
    pub(crate) bytes: u64,
    pub(crate) links: usize,
    /// Bytes of the links' URLs, which are kept until the sheet ends.
    pub(crate) link_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 1_048_575,
            bytes: 15 << 28,
            links: 65_530,
            link_bytes: 16 << 20,
        }
    }
}

/// How a column's values are written where they are not null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// As their type says, without a format.
    Plain,
    /// As dates.
    Datetime,
    /// As links.
    Link,
}

/// What all sheets of a file share.
pub(crate) struct Layout {
    pub(crate) columns: Vec<Column>,
    pub(crate) links: bool,
    pub(crate) limits: Limits,
    pub(crate) properties: DocProperties,
    /// In characters, a column each.
    pub(crate) widths: Vec<usize>,
    sheet: String,
}

impl Layout {
    pub(crate) fn new(columns: Vec<Column>, sheet: &str, links: bool, run: &RunInfo) -> Result<Self, ExportError> {
        if columns.is_empty() || columns.len() > MAX_COLUMNS {
            return Err(ExportError::Unsupported(format!(
                "a sheet has from 1 to {MAX_COLUMNS} columns and this result has {}: select some with `columns=`",
                columns.len()
            )));
        }
        check_name(sheet)?;
        let widths = columns
            .iter()
            .map(|column| clamped(column.name.chars().count() + FILTER_BUTTON))
            .collect();
        Ok(Self {
            columns,
            links,
            limits: Limits::default(),
            properties: properties(run),
            widths,
            sheet: sheet.to_owned(),
        })
    }

    pub(crate) fn look(&self, column: usize) -> Look {
        match &self.columns[column] {
            Column { many: true, .. } => Look::Plain,
            Column {
                column_type: ColumnType::Datetime,
                ..
            } => Look::Datetime,
            Column {
                column_type: ColumnType::Url,
                ..
            } if self.links => Look::Link,
            _ => Look::Plain,
        }
    }

    /// Makes columns as wide as these rows ask for.
    pub(crate) fn widen(&mut self, batch: &Batch) {
        for (width, column) in self.widths.iter_mut().zip(&batch.columns) {
            let longest = (0..batch.rows as usize)
                .map(|row| shown_length(&column.cell(row)))
                .max();
            *width = (*width).max(clamped(longest.unwrap_or(0) + 1));
        }
    }

    /// The name of a sheet, the first being number one.
    pub(crate) fn sheet_name(&self, number: usize) -> String {
        if number == 1 {
            return self.sheet.clone();
        }
        let numbered = |separator: char| {
            let end = format!("{separator}{number}");
            format!("{}{end}", cut(&self.sheet, MAX_SHEET_NAME - end.len()))
        };
        // A name of full length that ends like this itself.
        let name = numbered(' ');
        if name == self.sheet { numbered('-') } else { name }
    }
}

fn check_name(sheet: &str) -> Result<(), ExportError> {
    let invalid = |message: String| {
        Err(ExportError::InvalidOption(InvalidOption {
            name: "sheet".to_owned(),
            message,
        }))
    };
    if let Err(error) = check_sheet_name(sheet) {
        return invalid(error.to_string());
    }
    // Neither is checked there, and both make a file that Excel does not open.
    if sheet.contains(|character: char| character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')) {
        return invalid("must not contain control characters".to_owned());
    }
    if sheet.eq_ignore_ascii_case("history") {
        return invalid("must not be `History`, which Excel keeps for itself".to_owned());
    }
    Ok(())
}

fn properties(run: &RunInfo) -> DocProperties {
    // The time of the run and not of the export, so that the same rows make the same bytes. ZIP's first moment stands for
    // an unknown one.
    let started = run
        .started_at
        .as_deref()
        .and_then(|time| time.parse::<Timestamp>().ok());
    let created = started
        .and_then(excel_time)
        .or_else(|| ExcelDateTime::from_ymd(1980, 1, 1).ok());
    let properties = DocProperties::new().set_title(&run.job);
    match created {
        Some(created) => properties.set_creation_datetime(&created),
        None => properties,
    }
}

/// A moment as `rust_xlsxwriter` has it, cut to milliseconds; none where it is outside the years 1900 to 9999.
pub(crate) fn excel_time(time: Timestamp) -> Option<ExcelDateTime> {
    let time = Offset::UTC.to_datetime(time);
    // Each of these is within its type: months, days and the like are never negative.
    ExcelDateTime::from_ymd(u16::try_from(time.year()).ok()?, time.month() as u8, time.day() as u8)
        .and_then(|date| {
            date.and_hms_milli(
                time.hour() as u16,
                time.minute() as u8,
                time.second() as u8,
                time.millisecond() as u16,
            )
        })
        .ok()
}

fn clamped(width: usize) -> usize {
    width.clamp(*WIDTHS.start(), *WIDTHS.end())
}

/// About how many characters a cell takes, as far as that matters.
fn shown_length(cell: &Cell<'_>) -> usize {
    match cell {
        Cell::Null => 0,
        Cell::Text(text) => text
            .lines()
            .map(|line| line.chars().take(*WIDTHS.end()).count())
            .max()
            .unwrap_or(0),
        Cell::Integer(value) => value.to_string().len(),
        // Excel shows no more digits than these where the width is free.
        Cell::Number(value) => value.to_string().len().min(12),
        Cell::Boolean(_) => 5,
        Cell::Datetime(_) => DATETIME_WIDTH,
        Cell::List(items) => items
            .clone()
            .take(*WIDTHS.end())
            .map(|item| shown_length(&item) + 2)
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::{Column, ColumnType, ExportError, RunInfo};

    use super::Layout;
    use crate::text::utf16_length;

    fn layout(columns: usize, sheet: &str) -> Result<Layout, ExportError> {
        let column = |at| Column {
            name: format!("c{at}"),
            column_type: ColumnType::Text,
            many: false,
        };
        let run = RunInfo {
            job: "job".into(),
            run: None,
            started_at: None,
            finished_at: None,
            queries: Vec::new(),
        };
        Layout::new((0..columns).map(column).collect(), sheet, true, &run)
    }

    #[test]
    fn columns_are_as_many_as_excel_takes() {
        for (columns, fits) in [(0, false), (1, true), (16_384, true), (16_385, false)] {
            let refused =
                matches!(layout(columns, "R"), Err(ExportError::Unsupported(message)) if message.contains("16384"));
            assert_eq!(refused, !fits, "{columns}");
        }
    }

    #[test]
    fn a_sheet_has_a_name_that_excel_takes() {
        for (name, valid) in [
            ("Results", true),
            ("", false),
            (&"n".repeat(31), true),
            (&"n".repeat(32), false),
            (&"😀".repeat(15), true),
            (&"😀".repeat(16), false),
            ("a/b", false),
            ("'a", false),
            ("a&b<\">", true),
            ("a\u{1}", false),
            ("a\nb", false),
            ("a\u{ffff}", false),
            ("hISTORY", false),
        ] {
            let invalid = matches!(layout(1, name), Err(ExportError::InvalidOption(option)) if option.name == "sheet");
            assert_eq!(invalid, !valid, "{name:?}");
        }
    }

    #[test]
    fn further_sheets_are_numbered() {
        let check = |sheet: &str, number: usize, expected: &str| {
            let name = layout(1, sheet).unwrap().sheet_name(number);
            assert_eq!(name, expected);
            assert!(utf16_length(&name) <= 31, "{name}");
        };
        check("Results", 1, "Results");
        check("Results", 2, "Results 2");
        check("Results", 100, "Results 100");
        check(&"n".repeat(31), 2, &format!("{} 2", "n".repeat(29)));
        check(&"😀".repeat(15), 10, &format!("{} 10", "😀".repeat(14)));
        let full = format!("{} 2", "n".repeat(29));
        check(&full, 1, &full);
        check(&full, 2, &format!("{}-2", "n".repeat(29)));
        check(&full, 3, &format!("{} 3", "n".repeat(29)));
    }
}
