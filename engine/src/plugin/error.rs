//! What can go wrong with a component: when it is loaded, when a session is opened, and when it is called.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{ErrorCode, ExpressionFault};

/// Why a component was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Wasmtime did not start.
    #[error("the WebAssembly engine did not start on this machine")]
    Engine(#[source] wasmtime::Error),
    /// The thread of the deadlines did not start.
    #[error("the thread that ends calls in time did not start")]
    Thread(#[source] std::io::Error),
    /// The bytes are no component.
    #[error(
        "it is no WebAssembly component that this version can run; build it for the package snowscrape:plugin@0.1.0"
    )]
    Compile(#[source] wasmtime::Error),
    /// It asks for more than guests get.
    #[error("it imports `{import}`, which plugins do not get; build it without what needs that")]
    Import {
        /// The interface.
        import: String,
    },
    /// It exports neither world.
    #[error("it exports neither `snowscrape:plugin/extracting@0.1.0` nor `snowscrape:plugin/exporting@0.1.0`")]
    World(#[source] wasmtime::Error),
    /// It did not say who it is.
    #[error("it did not say who it is")]
    Describe(#[source] CallError),
    /// It serves what another one serves.
    #[error("it serves `{name}`, which {other} serves already; a name is served once")]
    Served {
        /// The query type or format.
        name: String,
        /// The one that has it.
        other: String,
    },
    /// What it says of itself makes no sense.
    #[error("what it says of itself is wrong: {0}")]
    Description(String),
    /// The folder for compiled code cannot be used.
    #[error("the folder for compiled components, {folder}, cannot be used")]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It was named, and did not load.
    #[error("the plugin {name} cannot be used")]
    Plugin {
        /// The name it was given by whoever adds it.
        name: String,
        /// Why.
        #[source]
        source: Box<LoadError>,
    },
}

/// A call of a guest that did not come back as it should. The instance is gone after that.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It trapped, or the interface found fault with what it returned.
    #[error("the plugin {plugin} failed: {message}")]
    Failed {
        /// Name and version.
        plugin: String,
        /// The trap, or what it printed before it.
        message: String,
    },
    /// It took too long.
    #[error("the plugin {plugin} took more than {} s for one call and was stopped", limit.as_secs_f64())]
    Deadline {
        /// Name and version.
        plugin: String,
        /// The limit.
        limit: Duration,
    },
    /// It wanted too much memory.
    #[error("the plugin {plugin} wanted more than {} MiB of memory and was stopped", limit_bytes >> 20)]
    Memory {
        /// Name and version.
        plugin: String,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// What it returned contradicts the interface.
    #[error("the plugin {plugin} returned nonsense: {message}")]
    Nonsense {
        /// Name and version.
        plugin: String,
        /// What is wrong with it.
        message: String,
    },
    /// All instances are in use.
    #[error("the plugin {plugin} was not started: {message}")]
    Start {
        /// Name and version.
        plugin: String,
        /// Why.
        message: String,
    },
    /// The page or the item expression was refused by a working plugin.
    #[error("the plugin {plugin} cannot answer on this page: {message}")]
    Refused {
        /// Name and version.
        plugin: String,
        /// Its words.
        message: String,
    },
}

impl CallError {
    /// The code under which a run counts it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Failed { .. } | Self::Nonsense { .. } | Self::Start { .. } | Self::Refused { .. } => {
                ErrorCode::PluginFailed
            }
            Self::Deadline { .. } => ErrorCode::PluginTimeout,
            Self::Memory { .. } => ErrorCode::PluginMemory,
        }
    }

    /// Whether the instance can be used again.
    pub(crate) fn spares_instance(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

/// Why a session was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An expression is wrong.
    #[error("{}: {fault}", match query { Some(at) => format!("query {at}"), None => "the item".to_owned() })]
    Expression {
        /// The query's place in the list; none says it is the item's.
        query: Option<usize>,
        /// What is wrong with it.
        fault: ExpressionFault,
    },
    /// Nothing serves a type.
    #[error("no plugin serves the query type `{0}`")]
    UnknownType(String),
}
