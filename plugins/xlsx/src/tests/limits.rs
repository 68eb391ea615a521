//! Both sides of what a cell, a sheet and its links can hold.

use snowscrape_plugin_sdk::{Batch, ColumnData, ColumnType, Series, Values};

use super::given::{LINK, TEXT, Value, column, finished, layout, text, warned, written};
use super::read::Workbook;
use crate::layout::Limits;

/// A single cell as it is read back, and its warning.
fn check(column_type: ColumnType, value: Value, kind: &str, expected: &str, warning: Option<&str>) {
    let columns = [column("a", column_type)];
    let rows = [vec![value]];
    let cell = written(&columns, &rows, Limits::default()).cells(1).remove(1);
    assert_eq!((cell.kind.as_str(), cell.value.as_str()), (kind, expected));
    let expected: Vec<_> = warning
        .map(|code| (code.to_owned(), "1".to_owned()))
        .into_iter()
        .collect();
    assert_eq!(warned(&columns, &rows, Limits::default()), expected);
}

#[test]
fn a_text_has_32767_utf_16_units() {
    for (character, most) in [("a", 32_767), ("é", 32_767), ("😀", 16_383)] {
        let fits = character.repeat(most);
        check(TEXT, text(&fits), "text", &fits, None);
        check(TEXT, text(&character.repeat(most + 1)), "text", &fits, Some("text_cut"));
    }
    // An escape is one character of the value.
    let fits = "\u{1}".repeat(32_767);
    check(TEXT, text(&fits), "text", &fits, None);
}

#[test]
fn a_number_holds_integers_to_2_to_the_53rd() {
    let largest = 1_i64 << 53;
    check(
        ColumnType::Integer,
        Value::Integer(largest),
        "",
        "9007199254740992.0",
        None,
    );
    check(
        ColumnType::Integer,
        Value::Integer(-largest),
        "",
        "-9007199254740992.0",
        None,
    );
    let warning = Some("integer_as_text");
    check(
        ColumnType::Integer,
        Value::Integer(largest + 1),
        "text",
        "9007199254740993",
        warning,
    );
    check(
        ColumnType::Integer,
        Value::Integer(i64::MIN),
        "text",
        "-9223372036854775808",
        warning,
    );
}

#[test]
fn a_date_is_one_from_march_1900_on() {
    let first = -2_203_891_200_000_000;
    check(ColumnType::Datetime, Value::Datetime(first), "", "61.0", None);
    let warning = Some("datetime_as_text");
    check(
        ColumnType::Datetime,
        Value::Datetime(first - 1),
        "text",
        "1900-02-28T23:59:59.999999Z",
        warning,
    );
    let earliest = -62_135_596_800_000_000;
    check(
        ColumnType::Datetime,
        Value::Datetime(earliest),
        "text",
        "0001-01-01T00:00:00Z",
        warning,
    );
    // The last second that jiff, and so the API, has.
    check(
        ColumnType::Datetime,
        Value::Datetime(253_402_207_200_000_000),
        "",
        "2958464.9166666665",
        None,
    );
    check(
        ColumnType::Datetime,
        Value::Datetime(1_500),
        "",
        "25569.000000011572",
        None,
    );
}

#[test]
fn an_empty_text_is_a_cell_and_a_null_is_none() {
    check(TEXT, text(""), "text", "", None);
    let workbook = written(&[column("a", TEXT)], &[vec![Value::Null]], Limits::default());
    assert_eq!(workbook.cells(1).len(), 1);
}

#[test]
fn links_end_where_a_sheet_is_full_of_them() {
    let columns = [column("a", LINK)];
    let rows: Vec<_> = ["http://a", "no link", "http://b", "http://c"]
        .map(|url| vec![text(url)])
        .into();
    let check = |links: usize, rows_per_sheet: u32, styled: &[&[bool]], warning: Option<&str>| {
        let limits = Limits {
            links,
            rows: rows_per_sheet,
            ..Limits::default()
        };
        let workbook = written(&columns, &rows, limits);
        assert_eq!(workbook.sheets(), styled.len());
        for (number, styled) in (1..).zip(styled) {
            let cells: Vec<_> = workbook.cells(number)[1..]
                .iter()
                .map(|cell| !cell.style.is_empty())
                .collect();
            assert_eq!(&cells, styled);
            let elements = workbook.part(&format!("xl/worksheets/sheet{number}.xml"));
            assert_eq!(
                elements.matches("<hyperlink ").count(),
                cells.iter().filter(|styled| **styled).count()
            );
        }
        let expected: Vec<_> = warning
            .map(|count| ("url_as_text".to_owned(), count.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(warned(&columns, &rows, limits), expected);
    };
    check(3, 10, &[&[true, false, true, true]], None);
    check(2, 10, &[&[true, false, true, false]], Some("1"));
    check(0, 10, &[&[false, false, false, false]], Some("3"));
    check(2, 2, &[&[true, false], &[true, true]], None);
    check(1, 2, &[&[true, false], &[true, false]], Some("1"));
}

#[test]
fn a_link_has_2080_utf_16_units() {
    let columns = [column("a", LINK)];
    for start in ["http://a/", "http://a/#", "mailto:a@b?", "mailto:a@b#", "mailto:%20#%"] {
        // What is counted of an address of the web begins again after `#`.
        let counted = if start.ends_with("/#") { 0 } else { start.len() };
        for (character, units) in [('x', 1), ('é', 1), ('😀', 2)] {
            let left = 2_080 - counted;
            let filling = character.to_string().repeat(left / units) + &"x".repeat(left % units);
            let longest = format!("{start}{filling}");
            for (url, is_link) in [(longest.clone(), true), (format!("{longest}x"), false)] {
                let workbook = written(&columns, &[vec![text(&url)]], Limits::default());
                let cell = workbook.cells(1).remove(1);
                assert_eq!(cell.value, url);
                assert_eq!(!cell.style.is_empty(), is_link, "{start} {character}");
                assert_eq!(
                    workbook.part("xl/worksheets/sheet1.xml").contains("<hyperlink "),
                    is_link
                );
            }
        }
    }
}

#[test]
fn urls_are_text_where_links_are_not_wanted() {
    let columns = [column("a", LINK)];
    let mut layout = layout(&columns, Limits::default());
    layout.links = false;
    let batches = super::given::batches(&columns, &[vec![text("http://a")]]);
    let (file, warnings, _) = finished(layout, batches.into_iter());
    let workbook = Workbook::read(file);
    assert_eq!(workbook.cells(1)[1].style, "");
    assert!(!workbook.part("xl/worksheets/sheet1.xml").contains("hyperlink"));
    assert_eq!(warnings, []);
}

#[test]
fn a_sheet_ends_before_its_part_is_too_large() {
    let rows = vec![vec![text("some text")]; 4];
    let check = |bytes: u64, sheets: usize| {
        let limits = Limits {
            bytes,
            ..Limits::default()
        };
        assert_eq!(written(&[column("a", TEXT)], &rows, limits).sheets(), sheets, "{bytes}");
    };
    let row = "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>some text</t></is></c></row>".len() as u64;
    check(3 * row + 1, 1);
    check(3 * row, 2);
    check(1, 4);
}

#[test]
fn a_sheet_has_1048575_rows() {
    let check = |rows: u32, sheets: &[u32]| {
        let columns = [column("a", ColumnType::Integer)];
        let batches = (0..rows).step_by(1_024).map(|first| {
            let last = rows.min(first + 1_024);
            Batch {
                rows: last - first,
                columns: vec![ColumnData {
                    items: Series {
                        values: Values::Integers((first..last).map(i64::from).collect()),
                        validity: Vec::new(),
                    },
                    lists: None,
                }],
            }
        });
        let workbook = Workbook::read(finished(layout(&columns, Limits::default()), batches).0);
        assert_eq!(workbook.sheets(), sheets.len());
        for (number, rows) in (1..).zip(sheets) {
            let sheet = workbook.part(&format!("xl/worksheets/sheet{number}.xml"));
            let last = rows + 1;
            assert!(
                sheet.contains(&format!("<row r=\"{last}\">")) && !sheet.contains(&format!("<row r=\"{}\">", last + 1))
            );
            assert!(sheet.contains(&format!("<autoFilter ref=\"A1:A{last}\"/>")));
        }
    };
    check(1_048_575, &[1_048_575]);
    check(1_048_576, &[1_048_575, 1]);
}
