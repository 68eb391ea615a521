//! Pages that scripts make, one after another: by the server and its browser, and by Playwright, which drives the same
//! browser on the same machine. `cargo xtask bench` builds and runs it; it prints a table.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use snowscrape_tests::measure::{Tree, TreeUse};
use snowscrape_tests::routed::{Reply, RoutedSite};
use snowscrape_tests::serving::{Api, Result, Serving};

/// Tabs that are open at once.
const CONCURRENCY: usize = 2;
/// Items that a script adds to each page.
const ITEMS: usize = 20;
/// After so many pages memory is looked at for the first time.
const FIRST: u64 = 100;
/// How long the browser may take to end after the server.
const END: Duration = Duration::from_secs(5);

const PAGE: &str = "<!doctype html><html><head><title>Shop</title><script defer src='/app.js'></script></head>\
                    <body><div id='app'>Loading…</div></body></html>";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snowscrape, python, peer, pages] = arguments.as_slice() else {
        return Err("usage: rendered SNOWSCRAPE PYTHON PEER PAGES".into());
    };
    let pages: u64 = pages.parse()?;
    let script = format!(
        "const number = location.pathname.slice(1);
         const items = Array.from({{length: {ITEMS}}}, (_, at) => `<li>Item ${{at}} of page ${{number}}</li>`);
         document.getElementById('app').innerHTML = `<h1>${{number}}</h1><ul>${{items.join('')}}</ul>`;"
    );
    let site = RoutedSite::start(move |asked| match asked.target.as_str() {
        "/app.js" => Reply::of("text/javascript", script.as_str()),
        page if page[1..].parse::<u64>().is_ok() => Reply::html(PAGE),
        _ => Reply::not_found(),
    });
    println!("| renderer | pages | seconds | pages/s | CPU ms a page | memory after {FIRST} pages | memory at most |");
    println!("|---|---|---|---|---|---|---|");
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(server(&PathBuf::from(snowscrape), &site.base_url(), pages))?;
    playwright(python, peer, &site.base_url(), pages)
}

fn row(name: &str, pages: u64, seconds: f64, first: u64, used: TreeUse) {
    println!(
        "| {name} | {pages} | {seconds:.1} | {:.1} | {:.0} | {first} MB | {} MB |",
        pages as f64 / seconds,
        used.cpu_seconds * 1e3 / pages as f64,
        used.most_memory / 1_000_000,
    );
}

/// The server with its store and its browser.
async fn server(snowscrape: &Path, site: &str, pages: u64) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Serving::start(snowscrape, data.path())?;
    let api = server.client("render")?;
    let job = json!({
        "name": "Rendered",
        "source": format!("{site}/[1-{pages}]"),
        "rate_limit": 600_000,
        "concurrency": CONCURRENCY,
        "render_config": {"enabled": true},
        "queries": [
            {"name": "number", "type": "css", "query": "h1::text", "as": "integer"},
            {"name": "items", "type": "css", "query": "li::text", "many": true}
        ],
    });
    let job = api.json(Method::POST, "/jobs", Some(&job)).await?;
    let job = job["job_id"].as_str().ok_or("a job without an id")?.to_owned();
    let tree = Tree::watch(server.process());
    let before = tree.used();
    let began = Instant::now();
    api.json(Method::POST, &format!("/jobs/{job}/run"), None).await?;
    let first = wait(&api, &job, |state| pages_of(state) >= FIRST.min(pages))
        .await
        .map(|()| tree.used().most_memory)?;
    wait(&api, &job, |state| state["status"] == "success").await?;
    let seconds = began.elapsed().as_secs_f64();
    let used = tree.used();
    check_rows(&api, &job, pages).await?;
    let name = format!("SnowScrape, {CONCURRENCY} tabs, rows stored");
    let used = TreeUse {
        cpu_seconds: used.cpu_seconds - before.cpu_seconds,
        ..used
    };
    row(&name, pages, seconds, first / 1_000_000, used);
    server.stop()?;
    let ended = Instant::now();
    while tree.alive() > 0 {
        if ended.elapsed() > END {
            return Err(format!("{} processes are left of the server's browser", tree.alive()).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn pages_of(state: &Value) -> u64 {
    state["run"]["pages"].as_u64().unwrap_or(0)
}

async fn wait(api: &Api, job: &str, is_there: impl Fn(&Value) -> bool) -> Result<()> {
    loop {
        let state = api.json(Method::GET, &format!("/jobs/{job}"), None).await?;
        if is_there(&state) {
            return Ok(());
        }
        if state["status"] == "failed" {
            return Err(format!("the run failed: {state}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every page has made its row, with all that its script has put there.
async fn check_rows(api: &Api, job: &str, pages: u64) -> Result<()> {
    let path = format!("/jobs/{job}/download?format=json");
    let rows: Vec<Value> = serde_json::from_slice(&api.send(Method::GET, &path, None).await?.bytes().await?)?;
    let expected = (1..=pages).map(|number| {
        let items: Vec<String> = (0..ITEMS).map(|at| format!("Item {at} of page {number}")).collect();
        json!({"number": number, "items": items})
    });
    if rows.iter().cloned().eq(expected) {
        Ok(())
    } else {
        Err(format!("{} rows of {pages} pages are not what the pages show", rows.len()).into())
    }
}

fn playwright(python: &str, peer: &str, site: &str, pages: u64) -> Result<()> {
    let began = Instant::now();
    let mut child = Command::new(python)
        .args([
            peer,
            site,
            &pages.to_string(),
            &CONCURRENCY.to_string(),
            &ITEMS.to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let tree = Tree::watch(child.id());
    let mut first = 0;
    let output = child.stdout.take().ok_or("the output is not piped")?;
    for line in std::io::BufRead::lines(std::io::BufReader::new(output)) {
        // It tells each page that it has done.
        if line?.parse() == Ok(FIRST.min(pages)) {
            first = tree.used().most_memory / 1_000_000;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let used = tree.used();
    if !child.wait()?.success() {
        return Err("Playwright failed".into());
    }
    row(
        &format!("Playwright, {CONCURRENCY} pages reused, rows in memory"),
        pages,
        seconds,
        first,
        used,
    );
    Ok(())
}
