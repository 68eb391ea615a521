//! `snowscrape serve`: settings, the way of a request to its operation, and an orderly end.

mod endpoint;
mod front;
mod impatient;
mod key_socket;
mod serve;
mod settings;

pub(crate) use key_socket::{KeyAnswer, KeyRequest, ListedKey, ask};
pub(crate) use serve::{open_store, serve, specification};
pub(crate) use settings::{DataFolder, Given, SUPERVISE, Settings, read_for_run};
