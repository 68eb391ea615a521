//! `pagination`, `follow` and `rows_from`.

use poem_openapi::Object;

use super::optional::{Optional, whole, yes};
use super::query::Selector;

/// The way from a page to the next one of its listing.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Pagination {
    /// Its first match on a page is the next page.
    next: Selector,
    /// The most pages for each starting URL.
    #[oai(
        default = "whole::<100>",
        validator(minimum(value = "1"), maximum(value = "1000000"))
    )]
    max_pages: Optional<u32>,
}

/// A rule that finds links to follow. Rules are tried in order, and the first that allows a link takes it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Follow {
    /// Its matches are the links.
    links: Selector,
    /// How many links a page may be away from a starting page.
    #[oai(default = "whole::<1>", validator(minimum(value = "1"), maximum(value = "1000")))]
    depth: Optional<u32>,
    /// Regular expressions on the whole URL, one of which must match. All URLs are allowed if there are none.
    allow: Optional<Vec<String>>,
    /// Regular expressions on the whole URL, none of which may match. They win over `allow`.
    deny: Optional<Vec<String>>,
    /// Whether links to other hosts are left alone.
    #[oai(default = "yes")]
    same_host: Optional<bool>,
}

/// Which URLs are meant.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct UrlRules {
    /// Regular expressions on the whole URL, one of which must match. All URLs are allowed if there are none.
    allow: Optional<Vec<String>>,
    /// Regular expressions on the whole URL, none of which may match. They win over `allow`.
    deny: Optional<Vec<String>>,
}
