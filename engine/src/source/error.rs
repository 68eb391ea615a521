//! What can be wrong with a source.

use super::pattern::MAX_URLS;

/// Why a text is no source, or why one of its URLs could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text is no URL at all.
    #[error("must be an http or https URL like `https://shop.example/products`, but `{url}` is not one: {reason}")]
    NotAUrl {
        /// The text as it was given, or as the pattern made it.
        url: String,
        /// What the URL standard's parser says.
        reason: String,
    },
    /// The URL is of another scheme.
    #[error("must begin with http:// or https://, but `{url}` does not")]
    Scheme {
        /// The text as it was given.
        url: String,
    },
    /// The ranges multiply to more URLs than a job may have.
    #[error("names {count} URLs, more than the {MAX_URLS} that a job may have: narrow its ranges or split the job")]
    TooMany {
        /// How many URLs the ranges name; [`u128::MAX`] stands for that many or more.
        count: u128,
    },
    /// A `{{date…}}` that is not well formed.
    #[error("has the date variable `{variable}`, which {reason}")]
    Date {
        /// The variable as it was written.
        variable: String,
        /// What is wrong with it.
        reason: String,
    },
}
