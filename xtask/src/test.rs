//! `cargo xtask test`: everything that must hold before a change lands, cheapest first, ended by the first failure.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::binaries;
use crate::command::run;
use crate::plugins;
use crate::project::{Project, Workspace};
use crate::setup::{self, Need};

/// How to test.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only this step, with the set-up that it needs; may be repeated
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
}

/// One step of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// `cargo fmt --check` in every workspace
    Fmt,
    /// The components, the guests among them
    Plugins,
    /// clippy in every workspace, warnings being errors
    Clippy,
    /// rustdoc, warnings being errors
    Docs,
    /// Licences, sources and bans of every dependency
    Deny,
    /// The API's document, by a linter
    Openapi,
    /// The tests
    Tests,
    /// The examples in the docs
    Doctests,
    /// The golden values, against parsel and against the program
    Golden,
}

/// Sets up, runs the steps, and prints how long each took.
pub(crate) fn test(project: &Project, arguments: &Arguments) -> Result<()> {
    let steps: Vec<Step> = Step::value_variants()
        .iter()
        .copied()
        .filter(|step| arguments.only.is_empty() || arguments.only.contains(step))
        .collect();
    let mut times = Vec::new();

    let start = Instant::now();
    let needs: Vec<Need> = Need::ALL
        .into_iter()
        .filter(|need| steps.iter().any(|step| step.needs().contains(need)))
        .collect();
    setup::set_up(project, &needs)?;
    times.push(("set-up".to_owned(), start.elapsed()));

    let mut built = false;
    for step in steps {
        println!("\n== {step} ==");
        let start = Instant::now();
        let first = step.takes_components() && !std::mem::replace(&mut built, true);
        let prepared = if first { components(project) } else { Ok(()) };
        let result = prepared.and_then(|()| step.run(project));
        times.push((step.to_string(), start.elapsed()));
        if result.is_err() {
            print_times(&times);
        }
        result.with_context(|| format!("the step `{step}` failed; `cargo xtask test --only {step}` runs it again"))?;
    }
    print_times(&times);
    Ok(())
}

fn print_times(times: &[(String, Duration)]) {
    println!("\nstep        seconds");
    for (step, time) in times {
        println!("{step:<10} {:>8.1}", time.as_secs_f64());
    }
    println!(
        "{:<10} {:>8.1}",
        "all",
        times.iter().map(|(_, time)| time).sum::<Duration>().as_secs_f64()
    );
}

impl Step {
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Fmt => &[Need::RustTools],
            Self::Plugins => &[Need::ComponentCompiler],
            Self::Clippy => &[Need::NativeCompiler, Need::ComponentCompiler, Need::RustTools],
            Self::Docs | Self::Doctests => &[Need::NativeCompiler, Need::ComponentCompiler],
            Self::Deny => &[Need::Deny],
            Self::Openapi => &[Need::Linter],
            Self::Tests => &[
                Need::NativeCompiler,
                Need::ComponentCompiler,
                Need::Nextest,
                Need::Python,
                Need::Tools,
                Need::Readers,
                Need::Browser,
                Need::Proxies,
            ],
            Self::Golden => &[Need::NativeCompiler, Need::ComponentCompiler, Need::Python],
        }
    }

    /// Whether the components are built before it: the host has the built-in ones in its binary, so nothing of the root
    /// workspace compiles without them.
    fn takes_components(self) -> bool {
        self.needs().contains(&Need::ComponentCompiler)
    }

    fn run(self, project: &Project) -> Result<()> {
        match self {
            Self::Fmt => for_each(&Workspace::ALL, |workspace| {
                run(project.cargo(workspace).args(["fmt", "--all", "--check"]))
            }),
            // What `takes_components` asks for is all of it.
            Self::Plugins => Ok(()),
            Self::Clippy => for_each(&Workspace::ALL, |workspace| {
                let mut cargo = project.cargo(workspace);
                run(cargo.args([
                    "clippy",
                    "--quiet",
                    "--workspace",
                    "--all-targets",
                    "--locked",
                    "--",
                    "-D",
                    "warnings",
                ]))
            }),
            Self::Docs => for_each(&[Workspace::Root, Workspace::Plugins], |workspace| {
                let mut cargo = project.cargo(workspace);
                cargo.args(["doc", "--quiet", "--workspace", "--no-deps", "--locked"]);
                run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
            }),
            Self::Deny => for_each(&Workspace::ALL, |workspace| {
                let config = project.path("deny.toml");
                let mut cargo = project.cargo(workspace);
                // The advisories come from a database on the network that is none of the package registries.
                run(cargo
                    .args(["deny", "--workspace", "--locked", "--config"])
                    .arg(config)
                    .args(["check", "bans", "licenses", "sources"]))
            }),
            // That the document is the program's own is one of the tests.
            Self::Openapi => {
                let redocly = project.path(setup::LINTER).join("node_modules/.bin/redocly");
                let mut lint = setup::with_node(project, &redocly.to_string_lossy())?;
                lint.args(["lint", "--config"])
                    .arg(project.path(setup::LINTER).join("redocly.yaml"));
                run(lint.arg("snowscrape"))
            }
            Self::Tests => {
                // The end-to-end tests run the binary, which is another package's: nextest alone does not build it.
                binaries::build(project)?;
                for_each(&[Workspace::Root, Workspace::Plugins], |workspace| {
                    run(project
                        .cargo(workspace)
                        .args(["nextest", "run", "--workspace", "--locked"]))
                })
            }
            Self::Doctests => for_each(&[Workspace::Root, Workspace::Plugins], |workspace| {
                run(project
                    .cargo(workspace)
                    .args(["test", "--quiet", "--doc", "--workspace", "--locked"]))
            }),
            Self::Golden => {
                binaries::build(project)?;
                let mut script = std::process::Command::new(setup::python(project));
                script
                    .arg(project.path("tests/golden/check_parsel.py"))
                    .current_dir(project.root());
                run(script.arg("--snowscrape").arg(project.binary("snowscrape")))
            }
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value().expect("no step is hidden");
        f.write_str(value.get_name())
    }
}

fn components(project: &Project) -> Result<()> {
    plugins::build(project, Workspace::Plugins)?;
    plugins::build(project, Workspace::Guests)
}

fn for_each(workspaces: &[Workspace], check: impl Fn(Workspace) -> Result<()>) -> Result<()> {
    workspaces.iter().try_for_each(|workspace| check(*workspace))
}
