//! How a run comes from page to page: where it starts, which links it takes, and what is still to come.
//!
//! Pages have numbers in the order in which the run comes upon them, breadth first: the starting pages, then the links of
//! page 0, of page 1, and so on. What a page's links are is settled in the order of the pages, whatever order they were
//! fetched in, so that a run that is done again, or goes on after a crash, numbers its pages the same.
//!
//! Nothing is fetched here, and nothing is stored: links go out with their page, and come back from a [`Memory`].

mod fingerprint;
mod frontier;
mod link;
mod link_rules;
mod memory;
mod starts;
mod visit;

pub use fingerprint::{Fingerprint, Fingerprints};
pub(super) use frontier::Frontier;
pub use frontier::PagesDone;
pub use link::Link;
pub(super) use link::{Found, canonical};
pub(super) use link_rules::{LinkRules, Origin, makes_rows};
pub use memory::{Memory, MemoryError, StoredLinks};
pub(super) use starts::Starts;
pub use visit::Visit;
