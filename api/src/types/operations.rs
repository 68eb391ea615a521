//! What is told of the server and its parts.

use poem_openapi::Object;
use snowscrape_engine::model::ErrorCode;

use super::{Described, Nullable};

/// Why a run did not succeed.
#[derive(Debug, Object)]
pub(crate) struct LastError {
    /// The kind of error.
    code: Described<ErrorCode>,
    /// What went wrong.
    message: String,
}

impl From<(ErrorCode, String)> for LastError {
    fn from((code, message): (ErrorCode, String)) -> Self {
        Self {
            code: code.to_string().into(),
            message,
        }
    }
}

/// Whether the server does its work.
#[derive(Debug, Object)]
pub(crate) struct Health {
    /// `ok`, or `storage_full` where what is to be written waits for room on the disk.
    pub(crate) status: String,
    /// The server's version.
    pub(crate) version: String,
    /// Runs that are going.
    pub(crate) runs: u64,
}

/// The components that the server has.
#[derive(Debug, Object)]
pub(crate) struct PluginList {
    /// The components.
    pub(crate) plugins: Vec<Plugin>,
    /// How many there are.
    pub(crate) count: u64,
}

/// A component.
#[derive(Debug, Object)]
pub(crate) struct Plugin {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The BLAKE3 hash of its content.
    pub(crate) hash: String,
    /// The query types that it serves, if it is an extractor.
    pub(crate) query_types: Vec<QueryType>,
    /// The format that it writes, if it is an exporter.
    pub(crate) format: Nullable<Format>,
}

/// A query type.
#[derive(Debug, Object)]
pub(crate) struct QueryType {
    /// Its name, as `type` has it.
    pub(crate) name: String,
    /// What its expressions are.
    pub(crate) description: String,
    /// Whether it finds nodes, and so can be an item's.
    pub(crate) item: bool,
    /// Its options.
    pub(crate) options: Vec<PluginOption>,
}

/// A format.
#[derive(Debug, Object)]
pub(crate) struct Format {
    /// Its name, as `format` has it.
    pub(crate) name: String,
    /// The media type of its files.
    pub(crate) media_type: String,
    /// The extension of their names.
    pub(crate) file_extension: String,
    /// Its options, which a download takes as parameters.
    pub(crate) options: Vec<PluginOption>,
}

/// An option of a query type or a format.
#[derive(Debug, Object)]
pub(crate) struct PluginOption {
    /// Its name.
    pub(crate) name: String,
    /// What its values are.
    #[oai(rename = "type")]
    pub(crate) kind: String,
    /// What it does.
    pub(crate) description: String,
}
