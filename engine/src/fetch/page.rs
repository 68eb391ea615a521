//! A fetched page.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use url::Url;

use super::charset::{DecodedText, decode};
use super::media_type::is_markup;

/// One fetched document, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedPage {
    /// Where it came from after redirects, without credentials and fragment.
    pub url: Url,
    /// The status code, from 200 to 299.
    pub status: u16,
    /// What `Content-Type` says, or what the body looks like: `text/html`, lower case, without parameters.
    pub media_type: String,
    /// The label in `Content-Type`'s `charset`, as it stood there.
    pub charset: Option<String>,
    /// `ETag`, for asking later whether the page has changed.
    pub etag: Option<String>,
    /// `Last-Modified`, for the same.
    pub last_modified: Option<String>,
    /// The body, decompressed.
    pub body: Bytes,
    /// The attempts that it took, 1 if the first succeeded.
    pub attempts: u32,
    /// The redirects that were followed.
    pub redirects: u32,
    /// When the body was complete.
    pub fetched_at: Timestamp,
    /// What the last request took, from sending it to the body's last byte; waits are not in it.
    pub elapsed: Duration,
}

impl FetchedPage {
    /// The body as text, by the header's `charset` and what the body itself declares.
    pub fn text(&self) -> DecodedText<'_> {
        decode(&self.body, self.charset.as_deref(), is_markup(&self.media_type))
    }
}
