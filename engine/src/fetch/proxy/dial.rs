//! TCP connections to judged addresses: what is judged is what is dialled.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Host;

use crate::fetch::{AddressGuard, Blocked};

/// Names to addresses.
pub trait Resolve: fmt::Debug + Send + Sync + 'static {
    /// The addresses of a name, in the order in which they are to be tried.
    ///
    /// # Errors
    /// That the name has none, or could not be asked for.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a host was not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The guard refuses the address, or the port.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The host has no address.
    #[error("cannot find the host '{host}': {reason}; check its name and this machine's DNS")]
    Dns {
        /// The host's name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No address answered.
    #[error("the connection to '{host}' failed: {reason}; check that the server is up and reachable")]
    Connect {
        /// The host and the port.
        host: String,
        /// What the last address that was tried said.
        reason: String,
    },
}

impl DialError {
    /// The reason alone, where another sentence says to what there is no connection and how to mend it.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Blocked(blocked) => blocked.to_string(),
            Self::Dns { reason, .. } | Self::Connect { reason, .. } => reason.clone(),
        }
    }
}

/// Resolves, judges and connects.
#[derive(Debug, Clone)]
pub(super) struct Dialler {
    pub(super) guard: Option<AddressGuard>,
    pub(super) resolver: Arc<dyn Resolve>,
    /// The time for all addresses of a host together.
    pub(super) timeout: Duration,
}

impl Dialler {
    /// Connects to the first address that the guard allows and that answers.
    ///
    /// # Errors
    /// What the guard, the resolver or the network said.
    pub(super) async fn dial(&self, host: &Host, port: u16) -> Result<TcpStream, DialError> {
        let failed = |reason: String| DialError::Connect {
            host: format!("{host}:{port}"),
            reason,
        };
        let connecting = async {
            let addresses = self.allowed(host).await?;
            let share = self.timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
            let mut reason = Cow::Borrowed("it has no address");
            for address in addresses {
                match timeout(share, TcpStream::connect(SocketAddr::new(address, port))).await {
                    Ok(Ok(stream)) => {
                        // Without it small writes wait for the acknowledgement of those before.
                        let _ = stream.set_nodelay(true);
                        return Ok(stream);
                    }
                    Ok(Err(error)) => reason = error.to_string().into(),
                    Err(_) => reason = "no answer in time".into(),
                }
            }
            Err(failed(reason.into_owned()))
        };
        match timeout(self.timeout, connecting).await {
            Ok(outcome) => outcome,
            Err(_) => Err(failed(format!("no answer within {} s", self.timeout.as_secs_f64()))),
        }
    }

    /// The addresses that may be dialled. Where there is none, the error is the guard's word on the first.
    async fn allowed(&self, host: &Host) -> Result<Vec<IpAddr>, DialError> {
        let found = match host {
            Host::Ipv4(address) => vec![(*address).into()],
            Host::Ipv6(address) => vec![(*address).into()],
            Host::Domain(name) => self.resolver.resolve(name).await.map_err(|error| DialError::Dns {
                host: name.clone(),
                reason: error.to_string(),
            })?,
        };
        let Some(guard) = &self.guard else { return Ok(found) };
        Ok(guard.allowed_of(found)?)
    }
}
