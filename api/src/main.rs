//! The `snowscrape` command.

mod app;
mod auth;
mod cli;
mod components;
mod connections;
mod document;
mod error;
mod exports;
mod head_only;
mod limiter;
mod metrics;
mod params;
mod refusal;
mod routes;
mod secrets;
mod server;
mod terminal;
mod types;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
