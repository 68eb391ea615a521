//! `snowscrape openapi`: the document of the API.

use std::io::Write as _;
use std::process::ExitCode;

use super::failure::Failure;
use crate::components::{self, AtOnce};
use crate::server::specification;

pub(crate) fn run() -> Result<ExitCode, Failure> {
    let registry = components::load(AtOnce::ONE_RUN).map_err(|error| Failure::work(&error))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work(&error))?;
    let document = runtime
        .block_on(specification(registry))
        .map_err(|error| Failure::work(&error))?;
    let mut out = std::io::stdout().lock();
    out.write_all(document.as_bytes())
        .map_err(|error| Failure::work(&error))?;
    Ok(ExitCode::SUCCESS)
}
