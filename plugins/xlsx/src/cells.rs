//! Rows as a sheet's XML.

use std::fmt::Write as _;
use std::io::Write as _;

use snowscrape_plugin_sdk::{Cell, Row, timestamp};

use crate::error::Error;
use crate::layout::{Layout, Limits, Look, excel_time};
use crate::links::{Kept, Links};
use crate::losses::Losses;
use crate::text::{MAX_TEXT, cut, write_inline};

/// What separates the values of a list within a cell, as in CSV.
const LIST_SEPARATOR: &str = "; ";
/// The largest integer of which a number holds every smaller one, too.
const MAX_INTEGER: u64 = 1 << 53;
/// 1900-03-01 in microseconds. Before it Excel has a day that was none, and others do not count it.
const FIRST_DATETIME: i64 = -2_203_891_200_000_000;

/// How the cells of a column begin.
struct Place {
    /// From the cell's start to the row's number.
    start: String,
    /// From the row's number on, where the cell has the column's style.
    styled: String,
    look: Look,
}

/// Writes the rows of a sheet.
pub(crate) struct Cells {
    places: Vec<Place>,
    limits: Limits,
    /// The row's number as it stands in the XML; the header's is one.
    number: String,
    /// A text that is put together, kept for its memory.
    text: String,
}

impl Cells {
    /// Takes the styles that the columns with a look have, in their order.
    pub(crate) fn new(layout: &Layout, styles: Vec<String>) -> Result<Self, Error> {
        let mut styles = styles.into_iter();
        let place = |column: usize| {
            let look = layout.look(column);
            let styled = match look {
                Look::Plain => String::new(),
                Look::Datetime | Look::Link => {
                    let style = styles
                        .next()
                        .ok_or_else(|| Error::Missing("style of a column".to_owned()))?;
                    format!("\" s=\"{style}")
                }
            };
            Ok(Place {
                start: format!("<c r=\"{}", letters(column)),
                styled,
                look,
            })
        };
        Ok(Self {
            places: (0..layout.columns.len()).map(place).collect::<Result<_, Error>>()?,
            limits: layout.limits,
            number: String::new(),
            text: String::new(),
        })
    }

    /// Appends a row that stands after so many others, the header included.
    pub(crate) fn write_row(
        &mut self,
        at: u32,
        row: Row<'_>,
        links: &mut Links,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.number.clear();
        write!(self.number, "{}", at + 1).expect("writing to a string does not fail");
        out.extend_from_slice(b"<row r=\"");
        out.extend_from_slice(self.number.as_bytes());
        out.extend_from_slice(b"\">");
        for ((column, place), cell) in (0..).zip(&self.places).zip(row.cells()) {
            let begin = |styled: bool, out: &mut Vec<u8>| {
                let style = if styled { &place.styled } else { "" };
                for piece in [&place.start, &self.number, style] {
                    out.extend_from_slice(piece.as_bytes());
                }
            };
            match cell {
                Cell::Null => {}
                Cell::Integer(value) if value.unsigned_abs() <= MAX_INTEGER => {
                    begin(false, out);
                    write!(out, "\"><v>{value}</v></c>")?;
                }
                Cell::Number(value) => {
                    begin(false, out);
                    out.extend_from_slice(b"\"><v>");
                    write_number(value, out)?;
                    out.extend_from_slice(b"</v></c>");
                }
                Cell::Boolean(value) => {
                    begin(false, out);
                    write!(out, "\" t=\"b\"><v>{}</v></c>", u8::from(value))?;
                }
                Cell::Datetime(micros) if micros >= FIRST_DATETIME => {
                    let time = excel_time(timestamp(micros)?)
                        .ok_or_else(|| Error::Missing("date for a time after 1900".to_owned()))?;
                    begin(true, out);
                    write!(out, "\"><v>{}</v></c>", time.to_excel())?;
                }
                Cell::Text(text) => {
                    let link = place.look == Look::Link && {
                        let kept = links.push(at, column, text, &self.limits);
                        losses.links += u64::from(kept == Kept::Full);
                        kept == Kept::Link
                    };
                    begin(link, out);
                    write_text(text, losses, out);
                }
                Cell::Integer(_) | Cell::Datetime(_) | Cell::List(_) => {
                    losses.integers += u64::from(matches!(cell, Cell::Integer(_)));
                    losses.datetimes += u64::from(matches!(cell, Cell::Datetime(_)));
                    self.text.clear();
                    push_text(&cell, &mut self.text)?;
                    begin(false, out);
                    write_text(&self.text, losses, out);
                }
            }
        }
        out.extend_from_slice(b"</row>");
        Ok(())
    }
}

/// A number as XML Schema has it: the shortest digits that give the same number again.
fn write_number(value: f64, out: &mut Vec<u8>) -> std::io::Result<()> {
    if value == 0.0 || (1e-5..1e17).contains(&value.abs()) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:E}")
    }
}

fn write_text(text: &str, losses: &mut Losses, out: &mut Vec<u8>) {
    let kept = cut(text, MAX_TEXT);
    losses.cut += u64::from(kept.len() < text.len());
    out.extend_from_slice(b"\" t=\"inlineStr\">");
    write_inline(kept, out);
    out.extend_from_slice(b"</c>");
}

/// A cell's value as a text.
fn push_text(cell: &Cell<'_>, text: &mut String) -> Result<(), Error> {
    match cell {
        Cell::Null => {}
        Cell::Text(value) => text.push_str(value),
        Cell::Integer(value) => push(value, text),
        Cell::Number(value) => push(value, text),
        Cell::Boolean(value) => push(value, text),
        Cell::Datetime(micros) => push(timestamp(*micros)?, text),
        Cell::List(items) => {
            for (at, item) in items.clone().enumerate() {
                if at > 0 {
                    text.push_str(LIST_SEPARATOR);
                }
                push_text(&item, text)?;
            }
        }
    }
    Ok(())
}

fn push(value: impl std::fmt::Display, text: &mut String) {
    write!(text, "{value}").expect("writing to a string does not fail");
}

/// A column's name in a cell reference, the first being zero: A, B, …, Z, AA.
fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::{letters, write_number};

    #[test]
    fn columns_have_letters() {
        for (column, expected) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn numbers_are_written_shortly_and_exactly() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-5, "0.00001"),
            (9e-6, "9E-6"),
            (1e16, "10000000000000000"),
            (1e17, "1E17"),
            (-f64::MAX, "-1.7976931348623157E308"),
            (5e-324, "5E-324"),
        ] {
            let mut out = Vec::new();
            write_number(value, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
