//! Why a browser gets no connection.

use fast_socks5::ReplyError;

use super::super::dial::DialError;
use super::super::fault::ProxyFault;
use super::super::route::NoProxy;
use crate::fetch::Blocked;

/// Why the gateway made no connection. SOCKS has a number for it at most, so that it is kept for who asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// What was asked for is neither a name nor an address.
    #[error("'{host}' is no host's name; check the links and scripts of the page")]
    Host {
        /// What was asked for.
        host: String,
    },
    /// The guard refuses the target, or the target did not answer.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// A proxy says that the target cannot be connected to.
    #[error("the connection to '{host}' failed behind the proxy {proxy}: {reason}; check that the server is up")]
    BehindProxy {
        /// The host and the port.
        host: String,
        /// The proxy's host and port.
        proxy: String,
        /// What the proxy said.
        reason: String,
    },
    /// The proxy failed, and so did those that were tried before it.
    #[error("the proxy {proxy} {fault}")]
    Proxy {
        /// The host and port of the last one.
        proxy: String,
        /// What is wrong with it.
        fault: ProxyFault,
    },
    /// There is no proxy to try.
    #[error(transparent)]
    NoProxy(#[from] NoProxy),
}

impl From<Blocked> for GatewayError {
    fn from(blocked: Blocked) -> Self {
        Self::Dial(blocked.into())
    }
}

impl GatewayError {
    /// What the guard said, where it was the guard.
    pub fn blocked(&self) -> Option<&Blocked> {
        match self {
            Self::Dial(DialError::Blocked(blocked)) => Some(blocked),
            _ => None,
        }
    }

    /// Whether the same connection may fare better later, as with a fetch through a proxy that opened none.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Proxy {
                fault: ProxyFault::NoTunnel { .. },
                ..
            }
        )
    }

    /// The nearest that SOCKS can say.
    pub(super) fn reply(&self) -> ReplyError {
        match self {
            Self::Dial(DialError::Blocked(_)) => ReplyError::ConnectionNotAllowed,
            Self::Host { .. } | Self::Dial(DialError::Dns { .. }) => ReplyError::HostUnreachable,
            Self::Dial(DialError::Connect { .. }) | Self::BehindProxy { .. } => ReplyError::ConnectionRefused,
            Self::Proxy { .. } | Self::NoProxy(_) => ReplyError::GeneralFailure,
        }
    }
}
