//! `cargo xtask bench`: runs the benchmarks and writes the tables of `BENCHMARKS.md`.

mod compare;
mod criterion;
mod machine;
mod process;
mod table;

use std::process::Command;
use std::time::SystemTime;

use anyhow::Result;

use self::table::Document;
use crate::apt;
use crate::binaries;
use crate::command::{output, run};
use crate::plugins;
use crate::project::{Project, Workspace};
use crate::setup::{self, Need};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often each whole process is run
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// Leave the criterion benchmarks out, which take minutes
    #[arg(long, conflicts_with = "only")]
    processes_only: bool,
    /// Measure just this; the other tables stay as they are
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The program against parsel
    Programs,
    /// The formats beside what others write
    Formats,
    /// A whole site beside Scrapy
    Crawl,
    /// Rendered pages beside Playwright
    Render,
    /// The server under load
    Server,
    /// The criterion benchmarks
    Criterion,
}

/// Measures something, and gives the table of it.
type Measure = fn(&Project) -> Result<String>;

impl Arguments {
    fn wants(&self, part: Part) -> bool {
        if self.only.is_empty() {
            part != Part::Criterion || !self.processes_only
        } else {
            self.only.contains(&part)
        }
    }
}

/// Sets up, measures, and writes the tables.
pub(crate) fn bench(project: &Project, arguments: &Arguments) -> Result<()> {
    setup::set_up(
        project,
        &[
            Need::NativeCompiler,
            Need::ComponentCompiler,
            Need::Python,
            Need::Browser,
        ],
    )?;
    plugins::build(project, Workspace::Plugins)?;
    binaries::build(project)?;

    let mut document = Document::read(project.path("BENCHMARKS.md"))?;
    // The other tables were not measured here and now.
    if arguments.only.is_empty() {
        document.replace("machine", &machine::describe(project)?)?;
    }
    if arguments.wants(Part::Programs) {
        for comparison in compare::comparisons(project)? {
            let marker = comparison.marker;
            let table = comparison.measure(arguments.times)?;
            println!("\n{table}");
            document.replace(marker, &table)?;
        }
    }
    let tables: [(Part, &str, Measure); 4] = [
        (Part::Formats, "formats", formats),
        (Part::Crawl, "crawl", crawl),
        (Part::Render, "render", render),
        (Part::Server, "server", load),
    ];
    for (part, marker, measure) in tables {
        if arguments.wants(part) {
            let table = measure(project)?;
            println!("\n{table}");
            document.replace(marker, &table)?;
        }
    }
    if arguments.wants(Part::Criterion) {
        // In the root the crates that matter are optimised in the dev profile, in which everything is compiled already.
        for (workspace, marker, profile) in [
            (Workspace::Root, "host", "dev"),
            (Workspace::Plugins, "components", "bench"),
        ] {
            let start = SystemTime::now();
            run(project
                .cargo(workspace)
                .args(["bench", "--workspace", "--profile", profile]))?;
            document.replace(
                marker,
                &criterion::table(&project.target(workspace).join("criterion"), start)?,
            )?;
        }
    }
    document.write()
}

/// Pages of a thousand rows that are written in each format.
const FORMAT_PAGES: u32 = 1_000;

/// The formats beside what others write, as a table.
fn formats(project: &Project) -> Result<String> {
    let mut formats = Command::new(project.binary("formats"));
    formats
        .arg(project.binary("snowscrape"))
        .arg(setup::python(project))
        .arg(project.path("tests/readers/peers.py"))
        .arg(FORMAT_PAGES.to_string());
    Ok(output(&mut formats)?.trim_end().to_owned())
}

/// The folders of the toolchain's documentation that are crawled: more than 20,000 pages.
const CRAWLED: &str = "/(std|core|alloc|proc_macro|test|book|reference)/";

/// A whole site by `follow`, beside Scrapy, as a table.
fn crawl(project: &Project) -> Result<String> {
    let mut crawl = Command::new(project.binary("crawl"));
    crawl
        .arg(project.binary("snowscrape"))
        .arg(setup::python(project))
        .arg(project.path("tests/crawl/crawl.py"))
        .arg(CRAWLED);
    Ok(output(&mut crawl)?.trim_end().to_owned())
}

/// Pages that are rendered one after another.
const RENDERED_PAGES: u32 = 1_000;

/// Rendered pages, beside Playwright, as a table.
fn render(project: &Project) -> Result<String> {
    let peer = project.path("tests/playwright");
    let python = setup::python(project);
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(peer.join("requirements.txt")))?;
    let mut render = Command::new(project.binary("rendered"));
    render
        .arg(project.binary("snowscrape"))
        .arg(python)
        .arg(peer.join("render.py"))
        .arg(RENDERED_PAGES.to_string());
    Ok(output(&mut render)?.trim_end().to_owned())
}

/// Pages of the store that the server is measured with: 20 rows each.
const LOAD_PAGES: u32 = 100_000;

/// The server under load, as a table.
fn load(project: &Project) -> Result<String> {
    apt::ensure(&["apache2-utils"], "the load tool")?;
    let mut load = Command::new(project.binary("load"));
    load.arg(project.binary("snowscrape")).arg(LOAD_PAGES.to_string());
    Ok(output(&mut load)?.trim_end().to_owned())
}
