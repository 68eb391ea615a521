//! Names of columns and of the table, such as each database takes them.
//!
//! A column's name comes from whoever wrote the job and is made to fit, since the rows are worth more than a name; the
//! table's name was given for this very file, so one that does not fit is refused.

use std::collections::HashSet;

use snowscrape_plugin_sdk::{ExportError, InvalidOption};

use crate::dialect::{Dialect, NameFold, NameLimit};

/// What a column is called whose name has nothing left.
const NAMELESS: &str = "column";

/// The longest file name that a table of MySQL's may make, without its ending.
const FILE_NAME: usize = 251;

/// The names of the columns in order, each of them once.
///
/// A name that a database would take for another gets a number; it never takes a name that a later column has.
pub(crate) fn column_names<'a>(given: impl IntoIterator<Item = &'a str>, dialect: Dialect) -> Vec<String> {
    let fitting: Vec<String> = given.into_iter().map(|name| fitted(name, dialect)).collect();
    let wanted: HashSet<String> = fitting.iter().map(|name| folded(name, dialect)).collect();
    let mut used = HashSet::with_capacity(fitting.len());
    let mut numbers = std::collections::HashMap::new();
    fitting
        .into_iter()
        .map(|name| {
            let fold = folded(&name, dialect);
            if !dialect.reserves(&name) && used.insert(fold.clone()) {
                return name;
            }
            let number: &mut u32 = numbers.entry(fold).or_insert(1);
            loop {
                *number += 1;
                let numbered = with_suffix(&name, &format!("_{number}"), dialect);
                let fold = folded(&numbered, dialect);
                if !wanted.contains(&fold) && used.insert(fold) {
                    return numbered;
                }
            }
        })
        .collect()
}

/// The name between its quotes.
pub(crate) fn quoted(name: &str, dialect: Dialect) -> String {
    let quote = dialect.name_quote();
    let mut out = String::with_capacity(name.len() + 2);
    out.push(quote);
    for char in name.chars() {
        if char == quote {
            out.push(quote);
        }
        out.push(char);
    }
    out.push(quote);
    out
}

/// Whether the table can have this name.
pub(crate) fn check_table(name: &str, dialect: Dialect) -> Result<(), ExportError> {
    match table_fault(name, dialect) {
        None => Ok(()),
        Some(message) => Err(ExportError::InvalidOption(InvalidOption {
            name: "table".to_owned(),
            message,
        })),
    }
}

fn table_fault(name: &str, dialect: Dialect) -> Option<String> {
    if name.is_empty() {
        return Some("must not be empty".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Some("must not contain control characters".to_owned());
    }
    match dialect.name_limit() {
        NameLimit::Bytes(limit) if name.len() > limit => {
            return Some(format!(
                "must be at most {limit} bytes long, which is PostgreSQL's limit"
            ));
        }
        NameLimit::Characters(limit) if name.chars().count() > limit => {
            return Some(format!(
                "must be at most {limit} characters long, which is MySQL's limit"
            ));
        }
        _ => {}
    }
    if dialect.for_sqlite() && name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_")) {
        return Some("must not begin with `sqlite_`: SQLite keeps such names to itself".to_owned());
    }
    if dialect.for_mysql() {
        if name.ends_with(' ') {
            return Some("must not end with a space, which MySQL refuses".to_owned());
        }
        if name.chars().any(is_astral) {
            return Some("must not contain emoji or others beyond U+FFFF, which MySQL refuses in names".to_owned());
        }
        // MySQL makes a file of that name and writes other characters as up to five.
        let file_name = |char: char| {
            if char.is_ascii_alphanumeric() || char == '_' {
                1
            } else {
                5
            }
        };
        if name.chars().map(file_name).sum::<usize>() > FILE_NAME {
            return Some("makes too long a file name for MySQL: take fewer letters outside a–z and 0–9".to_owned());
        }
    }
    None
}

fn fitted(name: &str, dialect: Dialect) -> String {
    // SQLite's shell reads line by line and loses a CR before an LF; in a name nobody misses them.
    let safe = |char: char| char.is_control() || dialect.for_mysql() && is_astral(char);
    let name: String = name.chars().map(|char| if safe(char) { '_' } else { char }).collect();
    let name = cut(&name, 0, dialect);
    if name.is_empty() {
        NAMELESS.to_owned()
    } else {
        name.to_owned()
    }
}

fn with_suffix(name: &str, suffix: &str, dialect: Dialect) -> String {
    format!("{}{suffix}", cut(name, suffix.len(), dialect))
}

/// As much of the name as fits beside so many ASCII characters.
fn cut(name: &str, room: usize, dialect: Dialect) -> &str {
    let name = match dialect.name_limit() {
        NameLimit::None => name,
        NameLimit::Bytes(limit) => &name[..name.floor_char_boundary(limit - room)],
        NameLimit::Characters(limit) => {
            let end = name.char_indices().nth(limit - room).map_or(name.len(), |(at, _)| at);
            &name[..end]
        }
    };
    if dialect.for_mysql() {
        name.trim_end_matches(' ')
    } else {
        name
    }
}

fn folded(name: &str, dialect: Dialect) -> String {
    match dialect.name_fold() {
        NameFold::Exact => name.to_owned(),
        NameFold::AsciiCase => name.to_ascii_lowercase(),
        // MySQL folds character by character: İ is i to it.
        NameFold::Case => name.chars().filter_map(|char| char.to_lowercase().next()).collect(),
    }
}

fn is_astral(char: char) -> bool {
    u32::from(char) > 0xFFFF
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::ExportError;

    use super::{check_table, column_names, quoted};
    use crate::dialect::Dialect::{self, Mysql, Postgres, Sqlite, Standard};

    fn check(dialect: Dialect, given: &[&str], expected: &[&str]) {
        assert_eq!(column_names(given.iter().copied(), dialect), expected, "{dialect:?}");
    }

    #[test]
    fn names_that_a_database_takes_for_one_get_numbers() {
        let given = ["a", "A", "É", "é", "e", "a_2"];
        check(Postgres, &given, &given);
        check(Sqlite, &given, &["a", "A_3", "É", "é", "e", "a_2"]);
        for dialect in [Standard, Mysql] {
            check(dialect, &given, &["a", "A_3", "É", "é_2", "e", "a_2"]);
            check(dialect, &["i", "İ", "k", "\u{212A}"], &["i", "İ_2", "k", "\u{212A}_2"]);
        }
        check(Postgres, &["a", "a", "a"], &["a", "a_2", "a_3"]);
    }

    #[test]
    fn names_that_a_database_keeps_to_itself_get_numbers() {
        let given = ["ctid", "CTID", "Db_Row_Id", "oid"];
        check(Standard, &given, &["ctid_2", "CTID", "Db_Row_Id_2", "oid"]);
        check(Postgres, &given, &["ctid_2", "CTID", "Db_Row_Id", "oid"]);
        check(Mysql, &given, &["ctid", "CTID_2", "Db_Row_Id_2", "oid"]);
        check(Sqlite, &given, &["ctid", "CTID_2", "Db_Row_Id", "oid"]);
    }

    #[test]
    fn names_are_cut_at_the_limit() {
        let long = "é".repeat(65);
        let twice = [long.as_str(), long.as_str()];
        let bytes = ["é".repeat(31), format!("{}_2", "é".repeat(30))];
        let characters = ["é".repeat(64), format!("{}_2", "é".repeat(62))];
        let [bytes, characters] = [&bytes, &characters].map(|pair| [pair[0].as_str(), pair[1].as_str()]);
        check(Standard, &twice, &bytes);
        check(Postgres, &twice, &bytes);
        check(Mysql, &twice, &characters);
        check(Sqlite, &twice, &[&long, &format!("{long}_2")]);
        let fits = "a".repeat(63);
        check(Standard, &[&fits], &[&fits]);
        check(Mysql, &[&format!("{fits}a")], &[&format!("{fits}a")]);
    }

    #[test]
    fn characters_that_a_name_cannot_have_are_left_out() {
        let given = ["a\0b\r\nc", "x😀", "t  ", " ", "价格"];
        check(Standard, &given, &["a_b__c", "x_", "t", "column", "价格"]);
        check(Mysql, &given, &["a_b__c", "x_", "t", "column", "价格"]);
        check(Postgres, &given, &["a_b__c", "x😀", "t  ", " ", "价格"]);
        check(Sqlite, &given, &["a_b__c", "x😀", "t  ", " ", "价格"]);
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted("a\"b`c\\", Standard), "\"a\"\"b`c\\\"");
        assert_eq!(quoted("a\"b`c\\", Mysql), "`a\"b``c\\`");
    }

    #[test]
    fn tables_have_names_that_fit() {
        const ALL: &[Dialect] = &[Standard, Postgres, Mysql, Sqlite];
        for (name, refusing) in [
            ("results", &[][..]),
            ("we\"ird; -- `name`", &[]),
            ("", ALL),
            ("a\nb", ALL),
            ("a\0", ALL),
            ("SQLite_x", &[Standard, Sqlite]),
            ("sqlite", &[]),
            ("a ", &[Standard, Mysql]),
            ("😀", &[Standard, Mysql]),
            (&"a".repeat(63), &[]),
            (&"a".repeat(64), &[Standard, Postgres]),
            (&"a".repeat(65), &[Standard, Postgres, Mysql]),
            (&"价".repeat(50), &[Standard, Postgres]),
            (&"价".repeat(51), &[Standard, Postgres, Mysql]),
        ] {
            for &dialect in ALL {
                let checked = check_table(name, dialect);
                let refused = matches!(&checked, Err(ExportError::InvalidOption(option)) if option.name == "table");
                assert_eq!(
                    refused,
                    refusing.contains(&dialect),
                    "{name:?} in {dialect:?}: {checked:?}"
                );
            }
        }
    }
}
