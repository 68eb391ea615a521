//! What is kept: jobs, runs, pages and their rows, keys; in SurrealDB, embedded.
//!
//! [`Store`] is the only way in. What it gives and takes are the model's types and records of its own; nothing outside
//! knows which database is behind it. It schedules nothing and runs nothing.

mod api_keys;
mod crawl;
mod database;
mod due;
mod encoding;
mod erasure;
mod error;
mod groups;
mod handle;
mod jobs;
mod leases;
mod log;
mod migrations;
mod page_reader;
mod pages;
mod records;
mod requests;
mod retention;
mod runs;
mod settings;
mod steps;

pub use api_keys::ApiKeyRecord;
pub use due::{DueJob, DueOutcome};
pub use erasure::Erased;
pub use error::StoreError;
pub use handle::Store;
pub use jobs::{JobDefinition, JobFilter, JobRecord};
pub use leases::{Claimed, Ending, Lease};
pub use page_reader::{PagePart, PageReader, StoredPage};
pub use pages::EncodedPages;
pub use requests::{AnsweredRequest, RequestKey};
pub use runs::{RunRecord, WaitingRun};
pub use settings::StoreSettings;

#[cfg(test)]
mod tests;
