//! Tables that formats and their readers take amiss, and a site that has them.
//!
//! A page is a row: each field stands between a separator and its column's number, and the next separator, so that a regex
//! finds it whatever is in it but those separators.

use serde_json::{Value as Json, json};
use snowscrape_tests::pages::PageSite;

const FIELD: char = '\u{1f}';
const VALUE: char = '\u{1d}';

/// A column: its name, what its values are, and whether it holds lists.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) many: bool,
}

/// A table: for each row and column the texts that are found there.
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Vec<String>>>,
}

impl Table {
    /// A site whose pages are the rows.
    pub(super) fn site(&self) -> PageSite {
        PageSite::start(self.rows.iter().map(|row| {
            let fields = row.iter().enumerate();
            let fields =
                fields.flat_map(|(at, texts)| texts.iter().map(move |text| format!("{FIELD}{at}{VALUE}{text}")));
            fields.chain([FIELD.to_string()]).collect()
        }))
    }

    /// The job that reads them.
    pub(super) fn job(&self, site: &PageSite) -> Json {
        let queries = self.columns.iter().enumerate().map(|(at, column)| {
            json!({
                "name": column.name, "type": "regex", "query": format!("\\x1f{at}\\x1d([^\\x1f]*)"), "raw": true,
                "as": column.kind, "many": column.many,
            })
        });
        json!({
            "name": "Nasty '); DROP TABLE jobs; --",
            "source": format!("{}/[1-{}]", site.base_url(), self.rows.len()),
            "rate_limit": 600_000,
            "queries": queries.collect::<Vec<_>>(),
        })
    }

    /// Its columns as the readers are told them.
    pub(super) fn expected_columns(&self) -> Json {
        let columns = self.columns.iter();
        columns
            .map(|column| json!({"name": column.name, "type": column.kind, "many": column.many}))
            .collect()
    }
}

fn column(name: &str, kind: &'static str) -> Column {
    Column {
        name: name.to_owned(),
        kind,
        many: false,
    }
}

const TEXTS: &[&str] = &[
    "plain",
    "a, b; c\td|e",
    "say \"hello\" and 'bye' and `so`",
    "line\nfeed",
    "carriage\rreturn",
    "both\r\nof them\r\n",
    "\ttabs\t",
    "  spaces  ",
    "back\\slash",
    "ends in one\\",
    "\\'",
    "nul\0inside",
    "\0",
    "controls \u{1}\u{8}\u{b}\u{c}\u{1b}\u{7f}\u{85}",
    "_x000D_ and _x0041_",
    "no characters \u{fffe}\u{ffff}",
    "emoji 👩‍👩‍👧‍👦 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "astral 𝒳𐍈𠀋",
    "עברית و العربية \u{202e}reversed\u{202c}",
    "combining e\u{301} Z\u{351}\u{36b}\u{343}",
    "separators \u{2028}\u{2029}\u{feff}end",
    "\u{feff}bom first",
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3",
    "@SUM(A1:A9)",
    "'); DROP TABLE results; --",
    "\"); DROP TABLE results; --",
    "$$ || :name %s {0} ${x}",
    "delimiter //",
    "\\g \\! ls",
    "/*!40101 x */ -- # comment",
    "007",
    "1e400",
    "-0",
    "NaN",
    "nan",
    "inf",
    "NULL",
    "null",
    "None",
    "N/A",
    "\\N",
    "true",
    "TRUE",
    "1/2",
    "2026-11-26",
    "12:30",
    "<b>&amp;</b>]]>",
    "{\"a\": [1]}",
    "[1, 2]",
    "trailing newline\n",
    "\n",
    " ",
];

const INTEGERS: &[&str] = &[
    "0",
    "-1",
    "42",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "not one",
];

const NUMBERS: &[&str] = &[
    "0",
    "-0.0",
    "0.1",
    "-19.99",
    "1e300",
    "-1e300",
    "1e-300",
    "2.2250738585072014e-308",
    "1.7976931348623157e308",
    "123456789.123456789",
    "1e15",
    "1e16",
    "1e21",
    "1e-7",
    "3",
    "100000000000000000000",
    "1e400",
    "nan",
];

const DATETIMES: &[&str] = &[
    "1970-01-01T00:00:00Z",
    "2026-11-26T09:30:15Z",
    "2026-11-26T09:30:15.123Z",
    "2026-11-26T09:30:15.123456Z",
    "1969-12-31T23:59:59.999999Z",
    "1900-01-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "1900-02-28T12:00:00Z",
    "1900-03-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "1000-01-01T00:00:00Z",
    "1677-09-21T00:00:00Z",
    "2262-04-12T00:00:00Z",
    "9999-12-30T21:59:59.999999Z",
    "soon",
];

const URLS: &[&str] = &[
    "https://a.example/",
    "http://a.example/?q=1&r=%20%22#f",
    "https://münchen.example/ü?ö=ß",
    "mailto:a@b.example",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "internal:Sheet1!A1",
    "data:text/html,<b>x</b>",
];

/// All of it in one table: a row for each value, the other columns going round theirs, with nulls among them.
pub(super) fn nasty() -> Table {
    let columns = vec![
        column("id", "integer"),
        column("text", "text"),
        column("select", "integer"),
        column("a \"quoted\" 'name', with; signs\\", "number"),
        column("ünïcode 名前 🦀", "boolean"),
        column("=1+1", "datetime"),
        column("'); DROP TABLE results; --", "url"),
        column("unicode", "text"),
        column("unïcode", "text"),
        column(&"long ".repeat(25), "text"),
        Column {
            many: true,
            ..column("texts", "text")
        },
        Column {
            many: true,
            ..column("integers", "integer")
        },
        Column {
            many: true,
            ..column("times", "datetime")
        },
        column("ctid", "text"),
    ];
    let large = [
        "x".repeat(32_766),
        "é".repeat(32_767),
        "🦀".repeat(16_384),
        "long\r\n\"text\" ".repeat(80_000),
    ];
    let texts: Vec<&str> = TEXTS.iter().copied().chain(large.iter().map(String::as_str)).collect();
    let round = |values: &[&str], row: usize| -> Vec<String> {
        // One in so many is null.
        let at = row % (values.len() + 1);
        values.get(at).map(ToString::to_string).into_iter().collect()
    };
    let list = |values: &[&str], row: usize| -> Vec<String> {
        let values = values.iter().cycle().skip(row).take(row % 4);
        values.map(ToString::to_string).collect()
    };
    let rows = (0..texts.len() * 2).map(|row| {
        vec![
            vec![row.to_string()],
            round(&texts, row),
            round(INTEGERS, row),
            round(NUMBERS, row),
            round(&["true", "no", "maybe"], row),
            round(DATETIMES, row),
            round(URLS, row),
            round(&TEXTS[..7], row),
            round(&["", "x"], row),
            round(&TEXTS[20..30], row),
            list(TEXTS, row),
            list(INTEGERS, row),
            list(DATETIMES, row),
            round(&["c"], row),
        ]
    });
    Table {
        columns,
        rows: rows.collect(),
    }
}

/// Numbers under the least that has all of its digits. pandas' parser of JSON fails on a file with one of them, so they are in a
/// table of their own.
pub(super) fn subnormal() -> Table {
    let numbers = ["5e-324", "-5e-324", "2.225073858507201e-308"];
    let row = |number: &str| vec![vec!["a".to_owned()], vec![number.to_owned()]];
    Table {
        columns: vec![column("text", "text"), column("number", "number")],
        rows: numbers.map(row).into(),
    }
}

/// As many columns as a person would ever have.
pub(super) fn wide() -> Table {
    let kinds = ["text", "integer", "number", "boolean", "datetime"];
    let values = ["a text", "12", "0.5", "true", "2026-11-26T09:30:15Z"];
    let columns = (0..500).map(|at| column(&format!("column {at}"), kinds[at % kinds.len()]));
    let row = |row: usize| -> Vec<Vec<String>> {
        let value = |at: usize| {
            if (at + row).is_multiple_of(7) {
                Vec::new()
            } else {
                vec![values[at % values.len()].to_owned()]
            }
        };
        (0..500).map(value).collect()
    };
    Table {
        columns: columns.collect(),
        rows: (0..5).map(row).collect(),
    }
}
