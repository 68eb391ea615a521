//! A folder of a test's own, with job files in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A folder that is gone when its value is.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room for a folder"))
    }

    /// One with `job` in `job.json`, whose rows go to `job.rows.json` unless a test says otherwise.
    pub(crate) fn with_job(job: &Json) -> Self {
        let folder = Self::new();
        folder.write("job.json", &job.to_string());
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.join(name), text).expect("the folder can be written to");
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[track_caller]
    pub(crate) fn rows(&self, name: &str) -> Vec<Json> {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of its files, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the folder can be read");
        let mut names: Vec<_> = entries
            .map(|entry| {
                let name = entry.expect("an entry of the folder can be read").file_name();
                name.into_string().expect("the tests write ASCII names")
            })
            .collect();
        names.sort();
        names
    }
}
