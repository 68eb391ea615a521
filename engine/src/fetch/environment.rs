//! What a client is given from outside its run.

use super::guard::AddressGuard;
use super::hosts::HostLimits;
use super::proxy::ProxyPool;
use super::robots_cache::RobotsCache;

/// What the runs of a process share. The default is a client alone: no guard, limits of its own, robots.txt not asked.
#[derive(Debug, Clone, Default)]
pub struct FetchEnvironment {
    /// Which addresses and ports may be reached. Without one every address can be, and the process environment's proxies
    /// (`HTTPS_PROXY` and its kin) are used.
    pub guard: Option<AddressGuard>,
    /// How hard a host is asked.
    pub hosts: HostLimits,
    /// The robots.txt files that are known. Without it they are not asked for, whatever the settings say.
    pub robots: Option<RobotsCache>,
    /// The operator's proxies, for runs that want one.
    pub proxies: Option<ProxyPool>,
}
