//! A URL that a run came upon.

use url::Url;

use super::Fingerprint;
use crate::model::SourceType;

/// A URL that is to be fetched, and how the run came to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The URL in its canonical form.
    pub url: String,
    /// What is there: a page, or a document that names further URLs.
    pub kind: SourceType,
    /// How many links it is away from a starting page; a listing's next page is as far away as its first.
    pub depth: u32,
    /// Its place in its listing, from 1: how many pages `pagination` came by, itself included.
    pub listing: u32,
}

/// A link as it leaves its page: it may have been seen before.
pub(crate) type Found = (Fingerprint, Link);

impl Link {
    /// A page, or a document, from which the run starts.
    pub(crate) fn start(url: &Url, kind: SourceType) -> Found {
        let url = String::from(canonical(url));
        let link = Self {
            url,
            kind,
            depth: 0,
            listing: 1,
        };
        (Fingerprint::of(&link.url), link)
    }
}

/// What a page is known by within a run: the URL standard's serialisation without fragment.
pub(crate) fn canonical(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}
