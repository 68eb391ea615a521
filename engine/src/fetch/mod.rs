//! Fetching: one URL in, one page in memory out.
//!
//! A [`Client`] holds what a run keeps between its pages: connections, cookies and the pace of its
//! [`Throttle`]. It follows redirects and retries itself, because each of them is a request that the rate
//! limit counts.
//!
//! With an [`AddressGuard`] no address is dialled that it does not allow. The client does not know jobs or runs, parses no
//! markup beyond what tells the encoding, and neither asks robots.txt nor chooses proxies.

mod body;
mod charset;
mod client;
mod cookies;
mod error;
mod guard;
mod media_type;
mod page;
mod prescan;
mod redirect;
mod request;
mod resolver;
mod retry;
mod settings;
mod target;
#[cfg(test)]
mod test_server;
mod throttle;
mod transport;

pub use charset::{DecodedText, decode};
pub use client::Client;
pub use error::{FetchCode, FetchError, FetchErrorKind, Stage};
pub use guard::{AddressGuard, Blocked, PortRange, PortRangeError};
pub use media_type::{ContentType, is_markup};
pub use page::FetchedPage;
pub use settings::{BasicAuth, FetchSettings, Rate, RateError, SettingsError};
pub use throttle::Throttle;
