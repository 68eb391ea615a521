//! `cargo xtask demo`: the demo site, scraped through the API, and what came of it.

use std::process::Command;

use anyhow::Result;

use crate::binaries;
use crate::command::run;
use crate::plugins;
use crate::project::{Project, Workspace};
use crate::setup::{self, Need};

/// Sets up, builds, and runs the demo, which is a program of the tests: what it needs of HTTP is compiled there already.
pub(crate) fn demo(project: &Project) -> Result<()> {
    setup::set_up(project, &[Need::NativeCompiler, Need::ComponentCompiler])?;
    plugins::build(project, Workspace::Plugins)?;
    binaries::build(project)?;
    let mut demo = Command::new(project.binary("demo"));
    demo.current_dir(project.root())
        .arg(project.binary("snowscrape"))
        .arg(project.target(Workspace::Root).join("demo"));
    run(&mut demo)
}
