//! A whole site by `follow`: the Rust toolchain's documentation on loopback, by the server and by Scrapy, which does the same
//! work on the same machine. `cargo xtask bench` builds and runs it; it prints a table.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use snowscrape_tests::files::{FileSite, rust_documentation};
use snowscrape_tests::measure::{Peak, cpu_seconds, resident};
use snowscrape_tests::serving::{Api, Result, Serving};

const CONCURRENCY: usize = 16;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snowscrape, python, crawler, allow] = arguments.as_slice() else {
        return Err("usage: crawl SNOWSCRAPE PYTHON CRAWLER ALLOW".into());
    };
    let site = FileSite::start(&rust_documentation()?);
    let start = format!("{}/std/index.html", site.base_url());
    let runtime = tokio::runtime::Runtime::new()?;
    println!("| crawler | pages | seconds | pages/s | CPU s | CPU ms a page | peak memory |");
    println!("|---|---|---|---|---|---|---|");
    let ours = runtime.block_on(server(&PathBuf::from(snowscrape), &start, allow))?;
    let theirs = scrapy(python, crawler, &start, allow)?;
    if ours != theirs {
        let missing: Vec<_> = theirs.difference(&ours).take(5).collect();
        let more: Vec<_> = ours.difference(&theirs).take(5).collect();
        return Err(format!("the sets differ: missing {missing:?}, more {more:?}").into());
    }
    Ok(())
}

fn row(name: &str, pages: usize, seconds: f64, cpu: f64, peak: u64) {
    println!(
        "| {name} | {pages} | {seconds:.1} | {:.0} | {cpu:.1} | {:.2} | {peak} MB |",
        pages as f64 / seconds,
        cpu * 1e3 / pages as f64,
    );
}

/// The server with the store's rows and frontier; gives the pages.
async fn server(snowscrape: &Path, start: &str, allow: &str) -> Result<BTreeSet<String>> {
    let data = tempfile::tempdir()?;
    let server = Serving::start(snowscrape, data.path())?;
    let api = server.client("crawl")?;
    let job = json!({
        "name": "Documentation",
        "source": start,
        "rate_limit": 600_000,
        "concurrency": CONCURRENCY,
        "queries": [
            {"name": "title", "type": "css", "query": "title::text"},
            {"name": "paragraph", "type": "xpath", "query": "string((//p)[1])"}
        ],
        "follow": [{"links": {"type": "xpath", "query": "//a/@href"}, "depth": 1_000, "allow": [allow]}],
        "rows_from": {"allow": [r"(\.html|/)(\?[^/]*)?$"]},
        "request": {"robots": "ignore"},
    });
    let job = api.json(Method::POST, "/jobs", Some(&job)).await?;
    let job = job["job_id"].as_str().ok_or("a job without an id")?.to_owned();
    let peak = Peak::watch(server.process());
    let (began, cpu) = (Instant::now(), cpu_seconds(server.process()));
    let idle = resident(server.process()) / 1_000_000;
    api.json(Method::POST, &format!("/jobs/{job}/run"), None).await?;
    let state = wait(&api, &job).await?;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds(server.process()) - cpu);
    let most = peak.end();
    let pages = pages(&api, &job).await?;
    let name = format!("SnowScrape, rows and frontier stored ({idle} MB idle)");
    let count = state["run"]["pages"].as_u64().unwrap_or(0) as usize;
    row(&name, count, seconds, cpu, most);
    server.stop()?;
    Ok(pages)
}

async fn wait(api: &Api, job: &str) -> Result<Value> {
    loop {
        let state = api.json(Method::GET, &format!("/jobs/{job}"), None).await?;
        match state["status"].as_str() {
            Some("success") => return Ok(state),
            Some("failed") => return Err(format!("the crawl failed: {state}").into()),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The pages that made rows, as their URLs.
async fn pages(api: &Api, job: &str) -> Result<BTreeSet<String>> {
    let path = format!("/jobs/{job}/download?format=csv&columns=_url");
    let text = api.send(Method::GET, &path, None).await?.text().await?;
    Ok(text
        .lines()
        .skip(1)
        .map(|line| line.trim_matches('"').to_owned())
        .collect())
}

fn scrapy(python: &str, crawler: &str, start: &str, allow: &str) -> Result<BTreeSet<String>> {
    let rows = tempfile::tempdir()?;
    let output = Command::new(python)
        .args([
            crawler,
            start,
            "--allow",
            allow,
            "--concurrency",
            &CONCURRENCY.to_string(),
        ])
        .arg("--titles")
        .arg(rows.path().join("rows.jsonl"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let report: Value = serde_json::from_slice(&output.stderr)?;
    let number = |name: &str| report[name].as_f64().unwrap_or(0.0);
    row(
        "Scrapy, rows in a file",
        number("pages") as usize,
        number("seconds"),
        number("cpu_seconds"),
        (number("peak_rss_bytes") / 1e6) as u64,
    );
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect())
}
