//! From what extractors found on a page to the rows of the result.
//!
//! A [`RowMaker`] is made once for a job and called once a page. It trims and selects texts, reads them as what the
//! job says they are, and puts them side by side. It neither extracts nor keeps anything between pages: what a run
//! counts over all pages comes with each [`PageRows`], to be added up by the run.

mod boolean;
mod cells;
mod datetime;
mod maker;
mod number;
mod page;
mod structured;
mod tally;
mod text;
mod trial;

pub use maker::{MAX_REPEATED_BYTES, RowMaker};
pub use page::{ColumnTally, ItemExtraction, ItemsExtraction, PageInfo, PageRows, RowError};
pub use trial::trial_value;
