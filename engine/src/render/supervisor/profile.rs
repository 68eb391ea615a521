//! The folder that a browser has to itself, and the user whom it belongs to.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use tempfile::TempDir;

/// Whom the browser runs as, where that is another user than this process's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl User {
    /// The user to change to: the named one for root, and nobody else may change.
    ///
    /// # Errors
    /// That there is no such user, in words.
    pub(super) fn to_change_to(name: &str) -> Result<Option<Self>, String> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let user = uzers::get_user_by_name(name).ok_or_else(|| {
            format!(
                "there is no user '{name}' to run it as; set `browser_user` to an unprivileged user of this machine"
            )
        })?;
        Ok(Some(Self {
            uid: user.uid(),
            gid: user.primary_group_id(),
        }))
    }
}

/// A new folder with the preferences in it, of the user's and for nobody else; removed when it is dropped.
///
/// # Errors
/// What the file system says.
pub(super) fn create(user: Option<User>, preferences: &serde_json::Value) -> std::io::Result<TempDir> {
    let profile = tempfile::Builder::new()
        .prefix("snowscrape-browser-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    let default = profile.path().join("Default");
    fs::create_dir(&default)?;
    let preferences_file = default.join("Preferences");
    fs::write(&preferences_file, preferences.to_string())?;
    if let Some(User { uid, gid }) = user {
        let give = |path: &Path| chown(path, Some(uid), Some(gid));
        give(&preferences_file)?;
        give(&default)?;
        give(profile.path())?;
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_profile_is_its_users_alone() {
        let user = User::to_change_to("nobody").unwrap();
        let profile = create(user, &serde_json::json!({"a": 1})).unwrap();
        let owner = user.map_or(rustix::process::geteuid().as_raw(), |user| user.uid);
        for path in ["", "Default", "Default/Preferences"] {
            assert_eq!(fs::metadata(profile.path().join(path)).unwrap().uid(), owner, "{path}");
        }
        assert_eq!(fs::metadata(profile.path()).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn only_root_changes_its_user() {
        let root = rustix::process::geteuid().is_root();
        assert_eq!(User::to_change_to("nobody").unwrap().is_some(), root);
        let unknown = User::to_change_to("no such user");
        assert_eq!(unknown.is_err(), root);
        if let Err(reason) = unknown {
            assert!(reason.contains("browser_user"), "{reason}");
        }
    }
}
