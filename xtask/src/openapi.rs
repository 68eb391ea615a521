//! `cargo xtask openapi`: the OpenAPI document, as the server serves it, into the repository.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::binaries;
use crate::plugins;
use crate::project::{Project, Workspace};
use crate::setup::{self, Need};

/// Where the document is committed.
pub(crate) const DOCUMENT: &str = "openapi/openapi.json";

/// Builds the program and writes what it prints.
pub(crate) fn write(project: &Project) -> Result<()> {
    setup::set_up(project, &[Need::NativeCompiler, Need::ComponentCompiler])?;
    plugins::build(project, Workspace::Plugins)?;
    binaries::build(project)?;
    let output = Command::new(project.binary("snowscrape"))
        .arg("openapi")
        .output()
        .context("cannot run snowscrape")?;
    if !output.status.success() {
        bail!("snowscrape openapi failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let file = project.path(DOCUMENT);
    fs::create_dir_all(file.parent().context("the document has a folder")?)?;
    fs::write(&file, output.stdout).with_context(|| format!("cannot write {}", file.display()))?;
    println!("written: {DOCUMENT}");
    Ok(())
}
