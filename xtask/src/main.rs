//! What is done to the repository rather than by the product: set-up, building the components, the demo, the tests
//! and the benchmarks.
//!
//! Nothing here is part of the product, and nothing of the product is linked in, so that `cargo xtask` compiles in
//! seconds.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool for developers talks to its terminal"
)]

mod apt;
mod bench;
mod binaries;
mod command;
mod component;
mod demo;
mod openapi;
mod plugins;
mod project;
mod setup;
mod test;
mod toolchain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

/// Set-up, the components, the demo, the tests and the benchmarks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Scrapes the demo site and shows the first rows; sets up what it needs first
    ///
    /// Builds in the dev profile, the one that the tests use: a second profile would compile every dependency twice, and
    /// the crates that pages and rows go through are optimised in the dev profile too.
    Demo,
    /// Sets up what the tests need, then checks format, components, lints, docs and licences, and runs every test
    Test(test::Arguments),
    /// Installs what the tests need, and skips what is there
    ///
    /// As root on Debian it installs packages; elsewhere it says exactly what to install.
    Setup,
    /// Writes openapi/openapi.json
    Openapi,
    /// Builds the WebAssembly components
    #[command(subcommand)]
    Plugins(plugins::Command),
    /// Runs the benchmarks and writes the tables of BENCHMARKS.md
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        // Without a backtrace, which says nothing about the program that failed.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let project = Project::find()?;
    match command {
        Command::Demo => demo::demo(&project),
        Command::Test(arguments) => test::test(&project, arguments),
        Command::Setup => setup::set_up(&project, &setup::Need::ALL),
        Command::Openapi => openapi::write(&project),
        Command::Plugins(command) => plugins::run(&project, command),
        Command::Bench(arguments) => bench::bench(&project, arguments),
    }
}
