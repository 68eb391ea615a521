//! Files and what must be in them, collected and then read by all readers at once: starting a database takes seconds.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

/// A file to be written: its format, the options of the export, and what the readers are told of these.
pub(super) struct Form {
    pub(super) format: &'static str,
    pub(super) options: &'static [(&'static str, &'static str)],
    /// A JSON object.
    told: &'static str,
    reader: &'static str,
    /// Whether a database runs the file a second time, over what it made the first time.
    twice: bool,
}

/// Every format, as it is compared.
pub(super) const FORMS: [Form; 14] = [
    form("json", &[], "{}"),
    Form {
        reader: "ndjson",
        ..form("json", &[("lines", "true")], "{}")
    },
    form("csv", &[("formulas", "keep")], "{}"),
    form("csv", &[], r#"{"formulas": "guard"}"#),
    form(
        "csv",
        &[("bom", "true"), ("delimiter", ";")],
        r#"{"bom": true, "delimiter": ";", "formulas": "guard"}"#,
    ),
    form("xlsx", &[], "{}"),
    form("xlsx", &[("links", "false")], r#"{"links": false}"#),
    form("parquet", &[], "{}"),
    form("parquet", &[("compression", "none"), ("row_group_rows", "16384")], "{}"),
    form("sql", &[], "{}"),
    form("sql", &[("dialect", "postgres")], r#"{"dialect": "postgres"}"#),
    form("sql", &[("dialect", "mysql")], r#"{"dialect": "mysql"}"#),
    form("sql", &[("dialect", "sqlite")], r#"{"dialect": "sqlite"}"#),
    Form {
        twice: true,
        ..form(
            "sql",
            &[("table", "we\"ird; -- `name`"), ("if_exists", "replace")],
            r#"{"table": "we\"ird; -- `name`"}"#,
        )
    },
];

const fn form(format: &'static str, options: &'static [(&'static str, &'static str)], told: &'static str) -> Form {
    Form {
        format,
        options,
        told,
        reader: format,
        twice: false,
    }
}

/// What is to be read.
pub(super) struct Readings {
    folder: tempfile::TempDir,
    jobs: Vec<Json>,
    tables: usize,
    /// Readers that need not read the tables that are added.
    refused_by: &'static [&'static str],
}

impl Readings {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The databases run as another user where the tests run as root.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            folder,
            jobs: Vec::new(),
            tables: 0,
            refused_by: &[],
        }
    }

    /// Says which readers need not read the tables that are added from now on. All others must.
    pub(super) fn refused_by(&mut self, readers: &'static [&'static str]) {
        self.refused_by = readers;
    }

    /// Adds a table in all formats: its columns as `expected.json` has them, its rows, and how to get its file in a form.
    pub(super) fn add(&mut self, columns: &Json, rows: &[Json], export: impl Fn(&Form) -> Vec<u8>) {
        self.tables += 1;
        let table = self.tables;
        let expected = self.write(
            &format!("{table}.expected.json"),
            json!({"columns": columns, "rows": rows}).to_string().as_bytes(),
        );
        for (at, form) in FORMS.iter().enumerate() {
            let file = self.write(&format!("{table}-{at}.{}", form.reader), &export(form));
            let mut job: Json = serde_json::from_str(form.told).unwrap();
            if form.twice {
                job["before"] = json!([file]);
            }
            job["format"] = form.reader.into();
            job["file"] = json!(file);
            job["expected"] = json!(expected);
            job["refused_by"] = json!(self.refused_by);
            self.jobs.push(job);
        }
    }

    /// Has everything read: what is read is what was expected, or it is said what is not.
    pub(super) fn check(&self) -> Result<(), String> {
        let list = self.write("jobs.json", Json::from(self.jobs.clone()).to_string().as_bytes());
        run("check.py", |command| command.arg("--jobs").arg(&list))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// Has every reader read files with one thing wrong: each finds it, or it is said what is not found.
pub(super) fn selftest() -> Result<(), String> {
    run("selftest.py", |command| command)
}

/// Runs a script of `tests/readers`; what it says, if it fails.
fn run(script: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<(), String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(format!("{root}/.venv/bin/python"));
    command
        .arg(format!("{root}/tests/readers/{script}"))
        .stdin(Stdio::null());
    let output = arguments(&mut command)
        .output()
        .expect("`cargo xtask setup` makes the Python environment");
    let (said, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{said}\n{errors}"))
    }
}
