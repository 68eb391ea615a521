//! What the end-to-end tests share: the servers that they scrape, on loopback and without any network.
//!
//! [`site`] is a catalogue that behaves as shops do, for the demo and for tests of the whole path. [`hostile`] answers
//! as badly as the web can, [`numbered`] has as many pages as are asked for, [`pages`] those that a test wrote, and
//! [`routed`] answers as a test says and tells what it was asked. The tests
//! themselves stand in `tests/`, the pages that none of us wrote in `fixtures/`.

#[cfg(test)]
mod client;
pub mod files;
pub mod forward_proxies;
pub mod hostile;
mod loopback;
pub mod measure;
pub mod numbered;
pub mod pages;
pub mod routed;
pub mod serving;
pub mod site;
