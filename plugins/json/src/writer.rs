//! Rows as JSON text (RFC 8259).

use std::io::Write;

use snowscrape_plugin_sdk::{Batch, Cell, Closing, Column, ColumnType, Ending, ExportError, Writer, timestamp};

/// An array of objects, or one object a line.
pub(crate) struct JsonWriter {
    columns: Vec<Key>,
    lines: bool,
    begun: bool,
}

/// What stands before a column's value, and whether its texts are JSON already.
struct Key {
    written: Vec<u8>,
    json: bool,
}

impl JsonWriter {
    pub(crate) fn new(columns: &[Column], lines: bool) -> Self {
        let keys = columns.iter().enumerate().map(|(at, column)| {
            let mut written = if at == 0 { Vec::new() } else { b",".to_vec() };
            write_text(&column.name, &mut written);
            written.push(b':');
            Key {
                written,
                json: column.column_type == ColumnType::Json,
            }
        });
        Self {
            columns: keys.collect(),
            lines,
            begun: false,
        }
    }
}

impl Writer for JsonWriter {
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        let mut out = Vec::new();
        for row in batch.iter_rows().iter() {
            if !self.lines {
                out.extend_from_slice(if self.begun { b",\n" } else { b"[\n" });
                self.begun = true;
            }
            out.push(b'{');
            for (key, cell) in self.columns.iter().zip(row.cells()) {
                out.extend_from_slice(&key.written);
                write_cell(&cell, key.json, &mut out)?;
            }
            out.push(b'}');
            if self.lines {
                out.push(b'\n');
            }
        }
        Ok(out)
    }

    fn finish(&mut self) -> Result<Ending, ExportError> {
        let bytes: &[u8] = match (self.lines, self.begun) {
            (true, _) => b"",
            (false, true) => b"\n]\n",
            (false, false) => b"[]\n",
        };
        Ok(Ending::Done(Closing {
            bytes: bytes.to_vec(),
            warnings: Vec::new(),
        }))
    }
}

fn write_cell(cell: &Cell<'_>, json: bool, out: &mut Vec<u8>) -> Result<(), ExportError> {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Text(text) if json => out.extend_from_slice(text.as_bytes()),
        Cell::Text(text) => write_text(text, out),
        Cell::Integer(value) => write!(out, "{value}").expect("writing to a vector does not fail"),
        Cell::Number(value) => {
            serde_json::to_writer(&mut *out, value).map_err(|error| ExportError::Other(error.to_string()))?;
        }
        Cell::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Cell::Datetime(micros) => {
            write!(out, "\"{}\"", timestamp(*micros)?).expect("writing to a vector does not fail");
        }
        Cell::List(items) => {
            out.push(b'[');
            for (at, item) in items.clone().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_cell(&item, json, out)?;
            }
            out.push(b']');
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a string is always JSON and a vector always takes it");
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::testing::{column, lists, single, texts};
    use snowscrape_plugin_sdk::{Batch, Column, ColumnType, Ending, Values, Writer};

    use super::JsonWriter;

    fn written(columns: &[Column], lines: bool, batches: Vec<Batch>) -> String {
        let mut writer = JsonWriter::new(columns, lines);
        let mut out: Vec<u8> = batches
            .into_iter()
            .flat_map(|batch| writer.write(batch).unwrap())
            .collect();
        let Ending::Done(closing) = writer.finish().unwrap() else {
            panic!("one piece")
        };
        out.extend(closing.bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_type_is_written_as_json_has_it() {
        let columns = [
            column("te\"xt", ColumnType::Text, false),
            column("i", ColumnType::Integer, false),
            column("n", ColumnType::Number, false),
            column("b", ColumnType::Boolean, false),
            column("d", ColumnType::Datetime, false),
            column("j", ColumnType::Json, false),
            column("l", ColumnType::Text, true),
        ];
        let lists = lists(single(texts(&["x", ""]), &[0b01]), &[2, 2], &[0b01]);
        let batch = Batch {
            rows: 2,
            columns: vec![
                single(texts(&["a\n\u{1}é😀\"\\", ""]), &[0b01]),
                single(Values::Integers(vec![i64::MIN, 0]), &[]),
                single(Values::Numbers(vec![0.1, 1e300]), &[]),
                single(Values::Booleans(vec![true, false]), &[]),
                single(
                    Values::Datetimes(vec![1_700_000_000_000_000, -62_135_596_800_000_000]),
                    &[],
                ),
                single(texts(&["{\"a\":[1]}", "null"]), &[]),
                lists,
            ],
        };
        let rows = [
            r#"{"te\"xt":"a\n\u0001é😀\"\\","i":-9223372036854775808,"n":0.1,"b":true,"d":"2023-11-14T22:13:20Z","j":{"a":[1]},"l":["x",null]}"#,
            r#"{"te\"xt":null,"i":0,"n":1e+300,"b":false,"d":"0001-01-01T00:00:00Z","j":null,"l":null}"#,
        ];
        assert_eq!(
            written(&columns, false, vec![batch.clone()]),
            format!("[\n{},\n{}\n]\n", rows[0], rows[1])
        );
        assert_eq!(
            written(&columns, true, vec![batch]),
            format!("{}\n{}\n", rows[0], rows[1])
        );
    }

    #[test]
    fn no_rows_are_a_valid_file_and_batches_join() {
        let columns = [column("a", ColumnType::Integer, false)];
        let batch = |value| Batch {
            rows: 1,
            columns: vec![single(Values::Integers(vec![value]), &[])],
        };
        assert_eq!(written(&columns, false, vec![]), "[]\n");
        assert_eq!(written(&columns, true, vec![]), "");
        assert_eq!(
            written(&columns, false, vec![batch(1), batch(2)]),
            "[\n{\"a\":1},\n{\"a\":2}\n]\n"
        );
    }
}
