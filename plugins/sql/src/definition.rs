//! The statements that make the table.

use snowscrape_plugin_sdk::Column;

use crate::dialect::Dialect;
use crate::limits::too_many_for_innodb;

/// What becomes of a table that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfExists {
    /// It gets the rows.
    Append,
    /// It is dropped.
    Replace,
}

/// Drops the table where that was asked for, and makes it. The names are in quotes already.
pub(crate) fn definition(
    columns: &[Column],
    names: &[String],
    dialect: Dialect,
    table: &str,
    if_exists: IfExists,
) -> String {
    let create = match if_exists {
        IfExists::Append => format!("CREATE TABLE IF NOT EXISTS {table}"),
        IfExists::Replace => format!("DROP TABLE IF EXISTS {table};\nCREATE TABLE {table}"),
    };
    let columns = columns.iter().zip(names);
    let columns: Vec<String> = columns
        .map(|(column, name)| format!("  {name} {}", dialect.type_of(column)))
        .collect();
    let options = match dialect {
        Dialect::Standard => format!(" /*!50503 {} */", mysql_options(names, dialect)),
        Dialect::Mysql => format!(" {}", mysql_options(names, dialect)),
        Dialect::Postgres | Dialect::Sqlite => String::new(),
    };
    format!("{create} (\n{}\n){options};\n", columns.join(",\n"))
}

fn mysql_options(names: &[String], dialect: Dialect) -> String {
    let engine = if too_many_for_innodb(names.len(), dialect) {
        "ENGINE = MyISAM "
    } else {
        ""
    };
    // Binary, so that texts which differ at all are different to UNIQUE, GROUP BY and `=`.
    format!("{engine}DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
}
