//! The command line as a whole: arguments in, a command carried out, an exit code.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser as _;
use snowscrape_engine::render::supervise;
use tracing_subscriber::EnvFilter;

use super::arguments::{Arguments, Command};
use super::failure::Failure;
use super::{batch, extract, keys, openapi, robots, run, serve};

/// What is logged unless `SNOWSCRAPE_LOG` says otherwise. The database warns of every transaction that is made again.
const DEFAULT_LOG: &str = "warn,surrealdb=error,surrealdb_core=error";

/// Reads the arguments, runs the command, and turns what went wrong into words and an exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(log_filter())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Extract(arguments) => match &arguments.batch {
            Some(file) => batch::run(file),
            None => extract::run(&arguments),
        },
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Keys(arguments) => keys::run(arguments.command),
        Command::Robots(arguments) => robots::run(&arguments),
        Command::SuperviseBrowser => Ok(supervise()),
        Command::Openapi => openapi::run(),
    };
    done.unwrap_or_else(Failure::exit)
}

/// What is logged. The libraries that speak with the browser would log what is typed into pages, so they are always held back.
fn log_filter() -> EnvFilter {
    let filter = EnvFilter::try_from_env("SNOWSCRAPE_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    ["chromiumoxide=warn", "tungstenite=warn"]
        .into_iter()
        .fold(filter, |filter, held_back| {
            filter.add_directive(held_back.parse().expect("the directive is right"))
        })
}
