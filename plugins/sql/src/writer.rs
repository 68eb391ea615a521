//! Rows as INSERT statements of many rows each.

use snowscrape_plugin_sdk::{Batch, Cell, Closing, Column, ColumnType, Ending, ExportError, Writer};

use crate::datetime::{time_of, write_mysql, write_postgres, write_rfc_3339};
use crate::definition::{IfExists, definition};
use crate::dialect::Dialect;
use crate::json::{too_deep, without_nul, write_list, write_string};
use crate::limits::{RowWidth, check_columns, too_many_for_innodb};
use crate::names::{check_table, column_names, quoted};
use crate::number::{write_integer, write_number_literal};
use crate::tally::{MARIADB_PACKET, Tally};
use crate::text::write_text;

/// A statement ends after so many rows, or once it is so many bytes long. More of either made no database faster, and a
/// server holds a whole statement in memory: MySQL's of old takes 1 MB.
const STATEMENT_ROWS: usize = 500;
const STATEMENT_BYTES: usize = 256 << 10;

/// What stands between the rows of a statement, before each but the first.
const NEXT_ROW: &[u8] = b",\n(";

/// A table and its rows.
pub(crate) struct SqlWriter {
    cells: CellWriter,
    /// What each statement begins with.
    insert: String,
    /// Whether a column's texts are JSON already.
    json: Vec<bool>,
    /// Rows and bytes of the statement that is open.
    rows: usize,
    bytes: usize,
    /// Written and not handed out yet: the definition of the table before the first batch.
    ready: Vec<u8>,
}

/// What writing a cell takes beside the cell.
struct CellWriter {
    dialect: Dialect,
    tally: Tally,
    width: Option<RowWidth>,
    /// JSON on its way into a literal.
    scratch: Vec<u8>,
}

impl SqlWriter {
    pub(crate) fn new(
        columns: &[Column],
        dialect: Dialect,
        table: &str,
        if_exists: IfExists,
    ) -> Result<Self, ExportError> {
        check_table(table, dialect)?;
        let names = column_names(columns.iter().map(|column| column.name.as_str()), dialect);
        check_columns(&names, dialect)?;
        let myisam = too_many_for_innodb(names.len(), dialect);
        let quoted_names: Vec<String> = names.iter().map(|name| quoted(name, dialect)).collect();
        let table = quoted(table, dialect);

        let mut ready = dialect.opening().to_owned();
        ready.push_str(&definition(columns, &quoted_names, dialect, &table, if_exists));
        ready.push_str(dialect.after_definition());

        let renamed = columns.iter().zip(names).filter(|(column, name)| column.name != *name);
        let tally = Tally {
            renamed: renamed.map(|(column, name)| (column.name.clone(), name)).collect(),
            without_transactions: myisam.then_some(columns.len()),
            ..Tally::default()
        };
        Ok(Self {
            insert: format!("INSERT INTO {table} ({}) VALUES\n(", quoted_names.join(", ")),
            json: columns
                .iter()
                .map(|column| column.column_type == ColumnType::Json)
                .collect(),
            rows: 0,
            bytes: 0,
            ready: ready.into_bytes(),
            cells: CellWriter {
                dialect,
                tally,
                width: RowWidth::new(columns.len(), dialect),
                scratch: Vec::new(),
            },
        })
    }

    /// Ends the statement that is open before the row that begins at `start`: a row that is large by itself goes into a
    /// statement of its own, so that none is larger for what stands before it. Tells where that one begins.
    fn stand_alone(&mut self, start: usize, out: &mut Vec<u8>) -> usize {
        let mut between = Vec::new();
        self.end_statement(&mut between);
        let begins = start + between.len();
        between.extend_from_slice(self.insert.as_bytes());
        out.splice(start..start + NEXT_ROW.len(), between);
        begins
    }

    fn end_statement(&mut self, out: &mut Vec<u8>) {
        if self.rows > 0 {
            out.extend_from_slice(b";\n");
            self.cells.tally.large += u64::from(self.cells.dialect.for_mysql() && self.bytes >= MARIADB_PACKET);
            self.rows = 0;
            self.bytes = 0;
        }
    }
}

impl Writer for SqlWriter {
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        let mut out = std::mem::take(&mut self.ready);
        for row in batch.iter_rows().iter() {
            let mut start = out.len();
            if self.rows == 0 {
                out.extend_from_slice(self.insert.as_bytes());
            } else {
                out.extend_from_slice(NEXT_ROW);
            }
            for (at, (cell, json)) in row.cells().zip(&self.json).enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                self.cells.write(&cell, *json, &mut out)?;
            }
            out.push(b')');
            self.cells.end_row();
            if self.rows > 0 && out.len() - start >= STATEMENT_BYTES {
                start = self.stand_alone(start, &mut out);
            }
            self.rows += 1;
            self.bytes += out.len() - start;
            if self.rows == STATEMENT_ROWS || self.bytes >= STATEMENT_BYTES {
                self.end_statement(&mut out);
            }
        }
        Ok(out)
    }

    fn finish(&mut self) -> Result<Ending, ExportError> {
        let mut bytes = std::mem::take(&mut self.ready);
        self.end_statement(&mut bytes);
        bytes.extend_from_slice(self.cells.dialect.closing().as_bytes());
        Ok(Ending::Done(Closing {
            bytes,
            warnings: self.cells.tally.warnings(self.cells.dialect),
        }))
    }
}

impl CellWriter {
    fn write(&mut self, cell: &Cell<'_>, json: bool, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let mut length = 0;
        match cell {
            Cell::Null => out.extend_from_slice(b"NULL"),
            Cell::Text(text) => {
                length = text.len();
                if json {
                    self.write_json(text, out);
                } else {
                    self.write_text(text, out);
                }
            }
            Cell::Integer(value) => write_integer(*value, out),
            Cell::Number(value) => write_number_literal(*value, out),
            Cell::Boolean(value) => out.extend_from_slice(if *value { b"TRUE" } else { b"FALSE" }),
            Cell::Datetime(micros) => self.write_datetime(*micros, out)?,
            Cell::List(items) => {
                let mut list = std::mem::take(&mut self.scratch);
                list.clear();
                write_list(items.clone(), json, &mut list)?;
                length = list.len();
                self.write_json(utf8(&list), out);
                self.scratch = list;
            }
        }
        if let Some(width) = &mut self.width {
            width.add(cell, length);
        }
        Ok(())
    }

    fn end_row(&mut self) {
        if let Some(width) = &mut self.width {
            self.tally.wide += u64::from(width.end_row());
        }
    }

    fn write_text(&mut self, text: &str, out: &mut Vec<u8>) {
        self.tally.nuls += u64::from(write_text(text, self.dialect, out));
    }

    fn write_json(&mut self, json: &str, out: &mut Vec<u8>) {
        match self.dialect {
            Dialect::Postgres => {
                let held = without_nul(json);
                self.tally.nuls += u64::from(held != json);
                self.write_text(&held, out);
            }
            Dialect::Mysql if too_deep(json) => {
                self.tally.deep += 1;
                let mut string = Vec::new();
                write_string(json, &mut string);
                self.write_text(utf8(&string), out);
            }
            Dialect::Standard | Dialect::Mysql | Dialect::Sqlite => self.write_text(json, out),
        }
    }

    fn write_datetime(&mut self, micros: i64, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let time = time_of(micros)?;
        let held = match self.dialect {
            Dialect::Standard | Dialect::Sqlite => {
                out.push(b'\'');
                write_rfc_3339(time, out);
                out.push(b'\'');
                true
            }
            Dialect::Postgres => write_postgres(time, out),
            Dialect::Mysql => write_mysql(time, out),
        };
        if !held {
            self.tally.times += 1;
            out.extend_from_slice(b"NULL");
        }
        Ok(())
    }
}

fn utf8(json: &[u8]) -> &str {
    std::str::from_utf8(json).expect("JSON is put together from texts and ASCII")
}

#[cfg(test)]
mod tests;
