//! The whole path, from the outside: the `snowscrape` binary and the engine's public API, on servers of this crate.
//!
//! One executable, because every one of them links the engine with its compiler for WebAssembly. What a single part
//! does is tested beside its code.

mod bad_input;
mod cache;
mod extract;
mod golden;
mod guests;
mod linear;
mod run;
mod structured;
mod support;
