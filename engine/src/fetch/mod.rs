//! Fetching: one URL in, one page in memory out.
//!
//! A [`Client`] holds what a run keeps between its pages: connections, cookies and the pace of its
//! [`Throttle`]. It follows redirects and retries itself, because each of them is a request that the rate
//! limit counts.
//!
//! What the runs of a process share is the [`FetchEnvironment`]. With an [`AddressGuard`] no address is dialled that it does
//! not allow. Its [`HostLimits`] say how hard a host is asked by all runs together, and its [`RobotsCache`] which pages the
//! sites let be fetched: a request waits for these in turn, robots.txt, the run's rate, its host. A page that was fetched
//! before can be asked for only if it has changed, by its [`Validators`].
//!
//! The client does not know jobs or runs, and parses no markup beyond what tells the encoding. Which proxy a request takes is
//! [`proxy`]'s to say.

mod body;
mod charset;
mod client;
mod cookies;
mod environment;
mod error;
mod guard;
mod hosts;
mod media_type;
mod page;
mod prescan;
pub mod proxy;
mod redirect;
mod request;
mod resolver;
mod retry;
mod robots;
mod robots_cache;
mod settings;
mod target;
#[cfg(test)]
pub(crate) mod test_server;
mod throttle;
mod transport;

pub use charset::{DecodedText, decode};
pub use client::Client;
pub use environment::FetchEnvironment;
pub use error::{FetchCode, FetchError, FetchErrorKind, Stage};
pub use guard::{AddressGuard, Blocked, PortRange, PortRangeError};
pub use hosts::{HostLimits, HostPermit, HostSettings};
pub use media_type::{ContentType, is_markup};
pub use page::{Fetched, FetchedPage, NotModified, Validators};
pub(crate) use retry::retry_after;
pub use robots::{RobotsRefusal, RobotsUrlError, robots_allow};
pub use robots_cache::RobotsCache;
pub use settings::{BasicAuth, FetchSettings, Rate, RateError, SettingsError, WantedProxies};
pub use throttle::Throttle;
