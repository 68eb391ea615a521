//! The Jobs API from the outside: a server of its own for each test, and a real HTTP client.

mod access;
mod downloads;
mod errors;
mod events;
mod extract;
mod hostile_urls;
mod jobs;
mod reference;
mod results;
mod runs;
mod schemathesis;
mod server;
mod validation;
mod walkthrough;
