//! What is kept: jobs, runs, pages and their rows, keys; in SurrealDB, embedded.
//!
//! [`Store`] is the only way in. What it gives and takes are the model's types and records of its own; nothing outside
//! knows which database is behind it. It schedules nothing and runs nothing.

mod database;
mod encoding;
mod error;
mod handle;
mod jobs;
mod migrations;
mod pages;
mod records;
mod runs;
mod settings;

pub use error::StoreError;

pub use handle::Store;
pub use jobs::{DueJob, JobDefinition, JobFilter, JobRecord};
pub use pages::StoredPage;
pub use runs::{Claimed, Ending, Lease, RunRecord, WaitingRun};
pub use settings::StoreSettings;

#[cfg(test)]
mod tests;
