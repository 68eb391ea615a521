//! A page in memory: HTML parsed once into a frozen arena that every query language reads.
//!
//! Nodes stand in document order, so a [`NodeId`] is a place: sorting nodes is sorting integers, a subtree is a range,
//! and an ancestor test is two comparisons. All text lies in one buffer in document order, so the text content of an
//! element is a slice of it.
//!
//! This crate does not know any query language, and nothing outside of it knows which tokenizer or tree builder made
//! the arena.

mod arena;
mod build;
mod freeze;
mod name;
mod nesting;
mod output;
mod parse;
mod serialize;
mod visible;

pub use arena::{Attribute, Document, Node, NodeId, NodeKind};
pub use html5ever::tree_builder::QuirksMode;
pub use html5ever::{LocalName, Namespace, ns};
pub use name::{Name, NameId, TagId};
pub use nesting::MAX_DEPTH;
pub use output::Output;
pub use parse::ParseOptions;
