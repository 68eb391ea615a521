//! Building the components of a workspace into its folder `dist`.
//!
//! Nothing changed, nothing built: cargo knows whether a core module is fresh, and a component is encoded again only when
//! its module, its encoder or itself is not what its record says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::Value;

use crate::command;
use crate::component;
use crate::project::{Project, Workspace};
use crate::toolchain::{TARGET, Toolchain};

/// What can be done with components.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Builds what has changed, and checks what each component imports
    Build {
        /// Build the misbehaving components that the tests need as well
        #[arg(long)]
        guests: bool,
        /// Only print what a component may import
        #[arg(long)]
        print_allow_list: bool,
    },
}

/// Carries the command out.
pub(crate) fn run(project: &Project, command: &Command) -> Result<()> {
    let Command::Build {
        guests,
        print_allow_list,
    } = command;
    if *print_allow_list {
        for name in component::ALLOWED_IMPORTS {
            println!("{name}");
        }
        return Ok(());
    }
    build(project, Workspace::Plugins)?;
    if *guests {
        build(project, Workspace::Guests)?;
    }
    Ok(())
}

/// Builds every component of a workspace: each member with a `cdylib` gives `dist/NAME.wasm`.
pub(crate) fn build(project: &Project, workspace: Workspace) -> Result<()> {
    let crates = component_crates(project, workspace)?;
    let toolchain = Toolchain::ensure(project)?;
    println!("components in {}/ by {}:", workspace.folder(), toolchain.name());
    let mut cargo = toolchain.cargo_build(project, workspace);
    cargo.arg("--lib");
    for it in &crates {
        cargo.args(["--package", &it.package]);
    }
    command::run(&mut cargo)?;

    let modules = project.target(workspace).join(TARGET).join("release");
    let dist = Dist::open(project.folder(workspace).join("dist"))?;
    for it in &crates {
        let module = modules.join(&it.module);
        let module = fs::read(&module).with_context(|| format!("cargo left no {}", module.display()))?;
        let (state, size) = dist
            .update(&it.name, &module)
            .with_context(|| format!("the component `{}`", it.name))?;
        println!("  {state} {:<12} {:>6} KB", it.name, size.div_ceil(1000));
    }
    for name in dist.remove_others(&crates)? {
        println!("  removed {name}: it has no crate any more");
    }
    Ok(())
}

/// A crate that becomes a component.
struct ComponentCrate {
    package: String,
    /// The component's name: the package's without `snowscrape-`.
    name: String,
    /// The file that cargo makes.
    module: String,
}

fn component_crates(project: &Project, workspace: Workspace) -> Result<Vec<ComponentCrate>> {
    let metadata = command::output(
        project
            .cargo(workspace)
            .args(["metadata", "--format-version", "1", "--no-deps"]),
    )?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo's metadata is not JSON")?;
    let crates = crates_of(&metadata);
    if crates.is_empty() {
        bail!(
            "no member of {}/Cargo.toml has the crate type `cdylib`",
            workspace.folder()
        );
    }
    Ok(crates)
}

/// The members that have a `cdylib`, from cargo's metadata (format version 1).
fn crates_of(metadata: &Value) -> Vec<ComponentCrate> {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let mut crates = Vec::new();
    for package in list(metadata, "packages") {
        let library = list(&package, "targets")
            .into_iter()
            .find(|target| list(target, "crate_types").contains(&"cdylib".into()));
        if let (Some(package), Some(library)) = (
            package["name"].as_str(),
            library.as_ref().and_then(|it| it["name"].as_str()),
        ) {
            crates.push(ComponentCrate {
                package: package.to_owned(),
                name: package.strip_prefix("snowscrape-").unwrap_or(package).to_owned(),
                module: format!("{}.wasm", library.replace('-', "_")),
            });
        }
    }
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    crates
}

/// The folder that components are written to.
struct Dist {
    folder: PathBuf,
}

impl Dist {
    fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Encodes the module unless its component is there already. Says which of the two, and the component's size in bytes.
    fn update(&self, name: &str, module: &[u8]) -> Result<(&'static str, usize)> {
        let file = self.folder.join(format!("{name}.wasm"));
        let record_file = self.folder.join(format!("{name}.built"));
        if let (Ok(component), Ok(record)) = (fs::read(&file), fs::read_to_string(&record_file))
            && record == Self::record(module, &component)
        {
            return Ok(("fresh", component.len()));
        }
        let component = component::encode(module)?;
        write_whole(&file, &component)?;
        write_whole(&record_file, Self::record(module, &component).as_bytes())?;
        Ok(("built", component.len()))
    }

    /// What is kept beside a component, so that it is known to be the one that its module gives.
    fn record(module: &[u8], component: &[u8]) -> String {
        let mut record = String::new();
        for (name, hash) in [
            ("module", blake3::hash(module)),
            ("encoder", component::encoder_hash()),
            ("component", blake3::hash(component)),
        ] {
            writeln!(record, "{name} {hash}").expect("a string takes everything");
        }
        record
    }

    /// Removes the components of crates that are gone: the host would load them. Returns their names.
    fn remove_others(&self, crates: &[ComponentCrate]) -> Result<Vec<String>> {
        let mut removed = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(|| format!("cannot read {}", self.folder.display()))? {
            let path = entry?.path();
            let (Some(name), Some(extension)) = (path.file_stem().and_then(|it| it.to_str()), path.extension()) else {
                continue;
            };
            if (extension == "wasm" || extension == "built") && !crates.iter().any(|it| it.name == name) {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                if extension == "wasm" {
                    removed.push(name.to_owned());
                }
            }
        }
        Ok(removed)
    }
}

/// Writes a file so that nobody ever reads half of it.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<()> {
    let partial = file.with_extension("partial");
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, file))
        .with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest core modules: nothing, and nothing with a custom section `x`.
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    const OTHER: &[u8] = b"\0asm\x01\0\0\0\0\x02\x01x";

    fn component_crate(name: &str) -> ComponentCrate {
        ComponentCrate {
            package: name.into(),
            name: name.into(),
            module: format!("{name}.wasm"),
        }
    }

    #[test]
    fn a_component_is_built_once() {
        let folder = tempfile::tempdir().unwrap();
        let dist = Dist::open(folder.path().join("dist")).unwrap();
        let file = dist.folder.join("a.wasm");
        let check = |module: &[u8], expected: &str| {
            let (state, size) = dist.update("a", module).unwrap();
            assert_eq!(state, expected);
            assert_eq!(fs::read(&file).unwrap().len(), size);
        };
        check(MODULE, "built");
        let written = fs::metadata(dist.folder.join("a.wasm")).unwrap().modified().unwrap();
        check(MODULE, "fresh");
        assert_eq!(
            fs::metadata(dist.folder.join("a.wasm")).unwrap().modified().unwrap(),
            written
        );
        check(OTHER, "built");
        check(OTHER, "fresh");
        fs::write(dist.folder.join("a.wasm"), "damaged").unwrap();
        check(OTHER, "built");
        fs::remove_file(dist.folder.join("a.wasm")).unwrap();
        check(OTHER, "built");
        fs::remove_file(dist.folder.join("a.built")).unwrap();
        check(OTHER, "built");
    }

    #[test]
    fn components_without_a_crate_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let dist = Dist::open(folder.path().to_path_buf()).unwrap();
        dist.update("kept", MODULE).unwrap();
        dist.update("gone", MODULE).unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        assert_eq!(dist.remove_others(&[component_crate("kept")]).unwrap(), ["gone"]);
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["kept.built", "kept.wasm", "notes.txt"]);
    }

    #[test]
    fn members_with_a_cdylib_are_components() {
        let metadata = serde_json::json!({"packages": [
            {"name": "snowscrape-web", "targets": [{"name": "snowscrape_web", "crate_types": ["cdylib", "rlib"]}]},
            {"name": "snowscrape-dom", "targets": [{"name": "snowscrape_dom", "crate_types": ["lib"]}]},
            {"name": "loops", "targets": [{"name": "bench", "crate_types": ["bin"]}, {"name": "loops", "crate_types": ["cdylib"]}]},
        ]});
        let found: Vec<_> = crates_of(&metadata)
            .into_iter()
            .map(|it| (it.package, it.name, it.module))
            .collect();
        let expected = [
            ("loops", "loops", "loops.wasm"),
            ("snowscrape-web", "web", "snowscrape_web.wasm"),
        ];
        assert_eq!(
            found,
            expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
        );
    }
}
