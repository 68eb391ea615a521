//! The one way out of a browser: a SOCKS5 server of ours on loopback, which judges what it connects to.
//!
//! The browser hands over names and literals and resolves nothing itself, so that what is judged here is what is dialled,
//! whatever a page does. The gateway sees bytes and no requests. It speaks CONNECT only: there is no UDP and no listening
//! (RFC 1928, section 4).

mod error;
mod idle;
mod refusals;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use fast_socks5::server::Socks5ServerProtocol;
use fast_socks5::util::target_addr::TargetAddr;
use fast_socks5::{ReplyError, Socks5Command};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use url::{Host, Url};

use self::refusals::Refusals;
use super::dial::{Dialler, Resolve, SystemResolver};
use super::fault::ProxyFault;
use super::route::{ProxyRoute, Via};
use super::server::ProxyScheme;
use super::tunnel::{self, BoxedConnection, TunnelError};
use crate::fetch::AddressGuard;

pub use error::GatewayError;

/// What a gateway lets through, and which way.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// What may be connected to; everything if `None`. Through a proxy, literals, ports and the names of `localhost` are
    /// judged, since the proxy resolves the other names.
    pub guard: Option<AddressGuard>,
    /// The proxies; every connection is direct if `None`.
    pub route: Option<ProxyRoute>,
    /// Names to addresses, for direct connections.
    pub resolver: Arc<dyn Resolve>,
    /// The time to connect to a target, each time that it is tried.
    pub connect_timeout: Duration,
    /// After what time without a byte either way a connection is closed.
    pub idle_timeout: Duration,
    /// The connections at once; further ones wait.
    pub max_connections: usize,
}

impl Default for GatewaySettings {
    /// The default guard, no proxies, and the system's resolver.
    fn default() -> Self {
        Self {
            guard: Some(AddressGuard::default()),
            route: None,
            resolver: Arc::new(SystemResolver),
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(5),
            max_connections: 512,
        }
    }
}

/// A gateway of one run. It and its connections end when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    refusals: Arc<Refusals>,
    task: JoinHandle<()>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Gateway {
    /// Starts a gateway on a free port of 127.0.0.1. To be called within a Tokio runtime.
    ///
    /// # Errors
    /// What the system says where no port can be listened on.
    pub async fn start(settings: GatewaySettings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let refusals = Arc::<Refusals>::default();
        let exit = Arc::new(Exit {
            dialler: Dialler {
                guard: settings.guard.clone(),
                resolver: settings.resolver.clone(),
                timeout: settings.connect_timeout,
            },
            refusals: refusals.clone(),
            settings,
        });
        let task = tokio::spawn(accept(listener, exit));
        Ok(Self {
            address,
            refusals,
            task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `socks5://127.0.0.1:port`, as Chromium's `--proxy-server` and the proxy of a browser context take it.
    pub fn url(&self) -> String {
        format!("socks5://{}", self.address)
    }

    /// Why there was no connection to this host and port the last time that one was asked for; `None` if there was one, if
    /// none was asked for, or if 64 other targets were refused since. The host is written as in a URL.
    pub fn refusal(&self, host: &str, port: u16) -> Option<GatewayError> {
        self.refusals.find(host, port)
    }

    /// How often it refused or failed to connect.
    pub fn refusals(&self) -> u64 {
        self.refusals.count()
    }
}

/// Takes connections until the task ends, and theirs with it.
async fn accept(listener: TcpListener, exit: Arc<Exit>) {
    // More would be no use to anyone, and tokio allows no more.
    let places = exit.settings.max_connections.clamp(1, Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(places));
    let mut connections = JoinSet::new();
    loop {
        let place = places
            .clone()
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                let exit = exit.clone();
                connections.spawn(async move {
                    exit.serve(stream).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Such as too many open files, which does not pass at once.
                tracing::warn!(%error, "a browser's connection cannot be taken");
                sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// What all connections of a gateway share.
struct Exit {
    settings: GatewaySettings,
    dialler: Dialler,
    refusals: Arc<Refusals>,
}

impl Exit {
    /// How long a client may take to say what it wants.
    const NEGOTIATION: Duration = Duration::from_secs(10);

    async fn serve(&self, stream: TcpStream) {
        // Without it small writes wait for the acknowledgement of those before.
        let _ = stream.set_nodelay(true);
        let negotiation = async {
            let negotiated = Socks5ServerProtocol::accept_no_auth(stream).await?;
            negotiated.read_command().await
        };
        // A client that speaks otherwise, or not at all, is none of a browser's.
        let Ok(Ok((client, command, target))) = timeout(Self::NEGOTIATION, negotiation).await else {
            return;
        };
        if command != Socks5Command::TCPConnect {
            let _ = client.reply_error(&ReplyError::CommandNotSupported).await;
            return;
        }
        let (name, port) = match target {
            TargetAddr::Ip(address) => (address.ip().to_string(), address.port()),
            TargetAddr::Domain(name, port) => (name, port),
        };
        match self.connect(&name, port).await {
            Ok(mut target) => {
                self.refusals.forget(&name, port);
                // What is said of our own address helps nobody.
                let unsaid = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
                if let Ok(client) = client.reply_success(unsaid).await {
                    idle::copy_both_ways(client, &mut target, self.settings.idle_timeout).await;
                }
            }
            Err(error) => {
                tracing::debug!(host = name, port, %error, "a browser's connection is refused");
                let reply = error.reply();
                self.refusals.keep(&name, port, error);
                let _ = client.reply_error(&reply).await;
            }
        }
    }

    async fn connect(&self, name: &str, port: u16) -> Result<BoxedConnection, GatewayError> {
        let no_name = |_| GatewayError::Host { host: name.to_owned() };
        let host = parse_host(name).map_err(no_name)?;
        if let Some(guard) = &self.settings.guard {
            let url = Url::parse(&format!("http://{host}:{port}/")).map_err(no_name)?;
            guard.check_url(&url)?;
        }
        match &self.settings.route {
            Some(route) => self.connect_by(route, &host, port).await,
            None => self.connect_directly(&host, port).await,
        }
    }

    async fn connect_directly(&self, host: &Host, port: u16) -> Result<BoxedConnection, GatewayError> {
        let stream = self.dialler.dial(host, port).await?;
        Ok(Box::new(stream))
    }

    async fn connect_by(&self, route: &ProxyRoute, host: &Host, port: u16) -> Result<BoxedConnection, GatewayError> {
        let name = host.to_string();
        let mut tries = route.tries(name.clone());
        let mut failure = None;
        loop {
            let server = match tries.next_way() {
                Ok(Via::Proxy(server)) => server,
                Ok(Via::Direct) => return self.connect_directly(host, port).await,
                Err(none) => return Err(failure.unwrap_or(none.into())),
            };
            let limit = self.settings.connect_timeout;
            let tunnel = async {
                let connection = route.pool().connect(&server).await.map_err(TunnelError::Proxy)?;
                let opening = timeout(limit, tunnel::open(connection, &server, host, port));
                opening.await.unwrap_or_else(|_| Err(TunnelError::too_slow(limit)))
            };
            match tunnel.await {
                Ok(connection) => {
                    route.report(&server, &name, Ok(()));
                    return Ok(connection);
                }
                Err(TunnelError::Target(reason)) => {
                    route.report(&server, &name, Ok(()));
                    return Err(GatewayError::BehindProxy {
                        host: format!("{host}:{port}"),
                        proxy: server.address(),
                        reason,
                    });
                }
                Err(TunnelError::Proxy(fault)) => {
                    // Squid's own settings allow CONNECT to 443 alone, and forward the requests of a fetch all the same.
                    let may_be_a_rule = matches!(fault, ProxyFault::NoTunnel { .. })
                        && server.scheme() != ProxyScheme::Socks5
                        && port != 443;
                    if may_be_a_rule {
                        route.pool().doubt(&server);
                    } else {
                        route.report(&server, &name, Err(&fault));
                    }
                    failure = Some(GatewayError::Proxy {
                        proxy: server.address(),
                        fault,
                    });
                }
            }
        }
    }
}

/// A host as a SOCKS client writes it: a literal of IPv6 with or without brackets, or what can stand in a URL.
fn parse_host(name: &str) -> Result<Host, url::ParseError> {
    match name.parse() {
        Ok(IpAddr::V4(address)) => Ok(Host::Ipv4(address)),
        Ok(IpAddr::V6(address)) => Ok(Host::Ipv6(address)),
        Err(_) => Host::parse(name),
    }
}
