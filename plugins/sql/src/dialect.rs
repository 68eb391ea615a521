//! What each dialect calls things, opens and closes a file with, and how much it holds.
//!
//! The forms were tried on SQLite 3.40, PostgreSQL 15 and MariaDB 10.11, through their own command-line clients. How a
//! value becomes a literal is not said here: see `text`, `number` and `datetime`.

use snowscrape_plugin_sdk::{Column, ColumnType};

/// Whose SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// What PostgreSQL, SQLite, MySQL and MariaDB all read.
    Standard,
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    Sqlite,
}

/// The longest name of a column or table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameLimit {
    Bytes(usize),
    Characters(usize),
    None,
}

/// Which names of columns are the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameFold {
    /// Those with the same bytes.
    Exact,
    /// Those that differ in the case of ASCII letters only.
    AsciiCase,
    /// Those that differ in case only.
    Case,
}

/// Names that PostgreSQL gives to columns of its own, in lower case only.
const POSTGRES_RESERVED: &[&str] = &["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Names that InnoDB gives to columns of its own, in any case.
const INNODB_RESERVED: &[&str] = &["db_row_id", "db_trx_id", "db_roll_ptr", "fts_doc_id"];

impl Dialect {
    /// Each with the word that an option calls it by, the default first.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        ("standard", Self::Standard),
        ("postgres", Self::Postgres),
        ("mysql", Self::Mysql),
        ("sqlite", Self::Sqlite),
    ];

    /// The dialect of a word that the option declares.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, dialect)| *dialect)
    }

    /// Whether PostgreSQL is to read the file.
    pub(crate) fn for_postgres(self) -> bool {
        matches!(self, Self::Standard | Self::Postgres)
    }

    /// Whether MySQL or MariaDB is to read the file.
    pub(crate) fn for_mysql(self) -> bool {
        matches!(self, Self::Standard | Self::Mysql)
    }

    /// Whether SQLite is to read the file.
    pub(crate) fn for_sqlite(self) -> bool {
        matches!(self, Self::Standard | Self::Sqlite)
    }

    /// What stands on each side of a name, and is doubled within it.
    pub(crate) fn name_quote(self) -> char {
        if self == Self::Mysql { '`' } else { '"' }
    }

    pub(crate) fn name_limit(self) -> NameLimit {
        match self {
            Self::Standard | Self::Postgres => NameLimit::Bytes(63),
            Self::Mysql => NameLimit::Characters(64),
            Self::Sqlite => NameLimit::None,
        }
    }

    pub(crate) fn name_fold(self) -> NameFold {
        match self {
            Self::Standard | Self::Mysql => NameFold::Case,
            Self::Postgres => NameFold::Exact,
            Self::Sqlite => NameFold::AsciiCase,
        }
    }

    /// Whether a database keeps this name of a column to itself.
    pub(crate) fn reserves(self, name: &str) -> bool {
        let innodb = || {
            INNODB_RESERVED
                .iter()
                .any(|reserved| name.eq_ignore_ascii_case(reserved))
        };
        self.for_postgres() && POSTGRES_RESERVED.contains(&name) || self.for_mysql() && innodb()
    }

    /// The most columns of a table, and whose limit that is.
    pub(crate) fn column_limit(self) -> (usize, &'static str) {
        match self {
            Self::Standard | Self::Postgres => (1_600, "PostgreSQL"),
            Self::Mysql => (4_096, "MySQL"),
            Self::Sqlite => (2_000, "SQLite"),
        }
    }

    /// The type of a column.
    pub(crate) fn type_of(self, column: &Column) -> &'static str {
        if column.many {
            return self.json_type();
        }
        match column.column_type {
            ColumnType::Text | ColumnType::Url => self.text_type(),
            ColumnType::Json => self.json_type(),
            ColumnType::Integer => "BIGINT",
            ColumnType::Number if self == Self::Sqlite => "REAL",
            ColumnType::Number if self == Self::Mysql => "DOUBLE",
            ColumnType::Number => "DOUBLE PRECISION",
            ColumnType::Boolean => "BOOLEAN",
            ColumnType::Datetime => match self {
                // MySQL's TIMESTAMP ends in 2038 and its DATETIME is nobody else's: a text is what all three keep.
                Self::Standard | Self::Sqlite => self.text_type(),
                Self::Postgres => "TIMESTAMPTZ",
                Self::Mysql => "DATETIME(6)",
            },
        }
    }

    fn text_type(self) -> &'static str {
        match self {
            // MySQL's TEXT ends at 64 KB; asked for that many characters it makes a LONGTEXT.
            Self::Standard => "TEXT /*!40101 (4294967295) */",
            Self::Mysql => "LONGTEXT",
            Self::Postgres | Self::Sqlite => "TEXT",
        }
    }

    fn json_type(self) -> &'static str {
        match self {
            Self::Postgres => "JSONB",
            Self::Mysql => "JSON",
            Self::Standard | Self::Sqlite => self.text_type(),
        }
    }

    /// What makes one reading of the literals the only one, and begins the transaction.
    pub(crate) fn opening(self) -> &'static str {
        match self {
            // A comment to PostgreSQL and SQLite, statements to MySQL and MariaDB.
            Self::Standard => {
                "/*!40101 SET @OLD_SQL_MODE = @@SESSION.sql_mode, \
                 SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES' */;\n\
                 /*!50503 SET NAMES utf8mb4 */;\n\
                 BEGIN;\n"
            }
            Self::Postgres => {
                "BEGIN;\n\
                 SET LOCAL client_encoding = 'UTF8';\n\
                 SET LOCAL standard_conforming_strings = on;\n"
            }
            Self::Mysql => {
                "SET @OLD_SQL_MODE = @@SESSION.sql_mode, SESSION sql_mode = 'STRICT_ALL_TABLES';\n\
                 SET NAMES utf8mb4;\n"
            }
            Self::Sqlite => "BEGIN;\n",
        }
    }

    /// What follows the definition of the table: in MySQL that commits, so the transaction begins after it.
    pub(crate) fn after_definition(self) -> &'static str {
        match self {
            Self::Standard => "/*!40101 START TRANSACTION */;\n",
            Self::Mysql => "START TRANSACTION;\n",
            Self::Postgres | Self::Sqlite => "",
        }
    }

    /// What ends the file.
    pub(crate) fn closing(self) -> &'static str {
        match self {
            Self::Standard => "COMMIT;\n/*!40101 SET SESSION sql_mode = @OLD_SQL_MODE */;\n",
            Self::Mysql => "COMMIT;\nSET SESSION sql_mode = @OLD_SQL_MODE;\n",
            Self::Postgres | Self::Sqlite => "COMMIT;\n",
        }
    }
}
