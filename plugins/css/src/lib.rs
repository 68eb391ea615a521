//! CSS selectors over the page in memory: selectors level 4, and parsel's pseudo-elements `::text` and `::attr(name)`.
//!
//! Servo's `selectors` and `cssparser` parse compound selectors and match them against elements. What stands between
//! compounds is this crate's own: combinators, `:has()` and items are evaluated in time linear in the page and without
//! recursion on its depth, and nothing outside of an item matches any part of a selector.
//!
//! This crate does not know how a page was fetched or parsed, nor what becomes of a match.

mod candidates;
mod compile;
mod element;
mod error;
mod evaluate;
mod form;
mod grammar;
mod guard;
mod hits;
mod language;
mod page;
mod pseudo_class;
mod pseudo_element;
mod relative;
mod selector;
mod split;

pub use guard::{MAX_COMPOUNDS, MAX_NESTING, MAX_SIZE};
pub use hits::MAX_OUTPUT;
pub use page::MAX_STEPS;
pub use selector::{Matcher, Selector};
