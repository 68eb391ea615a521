//! What can be wrong with a document that should name pages.

/// Why no pages could be read from a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The document is no sitemap.
    #[error("is no sitemap: {0}; give the URL of an XML sitemap or sitemap index, or set `source_type` to what it is")]
    Sitemap(String),
    /// The document is compressed, and damaged.
    #[error("is compressed with gzip and cannot be read: {0}")]
    Gzip(String),
    /// The document is compressed and too large.
    #[error(
        "is larger than {limit} bytes when decompressed; raise request.max_body_bytes if it is meant to be so large"
    )]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// The document names too many URLs.
    #[error("names more than {limit} URLs; split it into several documents")]
    TooMany {
        /// The most URLs.
        limit: usize,
    },
    /// The document is no CSV file.
    #[error("is no CSV file: {0}")]
    Csv(String),
    /// The CSV file has no such column.
    #[error("has no column `{column}`; its columns are: {known}")]
    NoColumn {
        /// `source_column`.
        column: String,
        /// The names of its columns.
        known: String,
    },
    /// No column of the CSV file holds a URL.
    #[error("has no column that holds http or https URLs; its columns are: {known}")]
    NoUrls {
        /// The names of its columns.
        known: String,
    },
}
