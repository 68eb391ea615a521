//! What can go wrong in a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

closed_set! {
    /// The kind of an error: in a run's `last_error` and `first_errors`, and on the command line.
    pub enum ErrorCode {
        /// A URL that cannot be asked for.
        InvalidUrl = "invalid_url",
        /// An address that the engine does not connect to.
        BlockedAddress = "blocked_address",
        /// A page that robots.txt forbids.
        BlockedByRobots = "blocked_by_robots",
        /// No connection, or a lost one.
        ConnectFailed = "connect_failed",
        /// No secure connection.
        TlsFailed = "tls_failed",
        /// The time was up.
        Timeout = "timeout",
        /// More redirects than the job allows.
        TooManyRedirects = "too_many_redirects",
        /// An HTTP status that is no success.
        HttpStatus = "http_status",
        /// A larger body than the job allows.
        BodyTooLarge = "body_too_large",
        /// A body that cannot be decoded.
        BadEncoding = "bad_encoding",
        /// No proxy that works.
        ProxyFailed = "proxy_failed",
        /// The browser could not render the page.
        RenderFailed = "render_failed",
        /// A plugin trapped or broke its interface.
        PluginFailed = "plugin_failed",
        /// A plugin took longer than it may.
        PluginTimeout = "plugin_timeout",
        /// A plugin wanted more memory than it may have.
        PluginMemory = "plugin_memory",
        /// The result could not be written.
        ExportFailed = "export_failed",
        /// No room is left.
        StorageFull = "storage_full",
        /// The user cancelled it.
        Cancelled = "cancelled",
        /// The engine stopped before it was done.
        Interrupted = "interrupted",
        /// A fault of the engine itself.
        Internal = "internal",
    }
}

closed_set! {
    /// The stage of the pipeline in which a page failed.
    pub enum Stage {
        /// Which URLs.
        Source = "source",
        /// Fetching.
        Fetch = "fetch",
        /// Rendering.
        Render = "render",
        /// Extracting, and making rows.
        Extract = "extract",
        /// Storing.
        Store = "store",
        /// Exporting.
        Export = "export",
    }
}

/// An error of one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageError {
    /// The page, as it was asked for.
    pub url: String,
    /// Where in the pipeline.
    pub stage: Stage,
    /// What kind.
    pub code: ErrorCode,
    /// What and how to mend it.
    pub message: String,
    /// When.
    pub at: Timestamp,
}
