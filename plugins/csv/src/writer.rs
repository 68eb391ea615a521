//! Rows as CSV records.

use std::borrow::Cow;
use std::fmt::Write as _;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use snowscrape_plugin_sdk::{Batch, Cell, Closing, Column, Ending, ExportError, Writer, timestamp};

use crate::formula::is_formula;

/// What separates the values of a list within a field.
const LIST_SEPARATOR: &str = "; ";

/// What the file looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) delimiter: u8,
    /// Whether formulas are made texts.
    pub(crate) guard: bool,
    /// Whether it begins with a byte-order mark.
    pub(crate) bom: bool,
}

/// A header row and a record for each row.
pub(crate) struct CsvWriter {
    form: Form,
    /// Written and not handed out yet: the header before the first batch.
    ready: Vec<u8>,
}

impl CsvWriter {
    pub(crate) fn new(columns: &[Column], form: Form) -> Result<Self, ExportError> {
        let mut writer = Self {
            form,
            ready: Vec::new(),
        };
        let bom: &[u8] = if form.bom { b"\xEF\xBB\xBF" } else { b"" };
        let mut csv = writer.records(bom.to_vec());
        let names = columns.iter().map(|column| writer.guarded(&column.name).into_owned());
        csv.write_record(names).map_err(failed)?;
        writer.ready = csv.into_inner().map_err(failed)?;
        Ok(writer)
    }

    fn records(&self, out: Vec<u8>) -> csv::Writer<Vec<u8>> {
        WriterBuilder::new()
            .delimiter(self.form.delimiter)
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .has_headers(false)
            .from_writer(out)
    }

    fn guarded<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.form.guard && is_formula(text) {
            Cow::Owned(format!("'{text}"))
        } else {
            Cow::Borrowed(text)
        }
    }

    fn write_cell(&self, cell: &Cell<'_>, field: &mut String) -> Result<(), ExportError> {
        match cell {
            Cell::Null => {}
            Cell::Text(text) => field.push_str(&self.guarded(text)),
            Cell::Integer(value) => write!(field, "{value}").map_err(failed)?,
            Cell::Number(value) => write!(field, "{value}").map_err(failed)?,
            Cell::Boolean(value) => field.push_str(if *value { "true" } else { "false" }),
            Cell::Datetime(micros) => {
                write!(field, "{}", timestamp(*micros)?).map_err(failed)?;
            }
            Cell::List(items) => {
                for (at, item) in items.clone().enumerate() {
                    if at > 0 {
                        field.push_str(LIST_SEPARATOR);
                    }
                    self.write_cell(&item, field)?;
                }
            }
        }
        Ok(())
    }
}

impl Writer for CsvWriter {
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        let ready = std::mem::take(&mut self.ready);
        let mut csv = self.records(ready);
        let mut field = String::new();
        for row in batch.iter_rows().iter() {
            for cell in row.cells() {
                field.clear();
                self.write_cell(&cell, &mut field)?;
                csv.write_field(&field).map_err(failed)?;
            }
            csv.write_record(None::<&[u8]>).map_err(failed)?;
        }
        csv.into_inner().map_err(failed)
    }

    fn finish(&mut self) -> Result<Ending, ExportError> {
        Ok(Ending::Done(Closing {
            bytes: std::mem::take(&mut self.ready),
            warnings: Vec::new(),
        }))
    }
}

fn failed(error: impl std::fmt::Display) -> ExportError {
    ExportError::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::testing::{column, lists, single, texts};
    use snowscrape_plugin_sdk::{Batch, ColumnData, ColumnType, Ending, Values, Writer};

    use super::{CsvWriter, Form};

    const COMMA: Form = Form {
        delimiter: b',',
        guard: true,
        bom: false,
    };

    fn written(form: Form, names: &[&str], columns: Vec<ColumnData>, rows: u32) -> String {
        let names: Vec<_> = names.iter().map(|name| column(name, ColumnType::Text, false)).collect();
        let mut writer = CsvWriter::new(&names, form).unwrap();
        let mut out = if rows > 0 {
            writer.write(Batch { rows, columns }).unwrap()
        } else {
            Vec::new()
        };
        let Ending::Done(closing) = writer.finish().unwrap() else {
            panic!("one piece")
        };
        out.extend(closing.bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn records_are_those_of_rfc_4180() {
        let column = || vec![single(texts(&["a,b", "say \"x\"", "l1\r\nl2", "", "=1"]), &[])];
        let check = |form, expected: &str| {
            assert_eq!(written(form, &["n"], column(), 5), expected);
        };
        check(
            COMMA,
            "n\r\n\"a,b\"\r\n\"say \"\"x\"\"\"\r\n\"l1\r\nl2\"\r\n\"\"\r\n'=1\r\n",
        );
        let keeping = Form {
            delimiter: b';',
            guard: false,
            ..COMMA
        };
        check(
            keeping,
            "n\r\na,b\r\n\"say \"\"x\"\"\"\r\n\"l1\r\nl2\"\r\n\"\"\r\n=1\r\n",
        );
    }

    #[test]
    fn every_type_has_a_form() {
        let lists = lists(single(texts(&["x", "-y"]), &[]), &[2], &[]);
        let columns = vec![
            single(Values::Integers(vec![-5]), &[]),
            single(Values::Numbers(vec![-0.5]), &[]),
            single(Values::Booleans(vec![true]), &[]),
            single(Values::Datetimes(vec![0]), &[]),
            single(texts(&["x"]), &[0]),
            lists,
        ];
        assert_eq!(
            written(COMMA, &["i", "n", "b", "d", "null", "@l"], columns, 1),
            "i,n,b,d,null,'@l\r\n-5,-0.5,true,1970-01-01T00:00:00Z,,x; '-y\r\n"
        );
    }

    #[test]
    fn excel_knows_utf8_by_its_mark() {
        let form = Form { bom: true, ..COMMA };
        assert_eq!(written(form, &["é"], Vec::new(), 0), "\u{feff}é\r\n");
    }

    #[test]
    fn no_rows_leave_the_header() {
        assert_eq!(written(COMMA, &["a", "b"], Vec::new(), 0), "a,b\r\n");
    }
}
