//! A site on loopback, and the SOCKS proxy through which the browser reaches it and nothing else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fast_socks5::server::Socks5ServerProtocol;
use fast_socks5::util::target_addr::TargetAddr;
use fast_socks5::{ReplyError, Socks5Command};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::fetch::test_server::read_request;

/// What the site answers.
pub(super) enum Answer {
    /// A head's first lines, and a body.
    Whole(String, Vec<u8>),
    /// The same after a time.
    Late(Duration, String, Vec<u8>),
    /// Nothing, while the connection stays open.
    Silence,
}

impl Answer {
    pub(super) fn new(head: impl Into<String>, body: impl AsRef<[u8]>) -> Self {
        Self::Whole(head.into(), body.as_ref().to_vec())
    }

    pub(super) fn html(body: impl AsRef<[u8]>) -> Self {
        Self::new("200 OK\r\nContent-Type: text/html; charset=utf-8", body)
    }

    pub(super) fn redirect(location: &str) -> Self {
        Self::new(format!("302 Found\r\nLocation: {location}"), "")
    }

    pub(super) fn late(self, delay: Duration) -> Self {
        match self {
            Self::Whole(head, body) => Self::Late(delay, head, body),
            other => other,
        }
    }
}

/// The site. Every host that ends in `.test`, and `secure.localhost`, is this one, on any port; all others are refused
/// by the proxy.
pub(super) struct Site {
    /// Where the proxy listens.
    pub(super) proxy: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Answers each request by its path and its whole text.
    pub(super) async fn start(answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let site = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = site.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((socket, _)) = site.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&kept), Arc::clone(&answer)));
            }
        });
        let proxy = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy_address = proxy.local_addr().unwrap();
        let refused = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&refused);
        tokio::spawn(async move {
            while let Ok((socket, _)) = proxy.accept().await {
                tokio::spawn(pass_on(socket, address, Arc::clone(&noted)));
            }
        });
        Self {
            proxy: proxy_address,
            requests,
            refused,
        }
    }

    /// A site of one page.
    pub(super) async fn page(html: &'static str) -> Self {
        Self::start(move |path, _| match path {
            "/" => Answer::html(html),
            _ => Answer::new("404 Not Found", ""),
        })
        .await
    }

    /// What it was asked so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(super) fn count(&self, path: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| path_of(request) == path)
            .count()
    }

    /// The targets that the proxy refused.
    pub(super) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }
}

/// A URL on the site's first host.
pub(super) fn url(path: &str) -> Url {
    Url::parse("http://site.test").unwrap().join(path).unwrap()
}

fn path_of(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

async fn serve(
    mut socket: TcpStream,
    kept: Arc<Mutex<Vec<String>>>,
    answer: Arc<impl Fn(&str, &str) -> Answer + Send + Sync + 'static>,
) {
    let request = read_request(&mut socket).await;
    if request.is_empty() {
        return;
    }
    kept.lock().unwrap().push(request.clone());
    let (head, body) = match answer(path_of(&request), &request) {
        Answer::Whole(head, body) => (head, body),
        Answer::Late(delay, head, body) => {
            tokio::time::sleep(delay).await;
            (head, body)
        }
        Answer::Silence => {
            // Until the browser hangs up.
            let _ = socket.read_u8().await;
            return;
        }
    };
    let length = if head.contains("Content-Length") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head = format!("HTTP/1.1 {head}\r\n{length}Connection: close\r\n\r\n");
    // A browser that has enough hangs up: no error of the site's.
    let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
    let _ = socket.shutdown().await;
}

async fn pass_on(socket: TcpStream, site: SocketAddr, refused: Arc<Mutex<Vec<String>>>) {
    let Ok(protocol) = Socks5ServerProtocol::accept_no_auth(socket).await else {
        return;
    };
    let Ok((protocol, command, target)) = protocol.read_command().await else {
        return;
    };
    let ours = match &target {
        TargetAddr::Domain(host, _) => host.rsplit('.').next() == Some("test") || host == "secure.localhost",
        TargetAddr::Ip(_) => false,
    };
    if command != Socks5Command::TCPConnect || !ours {
        refused.lock().unwrap().push(target.to_string());
        let _ = protocol.reply_error(&ReplyError::ConnectionNotAllowed).await;
        return;
    }
    let mut onward = TcpStream::connect(site).await.unwrap();
    if let Ok(mut socket) = protocol.reply_success(site).await {
        let _ = copy_bidirectional(&mut socket, &mut onward).await;
    }
}
