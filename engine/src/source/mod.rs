//! Which URLs a job starts from: its `source`, with ranges and dates in it, and the pages of `urls`.
//!
//! Nothing is fetched here, and no list of URLs is built: a [`SourcePattern`] knows how many URLs it names and makes
//! any one of them by its place, so that a run can be resumed in the middle at no cost. A source that is a sitemap, a CSV
//! file or a list is a document that is fetched first; what it names is read here, too.

mod date;
mod document;
mod error;
mod page_url;
mod pattern;
mod range;
mod scan;
mod start;

pub use date::{DateUnit, DateVariable};
pub use document::{Document, DocumentError, Named, NamedUrls, read_document};
pub use error::SourceError;
pub use page_url::parse_page_url;
pub use pattern::{MAX_URLS, SourcePattern, Urls};
pub use range::Range;
pub use start::start_urls;
