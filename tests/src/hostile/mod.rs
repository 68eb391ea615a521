//! A server that answers as badly as the web can, each way at an address of its own.
//!
//! It speaks HTTP/1.1 by hand, a connection for each request, because no HTTP library agrees to send what it sends.
//! [`HostilePage`] is the list of the ways. It does not judge: a test asks for a page and says what should come of it.

mod answer;
mod gzip;
mod pages;
mod route;
mod server;

pub use pages::{deep_page, large_page, text_node_page};
pub use route::HostilePage;
pub use server::HostileServer;
