//! The pipeline of a run: source → fetch → extract → rows → export, as tasks over bounded channels.
//!
//! A [`Pipeline`] is built first, which validates everything and spawns nothing; then it is started, and a [`Running`]
//! tells how it goes and ends it. Pages come out in the order of their sources whatever order they were fetched in, and
//! no stage holds more than a few pages beside the ones in flight.
//!
//! The pipeline knows no query type and no format: those are plugins'.

mod base_url;
mod builder;
mod crawl;
mod export;
mod extract;
mod fetch;
mod message;
mod output;
mod reading;
mod render;
mod running;
mod selection;
mod settings;
mod source;
mod stop;
mod tally;
mod trial;

pub use base_url::base_url;
pub use builder::{BuildError, Environment, Pipeline};
pub use crawl::{Fingerprint, Fingerprints, Link, Memory, MemoryError, PagesDone, StoredLinks, Visit};
pub use export::{ExportFailure, Exported, export};
pub use message::PageOutput;
pub use output::Output;
pub use running::{Finished, Running};
pub use selection::Selection;
pub use settings::Secrets;
pub use trial::{Trial, TrialError, TrialPage};
