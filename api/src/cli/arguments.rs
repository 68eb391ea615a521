//! The commands and their arguments.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use snowscrape_engine::render::supervise;
use tracing_subscriber::EnvFilter;

use super::failure::Failure;
use super::{batch, extract, keys, openapi, robots, run, serve};
use crate::server::{DataFolder, Given, SUPERVISE};

/// A scraping engine: pages in, clean rows out.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a job and write its rows to a file
    Run(RunArguments),
    /// Try a query out on a page
    Extract(ExtractArguments),
    /// Serve the Jobs API
    Serve(Box<ServeArguments>),
    /// Make, list and revoke API keys
    Keys(KeysArguments),
    /// Tell whether a robots.txt allows a page
    Robots(RobotsArguments),
    /// Start a browser, and end it with the process that asked for it
    #[command(name = SUPERVISE, hide = true)]
    SuperviseBrowser,
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    pub(crate) data: DataFolder,
    /// A file of settings, in TOML, with the names of the flags [default: `snowscrape.toml` in the folder of data, if it is
    /// there]
    #[arg(long, value_name = "FILE", env = "SNOWSCRAPE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Given,
}

#[derive(Debug, Args)]
pub(crate) struct RobotsArguments {
    /// The robots.txt: a file, or `-` for standard input
    #[arg(long = "robots", value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Who asks: a `User-Agent`, or the name in it that robots.txt knows
    #[arg(long, value_name = "UA")]
    pub(crate) user_agent: String,
    /// The page
    #[arg(value_name = "URL")]
    pub(crate) url: String,
}

#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, and print it: it is shown this once
    Create {
        /// Whose key it is: a name of 1 to 128 characters
        #[arg(long, value_name = "NAME", value_parser = user_name)]
        user: String,
        #[command(flatten)]
        data: DataFolder,
    },
    /// List keys: id, user, when made, when last used
    List {
        /// Only the keys of this user
        #[arg(long, value_name = "NAME", value_parser = user_name)]
        user: Option<String>,
        #[command(flatten)]
        data: DataFolder,
    },
    /// Take a key away
    Revoke {
        /// The key's id, which is its visible prefix
        id: String,
        #[command(flatten)]
        data: DataFolder,
    },
}

fn user_name(given: &str) -> Result<String, String> {
    let length = given.chars().count();
    if !(1..=128).contains(&length) || given.trim().is_empty() || given.chars().any(char::is_control) {
        return Err("must be a name of 1 to 128 characters".to_owned());
    }
    Ok(given.to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The job's definition, of the same shape as `POST /jobs` takes; `-` reads standard input
    pub(crate) job: PathBuf,
    /// The format of the file
    #[arg(long, default_value = "json")]
    pub(crate) format: String,
    /// Where the rows go, `-` for standard output [default: the job's file name with the format's extension]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// An option of the format; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) settings: Vec<(String, String)>,
    /// A file of settings, in TOML: its `proxies` are for jobs that want one
    #[arg(long, value_name = "FILE", env = "SNOWSCRAPE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Fetch from public addresses on ports 80, 443 and 8000 to 8999 only, as the server does
    #[arg(long)]
    pub(crate) guard: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["query", "batch"]))]
pub(crate) struct ExtractArguments {
    /// The type of the query: css, xpath, regex
    #[arg(
        long = "type",
        value_name = "TYPE",
        requires = "query",
        required_unless_present = "batch"
    )]
    pub(crate) query_type: Option<String>,
    /// The expression
    #[arg(long, requires = "page")]
    pub(crate) query: Option<String>,
    /// An expression that finds items; the query is evaluated in each
    #[arg(long, requires = "query")]
    pub(crate) item: Option<String>,
    /// The type of the item's expression [default: the query's, or css where that finds no nodes]
    #[arg(long, value_name = "TYPE", requires = "item")]
    pub(crate) item_type: Option<String>,
    /// An option of the query; can be given several times
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = key_value, requires = "query")]
    pub(crate) options: Vec<(String, String)>,
    /// Print matches as the extractor gave them: white space is kept
    #[arg(long, requires = "query")]
    pub(crate) raw: bool,
    /// Answer a query a line: {"id", "type", "query", "html", "item"?, "options"?}
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "page")]
    pub(crate) batch: Option<PathBuf>,
    /// Fetch from public addresses on ports 80, 443 and 8000 to 8999 only, as the server does
    #[arg(long, requires = "page")]
    pub(crate) guard: bool,
    /// A file, an http or https URL, or `-` for standard input
    #[arg(value_name = "FILE|URL|-")]
    pub(crate) page: Option<String>,
}

/// What is logged unless `SNOWSCRAPE_LOG` says otherwise. The database warns of every transaction that is made again.
const DEFAULT_LOG: &str = "warn,surrealdb=error,surrealdb_core=error";

fn key_value(given: &str) -> Result<(String, String), String> {
    let (key, value) = given.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Reads the arguments, runs the command, and turns what went wrong into words and an exit code.
/// What is logged. The libraries that speak with the browser would log what is typed into pages, so they are always held back.
fn log_filter() -> EnvFilter {
    let filter = EnvFilter::try_from_env("SNOWSCRAPE_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    ["chromiumoxide=warn", "tungstenite=warn"]
        .into_iter()
        .fold(filter, |filter, held_back| {
            filter.add_directive(held_back.parse().expect("the directive is right"))
        })
}

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        super::Arguments::command().debug_assert();
    }
}
