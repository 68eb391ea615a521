//! Whole workbooks: beside what `rust_xlsxwriter` alone writes, and at the limits.

mod given;
mod limits;
mod native;
mod read;

use given::{LINK, TEXT, column, written};
use read::Workbook;

use crate::layout::Limits;

/// What the options' `links` and the limits are where a test does not say.
fn limits() -> Limits {
    Limits::default()
}

#[test]
fn a_file_is_known_by_its_first_parts_and_ends_in_pieces() {
    let (file, pieces) = given::written_in_pieces(&[column("a", TEXT)], &[], limits());
    let names = Workbook::read(file.clone()).names;
    assert_eq!(
        names[..4],
        [
            "_rels/.rels",
            "docProps/core.xml",
            "xl/theme/theme1.xml",
            "xl/worksheets/sheet1.xml"
        ]
    );
    assert_eq!(pieces, 2);
    // Nothing in it is of the time or place of its writing.
    assert!(file == given::written_in_pieces(&[column("a", TEXT)], &[], limits()).0);
}

#[test]
fn properties_are_the_runs() {
    let core = written(&[column("a", TEXT)], &[], limits()).part("docProps/core.xml");
    for expected in [
        "<dc:title>shop &amp; co</dc:title>",
        "2026-01-02T03:04:05Z</dcterms:created>",
    ] {
        assert!(core.contains(expected), "{core}");
    }
}

#[test]
fn columns_are_as_wide_as_the_first_rows_ask_for() {
    let columns = [column("a", TEXT), column("a header", TEXT), column("u", LINK)];
    let rows = vec![vec![
        given::text("two lines,\nof which the second is longer"),
        given::text("b"),
        given::text(&format!("http://a/{}", "x".repeat(100))),
    ]];
    let sheet = written(&columns, &rows, limits()).part("xl/worksheets/sheet1.xml");
    let widths: Vec<_> = sheet
        .split("width=\"")
        .skip(1)
        .map(|rest| rest.split('.').next().unwrap())
        .collect();
    assert_eq!(widths, ["30", "11", "60"]);
}

#[test]
fn a_column_is_from_8_to_60_wide() {
    let check = |name: usize, value: usize, width: &str| {
        let columns = [column(&"n".repeat(name), TEXT)];
        let rows = [vec![given::text(&"v".repeat(value))]];
        let sheet = written(&columns, &rows, limits()).part("xl/worksheets/sheet1.xml");
        assert!(sheet.contains(&format!("width=\"{width}.")), "{name} {value}: {sheet}");
    };
    // A header's filter takes 3 beside it, and a value has 1.
    check(1, 1, "8");
    check(5, 7, "8");
    check(6, 7, "9");
    check(5, 8, "9");
    check(1, 58, "59");
    check(1, 59, "60");
    check(1, 60, "60");
    check(56, 1, "59");
    check(58, 1, "60");
}

#[test]
fn percent_signs_stay_what_they_are() {
    let check = |url: &str, target: &str, location: Option<&str>| {
        let workbook = written(&[column("u", LINK)], &[vec![given::text(url)]], limits());
        let relationships = workbook.part("xl/worksheets/_rels/sheet1.xml.rels");
        assert!(
            relationships.contains(&format!("Target=\"{target}\"")),
            "{relationships}"
        );
        let sheet = workbook.part("xl/worksheets/sheet1.xml");
        let expected = location.map_or("/>".to_owned(), |location| format!(" location=\"{location}\"/>"));
        assert!(sheet.contains(&format!("r:id=\"rId1\"{expected}")), "{sheet}");
        assert_eq!(workbook.cells(1)[1].value, url);
    };
    check("http://a/%C3%A9", "http://a/%C3%A9", None);
    check("http://a/%C3%A9{b}", "http://a/%C3%A9%7bb%7d", None);
    check("http://a/%20%C3%A9|", "http://a/%20%C3%A9|", None);
    check("http://a/%41#%C3&b", "http://a/%41", Some("%C3&amp;b"));
    check("http://a/b?c&d=\"e\"", "http://a/b?c&amp;d=%22e%22", None);
    check("mailto:a@b?subject=c%20d", "mailto:a@b?subject=c%20d", None);
}

#[test]
fn nothing_is_a_formula() {
    let columns = [column("=1+1", TEXT), column("<r>x</r>", TEXT), column("u", LINK)];
    let rows = vec![vec![
        given::text("=cmd|' /C calc'!A0"),
        given::text("<r>&</r>"),
        given::text("=HYPERLINK(\"http://a\")"),
    ]];
    let workbook = written(&columns, &rows, limits());
    let sheet = workbook.part("xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f") && !sheet.contains("hyperlink"), "{sheet}");
    let values: Vec<_> = workbook.cells(1).into_iter().map(|cell| cell.value).collect();
    let expected = [
        "=1+1",
        "<r>x</r>",
        "u",
        "=cmd|' /C calc'!A0",
        "<r>&</r>",
        "=HYPERLINK(\"http://a\")",
    ];
    assert_eq!(values, expected);
}
