//! `snowscrape robots`: what a robots.txt says of a page.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use snowscrape_engine::fetch::robots_allow;

use super::arguments::RobotsArguments;
use super::failure::Failure;

/// Prints `allowed` or `disallowed`.
pub(crate) fn run(arguments: &RobotsArguments) -> Result<ExitCode, Failure> {
    let robots = read(&arguments.file).map_err(|error| {
        Failure::input(format!(
            "--robots: {} cannot be read: {error}",
            arguments.file.display()
        ))
    })?;
    let allowed = robots_allow(&robots, &arguments.user_agent, &arguments.url)
        .map_err(|error| Failure::input(format!("URL: `{}` {error}", arguments.url)))?;
    let word = if allowed { "allowed" } else { "disallowed" };
    writeln!(io::stdout(), "{word}").map_err(|error| Failure::work(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// The bytes as they are: what is no UTF-8 in a robots.txt spoils its line and not the file.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(file)
}
