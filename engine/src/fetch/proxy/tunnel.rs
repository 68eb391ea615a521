//! A connection to a target through a proxy: HTTP's CONNECT, or SOCKS.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;
use url::Host;

use super::fault::{Blame, ProxyFault, blame_in_handshake};
use super::server::{ProxyScheme, ProxyServer};

/// Bytes both ways.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A connection of whatever kind: in the clear, within TLS, or through a proxy.
pub(super) type BoxedConnection = Box<dyn Connection>;

/// Why there is no tunnel.
#[derive(Debug)]
pub(super) enum TunnelError {
    /// The proxy is to blame.
    Proxy(ProxyFault),
    /// The target is.
    Target(String),
}

impl TunnelError {
    /// The proxy gave no answer in time; it may wait for the target itself.
    pub(super) fn too_slow(limit: Duration) -> Self {
        Self::Proxy(ProxyFault::NoTunnel {
            reason: format!("no answer within {} s", limit.as_secs_f64()),
        })
    }
}

/// Asks a proxy, over a connection to it, for one to the target.
pub(super) async fn open(
    connection: BoxedConnection,
    server: &ProxyServer,
    host: &Host,
    port: u16,
) -> Result<BoxedConnection, TunnelError> {
    let unspeakable = |_| TunnelError::Target("the host's name is none that a proxy can be asked for".to_owned());
    let target = format!("http://{host}:{port}").parse().map_err(unspeakable)?;
    // The library dials this; here the connection is there already, so that it is never looked at.
    let proxy = "http://proxy.invalid".parse().expect("a constant URL");
    let connection = Connected(Some(TokioIo::new(connection)));
    match server.scheme() {
        ProxyScheme::Http | ProxyScheme::Https => {
            let mut tunnel = Tunnel::new(proxy, connection);
            if let Some(value) = server.basic_auth() {
                tunnel = tunnel.with_auth(value.clone());
            }
            opened(tunnel.call(target).await)
        }
        ProxyScheme::Socks5 => {
            let mut socks = SocksV5::new(proxy, connection);
            if let Some((user, password)) = server.user_and_password() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            opened(socks.call(target).await)
        }
    }
}

fn opened<E: std::error::Error + 'static>(
    outcome: Result<TokioIo<BoxedConnection>, E>,
) -> Result<BoxedConnection, TunnelError> {
    match outcome {
        Ok(connection) => Ok(connection.into_inner()),
        Err(error) => Err(match blame_in_handshake(&error) {
            Some(Blame::Proxy(fault)) => TunnelError::Proxy(fault),
            Some(Blame::Other) | None => TunnelError::Target(error.to_string()),
        }),
    }
}

/// The library's connector where the connection is there already.
struct Connected(Option<TokioIo<BoxedConnection>>);

impl<Target> Service<Target> for Connected {
    type Response = TokioIo<BoxedConnection>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> Self::Future {
        ready(Ok(self.0.take().expect("a connector is called once")))
    }
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connected")
    }
}
