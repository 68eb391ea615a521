//! Tables of matches and the rows that they give.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use url::Url;

use super::*;
use crate::model::{ColumnKind, ExpressionFault, Match, MatchKind, OptionSpec, OptionValue, QueryTypes};
use crate::rows::ColumnTally;

struct AnyCss;

impl QueryTypes for AnyCss {
    fn names(&self) -> Vec<String> {
        vec!["css".into()]
    }

    fn options(&self, query_type: &str) -> Option<&[OptionSpec]> {
        (query_type == "css").then_some(&[])
    }

    fn is_structured(&self, _: &str) -> bool {
        false
    }

    fn check_item(&self, _: &str, _: &str, _: &[(String, OptionValue)]) -> Result<(), ExpressionFault> {
        Ok(())
    }

    fn check(&self, _: &str, _: &str, _: &[(String, OptionValue)]) -> Result<(), ExpressionFault> {
        Ok(())
    }
}

/// A maker for queries with these fields, named `a`, `b`, `c`, ….
fn maker(has_item: bool, queries: &[Json]) -> RowMaker {
    let query = |(query, name): (&Json, char)| {
        let mut query = query.clone();
        query["name"] = name.to_string().into();
        query["type"] = "css".into();
        query["query"] = "p".into();
        query
    };
    let mut job = json!({
        "name": "n",
        "source": "http://a.example/",
        "queries": queries.iter().zip('a'..).map(query).collect::<Json>(),
    });
    if has_item {
        job["item"] = json!({"type": "css", "query": "li"});
    }
    RowMaker::new(&Job::parse(&job, &AnyCss).expect("a job"))
}

fn page() -> PageInfo {
    PageInfo {
        url: "http://a.example/p".into(),
        base_url: Url::parse("http://a.example/base/").expect("a URL"),
        number: 0,
        fetched_at: Timestamp::UNIX_EPOCH,
    }
}

/// A match by its JSON: a text is a text node, `["text"]` another text, `{"json": …}` structured; for a query that
/// failed a text stands in the place of the list.
fn found(queries: &Json) -> ItemExtraction {
    let found = |json: &Json| match json {
        Json::String(text) => Match {
            kind: MatchKind::TextNode,
            text: text.clone(),
        },
        Json::Array(text) => Match {
            kind: MatchKind::Text,
            text: text[0].as_str().expect("a text").into(),
        },
        json => Match {
            kind: MatchKind::Structured,
            text: json["json"].as_str().expect("JSON text").into(),
        },
    };
    let query = |query: &Json| match query {
        Json::String(message) => Err(message.clone()),
        matches => Ok(matches.as_array().expect("matches").iter().map(found).collect()),
    };
    queries.as_array().expect("queries").iter().map(query).collect()
}

fn make(maker: &RowMaker, items: &[Json]) -> PageRows {
    maker
        .make(
            &page(),
            ItemsExtraction {
                items: items.iter().map(found).collect(),
            },
        )
        .expect("rows")
}

fn cells(rows: &PageRows) -> Json {
    rows.rows
        .iter()
        .map(|row| serde_json::to_value(&row.cells).expect("JSON"))
        .collect()
}

fn messages(rows: &PageRows) -> Vec<&str> {
    rows.warnings.iter().map(|warning| warning.message.as_str()).collect()
}

#[test]
fn without_an_item_matches_stand_side_by_side() {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a table of literals reads better without references"
    )]
    fn check(queries: &[Json], matches: Json, expected: Json) {
        let rows = make(&maker(false, queries), std::slice::from_ref(&matches));
        assert_eq!(cells(&rows), expected, "{matches}");
    }
    let (plain, many, join) = (json!({}), json!({"many": true}), json!({"join": true}));
    let both = [plain.clone(), plain.clone()];
    check(&both, json!([["a", "b"], ["1", "2"]]), json!([["a", "1"], ["b", "2"]]));
    check(&both, json!([["a", "b"], ["1"]]), json!([["a", "1"], ["b", null]]));
    check(&both, json!([[], ["1"]]), json!([[null, "1"]]));
    check(&both, json!([[], []]), json!([]));
    let with_many = [plain.clone(), many.clone()];
    check(
        &with_many,
        json!([["a", "b"], ["x", "y"]]),
        json!([["a", ["x", "y"]], ["b", ["x", "y"]]]),
    );
    check(&with_many, json!([["a"], []]), json!([["a", null]]));
    check(&with_many, json!([[], ["x"]]), json!([[null, ["x"]]]));
    check(&with_many, json!([[], []]), json!([]));
    let with_join = [plain, join.clone()];
    check(
        &with_join,
        json!([["a", "b"], ["x", "y"]]),
        json!([["a", "x y"], ["b", "x y"]]),
    );
    check(&with_join, json!([["a"], []]), json!([["a", null]]));
    let only = [many, join];
    check(&only, json!([["a", "b"], ["c"]]), json!([[["a", "b"], "c"]]));
    check(&only, json!([[], ["c"]]), json!([[null, "c"]]));
    check(&only, json!([[], [[""]]]), json!([[null, null]]));
    check(&only, json!([[], []]), json!([]));
    check(&only, json!([["\n"], [" "]]), json!([]));
}

#[test]
fn with_an_item_each_is_a_row() {
    let maker = maker(
        true,
        &[
            json!({}),
            json!({"many": true}),
            json!({"join": true, "join_separator": "-"}),
        ],
    );
    let items = [
        json!([["a", "b"], ["1", "2"], ["x", "y"]]),
        json!([[], [], []]),
        json!([[[""], "b"], [[""], "2"], [["x"], [""], ["y"]]]),
    ];
    let rows = make(&maker, &items);
    assert_eq!(
        cells(&rows),
        json!([["a", ["1", "2"], "x-y"], [null, null, null], [null, [null, "2"], "x-y"]])
    );
    assert_eq!(rows.warnings, []);
    assert_eq!(
        rows.tallies.iter().map(|tally| tally.filled).collect::<Vec<_>>(),
        [1, 2, 2]
    );
    let places: Vec<_> = rows
        .rows
        .iter()
        .map(|row| (&*row.url, row.position, row.fetched_at))
        .collect();
    let at = Timestamp::UNIX_EPOCH;
    let url = "http://a.example/p";
    assert_eq!(places, [(url, 0, at), (url, 1, at), (url, 2, at)]);
    assert_eq!(
        make(&maker, &[]),
        PageRows {
            tallies: vec![ColumnTally::default(); 3],
            ..PageRows::default()
        }
    );
}

#[test]
fn how_one_match_becomes_a_cell() {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a table of literals reads better without references"
    )]
    fn check(query: Json, found: Json, expected: Json) {
        let rows = make(&maker(true, std::slice::from_ref(&query)), &[json!([[found]])]);
        assert_eq!(cells(&rows), json!([[expected]]), "{query} {found}");
    }
    // White space.
    check(json!({}), json!("  a \n b\u{a0} "), json!("a b"));
    check(json!({"raw": true}), json!("  a \n b "), json!("  a \n b "));
    check(json!({}), json!([" \n"]), json!(null));
    check(json!({"raw": true}), json!([" \n"]), json!(" \n"));
    check(json!({"raw": true}), json!([""]), json!(null));
    check(json!({"raw": true}), json!(" \n"), json!(null));
    // The part that `match` takes.
    check(json!({"match": "([0-9.]+)"}), json!("£51.77 each"), json!("51.77"));
    check(json!({"match": "[0-9.]+"}), json!("£51.77 each"), json!("51.77"));
    check(json!({"match": "(?:£)([0-9]+).([0-9]+)"}), json!("£51.77"), json!("51"));
    check(json!({"match": "(x)|y"}), json!("y"), json!(null));
    check(json!({"match": "x*"}), json!("y"), json!(null));
    check(json!({"match": ".*"}), json!("all"), json!("all"));
    check(json!({"match": "^a b$"}), json!(" a\n b "), json!("a b"));
    check(json!({"match": "[0-9]+"}), json!("none"), json!(null));
    // What it is read as.
    check(json!({"as": "number"}), json!("1,234.5"), json!(1234.5));
    check(json!({"as": "number", "decimal": ","}), json!("1.234,5"), json!(1234.5));
    check(json!({"as": "number"}), json!("1\u{a0}234"), json!(1234.0));
    check(json!({"as": "number", "raw": true}), json!(" 5 "), json!(5.0));
    check(json!({"as": "number"}), json!("£51.77"), json!(null));
    check(json!({"as": "number", "match": "£(.*)"}), json!("£51.77"), json!(51.77));
    check(json!({"as": "integer"}), json!("5.0"), json!(5));
    check(json!({"as": "integer"}), json!("5.5"), json!(null));
    check(json!({"as": "boolean"}), json!("Yes"), json!(true));
    check(
        json!({"as": "datetime"}),
        json!("2024-01-15"),
        json!("2024-01-15T00:00:00Z"),
    );
    check(
        json!({"as": "datetime", "format": "%d.%m.%Y"}),
        json!("15.01.2024"),
        json!("2024-01-15T00:00:00Z"),
    );
    check(json!({"as": "url"}), json!("../x?y=1"), json!("http://a.example/x?y=1"));
    check(json!({"as": "url"}), json!("//b.example"), json!("http://b.example/"));
    check(json!({"as": "url"}), json!("http://[x/"), json!(null));
    // Structured values.
    check(
        json!({}),
        json!({"json": r#"{"b": 1, "a": [2]}"#}),
        json!({"b": 1, "a": [2]}),
    );
    check(json!({}), json!({"json": r#"" a  b ""#}), json!("a b"));
    check(json!({}), json!({"json": "null"}), json!(null));
    check(json!({}), json!({"json": "12"}), json!(12));
    check(json!({"as": "integer"}), json!({"json": "12"}), json!(12));
    check(json!({"as": "number"}), json!({"json": r#""1,234""#}), json!(1234.0));
    check(
        json!({"join": true}),
        json!({"json": r#"{"a":1}"#}),
        json!(r#"{"a":1}"#),
    );
    check(json!({"match": "[0-9]+"}), json!({"json": r#"{"a":1}"#}), json!("1"));
    check(json!({}), json!({"json": "{"}), json!(null));
    // Joined texts are read as one.
    check(json!({"join": true, "as": "integer"}), json!("12"), json!(12));
}

#[test]
fn indentation_never_shifts_a_column() {
    let check = |query: Json, matches: Json, expected: Json| {
        let rows = make(&maker(false, &[query]), &[json!([matches])]);
        assert_eq!(cells(&rows), expected);
    };
    check(
        json!({}),
        json!(["\n  ", "a", "\u{3000}", "b", ""]),
        json!([["a"], ["b"]]),
    );
    check(json!({}), json!([["\n  "], "a", [""]]), json!([[null], ["a"], [null]]));
    check(json!({"raw": true}), json!(["\n  ", " a"]), json!([[" a"]]));
    check(
        json!({"many": true}),
        json!(["a", " ", [""], "b"]),
        json!([[["a", null, "b"]]]),
    );
    check(
        json!({"many": true, "as": "integer"}),
        json!(["1", "x", "3"]),
        json!([[[1, null, 3]]]),
    );
    check(
        json!({"many": true, "match": "[0-9]"}),
        json!(["1", "x", "3"]),
        json!([[["1", null, "3"]]]),
    );
    check(json!({"join": true}), json!(["a", " ", [""], "b"]), json!([["a b"]]));
    check(
        json!({"join": true, "join_separator": "", "as": "integer"}),
        json!(["1", "2"]),
        json!([[12]]),
    );
}

#[test]
fn uneven_columns_are_a_warning() {
    let (plain, many) = (json!({}), json!({"many": true}));
    let check = |queries: &[Json], matches: Json, expected: &[&str]| {
        let rows = make(&maker(false, queries), &[matches]);
        let uneven: Vec<_> = rows
            .warnings
            .iter()
            .filter(|warning| warning.code == WarningCode::UnevenColumns)
            .collect();
        let found: Vec<_> = uneven.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(found, expected);
    };
    let advice =
        "; set `item` so that each row is taken from one element and nothing is put beside what it does not belong to";
    let message = |lengths: &str| format!("columns of differing length on http://a.example/p: {lengths}{advice}");
    check(&[plain.clone(), plain.clone()], json!([["a", "b"], ["1", "2"]]), &[]);
    check(
        &[plain.clone(), plain.clone()],
        json!([["a", "b"], ["1"]]),
        &[&message("`a` 2, `b` 1")],
    );
    check(
        &[plain.clone(), plain.clone()],
        json!([["a", "b"], []]),
        &[&message("`a` 2, `b` 0")],
    );
    check(&[plain.clone(), plain.clone()], json!([["a", " "], ["1"]]), &[]);
    check(&[plain.clone(), many], json!([["a", "b"], ["1"]]), &[]);
    check(&[plain.clone(), plain], json!([["a", "b"], "too costly"]), &[]);
}

#[test]
fn what_cannot_be_read_is_counted_and_shown() {
    let maker = maker(
        false,
        &[json!({"as": "number"}), json!({"as": "integer", "many": true})],
    );
    let long = format!("£{}", "9".repeat(100));
    let rows = make(&maker, &[json!([["1", "£2", long, "£4", "£5"], ["x"]])]);
    assert_eq!(
        cells(&rows),
        json!([
            [1.0, [null]],
            [null, [null]],
            [null, [null]],
            [null, [null]],
            [null, [null]]
        ])
    );
    let tallies: Vec<_> = rows
        .tallies
        .iter()
        .map(|tally| (tally.filled, tally.unparsed))
        .collect();
    assert_eq!(tallies, [(1, 4), (5, 1)]);
    assert_eq!(
        messages(&rows),
        [
            "column `a`: `£2` is not a number, on http://a.example/p",
            &format!(
                "column `a`: `£{}…` is not a number, on http://a.example/p",
                "9".repeat(79)
            ),
            "column `a`: `£4` is not a number, on http://a.example/p",
            "column `b`: `x` is not a whole number of 64 bits, on http://a.example/p",
        ]
    );
}

#[test]
fn a_query_that_fails_leaves_the_others() {
    let both = [json!({}), json!({})];
    let rows = make(
        &maker(true, &both),
        &[json!([["a"], "too costly"]), json!([["b"], "too deep"])],
    );
    assert_eq!(cells(&rows), json!([["a", null], ["b", null]]));
    assert_eq!(
        messages(&rows),
        ["query `b` failed on http://a.example/p (2 items): too costly"]
    );
    let rows = make(&maker(false, &both), &[json!([["a"], "too costly"])]);
    assert_eq!(cells(&rows), json!([["a", null]]));
    assert_eq!(messages(&rows), ["query `b` failed on http://a.example/p: too costly"]);
}

#[test]
fn what_stands_on_every_row_is_bounded() {
    let maker = maker(false, &[json!({}), json!({"join": true})]);
    let make = |rows: usize, bytes: usize| {
        let found = |count, text: &str| {
            vec![
                Match {
                    kind: MatchKind::Text,
                    text: text.into()
                };
                count
            ]
        };
        let item = vec![Ok(found(rows, "a")), Ok(found(1, &"x".repeat(bytes)))];
        maker
            .make(&page(), ItemsExtraction { items: vec![item] })
            .map(|page| page.rows.len())
    };
    assert_eq!(make(64, MAX_REPEATED_BYTES / 64), Ok(64));
    let (bytes, rows, limit) = (MAX_REPEATED_BYTES / 64, 65, MAX_REPEATED_BYTES);
    assert_eq!(make(rows, bytes), Err(RowError::TooMuchRepeated { bytes, rows, limit }));
    assert_eq!(make(1, MAX_REPEATED_BYTES + 1), Ok(1));
}

#[test]
fn an_extraction_of_another_job_is_refused() {
    let items = vec![vec![Ok(Vec::new())]];
    let found = maker(false, &[json!({}), json!({})]).make(&page(), ItemsExtraction { items });
    assert_eq!(found, Err(RowError::QueryCount { expected: 2, found: 1 }));
}

#[test]
fn columns_follow_the_queries() {
    let maker = maker(
        false,
        &[
            json!({"as": "url"}),
            json!({"many": true}),
            json!({"join": true, "as": "number"}),
        ],
    );
    let columns: Vec<_> = maker
        .columns()
        .into_iter()
        .map(|column| (column.name, column.kind, column.many))
        .collect();
    let expected = [
        ("a", ColumnKind::Url, false),
        ("b", ColumnKind::Text, true),
        ("c", ColumnKind::Number, false),
    ];
    assert_eq!(
        columns,
        expected.map(|(name, kind, many)| (name.to_owned(), kind, many))
    );
}
