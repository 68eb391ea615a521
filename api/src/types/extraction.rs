//! Queries tried out on one page.

use poem_openapi::Object;

use super::run::Warning;
use super::{Cells, Described, Optional, Query, RequestConfig, Selector};

/// Queries to try out, and the page: either `url` or `html`.
#[derive(Debug, Object)]
pub(crate) struct Extraction {
    /// The URL of the page, which is fetched.
    pub(crate) url: Optional<String>,
    /// The page itself.
    pub(crate) html: Optional<String>,
    /// What makes a row; without it rows are made of matches side by side.
    pub(crate) item: Optional<Selector>,
    /// The columns, at least one.
    #[oai(validator(min_items = 1))]
    pub(crate) queries: Vec<Query>,
    /// How the page is asked for, as a job has it.
    pub(crate) request: Optional<RequestConfig>,
}

/// What came of the queries.
#[derive(Debug, Object)]
pub(crate) struct Extracted {
    /// The rows, each with its values by column.
    pub(crate) rows: Vec<Described<Cells>>,
    /// What a person should know of the page.
    pub(crate) warnings: Vec<Warning>,
}
