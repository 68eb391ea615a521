//! `snowscrape serve`: the Jobs API.

use std::process::ExitCode;

use super::arguments::ServeArguments;
use super::failure::Failure;
use crate::components;
use crate::server::{Settings, serve};

pub(crate) fn run(arguments: ServeArguments) -> Result<ExitCode, Failure> {
    let wrong = |error: &dyn std::error::Error| Failure::input(error.to_string());
    let folder = arguments.data.find().map_err(|error| wrong(&error))?;
    let settings =
        Settings::complete(arguments.settings, &folder, arguments.config.as_deref()).map_err(|error| wrong(&error))?;
    // Failpoints are set by the environment, in builds that have them.
    let _failpoints = fail::FailScenario::setup();
    let registry = components::load(settings.at_once()).map_err(|error| Failure::work(&error))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work(&error))?;
    runtime
        .block_on(serve(settings, &folder, registry))
        .map_err(|error| Failure::work(&error))?;
    Ok(ExitCode::SUCCESS)
}
