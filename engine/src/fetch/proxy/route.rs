//! A run's way through the pool: which proxy each of its requests takes.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::fault::ProxyFault;
use super::pool::ProxyPool;
use super::rotation::Rotation;
use super::server::{ProxyId, ProxyServer};
use crate::model::{GeoTarget, ProxyConfig};

/// The proxies that a run may use, and its rotation through them. Clones share it.
///
/// The rotation is the run's own, so that its requests are shared out exactly whatever other runs do meanwhile; the health
/// is the pool's, so that what one run finds out serves all.
#[derive(Debug, Clone)]
pub struct ProxyRoute {
    pool: ProxyPool,
    /// The places in the pool of those that stand where the job wants them.
    places: Arc<[usize]>,
    rotation: Arc<Mutex<Rotation>>,
    target: Option<GeoTarget>,
    max_retries: u32,
    fallback_to_direct: bool,
}

/// How one try of a request goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// Through this proxy.
    Proxy(Arc<ProxyServer>),
    /// Without one: the job allows it, and no proxy works.
    Direct,
}

/// Why a request gets no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProxy {
    /// The operator has none.
    #[error(
        "the job wants a proxy, and this server has none; its operator can add some, or set proxy_config.enabled to false"
    )]
    NoneConfigured,
    /// None stands where the job wants it.
    #[error("no proxy stands in {target}, only in {known}; change or leave out proxy_config.geo_targeting")]
    NoneThere {
        /// `geo_targeting`.
        target: String,
        /// Where the configured ones stand.
        known: String,
    },
    /// All that would do are down.
    #[error("every proxy that the job may use is down: {}; try again later, or allow proxy_config.fallback_to_direct", List(.0))]
    AllDown(
        /// Which, in the order of the settings.
        Vec<DownProxy>,
    ),
    /// The request was tried with as many as it may be.
    #[error(
        "tried with {tried} of the proxies, and no other is left to try; raise proxy_config.max_retries to try more"
    )]
    UsedUp {
        /// The number of proxies that were tried.
        tried: usize,
    },
}

/// A proxy that is down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} {fault} (for {} s)", down_for.as_secs())]
pub struct DownProxy {
    /// Host and port.
    pub address: String,
    /// For how long it has been down.
    pub down_for: Duration,
    /// What took it down.
    pub fault: ProxyFault,
}

impl ProxyRoute {
    /// The route of a run of the job with this key; `None` where the job wants no proxies. Sticky proxies are the same in
    /// all runs of a job.
    pub fn new(config: &ProxyConfig, pool: ProxyPool, job: &str) -> Option<Self> {
        let target = config.geo_targeting.clone();
        let places = pool
            .servers()
            .iter()
            .enumerate()
            .filter(|(_, server)| target.as_ref().is_none_or(|target| server.stands_in(target)))
            .map(|(place, _)| place)
            .collect();
        config.enabled.then(|| Self {
            pool,
            places,
            rotation: Arc::new(Mutex::new(Rotation::new(config.rotation_strategy, job))),
            target,
            max_retries: config.max_retries,
            fallback_to_direct: config.fallback_to_direct,
        })
    }

    /// The pool.
    pub fn pool(&self) -> &ProxyPool {
        &self.pool
    }

    /// A proxy for a request to `host` by the job's strategy, none of those that were tried; `None` if all others are down.
    /// What becomes of the request is to be [reported](Self::report).
    pub fn pick(&self, host: &str, tried: &[ProxyId]) -> Option<Arc<ProxyServer>> {
        let mut rotation = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        self.pool
            .take(&self.places, tried, |candidates| rotation.choose(candidates, host))
    }

    /// The tries of one request to `host`, each another way.
    pub fn tries(&self, host: impl Into<String>) -> Tries<'_> {
        Tries {
            route: self,
            host: host.into(),
            tried: Vec::new(),
            direct: self.fallback_to_direct,
        }
    }

    /// How many ways a request may be tried at most.
    pub fn most_tries(&self) -> u32 {
        self.max_retries.saturating_add(1 + u32::from(self.fallback_to_direct))
    }

    /// Tells how a request to `host` through a proxy went. A fault of the target's own is a success of the proxy.
    pub fn report(&self, server: &ProxyServer, host: &str, outcome: Result<(), &ProxyFault>) {
        self.pool.report(server, host, outcome);
    }

    /// Why [`pick`](Self::pick) has none.
    fn why_none(&self, tried: &[ProxyId]) -> NoProxy {
        if !tried.is_empty() {
            return NoProxy::UsedUp { tried: tried.len() };
        }
        let servers = self.pool.servers();
        if servers.is_empty() {
            return NoProxy::NoneConfigured;
        }
        if let (Some(target), true) = (&self.target, self.places.is_empty()) {
            let mut known: Vec<String> = servers
                .iter()
                .filter_map(|server| server.location().map(name))
                .collect();
            known.sort_unstable();
            known.dedup();
            let known = if known.is_empty() {
                "places not known".to_owned()
            } else {
                known.join(", ")
            };
            return NoProxy::NoneThere {
                target: name(target),
                known,
            };
        }
        let now = Instant::now();
        let down = self
            .pool
            .down(&self.places)
            .into_iter()
            .map(|(server, down)| DownProxy {
                address: server.address(),
                down_for: now.saturating_duration_since(down.since),
                fault: down.fault,
            });
        NoProxy::AllDown(down.collect())
    }
}

/// The ways of one request, one after the other.
#[derive(Debug)]
pub struct Tries<'a> {
    route: &'a ProxyRoute,
    host: String,
    tried: Vec<ProxyId>,
    /// Whether the way without a proxy is left.
    direct: bool,
}

impl Tries<'_> {
    /// The way of the next try: a proxy that was not tried yet, `max_retries` times after the first; at the end, where
    /// the job allows it, without one.
    ///
    /// # Errors
    /// That there is none, and why. After a failed try that failure says more.
    pub fn next_way(&mut self) -> Result<Via, NoProxy> {
        if self.tried.len() <= self.route.max_retries as usize
            && let Some(server) = self.route.pick(&self.host, &self.tried)
        {
            self.tried.push(server.id());
            return Ok(Via::Proxy(server));
        }
        if self.direct {
            self.direct = false;
            return Ok(Via::Direct);
        }
        Err(self.route.why_none(&self.tried))
    }

    /// Whether there is a way left, as things stand.
    pub fn has_another(&self) -> bool {
        let ProxyRoute {
            pool,
            places,
            max_retries,
            ..
        } = self.route;
        self.direct || (self.tried.len() <= *max_retries as usize && pool.has_one(places, &self.tried))
    }
}

/// As the settings and a job write it.
fn name(place: &GeoTarget) -> String {
    match place.subdivision() {
        Some(part) => format!("{}-{part}", place.country()),
        None => place.country().to_owned(),
    }
}

/// The first few, and how many more.
struct List<'a>(&'a [DownProxy]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        for (place, proxy) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{proxy}", if place == 0 { "" } else { "; " })?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
