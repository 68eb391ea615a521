//! What a run remembers of a page for the next one, so that it can tell whether the page has changed.

use super::Fingerprint;

/// A page as it was when it was last fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The URL that was asked for.
    pub page: Fingerprint,
    /// The response's `ETag`.
    pub etag: Option<String>,
    /// The response's `Last-Modified`.
    pub last_modified: Option<String>,
    /// The body after decompression.
    pub body: Fingerprint,
}
