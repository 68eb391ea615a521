//! A TCP server on a free loopback port, for as long as its value lives.
//!
//! It runs on a thread and a Tokio runtime of its own, so that it serves tests without a runtime, and tests whose
//! runtime has its time paused. What is said on a connection is the caller's matter;
//! [`serve_http`] says HTTP.

use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;

/// The running server. Dropping it closes every connection and waits until the thread has ended.
#[derive(Debug)]
pub(crate) struct Loopback {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Listens on `port` of 127.0.0.1, 0 for a free one, and calls `serve` for each connection.
    pub(crate) fn start<S, F>(port: u16, serve: S) -> std::io::Result<Self>
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("loopback server".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(&listener, serve) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens, as `http://127.0.0.1:PORT` without a slash at the end.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only if the thread has panicked, and join reports that.
            let _ = stop.send(());
        }
        let failed = self.thread.take().is_some_and(|thread| thread.join().is_err());
        assert!(!failed || thread::panicking(), "the loopback server's thread panicked");
    }
}

/// Answers the requests of a connection until it ends. A client that is killed hangs up, which is no error here.
pub(crate) async fn serve_http<A, F>(stream: TcpStream, answer: A)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<Full<Bytes>>>,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn accept<S, F>(listener: &TcpListener, serve: S)
where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // A client that hangs up before it is accepted is an error here, and no reason to stop.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net;

    use tokio::io::AsyncWriteExt;

    use super::*;

    #[test]
    fn serves_until_it_is_dropped() {
        let server = Loopback::start(0, |mut stream| async move { stream.write_all(b"hello").await.unwrap() }).unwrap();
        let address = server.address;
        assert_eq!(server.base_url(), format!("http://127.0.0.1:{}", address.port()));

        let mut said = String::new();
        net::TcpStream::connect(address)
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(said, "hello");

        drop(server);
        assert!(net::TcpStream::connect(address).is_err());
    }
}
