//! A server on loopback for the tests: it answers what it is told, byte by byte, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What follows a request on its connection.
pub(crate) enum Answer {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and then one more each time that passes.
    Drip(Vec<u8>, Duration),
    /// These bytes, and then others over and over.
    Endless(Vec<u8>, Vec<u8>),
    /// Nothing, while the connection stays open.
    Silence,
}

impl Answer {
    /// A response with a head of these lines, and a body whose length it tells.
    pub(crate) fn new(head: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::Bytes([head.as_bytes(), body].concat())
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::new(&format!("{status} Redirect\r\nLocation: {location}"), "")
    }
}

/// The server, which ends with the test's runtime.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request by its number, from 0, and its text.
    pub(crate) async fn start(answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1", answer).await
    }

    /// The same at another of loopback's addresses.
    pub(crate) async fn start_on(
        address: &str,
        answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (kept, answer) = (requests.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (kept, answer) = (kept.clone(), answer.clone());
                tokio::spawn(async move {
                    let request = read_request(&mut socket).await;
                    let number = {
                        let mut kept = kept.lock().unwrap();
                        kept.push(request.clone());
                        kept.len() - 1
                    };
                    // A client that has what it wants, or enough, hangs up: no error of the server's.
                    let _ = write_answer(&mut socket, answer(number, &request)).await;
                });
            }
        });
        Self { address, requests }
    }

    /// A server that gives the same answer to all.
    pub(crate) async fn always(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self::start(move |_, _| answer()).await
    }

    /// A URL on this server.
    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The first lines of the requests so far.
    pub(crate) fn first_lines(&self) -> Vec<String> {
        self.requests()
            .iter()
            .map(|request| request.lines().next().unwrap_or_default().to_owned())
            .collect()
    }
}

/// A URL at which nothing listens.
pub(crate) async fn closed_port() -> Url {
    let address = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    Url::parse(&format!("http://{address}/")).unwrap()
}

/// Reads a head, and as much of a body as it announces.
pub(crate) async fn read_request(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text.into_owned();
            }
        }
        if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return String::from_utf8_lossy(&request).into_owned();
        }
    }
}

async fn write_answer(socket: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Bytes(bytes) => {
            socket.write_all(&bytes).await?;
            socket.shutdown().await
        }
        Answer::Drip(bytes, every) => {
            socket.write_all(&bytes).await?;
            let mut interval = tokio::time::interval(every);
            loop {
                interval.tick().await;
                socket.write_all(b"x").await?;
            }
        }
        Answer::Endless(bytes, more) => {
            socket.write_all(&bytes).await?;
            loop {
                socket.write_all(&more).await?;
            }
        }
        Answer::Silence => {
            // Until the client hangs up.
            socket.read_u8().await?;
            Ok(())
        }
    }
}
