//! What the API returns is what is read in its files.

use serde_json::{Value as Json, json};

use super::nasty::{Table, nasty, wide};
use super::readers::{Form, Readings};
use crate::support::{Client, Server};

#[test]
fn files_are_read_as_the_api_has_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let mut readings = Readings::new();
    for table in [nasty(), wide()] {
        let site = table.site();
        let id = ann.create(&table.job(&site));
        // A job that never ran has files of no rows.
        add(&mut readings, &ann, &id, &table);
        ann.run(&id);
        ann.wait_for(&id, "success");
        let rows = add(&mut readings, &ann, &id, &table);
        assert_eq!(rows, table.rows.len());
    }
    readings.check();
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
    readings.add(&table.expected_columns(), &rows, |form| download(ann, id, form));
    rows.len()
}

fn download(ann: &Client, id: &str, form: &Form) -> Vec<u8> {
    let options: String = form
        .options
        .iter()
        .map(|(name, value)| format!("&{name}={value}"))
        .collect();
    let file = ann.get(&format!("/jobs/{id}/download?format={}{options}", form.format));
    assert_eq!(file.status, 200, "{}: {}", form.format, file.text);
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
