//! Files read back with polars-parquet's reader. Other people's readers are asked in the end-to-end tests.

use std::io::Cursor;

use polars_arrow::array::{Array, BooleanArray, ListArray, PrimitiveArray, Utf8ViewArray};
use polars_parquet::parquet::metadata::FileMetadata;
use polars_parquet::read::{
    BasicDecompressor, RowGroupMetadata, column_iter_to_arrays, get_page_iterator, infer_schema, read_metadata,
};
use snowscrape_plugin_sdk::testing::{column, lists, single, texts};
use snowscrape_plugin_sdk::{
    Batch, Column, ColumnData, ColumnQuery, ColumnType, Ending, ExportError, RunInfo, Texts, Values, Writer,
};

use crate::writer::{Layout, PIECE_BYTES, ParquetWriter};

const LAYOUT: Layout = Layout {
    snappy: true,
    row_group_rows: 1_024,
    row_group_bytes: 16 << 20,
};

fn run() -> RunInfo {
    RunInfo {
        job: "shop".into(),
        run: Some("r1".into()),
        started_at: Some("2026-01-01T00:00:00Z".into()),
        finished_at: None,
        queries: vec![ColumnQuery {
            column: "c".into(),
            query_type: "css".into(),
            expression: "h1".into(),
        }],
    }
}

/// A file, and the sizes of the pieces that it came in.
fn written(columns: &[Column], layout: Layout, batches: Vec<Batch>) -> (Vec<u8>, Vec<usize>) {
    let mut writer = ParquetWriter::new(columns, layout, &run()).unwrap();
    let mut pieces: Vec<Vec<u8>> = batches.into_iter().map(|batch| writer.write(batch).unwrap()).collect();
    loop {
        match writer.finish().unwrap() {
            Ending::More(bytes) => pieces.push(bytes),
            Ending::Done(closing) => {
                assert_eq!(closing.warnings, []);
                pieces.push(closing.bytes);
                return (pieces.concat(), pieces.iter().map(Vec::len).collect());
            }
        }
    }
}

fn metadata(file: &[u8]) -> FileMetadata {
    read_metadata(&mut Cursor::new(file)).unwrap()
}

/// The values of each column, row groups one after another.
fn read(file: &[u8]) -> Vec<Vec<String>> {
    let metadata = metadata(file);
    let schema = infer_schema(&metadata).unwrap();
    let mut read = vec![Vec::new(); schema.len()];
    for group in &metadata.row_groups {
        for ((column, field), read) in group.parquet_columns().iter().zip(schema.iter_values()).zip(&mut read) {
            let reader = Cursor::new(file.to_vec().into());
            let pages = get_page_iterator(column, reader, Vec::new(), usize::MAX).unwrap();
            let leaf = &column.descriptor().descriptor.primitive_type;
            let pages = BasicDecompressor::new(pages, Vec::new());
            let (arrays, _) = column_iter_to_arrays(vec![pages], vec![leaf], field.clone(), None).unwrap();
            read.extend(arrays.iter().flat_map(|array| shown(array.as_ref())));
        }
    }
    read
}

fn shown(array: &dyn Array) -> Vec<String> {
    fn each<T: std::fmt::Debug>(values: impl Iterator<Item = Option<T>>) -> Vec<String> {
        let show = |value: Option<T>| value.map_or("null".to_owned(), |value| format!("{value:?}"));
        values.map(show).collect()
    }
    let any = array.as_any();
    if let Some(array) = any.downcast_ref::<Utf8ViewArray>() {
        each(array.iter())
    } else if let Some(array) = any.downcast_ref::<PrimitiveArray<i64>>() {
        each(array.iter())
    } else if let Some(array) = any.downcast_ref::<PrimitiveArray<f64>>() {
        each(array.iter())
    } else if let Some(array) = any.downcast_ref::<BooleanArray>() {
        each(array.iter())
    } else if let Some(array) = any.downcast_ref::<ListArray<i64>>() {
        let lists = array.iter();
        lists
            .map(|list| {
                list.map_or("null".to_owned(), |list| {
                    format!("[{}]", shown(list.as_ref()).join(", "))
                })
            })
            .collect()
    } else {
        panic!("no column is of {:?}", array.dtype())
    }
}

#[test]
fn every_value_is_read_back() {
    let check = |column_type, values: Values, expected: [&str; 3]| {
        for snappy in [true, false] {
            let batch = Batch {
                rows: 3,
                columns: vec![
                    single(values.clone(), &[0b011]),
                    // A list of two of them, one of a null, and none.
                    lists(single(values.clone(), &[0b011]), &[2, 3, 3], &[0b011]),
                    lists(single(values.clone(), &[]), &[0, 0, 3], &[]),
                ],
            };
            let columns = [
                column("c", column_type, false),
                column("l", column_type, true),
                column("C", column_type, true),
            ];
            let (file, _) = written(&columns, Layout { snappy, ..LAYOUT }, vec![batch.clone(), batch]);
            let [first, second, third] = expected;
            let rows = [
                [first.to_owned(), second.to_owned(), "null".to_owned()],
                [format!("[{first}, {second}]"), "[null]".to_owned(), "null".to_owned()],
                [
                    "[]".to_owned(),
                    "[]".to_owned(),
                    format!("[{first}, {second}, {third}]"),
                ],
            ];
            let rows = rows.map(|rows| [rows.clone(), rows].concat());
            assert_eq!(read(&file), rows, "{column_type:?}");
        }
    };
    let text = "nul\0 \u{202e}שלום 😀\r\n";
    check(
        ColumnType::Text,
        texts(&[text, "", ""]),
        [&format!("{text:?}"), "\"\"", "\"\""],
    );
    check(
        ColumnType::Url,
        texts(&["a:b", "c:", ""]),
        ["\"a:b\"", "\"c:\"", "\"\""],
    );
    check(
        ColumnType::Json,
        texts(&["[1]", "null", ""]),
        ["\"[1]\"", "\"null\"", "\"\""],
    );
    let (min, max) = (i64::MIN.to_string(), i64::MAX.to_string());
    check(
        ColumnType::Integer,
        Values::Integers(vec![i64::MIN, i64::MAX, 0]),
        [&min, &max, "0"],
    );
    check(
        ColumnType::Number,
        Values::Numbers(vec![-0.0, 5e-324, 0.0]),
        ["-0.0", "5e-324", "0.0"],
    );
    check(
        ColumnType::Boolean,
        Values::Booleans(vec![true, false, false]),
        ["true", "false", "false"],
    );
    // The ends of the calendar.
    let (first, last) = (-62_135_596_800_000_000, 253_402_300_799_999_999);
    check(
        ColumnType::Datetime,
        Values::Datetimes(vec![first, last, 0]),
        [&first.to_string(), &last.to_string(), "0"],
    );
}

#[test]
fn values_in_dictionaries_and_over_several_pages_are_read_back_and_counted() {
    // More than a page of each: the places of a dictionary's values take four bytes, and texts of 700 two pages.
    let rows = 300_000;
    let long = "x".repeat(700);
    let check = |column_type, values: Vec<&str>, rows: usize| {
        let batches = (0..rows.div_ceil(1_000)).map(|batch| {
            let of_row = |row: usize| values[(batch * 1_000 + row) % values.len()];
            let values: Vec<&str> = (0..1_000).map(of_row).collect();
            let valid: Vec<u8> = values
                .chunks(8)
                .map(|chunk| {
                    chunk
                        .iter()
                        .enumerate()
                        .map(|(at, value)| u8::from(!value.is_empty()) << at)
                        .sum()
                })
                .collect();
            let ends: Vec<u32> = (1..=1_000).collect();
            Batch {
                rows: 1_000,
                columns: vec![
                    single(texts(&values), &valid),
                    lists(single(texts(&values), &valid), &ends, &[]),
                ],
            }
        });
        let columns = [column("c", column_type, false), column("l", column_type, true)];
        let layout = Layout {
            row_group_rows: 1 << 20,
            ..LAYOUT
        };
        let (file, _) = written(&columns, layout, batches.collect());
        let expected: Vec<String> = (0..rows)
            .map(|row| match values[row % values.len()] {
                "" => "null".to_owned(),
                value => format!("{value:?}"),
            })
            .collect();
        let read = read(&file);
        assert_eq!(read[0], expected);
        assert!(
            read[1]
                .iter()
                .zip(&expected)
                .all(|(list, item)| *list == format!("[{item}]"))
        );
        let nulls = expected.iter().filter(|value| *value == "null").count();
        let metadata = metadata(&file);
        for at in 0..2 {
            let counts = metadata.row_groups.iter().map(|group| {
                let statistics = group.parquet_columns()[at].statistics(metadata.footer_buf.as_ref());
                statistics.unwrap().unwrap().null_count().unwrap() as usize
            });
            assert_eq!(counts.sum::<usize>(), nulls, "{at}");
        }
    };
    check(ColumnType::Text, vec!["a", "", "b"], rows);
    let numbered: Vec<String> = (0..4_000).map(|number| format!("{number}{long}")).collect();
    let mut different: Vec<&str> = numbered.iter().map(String::as_str).collect();
    different[1] = "";
    check(ColumnType::Text, different, 4_000);
}

#[test]
fn a_column_of_a_row_group_has_bounds_where_they_can_be_short() {
    let last = char::MAX.to_string();
    let columns = [
        column("c", ColumnType::Text, false),
        column("l", ColumnType::Text, true),
    ];
    // Twice as many as a page holds, so that a page with bounds stands beside one that can have none.
    let long = "x".repeat(700);
    let check = |first: &str, bounds: Option<(&str, &str)>| {
        let mut values = vec![long.as_str(); 3_000];
        values[0] = first;
        let ends: Vec<u32> = (1..=3_000).collect();
        let batch = Batch {
            rows: 3_000,
            columns: vec![
                single(texts(&values), &[]),
                lists(single(texts(&values), &[]), &ends, &[]),
            ],
        };
        let layout = Layout {
            row_group_rows: 3_000,
            ..LAYOUT
        };
        let (file, _) = written(&columns, layout, vec![batch]);
        let metadata = metadata(&file);
        for column in metadata.row_groups[0].parquet_columns() {
            let statistics = column.statistics(metadata.footer_buf.as_ref()).unwrap().unwrap();
            let statistics = statistics.expect_as_binary();
            let text = |bound: &Option<Vec<u8>>| bound.clone().map(|bound| String::from_utf8(bound).unwrap());
            let found = text(&statistics.min_value).zip(text(&statistics.max_value));
            let expected = bounds.map(|(min, max)| (min.to_owned(), max.to_owned()));
            assert_eq!((found, statistics.null_count), (expected, Some(0)));
        }
    };
    let (cut, above) = (&long[..64], "x".repeat(63) + "y");
    check("a", Some(("a", &above)));
    check(&last.repeat(16), Some((cut, &last.repeat(16))));
    let raised = last.repeat(15) + "b";
    check(&(last.repeat(15) + "a" + &last), Some((cut, &raised)));
    check(&(last.repeat(16) + "a"), None);
    check(&last.repeat(400_000), None);
}

#[test]
fn a_row_group_ends_at_its_rows_or_bytes() {
    let columns = [column("c", ColumnType::Integer, false)];
    let check = |row_group_rows, row_group_bytes, batches: &[usize], expected: &[usize]| {
        let layout = Layout {
            row_group_rows,
            row_group_bytes,
            ..LAYOUT
        };
        let batches = batches.iter().map(|rows| Batch {
            rows: *rows as u32,
            columns: vec![single(Values::Integers(vec![7; *rows]), &[])],
        });
        let (file, _) = written(&columns, layout, batches.collect());
        let groups: Vec<usize> = metadata(&file)
            .row_groups
            .iter()
            .map(RowGroupMetadata::num_rows)
            .collect();
        assert_eq!(groups, expected);
    };
    check(10, usize::MAX, &[5, 5, 5], &[10, 5]);
    check(10, usize::MAX, &[5, 5], &[10]);
    check(10, usize::MAX, &[5, 4, 2], &[9, 2]);
    check(usize::MAX, 80, &[5, 5, 5], &[10, 5]);
    check(usize::MAX, 79, &[5, 5], &[5, 5]);
    // A batch is not cut.
    check(1, 1, &[5], &[5]);
    check(10, 80, &[], &[]);
    check(10, 80, &[0, 0], &[]);
}

#[test]
fn the_footer_comes_in_pieces() {
    let columns: Vec<Column> = (0..500)
        .map(|at| column(&"n".repeat(at + 1), ColumnType::Text, true))
        .collect();
    let rows = |_| Batch {
        rows: 1,
        columns: vec![lists(single(texts(&["x"]), &[]), &[1], &[]); 500],
    };
    let layout = Layout {
        row_group_rows: 1,
        ..LAYOUT
    };
    let (file, pieces) = written(&columns, layout, (0..8).map(rows).collect());
    assert_eq!(read(&file), vec![vec!["[\"x\"]"; 8]; 500]);
    assert!(pieces.len() > 9, "{pieces:?}");
    assert!(pieces.iter().all(|piece| *piece <= PIECE_BYTES), "{pieces:?}");
}

#[test]
fn a_file_without_rows_has_its_schema_and_says_its_run() {
    let columns = [
        column("c", ColumnType::Datetime, true),
        column("j", ColumnType::Json, false),
    ];
    let (file, _) = written(&columns, LAYOUT, Vec::new());
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    let metadata = metadata(&file);
    assert_eq!(metadata.num_rows, 0);
    assert_eq!(metadata.row_groups.len(), 0);
    assert_eq!(
        metadata.created_by.as_deref(),
        Some(concat!("snowscrape version ", env!("CARGO_PKG_VERSION")))
    );
    let pairs = metadata.key_value_metadata().as_ref().unwrap();
    let keys: Vec<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
    let expected = [
        "snowscrape.job",
        "snowscrape.run",
        "snowscrape.started_at",
        "snowscrape.queries",
        "ARROW:schema",
    ];
    assert_eq!(keys, expected);
    let schema = infer_schema(&metadata).unwrap();
    let types: Vec<String> = schema.iter_values().map(|field| format!("{:?}", field.dtype)).collect();
    assert!(types[0].contains("Timestamp(Microsecond, Some(\"UTC\"))"), "{types:?}");
    assert!(types[1].contains("Utf8"), "{types:?}");
}

#[test]
fn a_batch_that_does_not_fit_its_columns_is_refused() {
    let check = |many, data: Vec<ColumnData>| {
        let columns = [column("c", ColumnType::Text, many)];
        let mut writer = ParquetWriter::new(&columns, LAYOUT, &run()).unwrap();
        let refused = writer.write(Batch { rows: 2, columns: data });
        assert!(matches!(refused, Err(ExportError::Other(_))), "{refused:?}");
    };
    let ends = |joined: &str, ends: &[u32]| {
        let (joined, ends) = (joined.to_owned(), ends.to_vec());
        vec![single(Values::Texts(Texts { joined, ends }), &[])]
    };
    check(false, Vec::new());
    check(false, vec![single(Values::Integers(vec![1, 2]), &[])]);
    check(false, ends("ab", &[2]));
    check(false, ends("ab", &[1, 2, 2]));
    check(false, ends("ab", &[2, 1]));
    check(false, ends("ab", &[1, 3]));
    check(false, ends("ab", &[1, 1]));
    check(false, ends("é", &[1, 2]));
    check(false, vec![lists(single(texts(&["a", "b"]), &[]), &[1, 2], &[])]);
    check(true, vec![single(texts(&["a", "b"]), &[])]);
    check(true, vec![lists(single(texts(&["a", "b"]), &[]), &[2], &[])]);
    check(true, vec![lists(single(texts(&["a", "b"]), &[]), &[2, 1], &[])]);
    check(true, vec![lists(single(texts(&["a", "b"]), &[]), &[1, 3], &[])]);
}
