//! The component that writes SQL: a table and its rows, to be run by the database's own client.
//!
//! ```text
//! psql -v ON_ERROR_STOP=1 -f results.sql          # dialect standard or postgres
//! mariadb shop < results.sql                      # dialect standard or mysql
//! sqlite3 -bail shop.db < results.sql             # dialect standard or sqlite
//! ```
//!
//! The file holds `CREATE TABLE` with types, and `INSERT`s of up to 500 rows or 256 KB in one transaction. In PostgreSQL
//! and SQLite the whole file holds or none of it, given the options above: psql and sqlite3 go on after an error unless
//! they are told not to. **In MySQL and MariaDB a `CREATE` or `DROP` commits by itself**: the rows are one transaction
//! there, but with `if_exists=replace` the old table is gone as soon as the file begins, and stays so if it fails.
//! `append` gives the rows to a table that is there, by the columns' names, and does not change that table.
//!
//! `standard` is one file that the three read. Its first lines are comments to PostgreSQL and SQLite and set MySQL's
//! reading of quotes and backslashes; they put the session's `sql_mode` back at the end. What the file cannot set is
//! PostgreSQL's session: it needs `standard_conforming_strings` on, its default since 9.1, and `client_encoding` UTF-8
//! (`PGCLIENTENCODING=UTF8` where the locale is another). The dialect `postgres` sets both. `TRUE` needs SQLite 3.23,
//! fractions of a second MySQL 5.6.
//!
//! This module does not connect to a database, knows no schemas (`table` is one name, quoted as it stands, so it keeps
//! its case), and makes no keys or indexes.
//!
//! # Types
//!
//! | column | standard | postgres | mysql | sqlite |
//! |---|---|---|---|---|
//! | text, url | `TEXT` (MySQL: `LONGTEXT`) | `TEXT` | `LONGTEXT` | `TEXT` |
//! | integer | `BIGINT` | `BIGINT` | `BIGINT` | `BIGINT` |
//! | number | `DOUBLE PRECISION` | `DOUBLE PRECISION` | `DOUBLE` | `REAL` |
//! | boolean | `BOOLEAN` | `BOOLEAN` | `BOOLEAN` | `BOOLEAN` |
//! | datetime | RFC 3339 as text | `TIMESTAMPTZ` | `DATETIME(6)` in UTC | RFC 3339 as text |
//! | json, lists | JSON as text | `JSONB` | `JSON` | JSON as text |
//!
//! # What is lost
//!
//! | what | where | what becomes of it |
//! |---|---|---|
//! | U+0000 in texts, `\u0000` in JSONB | standard, postgres | U+FFFD, and the warning `nul_replaced` with their number |
//! | U+0000 | sqlite | is held, but the `sqlite3` shell and SQL functions such as `length` stop at it |
//! | times before 4714-11-24 BC | postgres | NULL, and the warning `datetime_out_of_range` |
//! | times before the year 0 | mysql | NULL, and the warning `datetime_out_of_range` |
//! | the zone of a time | mysql | `DATETIME` has none: it is UTC |
//! | the order of texts with times before the year 0, or within a second | standard, sqlite | is not that of the times |
//! | `true` and `false` | MySQL, MariaDB, SQLite | read back as 1 and 0 |
//! | -0.0 | MySQL, MariaDB, SQLite, and in JSONB | 0 |
//! | the last bit of some numbers with large exponents | SQLite | its reading of digits is not exact there (3.40: 34 of 5,000 random bit patterns, most of them under 1e-290, and none of 15,000 numbers of everyday size); the others read every number bit by bit |
//! | white space, the order of keys, double keys in JSON | postgres, MySQL's `JSON` | as the type stores it; MariaDB keeps the text |
//! | JSON nested deeper than 31 | mysql | a JSON string that holds the JSON, since MariaDB refuses it, and the warning `json_too_deep` |
//! | names of columns that a database refuses, cuts, or takes for one | each | another name, and the warning `columns_renamed` |
//! | rows over 8,160 bytes, where a text takes up to 24 | postgres, PostgreSQL with standard | PostgreSQL refuses them: the warning `row_too_wide` (some 330 columns and more) |
//! | transactions for tables of more than 190 columns | standard, mysql | MyISAM instead of InnoDB, and the warning `table_without_transactions` |
//! | rows over 16 MB | standard, mysql | need a larger `max_allowed_packet`: the warning `statement_too_large` |
//!
//! More than 1,600 columns (standard, postgres), 2,000 (sqlite) or what MariaDB's definition of a table has room for (standard,
//! mysql: 65,135 bytes, of which a column takes 19 and its name, so some 3,000 of short names) are an error that names the limit.

mod datetime;
mod definition;
mod dialect;
mod json;
mod limits;
mod names;
mod number;
mod tally;
mod text;
mod writer;

use snowscrape_plugin_sdk::{
    Column, ExportError, Exporter, ExporterInfo, InvalidOption, OptionKind, OptionSpec, OptionValue, RunInfo, Settings,
    export_exporter,
};

use definition::IfExists;
use dialect::Dialect;
use writer::SqlWriter;

const DEFAULT_TABLE: &str = "results";

struct Sql;

impl Exporter for Sql {
    type Writer = SqlWriter;

    fn describe() -> ExporterInfo {
        let words = Dialect::ALL.map(|(word, _)| word.to_owned());
        ExporterInfo {
            name: "sql".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: "sql".to_owned(),
            file_extension: "sql".to_owned(),
            media_type: "application/sql; charset=utf-8".to_owned(),
            description: "A table and its rows as SQL statements.".to_owned(),
            options: vec![
                OptionSpec {
                    name: "dialect".to_owned(),
                    default: Some(OptionValue::Text(words[0].clone())),
                    kind: OptionKind::Choice(words.into()),
                    description: "Whose SQL: one file for PostgreSQL, SQLite, MySQL and MariaDB (standard), or one \
                                  that uses the types of PostgreSQL, MySQL and MariaDB, or SQLite."
                        .to_owned(),
                },
                OptionSpec {
                    name: "table".to_owned(),
                    kind: OptionKind::Text,
                    default: Some(OptionValue::Text(DEFAULT_TABLE.to_owned())),
                    description: "The table's name, without a schema; it keeps its case.".to_owned(),
                },
                OptionSpec {
                    name: "if_exists".to_owned(),
                    kind: OptionKind::Choice(vec!["append".to_owned(), "replace".to_owned()]),
                    default: Some(OptionValue::Text("append".to_owned())),
                    description: "Whether a table of that name gets the rows (append) or is dropped first (replace); \
                                  MySQL and MariaDB drop at once, and a failing file leaves the new table empty."
                        .to_owned(),
                },
            ],
            variants: Vec::new(),
        }
    }

    fn open(columns: Vec<Column>, settings: Settings, _: RunInfo) -> Result<SqlWriter, ExportError> {
        let dialect = settings.text("dialect").unwrap_or("standard");
        let dialect = Dialect::from_word(dialect).ok_or_else(|| unknown("dialect", dialect))?;
        let if_exists = match settings.text("if_exists") {
            None | Some("append") => IfExists::Append,
            Some("replace") => IfExists::Replace,
            Some(other) => return Err(unknown("if_exists", other)),
        };
        SqlWriter::new(
            &columns,
            dialect,
            settings.text("table").unwrap_or(DEFAULT_TABLE),
            if_exists,
        )
    }
}

export_exporter!(Sql);

fn unknown(option: &str, value: &str) -> ExportError {
    ExportError::InvalidOption(InvalidOption {
        name: option.to_owned(),
        message: format!("`{value}` is none of its words"),
    })
}
