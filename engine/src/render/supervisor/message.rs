//! What the server and the supervisor say to each other: a line of JSON each.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The first line of the supervisor's standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The browser's program.
    pub(super) executable: PathBuf,
    /// Its arguments but for its profile's folder.
    pub(super) arguments: Vec<String>,
    /// Its profile's preferences.
    pub(super) preferences: serde_json::Value,
    /// The user that it runs as where the supervisor is root.
    pub(super) user: String,
}

/// The line of the supervisor's standard output that is JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Report {
    /// The browser is up.
    Ready {
        /// Its process group.
        group: i32,
        /// The web socket of its `DevTools`.
        url: String,
        /// Its profile's folder.
        profile: PathBuf,
    },
    /// It is not, and this is why.
    Failed(String),
}
