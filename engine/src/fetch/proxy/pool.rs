//! The operator's proxies, and what is known of their health: one for the process, shared by all runs.
//!
//! It does not choose among those that work; that is a run's [`ProxyRoute`](super::ProxyRoute).

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use url::Host;

use super::check;
use super::dial::{Dialler, Resolve, SystemResolver};
use super::fault::ProxyFault;
use super::health::{Change, Down, Health, HealthSettings, Standing};
use super::server::{ProxyId, ProxyScheme, ProxyServer};
use super::tunnel::BoxedConnection;
use crate::fetch::transport::root_cause;
use crate::fetch::{AddressGuard, Blocked};

/// The proxies in the order of the settings, with their health. Clones share it.
#[derive(Clone)]
pub struct ProxyPool {
    shared: Arc<Shared>,
}

struct Shared {
    servers: Vec<Arc<ProxyServer>>,
    places: HashMap<ProxyId, usize>,
    health: Mutex<Vec<Health>>,
    settings: HealthSettings,
    dialler: Dialler,
    /// For https proxies; `None` where there is none of them.
    tls: Option<TlsConnector>,
    /// Wakes the health check before its time.
    suspect: Notify,
}

/// Why proxies make no pool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// One stands there twice.
    #[error("proxies {first} and {second} are the same ({proxy}); leave one out, and give the other its weight")]
    Duplicate {
        /// The place of the first, from 1.
        first: usize,
        /// The place of the second, from 1.
        second: usize,
        /// Scheme, host and port.
        proxy: String,
    },
    /// The address of one is special.
    #[error("proxy {place} ({proxy}): {blocked}")]
    Blocked {
        /// Its place, from 1.
        place: usize,
        /// Scheme, host and port.
        proxy: String,
        /// What the guard says.
        blocked: Blocked,
    },
    /// There is an https proxy, and certificates cannot be checked.
    #[error("cannot check the certificates of https proxies: {reason}; install the system's root certificates")]
    Tls {
        /// What the TLS library said.
        reason: String,
    },
}

/// The task that checks proxies which are down. It ends when this is dropped.
#[derive(Debug)]
pub struct HealthCheck {
    task: JoinHandle<()>,
}

impl Drop for HealthCheck {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ProxyPool {
    /// A pool of these proxies, all of them up. The guard judges the proxies' own addresses, of literals at once and of
    /// names whenever they are dialled; their ports are the operator's choice. `None` allows all.
    ///
    /// # Errors
    /// A proxy that is there twice or may not be reached, and a system without root certificates where one is needed.
    pub fn new(
        servers: impl IntoIterator<Item = ProxyServer>,
        guard: Option<AddressGuard>,
        settings: HealthSettings,
    ) -> Result<Self, PoolError> {
        let servers: Vec<ProxyServer> = servers.into_iter().collect();
        let tls = servers.iter().any(|server| server.scheme() == ProxyScheme::Https);
        let tls = if tls { Some(platform_tls()?) } else { None };
        Self::with(servers, guard, settings, Arc::new(SystemResolver), tls)
    }

    pub(super) fn with(
        servers: Vec<ProxyServer>,
        guard: Option<AddressGuard>,
        settings: HealthSettings,
        resolver: Arc<dyn Resolve>,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self, PoolError> {
        let mut places = HashMap::new();
        for (place, server) in servers.iter().enumerate() {
            if let Some(guard) = &guard {
                server.check(guard).map_err(|blocked| PoolError::Blocked {
                    place: place + 1,
                    proxy: server.to_string(),
                    blocked,
                })?;
            }
            if let Some(first) = places.insert(server.id(), place) {
                return Err(PoolError::Duplicate {
                    first: first + 1,
                    second: place + 1,
                    proxy: server.to_string(),
                });
            }
        }
        Ok(Self {
            shared: Arc::new(Shared {
                health: Mutex::new(servers.iter().map(|_| Health::default()).collect()),
                servers: servers.into_iter().map(Arc::new).collect(),
                places,
                dialler: Dialler {
                    guard,
                    resolver,
                    timeout: settings.timeout,
                },
                settings,
                tls: tls.map(TlsConnector::from),
                suspect: Notify::new(),
            }),
        })
    }

    /// The proxies, in the order of the settings.
    pub fn servers(&self) -> &[Arc<ProxyServer>] {
        &self.shared.servers
    }

    /// Starts the task that checks the proxies which are down and takes back those that answer. One is enough for the
    /// process. To be called within a Tokio runtime.
    pub fn watch(&self) -> HealthCheck {
        let pool = self.clone();
        // A target that is dead may have each request to it make its proxy suspect.
        let rest = self.shared.settings.check_every.min(Duration::from_secs(1));
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = sleep(pool.shared.settings.check_every) => {}
                    () = pool.shared.suspect.notified() => {}
                }
                pool.check().await;
                sleep(rest).await;
            }
        });
        HealthCheck { task }
    }

    /// Tells how a request through a proxy went: `target` is the host that it was for. A fault of the target's own is a
    /// success of the proxy.
    pub fn report(&self, server: &ProxyServer, target: &str, outcome: Result<(), &ProxyFault>) {
        let Some(place) = self.shared.places.get(&server.id()) else {
            return;
        };
        let (change, wake) = {
            let mut health = self.health();
            let health = &mut health[*place];
            let change = match outcome {
                Ok(()) => health.succeeded(),
                Err(fault) => health.failed(target, fault, &self.shared.settings, Instant::now()),
            };
            let ambiguous = outcome.is_err_and(ProxyFault::may_be_the_targets);
            (change, ambiguous && health.wants_check())
        };
        tell(server, change, outcome.err());
        if wake {
            self.shared.suspect.notify_one();
        }
    }

    /// Has a proxy checked soon, where what happened does not say that it is to blame.
    pub fn doubt(&self, server: &ProxyServer) {
        if let Some(place) = self.shared.places.get(&server.id()) {
            self.health()[*place].doubt();
            self.shared.suspect.notify_one();
        }
    }

    /// How long a proxy may take until it is to blame for it.
    pub fn patience(&self) -> Duration {
        self.shared.settings.timeout
    }

    /// Lets `choose` take one of those among `places` that may get a request, and marks it as taken.
    pub(super) fn take(
        &self,
        places: &[usize],
        tried: &[ProxyId],
        choose: impl FnOnce(&[&ProxyServer]) -> Option<usize>,
    ) -> Option<Arc<ProxyServer>> {
        let now = Instant::now();
        let mut health = self.health();
        let ready: Vec<usize> = self.ready(&health, places, tried, now).collect();
        let candidates: Vec<&ProxyServer> = ready.iter().map(|place| &*self.shared.servers[*place]).collect();
        let place = ready[choose(&candidates)?];
        health[place].take(now);
        Some(self.shared.servers[place].clone())
    }

    /// Whether [`take`](Self::take) has a choice.
    pub(super) fn has_one(&self, places: &[usize], tried: &[ProxyId]) -> bool {
        let health = self.health();
        self.ready(&health, places, tried, Instant::now()).next().is_some()
    }

    fn ready<'a>(
        &'a self,
        health: &'a [Health],
        places: &'a [usize],
        tried: &'a [ProxyId],
        now: Instant,
    ) -> impl Iterator<Item = usize> + 'a {
        let servers = &self.shared.servers;
        let is_ready = move |place: &usize| {
            health[*place].standing(now) != Standing::Down && !tried.contains(&servers[*place].id())
        };
        places.iter().copied().filter(is_ready)
    }

    /// Those among `places` that are down.
    pub(super) fn down(&self, places: &[usize]) -> Vec<(Arc<ProxyServer>, Down)> {
        let health = self.health();
        let down = |place: &usize| Some((self.shared.servers[*place].clone(), health[*place].down()?.clone()));
        places.iter().filter_map(down).collect()
    }

    /// A connection to a proxy, within TLS where its scheme says so.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn connect(&self, server: &ProxyServer) -> Result<BoxedConnection, ProxyFault> {
        let unreachable = |reason: String| ProxyFault::Unreachable { reason };
        let dialler = &self.shared.dialler;
        let stream = dialler.dial(server.host(), server.port()).await;
        let stream = stream.map_err(|error| unreachable(error.reason()))?;
        let Some(tls) = self
            .shared
            .tls
            .as_ref()
            .filter(|_| server.scheme() == ProxyScheme::Https)
        else {
            return Ok(Box::new(stream));
        };
        let name = match server.host() {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|error| unreachable(error.to_string()))?,
            Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
        };
        match timeout(dialler.timeout, tls.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(ProxyFault::Protocol {
                reason: root_cause(&error),
            }),
            Err(_) => Err(unreachable("its TLS handshake took too long".to_owned())),
        }
    }

    /// Checks those that are down or suspect, all at once.
    async fn check(&self) {
        let suspects: Vec<usize> = {
            let health = self.health();
            (0..health.len()).filter(|place| health[*place].wants_check()).collect()
        };
        join_all(suspects.into_iter().map(|place| self.check_one(place))).await;
    }

    async fn check_one(&self, place: usize) {
        let server = &self.shared.servers[place];
        let answer = match self.connect(server).await {
            Ok(connection) => check::greet(connection, server, self.shared.settings.timeout).await,
            Err(fault) => Err(fault),
        };
        let change = {
            let mut health = self.health();
            match &answer {
                Ok(()) => health[place].answered(Instant::now()),
                Err(fault) => health[place].did_not_answer(fault, &self.shared.settings, Instant::now()),
            }
        };
        tell(server, change, answer.as_ref().err());
    }

    fn health(&self) -> MutexGuard<'_, Vec<Health>> {
        self.shared.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(server: &ProxyServer, change: Option<Change>, fault: Option<&ProxyFault>) {
    let proxy = server.address();
    match change {
        Some(Change::WentDown(cool_down)) => {
            let fault = fault.map(ToString::to_string);
            tracing::warn!(proxy, fault, cool_down_s = cool_down.as_secs(), "a proxy is down");
        }
        Some(Change::CameBack) => tracing::info!(proxy, "a proxy is back"),
        None => {}
    }
}

/// TLS as fetches have it: ring, and the system's root certificates.
fn platform_tls() -> Result<Arc<ClientConfig>, PoolError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls::ConfigBuilder::with_platform_verifier);
    match config {
        Ok(config) => Ok(Arc::new(config.with_no_client_auth())),
        Err(error) => Err(PoolError::Tls {
            reason: error.to_string(),
        }),
    }
}

impl fmt::Debug for ProxyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyPool")
            .field("servers", &self.shared.servers)
            .field("health", &*self.health())
            .finish_non_exhaustive()
    }
}
