//! The commands and their arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use snowscrape_engine::fetch::{AddressGuard, PortRange};

use crate::params::{ColumnNames, ParamValue as _};
use crate::server::{DataFolder, Given, SUPERVISE};

/// A scraping engine: pages in, clean rows out.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
    /// Where the rows go, `-` for standard output [default: the job's file name with the file's extension]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The columns of the file in their order, with commas between them; one with a comma in it goes in double quotes [default:
    /// all of them]
    #[arg(long, value_name = "NAMES", value_parser = ColumnNames::parse)]
    pub(crate) columns: Option<ColumnNames>,
    /// Add the columns `_url`, `_scraped_at` and `_run`, which tell where each row comes from
    #[arg(long)]
    pub(crate) meta: bool,
    /// An option of the format; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) settings: Vec<(String, String)>,
    /// A file of settings, in TOML: its `proxies` are for jobs that want one
    #[arg(long, value_name = "FILE", env = "SNOWSCRAPE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) guard: GuardArguments,
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
    #[command(flatten)]
    pub(crate) guard: GuardArguments,
    /// A file, an http or https URL, or `-` for standard input
    #[arg(value_name = "FILE|URL|-")]
    pub(crate) page: Option<String>,
}

/// What may be fetched from.
#[derive(Debug, Args)]
pub(crate) struct GuardArguments {
    /// Fetch from public addresses on ports 80, 443 and 8000 to 8999 only, as the server does
    #[arg(long)]
    guard: bool,
    /// Networks that the guard lets through beside the public internet, in CIDR notation, separated by commas
    #[arg(
        long,
        value_name = "CIDRS",
        env = "SNOWSCRAPE_ALLOW_ADDRESSES",
        value_delimiter = ','
    )]
    allow_addresses: Vec<IpNet>,
    /// Ports that it lets through beside 80, 443 and 8000-8999, such as 3000,5000-5999
    #[arg(long, value_name = "RANGES", env = "SNOWSCRAPE_ALLOW_PORTS", value_delimiter = ',')]
    allow_ports: Vec<PortRange>,
}

impl GuardArguments {
    /// The guard, if one is wanted.
    pub(crate) fn guard(&self) -> Option<AddressGuard> {
        let (addresses, ports) = (self.allow_addresses.iter().copied(), self.allow_ports.iter().cloned());
        self.guard.then(|| AddressGuard::default().allowing(addresses, ports))
    }
}

fn key_value(given: &str) -> Result<(String, String), String> {
    let (key, value) = given.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        super::Arguments::command().debug_assert();
    }
}
