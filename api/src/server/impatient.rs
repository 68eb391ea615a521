//! Connections that end when the client takes nothing of what it is sent.
//!
//! How long a client may take to ask, or how long an answer may take, is not looked at here: an idle connection waits, and a
//! stream of events is as long as its run.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio_io_timeout::TimeoutStream;

use crate::connections::{Connection, Connections};

/// Accepts connections whose writes may wait only so long.
pub(super) struct Impatient<A> {
    acceptor: A,
    stall: Duration,
    connections: Connections,
}

impl<A> Impatient<A> {
    pub(super) fn new(acceptor: A, stall: Duration, connections: Connections) -> Self {
        Self {
            acceptor,
            stall,
            connections,
        }
    }
}

impl<A: Acceptor> Acceptor for Impatient<A> {
    type Io = Connection<Pin<Box<TimeoutStream<A::Io>>>>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.acceptor.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        let (stream, local, remote, scheme) = self.acceptor.accept().await?;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.stall));
        let connection = self.connections.admit(Box::pin(stream), &remote);
        Ok((connection, local, remote, scheme))
    }
}
