//! Serves the demo site until it is stopped: `demo-site [PORT]`, a free port if none is named.

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use snowscrape_tests::site::DemoSite;

fn main() -> ExitCode {
    match serve(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "demo-site: {message}");
            ExitCode::from(2)
        }
    }
}

fn serve(port: Option<&str>) -> Result<(), String> {
    let port = match port {
        None => 0,
        Some(port) => port
            .parse()
            .map_err(|_| format!("{port:?} is no port: give a number from 0 to 65535"))?,
    };
    let site = DemoSite::start_on(port).map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    let mut out = io::stdout();
    writeln!(out, "listening on {}", site.base_url())
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())?;
    loop {
        thread::park();
    }
}
