//! From a JSON definition to a [`Job`](super::Job): one file a section, and one reader for all of them.
//!
//! Reading goes on after a fault, so that all faults of a definition are known at once.

mod headers;
mod job;
mod limits;
mod links;
mod proxy;
mod query;
mod reader;
mod render;
mod request;
mod schedule;
mod secret;
#[cfg(test)]
mod testing;

pub(super) use reader::{json_kind, unknown_name};
