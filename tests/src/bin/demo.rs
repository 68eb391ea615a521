//! The demo: a shop on loopback, a server on a folder of its own, and a client that has it scraped, by HTTP from the first
//! request to the last. `cargo xtask demo` builds and runs it.
#![allow(clippy::print_stdout, reason = "a demo shows what it does")]

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Map, Value};
use snowscrape_tests::serving::{Result, Serving};
use snowscrape_tests::site::{DemoSite, demo_job};

/// The products of the demo site, the broken one among them.
const PRODUCTS: usize = 100;
const ROWS_SHOWN: usize = 10;
const CELL_WIDTH: usize = 32;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [snowscrape, folder] = arguments.as_slice() else {
        return Err("usage: demo SNOWSCRAPE FOLDER".into());
    };
    fs::create_dir_all(folder)?;
    let site = DemoSite::start();
    println!("\nthe demo site is served at {}", site.base_url());
    tokio::runtime::Runtime::new()?.block_on(demo(&site, snowscrape, folder))
}

async fn demo(site: &DemoSite, snowscrape: &Path, folder: &Path) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Serving::start(snowscrape, data.path())?;
    println!("the Jobs API is served at {}", server.base_url());
    let api = server.client("demo")?;
    println!("a key was made: {}…", api.key_id());

    let definition = demo_job(&site.base_url());
    let job = api.json(Method::POST, "/jobs", Some(&definition)).await?;
    let id = job["job_id"].as_str().ok_or("a job without an id")?;
    println!("POST /jobs                 {id}");
    let run = api.json(Method::POST, &format!("/jobs/{id}/run"), None).await?;
    println!(
        "POST /jobs/{{id}}/run        {}",
        run["run_id"].as_str().unwrap_or_default()
    );
    let end = api.follow(&format!("/jobs/{id}/events")).await?;
    println!(
        "GET  /jobs/{{id}}/events     {} rows, {}",
        end["rows"],
        end["status"].as_str().unwrap_or_default()
    );
    let mut files = Vec::new();
    for format in ["json", "csv"] {
        let file = folder.join(format!("products.{format}"));
        let path = format!("/jobs/{id}/download?format={format}");
        fs::write(&file, api.send(Method::GET, &path, None).await?.bytes().await?)?;
        files.push((format, file));
    }

    let rows: Vec<Map<String, Value>> = serde_json::from_slice(&fs::read(&files[0].1)?)?;
    let columns = columns(&rows);
    println!("\n{}", table(&columns, &rows[..rows.len().min(ROWS_SHOWN)]));
    if rows.len() > ROWS_SHOWN {
        println!("… and {} rows more", rows.len() - ROWS_SHOWN);
    }
    println!("\nvalues missing in {} rows: {}", rows.len(), missing(&columns, &rows));
    for (format, file) in &files {
        println!("{format:<5} {}", file.display());
    }
    if rows.len() != PRODUCTS {
        return Err(format!("the demo site has {PRODUCTS} products, but {} rows came", rows.len()).into());
    }
    Ok(())
}

/// The columns of the first row; every row has the same.
fn columns(rows: &[Map<String, Value>]) -> Vec<&str> {
    rows.first()
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

fn missing(columns: &[&str], rows: &[Map<String, Value>]) -> String {
    let count = |column: &str| {
        rows.iter()
            .filter(|row| row.get(column).is_none_or(Value::is_null))
            .count()
    };
    let counts: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} {}", count(column)))
        .collect();
    counts.join(", ")
}

/// The rows as a table for the terminal.
fn table(columns: &[&str], rows: &[Map<String, Value>]) -> String {
    let cells = |row: &Map<String, Value>| columns.iter().map(|column| cell(row.get(*column))).collect();
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|column| (*column).to_owned()).collect()];
    lines.extend(rows.iter().map(cells));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    lines.insert(1, widths.iter().map(|width| "─".repeat(*width)).collect());
    let line = |cells: &Vec<String>| {
        let cells = cells
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// One value, cut to the width of a cell.
fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::String(text)) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    };
    if text.chars().count() <= CELL_WIDTH {
        return text;
    }
    text.chars().take(CELL_WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(json: &str) -> Vec<Map<String, Value>> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn rows_stand_in_columns() {
        let rows = rows(r#"[{"title": "Tea", "price": 2.5}, {"title": "Grüner Tee", "price": null}]"#);
        let expected = "title       price\n──────────  ─────\nTea         2.5\nGrüner Tee";
        assert_eq!(table(&columns(&rows), &rows), expected);
        assert_eq!(missing(&columns(&rows), &rows), "title 0, price 1");
    }

    #[test]
    fn long_values_are_cut() {
        let check = |length: usize, expected: &str| assert_eq!(cell(Some(&"a".repeat(length).into())), expected);
        check(CELL_WIDTH, &"a".repeat(CELL_WIDTH));
        check(CELL_WIDTH + 1, &format!("{}…", "a".repeat(CELL_WIDTH - 1)));
        assert_eq!(cell(Some(&"two\n words".into())), "two words");
        assert_eq!(cell(Some(&serde_json::json!(["a", 1]))), r#"["a",1]"#);
    }
}
