//! Reading a document of any kind.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use url::Url;

use super::{DocumentError, csv, list, sitemap};
use crate::model::SourceType;
use crate::source::parse_page_url;

/// The most URLs that one document may name: four times what the protocol of sitemaps allows, since all are in memory at once.
pub(super) const MAX_NAMED: usize = 200_000;

/// A document that was fetched.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// What it should be.
    pub kind: SourceType,
    /// The column of a CSV file that holds the URLs; the first that does if `None`.
    pub column: Option<&'a str>,
    /// Its body as it came.
    pub body: &'a [u8],
    /// Its body as text.
    pub text: &'a str,
    /// The most bytes that it may have when it is decompressed.
    pub max_bytes: u64,
}

/// A URL that a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The URL.
    pub url: Url,
    /// What is there: a page, or of a sitemap index a sitemap.
    pub kind: SourceType,
}

/// What a document names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedUrls {
    /// The URLs in their order.
    pub urls: Vec<Named>,
    /// How many of its texts are no http or https URLs.
    pub left_out: u64,
    /// The first of those.
    pub first_left_out: Option<String>,
}

/// The URLs that a document names.
///
/// # Errors
/// What is wrong with the document as a whole.
pub fn read_document(document: Document<'_>) -> Result<NamedUrls, DocumentError> {
    let text = decompressed(document)?;
    match document.kind {
        SourceType::Sitemap => sitemap::read(&text),
        SourceType::Csv => csv::read(&text, document.column),
        SourceType::List => list::read(&text),
        // A page names nothing; its links are the business of the job's rules.
        SourceType::Page => Ok(NamedUrls::default()),
    }
}

impl NamedUrls {
    /// Adds a text that should be a URL.
    ///
    /// # Errors
    /// That there are more than a document may name.
    pub(super) fn add(&mut self, text: &str, kind: SourceType) -> Result<(), DocumentError> {
        let text = text.trim();
        if let Ok(url) = parse_page_url(text) {
            if self.urls.len() == MAX_NAMED {
                return Err(DocumentError::TooMany { limit: MAX_NAMED });
            }
            self.urls.push(Named { url, kind });
        } else {
            self.left_out += 1;
            self.first_left_out
                .get_or_insert_with(|| text.chars().take(200).collect());
        }
        Ok(())
    }
}

/// Sitemaps are often files that are compressed themselves, which is no content coding of HTTP.
fn decompressed(document: Document<'_>) -> Result<Cow<'_, str>, DocumentError> {
    if !document.body.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(document.text));
    }
    let mut bytes = Vec::new();
    let limit = document.max_bytes;
    MultiGzDecoder::new(document.body)
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| DocumentError::Gzip(error.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(DocumentError::TooLarge { limit });
    }
    // Sitemaps are UTF-8 by their protocol.
    Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests;
