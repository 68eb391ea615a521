//! `cargo xtask demo`: the demo site, scraped by the program, and what came of it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::binaries;
use crate::command::run;
use crate::plugins;
use crate::project::{Project, Workspace};
use crate::setup::{self, Need};

/// The products of the demo site, the broken one among them.
const PRODUCTS: usize = 100;
const ROWS_SHOWN: usize = 10;
const CELL_WIDTH: usize = 32;

/// Sets up, builds, serves the demo site, scrapes it as JSON and as CSV, and shows what came.
pub(crate) fn demo(project: &Project) -> Result<()> {
    setup::set_up(project, &[Need::NativeCompiler, Need::ComponentCompiler])?;
    plugins::build(project, Workspace::Plugins)?;
    binaries::build(project)?;

    let folder = project.target(Workspace::Root).join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let job = folder.join("job.json");
    let site = Site::start(&project.binary("demo-site"), &job)?;
    println!("\nthe demo site is served at {}", site.address);
    let files = [
        ("json", folder.join("products.json")),
        ("csv", folder.join("products.csv")),
    ];
    for (format, file) in &files {
        let mut snowscrape = Command::new(project.binary("snowscrape"));
        snowscrape
            .current_dir(project.root())
            .arg("run")
            .arg(&job)
            .args(["--format", format])
            .arg("--output")
            .arg(file);
        run(&mut snowscrape)?;
    }
    drop(site);

    let rows = read_rows(&files[0].1)?;
    let columns = columns(&rows);
    println!("\n{}", table(&columns, &rows[..rows.len().min(ROWS_SHOWN)]));
    if rows.len() > ROWS_SHOWN {
        println!("… and {} rows more", rows.len() - ROWS_SHOWN);
    }
    println!("\nvalues missing in {} rows: {}", rows.len(), missing(&columns, &rows));
    for (format, file) in &files {
        println!("{format:<5} {}", file.display());
    }
    println!("{:<5} {}", "job", job.display());
    if rows.len() != PRODUCTS {
        bail!("the demo site has {PRODUCTS} products, but {} rows came", rows.len());
    }
    Ok(())
}

/// The demo site's server, which ends when this is dropped.
struct Site {
    server: Child,
    address: String,
}

impl Site {
    /// Starts the server, which writes the job that scrapes it to `job`, and waits until it listens.
    fn start(program: &Path, job: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("--job")
            .arg(job)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let server = command
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let mut site = Self {
            server,
            address: String::new(),
        };
        let output = site
            .server
            .stdout
            .take()
            .context("the demo site's output is not piped")?;
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("listening on ") {
                address.clone_into(&mut site.address);
                return Ok(site);
            }
        }
        bail!("the demo site ended before it listened; what it wrote stands above")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // A server that is gone already cannot be ended, and that is as well.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read_rows(file: &Path) -> Result<Vec<Map<String, Value>>> {
    let reader = BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?);
    serde_json::from_reader(reader).with_context(|| format!("{} is not an array of objects", file.display()))
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

    #[test]
    fn a_site_that_does_not_listen_is_an_error() {
        let error = Site::start(Path::new("/bin/true"), Path::new("job.json"))
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("ended before it listened"), "{error}");
    }
}
