//! The server under load: a store of many rows written, read, listed beside, restarted and deleted, with its memory at each
//! step. `cargo xtask bench` builds and runs it; it prints a table.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints what it measures"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use snowscrape_tests::measure::{Peak, resident};
use snowscrape_tests::numbered::NumberedSite;
use snowscrape_tests::serving::{Api, Result, Serving};

/// Rows on each page.
const ITEMS: usize = 20;
/// Jobs that are listed.
const JOBS: usize = 10_000;
/// Requests of the listing.
const LISTINGS: usize = 2_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snowscrape, pages] = arguments.as_slice() else {
        return Err("usage: load SNOWSCRAPE PAGES".into());
    };
    let site = NumberedSite::with_items(Duration::ZERO, ITEMS);
    let load = Load {
        snowscrape: PathBuf::from(snowscrape),
        site: &site,
        pages: pages.parse()?,
    };
    tokio::runtime::Runtime::new()?.block_on(load.run())
}

struct Load<'a> {
    snowscrape: PathBuf,
    site: &'a NumberedSite,
    pages: usize,
}

impl Load<'_> {
    async fn run(&self) -> Result<()> {
        let data = tempfile::tempdir()?;
        let rows = self.pages * ITEMS;
        println!("| step | time | most memory of the server | beside |\n| --- | ---: | ---: | --- |");
        let server = Serving::start(&self.snowscrape, data.path())?;
        let api = server.client("load")?;

        let (job, spent, peak) = measured(&server, self.fill(&api)).await?;
        let speed = self.pages as f64 / spent.as_secs_f64();
        line(
            &format!("{rows} rows of {} pages written", self.pages),
            spent,
            peak,
            &format!("{speed:.0} pages/s, {} MB on disk", disk(data.path())),
        );

        let ((), spent, peak) = measured(&server, self.make_jobs(&api)).await?;
        line(&format!("{JOBS} jobs made"), spent, peak, "");
        let (p99, spent, peak) = measured(&server, self.list(&server, &api)).await?;
        line(
            &format!("`GET /jobs/status?limit=50` {LISTINGS} times, 4 at once, while a job runs"),
            spent,
            peak,
            &p99,
        );

        for format in ["csv", "json"] {
            let idle = resident(server.process()) / 1_000_000;
            let ((bytes, first), spent, peak) = measured(&server, download(&api, &job, format)).await?;
            let beside = format!(
                "{} MB, first byte after {} ms, {} MB above idle",
                bytes / 1_000_000,
                first.as_millis(),
                peak.saturating_sub(idle)
            );
            line(&format!("{rows} rows downloaded as {format}"), spent, peak, &beside);
        }
        server.stop()?;

        let start = Instant::now();
        let server = Serving::start(&self.snowscrape, data.path())?;
        let spent = start.elapsed();
        line("restart", spent, resident(server.process()) / 1_000_000, "");

        // Another key of the same user, who has the same jobs.
        let api = server.client("load")?;
        let before = disk(data.path());
        let ((), spent, peak) = measured(&server, delete(&api, &job, data.path(), before)).await?;
        line(
            "the job deleted and its rows erased",
            spent,
            peak,
            &format!("{before} MB on disk before, {} MB after", disk(data.path())),
        );
        Ok(())
    }

    /// Runs a job over all pages; gives its id.
    async fn fill(&self, api: &Api) -> Result<String> {
        let definition = json!({
            "name": "Load",
            "source": format!("{}/[1-{}]", self.site.base_url(), self.pages),
            "rate_limit": 600_000,
            "concurrency": 16,
            "item": {"type": "css", "query": "li"},
            "queries": [
                {"name": "number", "type": "css", "query": "b::text", "as": "integer"},
                {"name": "title", "type": "css", "query": "i::text"},
                {"name": "price", "type": "css", "query": "s::text", "as": "number"},
                {"name": "url", "type": "css", "query": "a::attr(href)", "as": "url"}
            ]
        });
        let id = create(api, &definition).await?;
        api.json(Method::POST, &format!("/jobs/{id}/run"), None).await?;
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let job = api.json(Method::GET, &format!("/jobs/{id}"), None).await?;
            if job["status"] == "success" {
                return Ok(id);
            }
            if job["status"] != "running" {
                return Err(format!("the run did not succeed: {job:#}").into());
            }
        }
    }

    async fn make_jobs(&self, api: &Api) -> Result<()> {
        for number in 0..JOBS {
            let mut job = self.site.job(1);
            job["name"] = format!("Job {number}").into();
            create(api, &job).await?;
        }
        Ok(())
    }

    /// Lists jobs with a load tool while a job runs; gives what it says of the slowest.
    async fn list(&self, server: &Serving, api: &Api) -> Result<String> {
        let busy = create(api, &self.site.job(self.pages)).await?;
        api.json(Method::POST, &format!("/jobs/{busy}/run"), None).await?;
        let mut tool = Command::new("ab");
        tool.args(["-q", "-k", "-n", &LISTINGS.to_string(), "-c", "4", "-H"])
            .arg(format!("Authorization: Bearer {}", api.key()))
            .arg(format!("{}/jobs/status?limit=50", server.base_url()));
        let output = tokio::task::spawn_blocking(move || tool.output()).await??;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let part = |percent: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(percent));
            line.unwrap_or("?").trim().to_owned()
        };
        let failed = text.lines().find(|line| line.starts_with("Non-2xx")).unwrap_or("");
        api.json(Method::POST, &format!("/jobs/{busy}/cancel"), None).await?;
        Ok(format!("median {} ms, p99 {} ms {failed}", part("50%"), part("99%"))
            .trim()
            .to_owned())
    }
}

async fn create(api: &Api, job: &Value) -> Result<String> {
    let made = api.json(Method::POST, "/jobs", Some(job)).await?;
    Ok(made["job_id"].as_str().ok_or("a job without an id")?.to_owned())
}

/// The bytes of a file, and how long the first of them took.
async fn download(api: &Api, job: &str, format: &str) -> Result<(usize, Duration)> {
    let start = Instant::now();
    let path = format!("/jobs/{job}/download?format={format}");
    let mut response = api.send(Method::GET, &path, None).await?;
    let (mut bytes, mut first) = (0, Duration::ZERO);
    while let Some(piece) = response.chunk().await? {
        if bytes == 0 {
            first = start.elapsed();
        }
        bytes += piece.len();
    }
    Ok((bytes, first))
}

/// Deletes a job and waits until the disk has most of its room back.
async fn delete(api: &Api, job: &str, data: &Path, before: u64) -> Result<()> {
    api.send(Method::DELETE, &format!("/jobs/{job}"), None).await?;
    for _ in 0..6_000 {
        if disk(data) < before / 3 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("the disk did not get its room back within ten minutes".into())
}

/// What something gives, how long it took, and how much memory the server held, in MB.
async fn measured<T>(server: &Serving, work: impl Future<Output = Result<T>>) -> Result<(T, Duration, u64)> {
    let peak = Peak::watch(server.process());
    let start = Instant::now();
    let done = work.await?;
    Ok((done, start.elapsed(), peak.end()))
}

fn line(step: &str, spent: Duration, peak: u64, beside: &str) {
    println!("| {step} | {:.1} s | {peak} MB | {beside} |", spent.as_secs_f64());
}

/// What the files of a folder hold, in MB: the database sets room aside for its log that it has not written to.
fn disk(folder: &Path) -> u64 {
    let output = Command::new("du")
        .args(["-s", "--apparent-size", "-B", "1000000"])
        .arg(folder)
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
