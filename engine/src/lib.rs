//! The scraping engine: what a job is, where its pages come from, and the pipeline that makes rows of them.
//!
//! The engine knows no HTTP server, no OpenAPI and no command line.

#[macro_use]
mod failpoint;

pub mod fetch;
pub mod model;
pub mod pipeline;
pub mod plugin;
pub mod queue;
pub mod render;
pub mod rows;
pub mod schedule;
pub mod source;
pub mod store;
