//! Where things are: the repository's folder, its three workspaces and their target folders.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The repository.
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
    /// The plugins and the guests share theirs, so that they share the standard library compiled for WebAssembly.
    plugins_target: PathBuf,
}

/// A Cargo workspace of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workspace {
    /// The host: engine, API, tests, and this program.
    Root,
    /// The built-in components.
    Plugins,
    /// The misbehaving components that the tests need.
    Guests,
}

impl Project {
    /// Finds the repository that this run of `cargo xtask` belongs to.
    ///
    /// The place is asked of cargo when the program runs and not when it is compiled: clones that share one target
    /// folder share the compiled program too.
    pub(crate) fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").context("run this program as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("the folder `xtask` stands in the repository")?
            .to_path_buf();
        if !root.join(Workspace::Plugins.folder()).is_dir() {
            bail!("{} has no folder `plugins`: it is not the repository", root.display());
        }
        let (target, plugins_target) = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => {
                let folder = env::current_dir().context("the working folder is gone")?.join(folder);
                (folder.clone(), folder.join("plugins"))
            }
            None => (root.join("target"), root.join("plugins/target")),
        };
        Ok(Self {
            root,
            target,
            plugins_target,
        })
    }

    /// The repository's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the repository.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// The folder of a workspace.
    pub(crate) fn folder(&self, workspace: Workspace) -> PathBuf {
        self.root.join(workspace.folder())
    }

    /// Where cargo builds a workspace.
    pub(crate) fn target(&self, workspace: Workspace) -> &Path {
        match workspace {
            Workspace::Root => &self.target,
            Workspace::Plugins | Workspace::Guests => &self.plugins_target,
        }
    }

    /// A program that the root workspace builds, in the dev profile.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target
            .join("debug")
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Cargo, to be run in a workspace.
    pub(crate) fn cargo(&self, workspace: Workspace) -> Command {
        let mut command = Command::new(cargo_program());
        command
            .current_dir(self.folder(workspace))
            .env("CARGO_TARGET_DIR", self.target(workspace));
        // Cargo tells a program that it runs about the program's own package: no build script may mistake that for its own.
        // One that looks at its version (ring's does) would run again whenever cargo was called by hand between, and all
        // that is built on it, the database too, would be compiled anew.
        let names = env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| is_of_a_package(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command
    }
}

impl Workspace {
    /// All of them, in the order in which they are checked.
    pub(crate) const ALL: [Self; 3] = [Self::Root, Self::Plugins, Self::Guests];

    /// The folder, from the repository's.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Root => ".",
            Self::Plugins => "plugins",
            Self::Guests => "tests/guests",
        }
    }
}

fn is_of_a_package(variable: &str) -> bool {
    ["CARGO_MANIFEST_", "CARGO_PKG_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

/// The cargo that runs this program.
fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
