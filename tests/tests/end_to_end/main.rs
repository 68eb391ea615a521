//! The whole path, from the outside: the `snowscrape` binary and the engine's public API, on servers of this crate.
//!
//! One executable, because every one of them links the engine with its compiler for WebAssembly. What a single part
//! does is tested beside its code.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of tests are tests, too, and clippy knows only the functions marked so"
)]

mod api;
mod bad_input;
mod cache;
mod crash;
mod crawl;
mod extract;
mod formats;
mod golden;
mod guests;
mod linear;
mod proxies;
mod rendered;
mod run;
mod stored;
mod structured;
mod support;
