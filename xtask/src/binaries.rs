//! Building the programs: the same way for the demo, the tests and the benchmarks.

use anyhow::Result;

use crate::command::run;
use crate::project::{Project, Workspace};

/// Builds the programs of the root workspace. With `--tests` cargo chooses the features that the tests need, too, so that
/// whichever command comes first compiles for all: the database is compiled once and not twice.
pub(crate) fn build(project: &Project) -> Result<()> {
    run(project
        .cargo(Workspace::Root)
        .args(["build", "--workspace", "--bins", "--tests", "--locked"]))
}
