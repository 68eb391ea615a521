//! `snowscrape run`: a job from a file, its rows to a file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use jiff::Timestamp;
use snowscrape_engine::fetch::proxy::ProxyPool;
use snowscrape_engine::fetch::{FetchEnvironment, HostLimits, RobotsCache};
use snowscrape_engine::model::{
    Column, FieldError, Job, JobId, OptionValue, Run, RunId, RunStatus, Trigger, parse_options,
};
use snowscrape_engine::pipeline::{
    BuildError, Environment, ExportFailure, Exported, Finished, Pipeline, Selection, export,
};
use snowscrape_engine::plugin::{ExportError, ExportWriter, ExporterInfo, Plugin, PluginRegistry};
use snowscrape_engine::render::Browsers;

use super::arguments::RunArguments;
use super::failure::Failure;
use super::input::read_text;
use super::output::Output;
use super::progress;
use super::summary::summary;
use crate::components::{self, AtOnce};
use crate::params::ColumnNames;
use crate::secrets;
use crate::server::read_for_run;
use crate::terminal::say;

/// What the shell sees of a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let text = read_text(&arguments.job)?;
    let registry = components::load(AtOnce::ONE_RUN).map_err(|error| Failure::work(&error))?;
    let job = Job::from_text(&text, &*registry)
        .map_err(|faults| Failure::fields(&format!("{} is no valid job", arguments.job.display()), &faults))?;
    let (exporter, info) = exporter(&registry, &arguments.format)?;
    let options = options(info, &arguments.settings)?;
    let path = arguments
        .output
        .clone()
        .unwrap_or_else(|| default_output(&arguments.job, info.file_kind(&options).extension));
    for ignored in ignored(&job) {
        say(&format!("warning: {ignored}"));
    }
    let guard = arguments.guard.guard();
    let (proxies, browser) = read_for_run(arguments.config.as_deref(), guard.clone())
        .map_err(|error| Failure::input(format!("--config: {error}")))?;
    let fetch = FetchEnvironment {
        guard,
        hosts: HostLimits::default(),
        robots: Some(RobotsCache::default()),
        proxies,
    };
    let browsers = Browsers::new(browser);
    let run = RunId::new("run_cli");
    let pipeline = Pipeline::build(
        job,
        Environment {
            registry: &registry,
            secrets: &secrets::from_environment,
            fetch: &fetch,
            browsers: &browsers,
        },
        Run::queued(run.clone(), JobId::new("job_cli"), Trigger::Cli, Timestamp::now()),
    )
    .map_err(|error| unbuilt(&error))?;
    let selection = selection(&pipeline.columns(), arguments, &run)?;
    let columns = selection.columns().to_vec();
    let writer = ExportWriter::open(exporter, columns, &options, &pipeline.facts())
        .map_err(|error| unopened(&error, &info.format))?;
    let output = Output::open(&path)
        .map_err(|error| Failure::input(format!("--output: {} cannot be written: {error}", path.display())))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work(&error))?;
    let started = Instant::now();
    let Done {
        finished,
        exported: export,
        output,
    } = runtime.block_on(async {
        let _checked = fetch.proxies.as_ref().map(ProxyPool::watch);
        let done = drive(pipeline, selection, writer, output).await;
        browsers.shutdown().await;
        done
    });
    let exported = export.map_err(|error| Failure::work(&error))?;
    // A run in which every page failed has nothing that should take the place of an earlier result.
    let file = match finished.run.status {
        RunStatus::Failed => None,
        _ => output.keep().map_err(|error| Failure::work(&error))?,
    };
    say(summary(&finished, &exported, file.as_deref(), started.elapsed()).trim_end());
    Ok(match finished.run.status {
        RunStatus::Cancelled => ExitCode::from(INTERRUPTED),
        RunStatus::Success => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// What a job asks for that only a server does.
fn ignored(job: &Job) -> impl Iterator<Item = &'static str> {
    let screenshots = job
        .render_config
        .as_ref()
        .is_some_and(|render| render.enabled && render.screenshot);
    [
        (
            job.scheduling.is_some(),
            "scheduling is ignored: the job runs once, now",
        ),
        (
            job.request.only_changed,
            "request.only_changed is ignored: no earlier run is kept to compare with",
        ),
        (
            screenshots,
            "render_config.screenshot is ignored: a file of rows has no place for pictures",
        ),
    ]
    .into_iter()
    .filter_map(|(is_asked_for, words)| is_asked_for.then_some(words))
}

struct Done {
    finished: Finished,
    exported: Result<Exported, ExportFailure>,
    output: Output,
}

async fn drive(pipeline: Pipeline, selection: Selection, writer: ExportWriter, mut output: Output) -> Done {
    let pages = pipeline.pages();
    let (running, mut pages_out) = pipeline.start();
    let cancel = running.canceller();
    let interrupts = tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            say("stopping: what was fetched is written; again to stop at once");
            cancel();
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(i32::from(INTERRUPTED));
            }
        }
    });
    let export = tokio::task::spawn_blocking(move || {
        let pages = std::iter::from_fn(|| pages_out.blocking_recv().map(|page| selection.apply(page.rows)));
        let exported = export(writer, pages, &mut output);
        (exported, output)
    });
    let shown = tokio::spawn(progress::show(running.progress(), pages));
    let finished = running.finish().await;
    let (exported, output) = export.await.expect("exporting does not panic");
    shown.await.expect("showing progress does not panic");
    interrupts.abort();
    Done {
        finished,
        exported,
        output,
    }
}

fn exporter<'a>(registry: &'a PluginRegistry, format: &str) -> Result<(&'a Plugin, &'a ExporterInfo), Failure> {
    registry
        .exporter(format)
        .map(|(plugin, info)| (&**plugin, info))
        .ok_or_else(|| {
            let formats: Vec<_> = registry.formats().map(|info| info.format.as_str()).collect();
            Failure::input(format!("--format: Must be one of: {}", formats.join(", ")))
        })
}

fn options(info: &ExporterInfo, given: &[(String, String)]) -> Result<Vec<(String, OptionValue)>, Failure> {
    let given = given.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    parse_options(&info.options, given, "--set")
        .map_err(|faults| Failure::fields(&format!("the options of {} are wrong", info.format), &faults))
}

fn selection(columns: &[Column], arguments: &RunArguments, run: &RunId) -> Result<Selection, Failure> {
    let named = arguments.columns.as_ref().map(|ColumnNames(names)| names.as_slice());
    Selection::new(columns, named, arguments.meta, Some(run)).map_err(|faults| {
        let faults = faults.into_iter().map(|fault| FieldError {
            path: format!("--{}", fault.path),
            ..fault
        });
        Failure::fields("the columns of the file are wrong", &faults.collect::<Vec<_>>())
    })
}

/// The job's file name with the file's extension; a job that would be overwritten by its own rows gets another.
fn default_output(job: &Path, extension: &str) -> PathBuf {
    if job == Path::new("-") {
        return PathBuf::from(format!("rows.{extension}"));
    }
    let output = job.with_extension(extension);
    if output == job {
        job.with_extension(format!("rows.{extension}"))
    } else {
        output
    }
}

fn unopened(error: &ExportError, format: &str) -> Failure {
    match error {
        ExportError::Option { .. } => Failure::input(format!("--set {error}")),
        ExportError::Unsupported(message) => Failure::input(format!("--format {format}: {message}")),
        ExportError::Call(_) | ExportError::Other(_) => Failure::work(error),
    }
}

fn unbuilt(error: &BuildError) -> Failure {
    match error {
        BuildError::Secret(_) | BuildError::Request(_) => Failure::input(error.to_string()),
        BuildError::Extractors(_) => Failure::work(error),
    }
}
