//! The same rows written by `rust_xlsxwriter` alone, and the two files compared.

use jiff::Timestamp;
use rust_xlsxwriter::{Format, Workbook as NativeWorkbook, Worksheet};
use snowscrape_plugin_sdk::{Column, ColumnType};

use super::given::{LINK, TEXT, Value, batches, column, layout, text, written};
use super::read::Workbook;
use crate::layout::{Layout, Limits, excel_time};

/// Writes rows as anyone would who has only `rust_xlsxwriter`.
fn native(layout: &Layout, rows: &[Vec<Value>], rows_per_sheet: usize) -> Workbook {
    let mut workbook = NativeWorkbook::new();
    workbook.set_properties(&layout.properties);
    let sheets: Vec<_> = if rows.is_empty() {
        vec![rows]
    } else {
        rows.chunks(rows_per_sheet).collect()
    };
    for (number, rows) in (1..).zip(sheets) {
        let sheet = workbook.add_worksheet();
        let name = if number == 1 {
            "Results".to_owned()
        } else {
            format!("Results {number}")
        };
        sheet.set_name(name).unwrap();
        sheet.set_freeze_panes(1, 0).unwrap();
        sheet
            .autofilter(0, 0, rows.len() as u32, layout.columns.len() as u16 - 1)
            .unwrap();
        let bold = Format::new().set_bold();
        for ((at, column), width) in (0..).zip(&layout.columns).zip(&layout.widths) {
            sheet.set_column_width(at, *width as f64).unwrap();
            sheet.write_string_with_format(0, at, &column.name, &bold).unwrap();
        }
        for (row, values) in (1..).zip(rows) {
            for (column, (kind, value)) in (0..).zip(layout.columns.iter().zip(values)) {
                write_value(sheet, row, column, kind, value);
            }
        }
    }
    Workbook::read(workbook.save_to_buffer().unwrap())
}

fn write_value(sheet: &mut Worksheet, row: u32, column: u16, kind: &Column, value: &Value) {
    match value {
        Value::Null => return,
        Value::Text(url) if kind.column_type == ColumnType::Url => {
            sheet.write_url_with_text(row, column, url.as_str(), url)
        }
        Value::Text(text) => sheet.write_string(row, column, text),
        Value::Integer(value) => sheet.write_number(row, column, *value as f64),
        Value::Number(value) => sheet.write_number(row, column, *value),
        Value::Boolean(value) => sheet.write_boolean(row, column, *value),
        Value::Datetime(micros) => {
            let format = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
            let time = excel_time(Timestamp::from_microsecond(*micros).unwrap()).unwrap();
            sheet.write_datetime_with_format(row, column, &time, &format)
        }
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| item.unwrap_or("")).collect();
            sheet.write_string(row, column, items.join("; "))
        }
    }
    .unwrap();
}

/// Every part is the same, byte for byte, but for the rows, the texts that are shared, and the extent of a sheet.
fn check(columns: &[Column], rows: &[Vec<Value>], rows_per_sheet: u32) {
    let limits = Limits {
        rows: rows_per_sheet,
        ..Limits::default()
    };
    let mut native_layout = layout(columns, limits);
    if let Some(batch) = batches(columns, rows).first() {
        native_layout.widen(batch);
    }
    let native = native(&native_layout, rows, rows_per_sheet as usize);
    let ours = written(columns, rows, limits);
    let sorted = |workbook: &Workbook| {
        let mut names = workbook.names.clone();
        names.sort();
        names
    };
    assert_eq!(sorted(&ours), sorted(&native));
    for name in &ours.names {
        let is_sheet = name.starts_with("xl/worksheets/sheet");
        if !is_sheet && name != "xl/sharedStrings.xml" {
            assert!(
                ours.part(name) == native.part(name),
                "{name}: {} {}",
                ours.part(name),
                native.part(name)
            );
        }
    }
    let shared = ours.shared();
    assert_eq!(shared, native.shared()[..shared.len()]);
    assert_eq!(ours.sheets(), rows.len().div_ceil(rows_per_sheet as usize).max(1));
    for number in 1..=ours.sheets() {
        assert!(ours.around_rows(number) == native.around_rows(number), "sheet {number}");
        // The style's index says it all, since the styles are the same.
        assert_eq!(ours.cells(number), native.cells(number), "sheet {number}");
    }
}

fn all_types() -> Vec<Column> {
    let mut list = column("list", TEXT);
    list.many = true;
    vec![
        column("text", TEXT),
        column("integer", ColumnType::Integer),
        column("number", ColumnType::Number),
        column("boolean", ColumnType::Boolean),
        column("datetime", ColumnType::Datetime),
        column("url", LINK),
        column("json", ColumnType::Json),
        list,
    ]
}

fn row(at: i64) -> Vec<Value> {
    vec![
        text(&format!("row {at}")),
        Value::Integer(at),
        Value::Number(at as f64 / 3.0),
        Value::Boolean(at % 2 == 0),
        Value::Datetime(1_700_000_000_123_000 + at * 61_001_000),
        text(&format!("https://example.com/a/{at}?b=c&d={at}#e")),
        text("{\"a\":[1,null]}"),
        Value::List(vec![Some("a"), None, Some("b")]),
    ]
}

#[test]
fn every_type_is_what_rust_xlsxwriter_makes_of_it() {
    check(&all_types(), &[row(1), row(2), row(-3)], 100);
}

#[test]
fn nulls_are_no_cells() {
    let mut rows = vec![row(1)];
    for at in 0..8 {
        let mut row = row(at);
        row[at as usize] = Value::Null;
        rows.push(row);
    }
    rows.push(vec![Value::Null; 8]);
    check(&all_types(), &rows, 100);
}

#[test]
fn odd_values_are_what_rust_xlsxwriter_makes_of_them() {
    let texts = [
        "<&>\"'",
        " a ",
        "\n",
        "a\tb\r\nc",
        "\0\u{1}\u{1f}\u{7f}\u{fffe}\u{ffff}",
        "_x000D_ _x0041_ _xyz_",
        "=1+1",
        "00123",
        "1e400",
        "é😀 e\u{301} \u{5d0}\u{5d1}",
        "</t></is></c>",
    ];
    let rows: Vec<_> = texts.iter().map(|value| vec![text(value)]).collect();
    check(&[column("a", TEXT)], &rows, 100);
    let numbers = [
        0.0,
        -0.0,
        0.1 + 0.2,
        1e-5,
        1e-7,
        1e15,
        1e17,
        f64::MAX,
        f64::MIN_POSITIVE,
    ];
    let rows: Vec<_> = numbers.iter().map(|value| vec![Value::Number(*value)]).collect();
    check(&[column("a", ColumnType::Number)], &rows, 100);
    let datetimes = [-2_203_891_200_000_000, 0, 951_782_400_000_000, 253_402_207_199_999_999];
    let rows: Vec<_> = datetimes.iter().map(|micros| vec![Value::Datetime(*micros)]).collect();
    check(&[column("a", ColumnType::Datetime)], &rows, 100);
}

#[test]
fn names_are_texts_of_any_kind() {
    let names = ["a", "A", "<&>\"", "=1", " a ", "_x0041_", "a\nb", "é😀"];
    let columns: Vec<_> = names.iter().map(|name| column(name, TEXT)).collect();
    check(&columns, &[vec![text("x"); names.len()]], 100);
}

#[test]
fn no_rows_leave_the_header() {
    check(&[column("a", TEXT), column("b", ColumnType::Integer)], &[], 100);
}

#[test]
fn rows_go_on_in_further_sheets() {
    let rows: Vec<_> = (0..5).map(row).collect();
    check(&all_types(), &rows[..2], 2);
    check(&all_types(), &rows[..3], 2);
    check(&all_types(), &rows, 2);
    check(&all_types(), &rows, 1);
}

#[test]
fn links_are_numbered_through_a_sheet() {
    let columns = [column("a", LINK), column("b", ColumnType::Integer), column("c", LINK)];
    let urls = ["https://a/", "http://a/{b}?c=\"&d#e&f", "ftp://a/b", "mailto:a@b"];
    let rows: Vec<_> = (0..2_500)
        .map(|at| {
            let first = if at % 7 == 3 {
                Value::Null
            } else {
                text(&format!("https://a/{at}"))
            };
            vec![first, Value::Integer(at), text(urls[at as usize % urls.len()])]
        })
        .collect();
    check(&columns, &rows, 10_000);
    check(&columns, &rows, 2_400);
}
