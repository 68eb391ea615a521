//! Which columns of the rows go into a file, in which order, and what is known of each row beside its cells.
//!
//! It stands before every format, so that no exporter has to know of it.

use std::collections::HashSet;
use std::mem;

use crate::model::{Column, ColumnKind, FieldError, Row, RunId, Value};

/// The names of the columns that tell where a row comes from.
const URL: &str = "_url";
const SCRAPED_AT: &str = "_scraped_at";
const RUN: &str = "_run";
/// How many wrong names are told.
const MOST_FAULTS: usize = 10;

/// The columns of a file, and where their cells come from.
#[derive(Clone, Debug)]
pub struct Selection {
    columns: Vec<Column>,
    sources: Vec<Source>,
    run: Option<String>,
    /// Whether rows are written as they are.
    whole: bool,
}

/// Where the cells of a column come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// A cell of the row.
    Cell(usize),
    /// The URL of its page.
    Url,
    /// When its page was fetched.
    ScrapedAt,
    /// The run.
    Run,
}

impl Selection {
    /// Chooses among a job's columns: all of them, or those named, in the order in which they are named. `meta` adds the
    /// columns `_url`, `_scraped_at` and `_run` after them where they are not named; named, they need no `meta`.
    ///
    /// # Errors
    /// Names that no column has or that come twice, at `columns`; and at `meta` a job that has a column of such a name itself.
    pub fn new(
        columns: &[Column],
        named: Option<&[String]>,
        meta: bool,
        run: Option<&RunId>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut selection = Self {
            columns: Vec::new(),
            sources: Vec::new(),
            run: run.map(ToString::to_string),
            whole: named.is_none() && !meta,
        };
        let mut faults = Vec::new();
        match named {
            None => columns
                .iter()
                .enumerate()
                .for_each(|(at, column)| selection.add(column.clone(), Source::Cell(at))),
            Some([]) => faults.push(FieldError::new("columns", "must name a column")),
            Some(named) => selection.add_named(columns, named, &mut faults),
        }
        if meta {
            selection.add_meta(columns, &mut faults);
        }
        if faults.is_empty() { Ok(selection) } else { Err(faults) }
    }

    /// The columns of the file.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows as the file has them.
    pub fn apply(&self, rows: impl IntoIterator<Item = Row>) -> Vec<Row> {
        rows.into_iter().map(|row| self.select(row)).collect()
    }

    fn select(&self, mut row: Row) -> Row {
        if self.whole {
            return row;
        }
        let cells = self.sources.iter().map(|source| match source {
            // Each cell goes to one column at most.
            Source::Cell(at) => mem::take(&mut row.cells[*at]),
            Source::Url => Value::Text(row.url.to_string()),
            Source::ScrapedAt => Value::Datetime(row.fetched_at),
            Source::Run => self.run.clone().map_or(Value::Null, Value::Text),
        });
        row.cells = cells.collect();
        row
    }

    fn add(&mut self, column: Column, source: Source) {
        self.columns.push(column);
        self.sources.push(source);
    }

    fn add_named(&mut self, columns: &[Column], named: &[String], faults: &mut Vec<FieldError>) {
        let mut seen = HashSet::new();
        for name in named {
            // Each fault looks for the name that was meant among all columns, and a reader needs no more of them.
            if faults.len() == MOST_FAULTS {
                break;
            }
            if !seen.insert(name) {
                faults.push(FieldError::new("columns", format!("`{name}` is named twice")));
            } else if let Some(at) = columns.iter().position(|column| column.name == *name) {
                self.add(columns[at].clone(), Source::Cell(at));
            } else if let Some((column, source)) = meta_columns().into_iter().find(|(column, _)| column.name == *name) {
                self.add(column, source);
            } else {
                let known = columns.iter().map(|column| column.name.as_str());
                faults.push(FieldError::unknown_name("columns", "column", name, known));
            }
        }
    }

    fn add_meta(&mut self, columns: &[Column], faults: &mut Vec<FieldError>) {
        for (column, source) in meta_columns() {
            // Names of columns are unique without regard to case.
            if columns.iter().any(|own| own.name.eq_ignore_ascii_case(&column.name)) {
                let name = &column.name;
                faults.push(FieldError::new(
                    "meta",
                    format!("the job has a column `{name}` of its own; rename its query"),
                ));
            } else if !self.sources.contains(&source) {
                self.add(column, source);
            }
        }
    }
}

fn meta_columns() -> [(Column, Source); 3] {
    [
        (URL, ColumnKind::Url, Source::Url),
        (SCRAPED_AT, ColumnKind::Datetime, Source::ScrapedAt),
        (RUN, ColumnKind::Text, Source::Run),
    ]
    .map(|(name, kind, source)| {
        let column = Column {
            name: name.to_owned(),
            kind,
            many: false,
        };
        (column, source)
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn select(own: &[&str], named: Option<&[&str]>, meta: bool) -> Result<String, String> {
        let columns: Vec<_> = own
            .iter()
            .map(|name| Column {
                name: (*name).to_owned(),
                kind: ColumnKind::Text,
                many: false,
            })
            .collect();
        let named: Option<Vec<String>> = named.map(|names| names.iter().map(ToString::to_string).collect());
        let run = RunId::new("run_1".to_owned());
        let selection = Selection::new(&columns, named.as_deref(), meta, Some(&run))
            .map_err(|faults| faults.iter().map(|fault| format!("{fault}\n")).collect::<String>())?;
        let row = selection.select(Row {
            url: "http://a.example/".into(),
            position: 0,
            fetched_at: Timestamp::UNIX_EPOCH,
            cells: own.iter().map(|name| Value::Text(format!("<{name}>"))).collect(),
        });
        let cells = selection.columns().iter().zip(&row.cells);
        let shown = cells.map(|(column, cell)| format!("{}={}", column.name, serde_json::to_string(cell).unwrap()));
        Ok(shown.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn columns_are_chosen_and_ordered() {
        let check = |named: Option<&[&str]>, meta, expected: &str| {
            assert_eq!(select(&["a", "b"], named, meta).unwrap(), expected);
        };
        check(None, false, r#"a="<a>" b="<b>""#);
        check(Some(&["b", "a"]), false, r#"b="<b>" a="<a>""#);
        check(Some(&["b"]), false, r#"b="<b>""#);
        check(Some(&["_run", "a"]), false, r#"_run="run_1" a="<a>""#);
        check(
            None,
            true,
            r#"a="<a>" b="<b>" _url="http://a.example/" _scraped_at="1970-01-01T00:00:00Z" _run="run_1""#,
        );
        check(
            Some(&["_url", "b"]),
            true,
            r#"_url="http://a.example/" b="<b>" _scraped_at="1970-01-01T00:00:00Z" _run="run_1""#,
        );
    }

    #[test]
    fn no_more_wrong_names_are_told_than_a_reader_needs() {
        let check = |wrong: usize, told: usize| {
            let names: Vec<String> = (0..wrong).map(|number| format!("x{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let error = select(&["a"], Some(&names), false).unwrap_err();
            assert_eq!(error.lines().count(), told, "{error}");
        };
        check(MOST_FAULTS, MOST_FAULTS);
        check(MOST_FAULTS + 1, MOST_FAULTS);
    }

    #[test]
    fn wrong_names_are_told() {
        let check = |own: &[&str], named: Option<&[&str]>, meta, words: &[&str]| {
            let error = select(own, named, meta).unwrap_err();
            for word in words {
                assert!(error.contains(word), "{error}");
            }
        };
        check(
            &["price"],
            Some(&["prise"]),
            false,
            &["columns: ", "`prise`", "`price`"],
        );
        check(&["a"], Some(&["a", "a"]), false, &["columns: ", "named twice"]);
        check(&["a"], Some(&[]), false, &["columns: Must name a column"]);
        check(&["_URL"], None, true, &["meta: ", "`_url`"]);
        check(&["_run"], Some(&["x", "y"]), true, &["`x`", "`y`", "meta: "]);
    }
}
