//! What the API returns is what is read in its files.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::nasty::{Table, nasty, subnormal, wide};
use super::readers::Readings;
use crate::support::{Client, Server};

#[test]
fn files_are_read_as_the_api_has_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let mut readings = Readings::new();
    for (table, refused_by) in [(nasty(), &[][..]), (wide(), &[]), (subnormal(), &["pandas"])] {
        readings.refused_by(refused_by);
        let site = table.site();
        let id = ann.create(&table.job(&site));
        // A job that never ran has files of no rows.
        add(&mut readings, &ann, &id, &table);
        ann.run(&id);
        ann.wait_for(&id, "success");
        let rows = add(&mut readings, &ann, &id, &table);
        assert_eq!(rows, table.rows.len());
    }
    readings.check().unwrap_or_else(|found| panic!("{found}"));
}

#[test]
fn columns_are_chosen_and_say_where_rows_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let table = nasty();
    let site = table.site();
    let id = ann.create(&table.job(&site));
    ann.run(&id);
    ann.wait_for(&id, "success");
    let odd = "a \"quoted\" 'name', with; signs\\";
    let chosen = [
        ("unïcode", "text"),
        ("_url", "url"),
        (odd, "number"),
        ("=1+1", "datetime"),
        ("id", "integer"),
    ];
    let meta = [("_scraped_at", "datetime"), ("_run", "text")];
    let columns: Vec<Json> = [&chosen[..], &meta]
        .concat()
        .into_iter()
        .map(|(name, kind)| json!({"name": name, "type": kind}))
        .collect();
    let names = chosen
        .map(|(name, _)| format!("\"{}\"", name.replace('"', "\"\"")))
        .join(",");
    let asked = [("columns", names.as_str()), ("meta", "true")];
    let whole = download(&ann, &id, "json", asked);
    let whole: Vec<serde_json::Map<String, Json>> = serde_json::from_slice(&whole).unwrap();
    assert_eq!(whole.len(), table.rows.len());
    let rows: Vec<Json> = whole.into_iter().map(|row| row.into_values().collect()).collect();
    let mut readings = Readings::new();
    readings.add(&columns.into(), &rows, |form| {
        download(
            &ann,
            &id,
            form.format,
            asked.into_iter().chain(form.options.iter().copied()),
        )
    });
    readings.check().unwrap_or_else(|found| panic!("{found}"));
}

/// Adds the files of a job; tells its rows.
fn add(readings: &mut Readings, ann: &Client, id: &str, table: &Table) -> usize {
    let results = ann.get(&format!("/jobs/{id}/results?limit=1000")).expect(200);
    let rows: Vec<Json> = results["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let cells = table.columns.iter().map(|column| row["data"][&column.name].clone());
            cells.collect()
        })
        .collect();
    readings.add(&table.expected_columns(), &rows, |form| {
        download(ann, id, form.format, form.options.iter().copied())
    });
    rows.len()
}

fn download<'a>(
    ann: &Client,
    id: &str,
    format: &str,
    options: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<u8> {
    let options: String = options
        .into_iter()
        .map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let file = ann.get(&format!("/jobs/{id}/download?format={format}{options}"));
    assert_eq!(file.status, 200, "{format}: {}", file.text);
    file.bytes
}

#[test]
fn what_a_format_cannot_hold_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let table = wide();
    let site = table.site();
    let id = ann.create(&table.job(&site));
    let check = |query: &str, field: &str| {
        let answer = ann.get(&format!("/jobs/{id}/download?{query}")).expect(400);
        assert!(answer["details"][field].is_string(), "{query}: {answer:#}");
    };
    check("format=sql&dialect=oracle", "dialect");
    check("format=sql&table=", "table");
    check("format=xlsx&sheet=a%2Fb", "sheet");
    check("format=parquet&row_group_rows=1", "row_group_rows");
    check("format=parquet&compression=lzma", "compression");
    check("format=csv&bom=yes", "bom");
    assert_eq!(
        ann.get(&format!("/jobs/{id}/download?lines=true")).expect(200),
        json!(null)
    );
}
