//! What a table may hold: how many columns, and how wide a row.

use snowscrape_plugin_sdk::{Cell, ExportError};

use crate::dialect::Dialect;

/// The most columns that InnoDB takes whatever their types: a row must fit into half a page of 16 KB with 41 bytes
/// for each long text. MariaDB 10.11 takes 196; the rest is left to other versions.
const INNODB_COLUMNS: usize = 190;

/// The bytes that MariaDB has for the definition of a table, what is always in them, and what a column adds to its name.
/// Found by trying, with names of 5 to 64 bytes.
const MYSQL_DEFINITION: usize = 65_535;
const MYSQL_DEFINITION_BASE: usize = 400;
const MYSQL_DEFINITION_COLUMN: usize = 19;

/// The bytes of a row that fit into a page of PostgreSQL's, and the ones before its null bitmap.
const POSTGRES_ROW: usize = 8_160;
const POSTGRES_ROW_HEADER: usize = 23;

/// A longer text can stand outside the page, and a pointer to it takes this much.
const POSTGRES_INLINE: usize = 24;
const POSTGRES_POINTER: usize = 18;

/// Whether a table can have columns of these names.
pub(crate) fn check_columns(names: &[String], dialect: Dialect) -> Result<(), ExportError> {
    let unsupported = |message| Err(ExportError::Unsupported(message));
    if names.is_empty() {
        return unsupported("a table needs at least one column: select one with `columns=`".to_owned());
    }
    let (limit, database) = dialect.column_limit();
    if names.len() > limit {
        return unsupported(format!(
            "{} columns are more than {database} takes in a table, which is {limit}: select fewer with `columns=`",
            names.len()
        ));
    }
    let definition = names
        .iter()
        .map(|name| name.len() + MYSQL_DEFINITION_COLUMN)
        .sum::<usize>();
    if dialect.for_mysql() && definition + MYSQL_DEFINITION_BASE > MYSQL_DEFINITION {
        return unsupported(format!(
            "the names of {} columns are longer together than MariaDB's definition of a table, which is \
             {MYSQL_DEFINITION} bytes: select fewer with `columns=`, or take the dialect postgres or sqlite",
            names.len()
        ));
    }
    Ok(())
}

/// Whether InnoDB, the usual engine of MySQL's, may refuse so many columns.
pub(crate) fn too_many_for_innodb(columns: usize, dialect: Dialect) -> bool {
    dialect.for_mysql() && columns > INNODB_COLUMNS
}

/// How many bytes of a PostgreSQL page a row takes at the least.
pub(crate) struct RowWidth {
    data: usize,
    columns: usize,
    nulls: bool,
}

impl RowWidth {
    /// None where no row of so many columns can be too wide.
    pub(crate) fn new(columns: usize, dialect: Dialect) -> Option<Self> {
        let widest = POSTGRES_ROW_HEADER + columns.div_ceil(8) + 8 + columns * POSTGRES_INLINE;
        (dialect.for_postgres() && widest > POSTGRES_ROW).then_some(Self {
            data: 0,
            columns,
            nulls: false,
        })
    }

    /// Adds a cell, whose text is so long.
    pub(crate) fn add(&mut self, cell: &Cell<'_>, text: usize) {
        match cell {
            Cell::Null => self.nulls = true,
            Cell::Boolean(_) => self.data += 1,
            Cell::Integer(_) | Cell::Number(_) | Cell::Datetime(_) => self.data = self.data.next_multiple_of(8) + 8,
            Cell::Text(_) | Cell::List(_) if text < POSTGRES_INLINE => self.data += 1 + text,
            Cell::Text(_) | Cell::List(_) => self.data += POSTGRES_POINTER,
        }
    }

    /// Whether the row is too wide; begins the next.
    pub(crate) fn end_row(&mut self) -> bool {
        let bitmap = if self.nulls { self.columns.div_ceil(8) } else { 0 };
        let width = (POSTGRES_ROW_HEADER + bitmap).next_multiple_of(8) + self.data;
        self.data = 0;
        self.nulls = false;
        width > POSTGRES_ROW
    }
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::{Cell, ExportError};

    use super::{RowWidth, check_columns, too_many_for_innodb};
    use crate::dialect::Dialect::{self, Mysql, Postgres, Sqlite, Standard};

    #[test]
    fn each_dialect_has_its_number_of_columns() {
        let short = |count: usize| (0..count).map(|at| at.to_string()).collect();
        let long = |count: usize| (0..count).map(|at| format!("{at:064}")).collect();
        let check = |dialect, names: Vec<String>, refusal: Option<&str>| {
            let refused = match check_columns(&names, dialect) {
                Ok(()) => None,
                Err(ExportError::Unsupported(message)) => Some(message),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(refused.is_some(), refusal.is_some(), "{dialect:?}: {refused:?}");
            assert!(refused.unwrap_or_default().contains(refusal.unwrap_or_default()));
        };
        for (_, dialect) in Dialect::ALL {
            check(dialect, Vec::new(), Some("at least one column"));
            check(dialect, short(1), None);
        }
        for dialect in [Standard, Postgres] {
            check(dialect, short(1_600), None);
            check(
                dialect,
                short(1_601),
                Some("PostgreSQL takes in a table, which is 1600"),
            );
        }
        check(Sqlite, short(2_000), None);
        check(Sqlite, long(2_001), Some("SQLite takes in a table, which is 2000"));
        check(Mysql, short(2_820), None);
        check(Mysql, short(4_097), Some("MySQL takes in a table, which is 4096"));
        check(Mysql, long(784), None);
        check(Mysql, long(785), Some("65535 bytes"));
    }

    #[test]
    fn innodb_ends_where_measured() {
        for (columns, dialect, expected) in [
            (190, Standard, false),
            (191, Standard, true),
            (191, Mysql, true),
            (191, Postgres, false),
        ] {
            assert_eq!(too_many_for_innodb(columns, dialect), expected);
        }
    }

    #[test]
    fn rows_are_as_wide_as_postgresql_said() {
        assert!(RowWidth::new(300, Standard).is_none());
        assert!(RowWidth::new(500, Sqlite).is_none());
        // What PostgreSQL 15 took and refused, by columns and length of each text.
        for (columns, text, refused) in [
            (400, 17, false),
            (400, 20, true),
            (400, 23, true),
            (400, 24, false),
            (450, 17, false),
            (450, 3_000, false),
            (452, 3_000, false),
            (460, 17, true),
            (460, 3_000, true),
            (500, 15, false),
            (500, 16, true),
        ] {
            let mut width = RowWidth::new(columns, Postgres).unwrap();
            for row in 0..2 {
                (0..columns).for_each(|_| width.add(&Cell::Text(""), text));
                assert_eq!(width.end_row(), refused, "row {row} of {columns} texts of {text}");
            }
        }
    }
}
