//! What the tests share: the binary, folders with a job in them, and components in an engine of the test's own.

mod binary;
mod components;
mod folder;
mod server;

pub(crate) use binary::{Ended, snowscrape};
pub(crate) use components::{GUESTS, WEB, engine, job, page, registry, shared_cache, source, try_registry};
pub(crate) use folder::Folder;
pub(crate) use server::{Answer, Client, Server, free_port};
