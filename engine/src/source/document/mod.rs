//! Documents that name pages: sitemaps, CSV files and lists of URLs.

mod csv;
mod error;
mod list;
mod read;
mod sitemap;

pub use error::DocumentError;
pub use read::{Document, Named, NamedUrls, read_document};
