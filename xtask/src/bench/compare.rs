//! The program against parsel, as whole processes that do the same work on the same input.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::criterion::duration;
use super::process::{Summary, measure};
use super::table::markdown;
use crate::project::{Project, Workspace};
use crate::setup;

const PAGES: &str = "tests/fixtures/pages";
const SMALL_PAGE: &str = "postgresql-legalnotice.html";
/// The page of some 50 KB that most golden queries are on.
const LARGE_PAGE: &str = "rust-reference-comments.html";
const QUERY: &str = "p::text";

/// Programs that do the same.
pub(crate) struct Comparison {
    /// The place in `BENCHMARKS.md`.
    pub(crate) marker: &'static str,
    /// What is done.
    title: String,
    programs: Vec<(&'static str, Command)>,
}

/// All comparisons.
pub(crate) fn comparisons(project: &Project) -> Result<Vec<Comparison>> {
    let page = project.path(PAGES).join(SMALL_PAGE);
    let query = ["--type", "css", "--query", QUERY];
    let mut snowscrape = snowscrape(project);
    snowscrape.args(["extract"]).args(query).arg(&page);
    let mut parsel = parsel(project);
    parsel.args(query).arg(&page);
    let start = Comparison {
        marker: "start",
        title: format!("one css query on a page of {} KB", kilobytes(&page)?),
        programs: vec![("snowscrape", snowscrape), ("parsel", parsel)],
    };
    Ok(vec![start, batch(project)?])
}

/// The golden css and xpath queries of one page.
fn batch(project: &Project) -> Result<Comparison> {
    let page = project.path(PAGES).join(LARGE_PAGE);
    let source = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let golden = project.path("tests/golden");
    let read = |file: PathBuf| fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()));
    let (queries, differences) = (
        read(golden.join("queries.jsonl"))?,
        read(golden.join("differences.jsonl"))?,
    );
    let lines = batch_lines(&queries, &differences, LARGE_PAGE, &source)?;
    let file = write_batch(project.target(Workspace::Root), &lines)?;

    let mut snowscrape = snowscrape(project);
    snowscrape.args(["extract", "--batch"]).arg(&file);
    let mut parsel = parsel(project);
    parsel.arg("--batch").arg(&file);
    Ok(Comparison {
        marker: "batch",
        title: format!(
            "{} css and xpath queries on a page of {} KB",
            lines.len(),
            kilobytes(&page)?
        ),
        programs: vec![("snowscrape", snowscrape), ("parsel", parsel)],
    })
}

/// The golden css and xpath queries of a page to which both programs answer the same, each with the page.
fn batch_lines(queries: &str, differences: &str, page: &str, source: &str) -> Result<Vec<Value>> {
    let differences = read_lines(differences)?;
    let mut lines = Vec::new();
    for mut query in read_lines(queries)? {
        let differs = differences.iter().any(|difference| difference["id"] == query["id"]);
        if query["page"] != page || query["type"] == "regex" || query.get("options").is_some() || differs {
            continue;
        }
        query["html"] = source.into();
        query
            .as_object_mut()
            .context("a golden query is not an object")?
            .remove("page");
        lines.push(query);
    }
    if lines.is_empty() {
        bail!("no golden query is on {page}");
    }
    Ok(lines)
}

fn read_lines(text: &str) -> Result<Vec<Value>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| serde_json::from_str(line).with_context(|| format!("not JSON: {line}")))
        .collect()
}

fn write_batch(target: &Path, lines: &[Value]) -> Result<PathBuf> {
    let folder = target.join("bench");
    let file = folder.join("batch.jsonl");
    let write = || {
        fs::create_dir_all(&folder)?;
        let mut writer = BufWriter::new(File::create(&file)?);
        lines.iter().try_for_each(|line| writeln!(writer, "{line}"))?;
        writer.flush()
    };
    write().with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

impl Comparison {
    /// Runs the programs in turn, and gives the table with its title.
    pub(crate) fn measure(self, times: u32) -> Result<String> {
        let (names, mut commands): (Vec<_>, Vec<_>) = self.programs.into_iter().unzip();
        let summaries = measure(&mut commands, times)?;
        let rows: Vec<_> = names
            .iter()
            .zip(&summaries)
            .map(|(name, summary)| row(name, summary))
            .collect();
        let head = ["process", "median", "min", "max", "CPU, median", "peak memory"];
        Ok(format!(
            "{}, {times} runs each:\n\n{}",
            capital(&self.title),
            markdown(&head, &rows)
        ))
    }
}

fn row(name: &str, summary: &Summary) -> Vec<String> {
    let times = [summary.median, summary.min, summary.max, summary.median_cpu].map(duration);
    let mut row = vec![name.to_owned()];
    row.extend(times);
    row.push(format!("{:.1} MB", summary.peak_memory as f64 / 1e6));
    row
}

fn snowscrape(project: &Project) -> Command {
    let mut command = Command::new(project.binary("snowscrape"));
    command.current_dir(project.root());
    command
}

fn parsel(project: &Project) -> Command {
    let mut command = Command::new(setup::python(project));
    command.current_dir(project.root()).arg("tests/golden/bench_parsel.py");
    command
}

fn kilobytes(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len()
        .div_ceil(1000))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_what_both_programs_answer_alike() {
        let queries = [
            r#"{"id": "a", "page": "p", "type": "css", "query": "h1::text"}"#,
            r#"{"id": "b", "page": "p", "type": "xpath", "query": "//a", "item": {"type": "css", "query": "li"}}"#,
            r#"{"id": "c", "page": "other", "type": "css", "query": "h1"}"#,
            r#"{"id": "d", "page": "p", "type": "regex", "query": "x"}"#,
            r#"{"id": "e", "page": "p", "type": "css", "query": "h1::inner-html"}"#,
            r#"{"id": "f", "page": "p", "type": "css", "query": "h1", "options": {"output": "html"}}"#,
        ];
        let (queries, differences) = (queries.join("\n"), r#"{"id": "e", "reason": "ours alone"}"#);
        let lines = batch_lines(&queries, differences, "p", "<p>").unwrap();
        let ids: Vec<_> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(
            lines[0],
            serde_json::json!({"id": "a", "type": "css", "query": "h1::text", "html": "<p>"})
        );
        assert!(batch_lines(&queries, differences, "none", "").is_err());
        assert!(batch_lines("{", differences, "p", "").is_err());
    }
}
