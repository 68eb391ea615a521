//! A million rows of six columns in each format, by the server and by other programs from the same NDJSON. `cargo xtask bench`
//! builds and runs it; it prints a table.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use snowscrape_tests::measure::{Peak, cpu_seconds, resident};
use snowscrape_tests::pages::PageSite;
use snowscrape_tests::serving::{Api, Result, Serving};

/// Rows on each page.
const ROWS: usize = 1_000;
/// The formats, and the options that they are asked with.
const FORMATS: [&str; 6] = ["json&lines=true", "json", "csv", "sql", "parquet", "xlsx"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snowscrape, python, peers, pages] = arguments.as_slice() else {
        return Err("usage: formats SNOWSCRAPE PYTHON PEERS PAGES".into());
    };
    let pages: usize = pages.parse()?;
    let site = PageSite::start((0..pages).map(page));
    let folder = tempfile::tempdir()?;
    let ndjson = folder.path().join("rows.ndjson");
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(server(&PathBuf::from(snowscrape), &site, pages, &ndjson))?;
    let output = Command::new(python).arg(peers).arg(&ndjson).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// A line for each row; one boolean in three and one time in seven are none.
fn page(page: usize) -> String {
    let line = |row: usize| {
        let number = page * ROWS + row;
        let stock = ["yes", "no", "maybe"][number % 3];
        let seen = if number.is_multiple_of(7) {
            "unknown"
        } else {
            "2026-11-26T09:30:15Z"
        };
        format!(
            "{number}|Item {row} of page {page}, a thing of some words|{}.{:02}|https://shop.example/products/item-{page}-{row}|{stock}|{seen}\n",
            number % 1_000,
            number % 100,
        )
    };
    (0..ROWS).map(line).collect()
}

async fn server(snowscrape: &Path, site: &PageSite, pages: usize, ndjson: &Path) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Serving::start(snowscrape, data.path())?;
    let api = server.client("formats")?;
    let field = |name: &str, at: usize, kind: &str| {
        let before = r"[^|\n]*\|".repeat(at);
        json!({"name": name, "type": "regex", "query": format!(r"(?m)^{before}([^|\n]*)"), "as": kind})
    };
    let job = json!({
        "name": "Formats",
        "source": format!("{}/[1-{pages}]", site.base_url()),
        "rate_limit": 600_000,
        "queries": [
            field("number", 0, "integer"),
            field("title", 1, "text"),
            field("price", 2, "number"),
            field("url", 3, "url"),
            field("in_stock", 4, "boolean"),
            field("seen", 5, "datetime"),
        ],
    });
    let made = api.json(Method::POST, "/jobs", Some(&job)).await?;
    let id = made["job_id"].as_str().ok_or("a job without an id")?;
    api.json(Method::POST, &format!("/jobs/{id}/run"), None).await?;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let job = api.json(Method::GET, &format!("/jobs/{id}"), None).await?;
        match job["status"].as_str() {
            Some("success") => break,
            Some("running") => {}
            _ => return Err(format!("the run did not succeed: {job:#}").into()),
        }
    }
    server.stop()?;
    println!(
        "| format | by | CPU | time | size | most memory | first byte |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    );
    for format in FORMATS {
        let file = if format == FORMATS[0] {
            Some(File::create(ndjson)?)
        } else {
            None
        };
        // A new server, so that its idle is that of one that did nothing yet: the run before grew the other one.
        let server = Serving::start(snowscrape, data.path())?;
        let api = server.client("formats")?;
        api.json(Method::GET, &format!("/jobs/{id}"), None).await?;
        let (process, start) = (server.process(), Instant::now());
        let (idle, cpu, peak) = (
            resident(process) / 1_000_000,
            cpu_seconds(process),
            Peak::watch(process),
        );
        let (bytes, first) = download(&api, &format!("/jobs/{id}/download?format={format}"), file).await?;
        let (most, time) = (peak.end(), start.elapsed());
        println!(
            "| {} | SnowScrape | {:.1} s | {:.1} s | {} MB | {most} MB, {} above idle | {} ms |",
            format.replace('&', ", "),
            cpu_seconds(process) - cpu,
            time.as_secs_f64(),
            bytes / 1_000_000,
            most.saturating_sub(idle),
            first.as_millis(),
        );
        server.stop()?;
    }
    Ok(())
}

/// The bytes of a file, and how long the first of them took.
async fn download(api: &Api, path: &str, mut file: Option<File>) -> Result<(usize, Duration)> {
    let start = Instant::now();
    let mut response = api.send(Method::GET, path, None).await?;
    let (mut bytes, mut first) = (0, Duration::ZERO);
    while let Some(piece) = response.chunk().await? {
        if bytes == 0 {
            first = start.elapsed();
        }
        bytes += piece.len();
        if let Some(file) = &mut file {
            file.write_all(&piece)?;
        }
    }
    Ok((bytes, first))
}
