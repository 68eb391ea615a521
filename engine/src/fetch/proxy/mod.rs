//! Proxies: the operator's pool, a run's route through it, and the gateway that a browser goes through.
//!
//! [`ProxyServer`] is one proxy, [`ProxyPool`] knows which of them work, [`ProxyRoute`] chooses for a run's requests by the
//! job's `proxy_config`. [`Gateway`] is the one way out of a browser: it judges each connection by the address guard and
//! sends it through the run's proxies. The module fetches nothing itself, and no credentials leave it but to their proxy.

mod check;
mod dial;
mod fault;
mod gateway;
mod health;
mod pool;
mod rotation;
mod route;
mod server;
mod settings;
#[cfg(test)]
mod test_proxies;
mod tunnel;

pub use dial::{DialError, Resolve, SystemResolver};
pub use fault::{ProxyFault, proxy_fault};
pub use gateway::{Gateway, GatewayError, GatewaySettings};
pub use health::HealthSettings;
pub use pool::{HealthCheck, PoolError, ProxyPool};
pub use route::{DownProxy, NoProxy, ProxyRoute, Tries, Via};
pub use server::{ProxyId, ProxyScheme, ProxyServer, ProxyUrlError};
pub use settings::{ProxySettings, ProxySettingsError};
