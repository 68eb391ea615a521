//! Regular expressions over a page's source or its visible text, in the syntax of the `regex` crate.
//!
//! This crate does not know pages: its caller hands it the text that [`Pattern::on`] names.

mod error;
mod pattern;

pub use pattern::{MAX_MATCHES, MAX_SIZE, On, Pattern};
