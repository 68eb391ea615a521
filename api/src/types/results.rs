//! Rows as answers show them.

use poem_openapi::Object;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};

use super::{Described, Form, Nullable, Time};

/// Rows of a run.
#[derive(Debug, Object)]
#[expect(clippy::struct_field_names, reason = "the reference names them so")]
pub(crate) struct Results {
    /// The rows, in the order of their pages.
    pub(crate) results: Vec<ResultRow>,
    /// How many there are in this answer.
    pub(crate) count: u64,
    /// How many the run has; so far, if it is still going.
    pub(crate) total: u64,
    /// What to ask for the next ones with; null where there are no more.
    pub(crate) next_cursor: Nullable<String>,
}

/// A row, and where and when it was found.
#[derive(Debug, Object)]
pub(crate) struct ResultRow {
    /// The URL of its page, after redirects.
    pub(crate) url: String,
    /// When the page was fetched.
    pub(crate) scraped_at: Time,
    /// Its values, by column.
    pub(crate) data: Described<Cells>,
}

/// The values of a row by column: what they are depends on the job.
#[derive(Debug)]
pub(crate) struct Cells;

impl Form for Cells {
    fn schema() -> MetaSchema {
        MetaSchema {
            additional_properties: Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)))),
            ..MetaSchema::new("object")
        }
    }
}
