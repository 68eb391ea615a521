//! Which compiler builds for WebAssembly: the Rust in use where it has the target, else Debian's.
//!
//! Both give the same kind of core module. Debian's is for machines that reach Debian's packages but not rustup's
//! server; it compiles the standard library along, which takes two minutes the first time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::command::{on_path, output};
use crate::project::{Project, Workspace};

/// The target of every component.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// What Debian's way needs. The compiler and its sources must be of one version.
pub(crate) const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "wasi-libc"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";

/// A compiler for WebAssembly.
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// The Rust in use has the target's standard library.
    Installed,
    /// Debian's compiler and sources, with the linker of the Rust in use.
    Debian {
        /// `rust-lld`.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// The one that is there, if any.
    pub(crate) fn find(project: &Project) -> Result<Option<Self>> {
        let libraries = ask_rustc(project, &["--print", "target-libdir", "--target", TARGET])?;
        if Path::new(&libraries).is_dir() {
            return Ok(Some(Self::Installed));
        }
        let [Some(compiler), Some(sources), Some(_)] = DEBIAN_PACKAGES.map(apt::version) else {
            return Ok(None);
        };
        if compiler != sources {
            bail!(
                "Debian's packages rustc-web ({compiler}) and rust-web-src ({sources}) must be of one version: as root, \
                 run `apt-get update && apt-get install rustc-web rust-web-src`"
            );
        }
        Ok(Some(Self::Debian {
            linker: linker(project)?,
        }))
    }

    /// The one that is there; where there is none, installs Debian's packages if it can, and else fails with the command
    /// that helps.
    pub(crate) fn ensure(project: &Project) -> Result<Self> {
        if let Some(toolchain) = Self::find(project)? {
            return Ok(toolchain);
        }
        if !(apt::is_debian() && apt::is_root()) {
            bail!("no compiler for {TARGET}: run `{}`", remedy());
        }
        apt::ensure(&DEBIAN_PACKAGES, "building the components").with_context(|| {
            format!(
                "no compiler for {TARGET}; where rustup reaches its server, `rustup target add {TARGET}` brings one"
            )
        })?;
        Self::find(project)?
            .context("Debian's packages are installed, and yet there is no compiler: see `dpkg --audit`")
    }

    /// What this compiler is called on the terminal.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Installed => "the installed target",
            Self::Debian { .. } => "Debian's rustc-web",
        }
    }

    /// `cargo build --release` for the target, to be completed with what to build.
    ///
    /// The flags of the release profile stand in the workspace's `Cargo.toml`.
    pub(crate) fn cargo_build(&self, project: &Project, workspace: Workspace) -> Command {
        let mut cargo = project.cargo(workspace);
        cargo.args(["build", "--release", "--target", TARGET]);
        // What someone sets for the host's programs would go to the components too, and replace what is set below.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        if let Self::Debian { linker } = self {
            cargo
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC", DEBIAN_RUSTC)
                // `-Z` outside of a nightly.
                .env("RUSTC_BOOTSTRAP", "1")
                // The libraries of the Rust that runs this program are not those of Debian's compiler.
                .env_remove("LD_LIBRARY_PATH")
                .env_remove("RUSTC_WRAPPER")
                .env_remove("RUSTC_WORKSPACE_WRAPPER")
                .env("CARGO_TARGET_WASM32_WASIP1_LINKER", linker)
                .env(
                    "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS",
                    format!("-Clink-self-contained=no -L{DEBIAN_LIBC}"),
                );
        }
        cargo
    }
}

/// The one command that brings a compiler to this machine.
fn remedy() -> String {
    if on_path("rustup").is_none() && apt::is_debian() {
        format!(
            "apt-get install --no-install-recommends {}` as root, then `cargo xtask plugins build",
            DEBIAN_PACKAGES.join(" ")
        )
    } else {
        format!("rustup target add {TARGET}")
    }
}

/// Rust's own linker. Debian's `lld` is older than the compiler.
fn linker(project: &Project) -> Result<PathBuf> {
    let sysroot = ask_rustc(project, &["--print", "sysroot"])?;
    let host = ask_rustc(project, &["--print", "host-tuple"])?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.is_file() {
        bail!(
            "{} is missing: Debian's compiler needs the linker of a Rust that rustup installed",
            linker.display()
        );
    }
    Ok(linker)
}

fn ask_rustc(project: &Project, arguments: &[&str]) -> Result<String> {
    output(Command::new("rustc").args(arguments).current_dir(project.root()))
}
