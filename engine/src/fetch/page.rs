//! A fetched page, and how it is asked for again only if it has changed.

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
    /// What to ask with next time, or `None` if the server named nothing, or redirects led here from the URL that was
    /// asked for: then it is another resource's.
    pub fn validators(&self) -> Option<Validators> {
        let validators = Validators {
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
        };
        (self.redirects == 0 && validators != Validators::default()).then_some(validators)
    }

    /// The body as text, by the header's `charset` and what the body itself declares.
    pub fn text(&self) -> DecodedText<'_> {
        decode(&self.body, self.charset.as_deref(), is_markup(&self.media_type))
    }
}

/// What a server said of a page by which it can tell whether it has changed (RFC 9110, 8.8).
///
/// They are of the URL that is asked for: those of a page that redirects led to are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, as it stood there.
    pub etag: Option<String>,
    /// `Last-Modified`, as it stood there.
    pub last_modified: Option<String>,
}

/// What came of asking for a page if it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The page, which has changed or whose server does not tell.
    Page(FetchedPage),
    /// It is as it was.
    NotModified(NotModified),
}

/// A page that has not changed: the server answered 304, without a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModified {
    /// Its URL, without credentials and fragment.
    pub url: Url,
    /// What to ask with next time: what this answer says, else what it was asked with.
    pub validators: Validators,
    /// The attempts that it took, 1 if the first succeeded.
    pub attempts: u32,
    /// When the answer came.
    pub checked_at: Timestamp,
    /// What the last request took; waits are not in it.
    pub elapsed: Duration,
}
