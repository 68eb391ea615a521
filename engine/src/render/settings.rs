//! How the browser is run: what an operator decides, in plain types.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::error::RenderError;

/// The names under which distributions install the browser, the likeliest first.
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

/// How the browser is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSettings {
    /// The browser's program; looked for on the path if `None`.
    pub executable: Option<PathBuf>,
    /// The program, and its arguments, that do nothing but call [`supervise`](super::supervise).
    pub supervisor: Vec<OsString>,
    /// The user that the browser runs as where this process is root; without meaning elsewhere.
    pub user: String,
    /// Whether the browser's sandbox is on.
    pub sandbox: bool,
    /// How many contexts, and so runs, render at once; the next waits. At least 1.
    pub contexts: usize,
    /// After how many pages the browser is started anew.
    pub pages_before_restart: u64,
    /// The memory of all of the browser's processes, in bytes, above which it is started anew. At twice as much it is
    /// ended at once, with the pages in it, and the scripts of one page get half of it.
    pub max_memory_bytes: u64,
}

impl BrowserSettings {
    /// The settings that need no thought: the sandbox on, `nobody`, 4 contexts, 1,000 pages, 2 GiB.
    pub fn new(supervisor: Vec<OsString>) -> Self {
        Self {
            executable: None,
            supervisor,
            user: "nobody".to_owned(),
            sandbox: true,
            contexts: 4,
            pages_before_restart: 1_000,
            max_memory_bytes: 2 * 1024 * 1024 * 1024,
        }
    }

    /// Where the browser's program is.
    ///
    /// # Errors
    /// [`RenderError::NotFound`] where nothing executable has that path, or one of the known names.
    pub(super) fn find_executable(&self) -> Result<PathBuf, RenderError> {
        let not_found = |looked_for: String| RenderError::NotFound { looked_for };
        match &self.executable {
            Some(path) if is_executable(path) => Ok(path.clone()),
            Some(path) => Err(not_found(path.display().to_string())),
            None => find_on(&env::var_os("PATH").unwrap_or_default()).ok_or_else(|| not_found(NAMES.join(", "))),
        }
    }
}

/// The first of the known names on a search path; a better name goes before an earlier folder.
fn find_on(path: &OsString) -> Option<PathBuf> {
    let folders: Vec<_> = env::split_paths(path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| is_executable(file))
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_browser_is_found_by_name() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = env::join_paths([first.path(), second.path()]).unwrap();
        assert_eq!(find_on(&path), None);
        program(first.path(), "chromium", 0o644);
        assert_eq!(find_on(&path), None);
        let chrome = program(first.path(), "google-chrome", 0o755);
        assert_eq!(find_on(&path), Some(chrome));
        let chromium = program(second.path(), "chromium", 0o755);
        assert_eq!(find_on(&path), Some(chromium));
    }

    #[test]
    fn a_given_program_must_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let check = |path: PathBuf, good: bool| {
            let settings = BrowserSettings {
                executable: Some(path.clone()),
                ..BrowserSettings::new(Vec::new())
            };
            let found = settings.find_executable();
            assert_eq!(found.is_ok(), good, "{found:?}");
            if let Err(error) = found {
                assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            }
        };
        check(program(folder.path(), "a", 0o755), true);
        check(program(folder.path(), "b", 0o644), false);
        check(folder.path().join("missing"), false);
        check(folder.path().to_owned(), false);
    }
}
