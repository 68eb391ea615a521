//! The `snowscrape` command.

mod cli;
mod components;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
