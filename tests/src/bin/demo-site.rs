//! Serves the demo site until it is stopped: `demo-site [--port PORT] [--job FILE]`, on a free port if none is named.
//! `--job` writes the demo job for this server to a file, before the line `listening on http://…` is printed.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use snowscrape_tests::site::{DemoSite, demo_job};

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| serve(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "demo-site: {message}");
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Arguments {
    port: u16,
    job: Option<PathBuf>,
}

impl Arguments {
    fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(name) = given.next() {
            let value = given.next().ok_or_else(|| format!("{name} wants a value"))?;
            match name.as_str() {
                "--port" => {
                    arguments.port = value
                        .parse()
                        .map_err(|_| format!("{value:?} is no port: give a number from 0 to 65535"))?;
                }
                "--job" => arguments.job = Some(value.into()),
                _ => return Err(format!("{name} is unknown: give --port PORT or --job FILE")),
            }
        }
        Ok(arguments)
    }
}

fn serve(arguments: &Arguments) -> Result<(), String> {
    let port = arguments.port;
    let site = DemoSite::start_on(port).map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    if let Some(file) = &arguments.job {
        fs::write(file, format!("{:#}\n", demo_job(&site.base_url())))
            .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    }
    let mut out = io::stdout();
    writeln!(out, "listening on {}", site.base_url())
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())?;
    loop {
        thread::park();
    }
}
