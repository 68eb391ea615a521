//! Connections that can be cut, so that an answer that is not whole does not look as if it were.
//!
//! The error of a body should do that. But poem's server, told of one, asks hyper to end the connection in order, and hyper ends
//! the body in order too (poem 3.1.12, hyper 1.12): a client would take a part for the whole.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use poem::web::RemoteAddr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The connections that there are, by the address of the client. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections(Arc<Mutex<HashMap<SocketAddr, Cutter>>>);

/// Cuts a connection. Clones cut the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter(Arc<AtomicBool>);

/// A connection: when it is cut, nothing more is written.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    cutter: Cutter,
    client: Option<SocketAddr>,
    connections: Connections,
}

impl Connections {
    /// Takes a connection in, until it is dropped.
    pub(crate) fn admit<S>(&self, stream: S, client: &RemoteAddr) -> Connection<S> {
        let (cutter, client) = (Cutter::default(), client.as_socket_addr().copied());
        if let Some(client) = client {
            self.lock().insert(client, cutter.clone());
        }
        Connection {
            stream,
            cutter,
            client,
            connections: self.clone(),
        }
    }

    /// What cuts the connection to a client.
    pub(crate) fn cutter(&self, client: &RemoteAddr) -> Cutter {
        let cutter = client
            .as_socket_addr()
            .and_then(|client| self.lock().get(client).cloned());
        cutter.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, Cutter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cutter {
    /// Cuts the connection: what is not on its way yet stays here.
    pub(crate) fn cut(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) {
            Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the answer is not whole",
            ))
        } else {
            Ok(())
        }
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        if let Some(client) = self.client {
            self.connections.lock().remove(&client);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.cutter.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.cutter.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use poem::Addr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_written_after_a_cut_stays_here() {
        let connections = Connections::default();
        let client = |port| RemoteAddr(Addr::SocketAddr(([127, 0, 0, 1], port).into()));
        let (near, mut far) = tokio::io::duplex(64);
        let mut connection = connections.admit(near, &client(1));
        connection.write_all(b"a part").await.unwrap();
        connections.cutter(&client(2)).cut();
        connection.write_all(b", another").await.unwrap();
        connections.cutter(&client(1)).cut();
        assert!(connection.write_all(b", the end").await.is_err());
        drop(connection);
        let mut got = String::new();
        far.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, "a part, another");
        assert!(connections.lock().is_empty());
    }
}
