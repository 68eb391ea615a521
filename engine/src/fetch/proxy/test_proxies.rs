//! Proxies and pages on loopback for the tests: real sockets, and every tunnel leads to the one page.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use fast_socks5::ReplyError;
use fast_socks5::server::Socks5ServerProtocol;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::server::{ProxyScheme, ProxyServer};

/// A certificate for 127.0.0.1, valid until 2126, and its key. It is good for nothing else.
const LOOPBACK: &[u8] = include_bytes!("../client/loopback.pem");

pub(super) const USER: &str = "user";
pub(super) const PASSWORD: &str = "open sesame";

/// What a proxy does with who may use it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Conduct {
    /// What it is asked for.
    Serves,
    /// It answers this status, or SOCKS's nearest.
    Refuses(u16),
    /// It closes the connection without a word.
    HangsUp,
    /// It answers nothing.
    Hangs,
}

/// A proxy, which ends with the test's runtime.
#[derive(Clone)]
pub(super) struct TestProxy {
    scheme: ProxyScheme,
    address: SocketAddr,
    /// The targets that it was asked for by who may use it.
    asked: Arc<Mutex<Vec<String>>>,
    state: Arc<State>,
}

struct State {
    conduct: Mutex<Conduct>,
    wants_credentials: bool,
    page: SocketAddr,
}

impl TestProxy {
    pub(super) async fn start(scheme: ProxyScheme, page: SocketAddr, wants_credentials: bool) -> Self {
        Self::listen(scheme, page, wants_credentials, "127.0.0.1:0".parse().unwrap()).await
    }

    /// A proxy at an address of the test's choice.
    pub(super) async fn listen(
        scheme: ProxyScheme,
        page: SocketAddr,
        wants_credentials: bool,
        address: SocketAddr,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let proxy = Self {
            scheme,
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            state: Arc::new(State {
                conduct: Mutex::new(Conduct::Serves),
                wants_credentials,
                page,
            }),
        };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let proxy = serving.clone();
                // A client that hangs up is no fault of the proxy's.
                tokio::spawn(async move {
                    let _ = proxy.serve(socket).await;
                });
            }
        });
        proxy
    }

    pub(super) fn conduct(&self, conduct: Conduct) {
        *self.state.conduct.lock().unwrap() = conduct;
    }

    /// The proxy as the settings have it, with its credentials if it wants some.
    pub(super) fn server(&self) -> ProxyServer {
        if self.state.wants_credentials {
            self.server_with("user:open%20sesame@")
        } else {
            self.server_with("")
        }
    }

    pub(super) fn server_with(&self, userinfo: &str) -> ProxyServer {
        server(self.scheme, userinfo, self.address)
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(&self, socket: TcpStream) -> anyhow::Result<()> {
        let conduct = *self.state.conduct.lock().unwrap();
        match (conduct, self.scheme) {
            (Conduct::Hangs, _) => std::future::pending().await,
            (_, ProxyScheme::Socks5) => self.serve_socks(socket, conduct).await,
            (_, ProxyScheme::Http) => self.serve_http(socket, conduct).await,
            (_, ProxyScheme::Https) => {
                let acceptor = TlsAcceptor::from(Arc::new(server_tls()));
                self.serve_http(acceptor.accept(socket).await?, conduct).await
            }
        }
    }

    async fn serve_http(&self, socket: impl AsyncRead + AsyncWrite + Unpin, conduct: Conduct) -> anyhow::Result<()> {
        let mut socket = BufReader::new(socket);
        let (mut head, mut line) = (String::new(), String::new());
        while !matches!(line.as_str(), "\r\n") {
            line.clear();
            anyhow::ensure!(socket.read_line(&mut line).await? > 0, "no request");
            head.push_str(&line);
        }
        let may = !self.state.wants_credentials
            || head.to_ascii_lowercase().contains("proxy-authorization: basic ")
                && head.contains("dXNlcjpvcGVuIHNlc2FtZQ==");
        if !may {
            let refusal =
                "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            return Ok(socket.write_all(refusal.as_bytes()).await?);
        }
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if method == "OPTIONS" {
            let status = match conduct {
                Conduct::HangsUp => return Ok(()),
                Conduct::Refuses(status) => status,
                Conduct::Serves | Conduct::Hangs => 400,
            };
            let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
            return Ok(socket.write_all(answer.as_bytes()).await?);
        }
        self.asked.lock().unwrap().push(target.to_owned());
        match conduct {
            Conduct::Refuses(status) => {
                let refusal = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                socket.write_all(refusal.as_bytes()).await?;
            }
            Conduct::Serves => {
                let mut page = TcpStream::connect(self.state.page).await?;
                if method == "CONNECT" {
                    socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                } else {
                    page.write_all(head.as_bytes()).await?;
                }
                copy_bidirectional(&mut socket, &mut page).await?;
            }
            Conduct::HangsUp | Conduct::Hangs => {}
        }
        Ok(())
    }

    async fn serve_socks(&self, socket: TcpStream, conduct: Conduct) -> anyhow::Result<()> {
        let negotiated = if self.state.wants_credentials {
            let check = |user: String, password: String| user == USER && password == PASSWORD;
            Socks5ServerProtocol::accept_password_auth(socket, check).await?.0
        } else {
            Socks5ServerProtocol::accept_no_auth(socket).await?
        };
        let (client, _, target) = negotiated.read_command().await?;
        self.asked.lock().unwrap().push(target.to_string());
        match conduct {
            Conduct::Refuses(404) => client.reply_error(&ReplyError::HostUnreachable).await?,
            Conduct::Refuses(_) => client.reply_error(&ReplyError::GeneralFailure).await?,
            Conduct::Serves => {
                let mut page = TcpStream::connect(self.state.page).await?;
                let mut client = client.reply_success(self.address).await?;
                copy_bidirectional(&mut client, &mut page).await?;
            }
            Conduct::HangsUp | Conduct::Hangs => {}
        }
        Ok(())
    }
}

/// A proxy of the settings at this address.
pub(super) fn server(scheme: ProxyScheme, userinfo: &str, address: SocketAddr) -> ProxyServer {
    format!("{}://{userinfo}{address}", scheme.as_str()).parse().unwrap()
}

/// A page of this text, one to a connection.
pub(super) async fn page_at(address: &str, text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = BufReader::new(&mut socket);
                let mut line = String::new();
                while line != "\r\n" {
                    line.clear();
                    // Nothing more, or what is no text, such as TLS.
                    if !request.read_line(&mut line).await.is_ok_and(|length| length > 0) {
                        return;
                    }
                }
                let length = text.len();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}");
                let _ = socket.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

pub(super) async fn page() -> SocketAddr {
    page_at("127.0.0.1:0", "snow").await
}

/// An address at which nothing listens.
pub(super) async fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// TLS that trusts the https proxies of the tests, and nothing else.
pub(super) fn client_tls() -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(LOOPBACK).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn server_tls() -> ServerConfig {
    let chain = vec![CertificateDer::from_pem_slice(LOOPBACK).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(LOOPBACK).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    builder.with_no_client_auth().with_single_cert(chain, key).unwrap()
}

/// A client that goes through `proxy`, and the text of the page that it gets.
pub(super) async fn get(proxy: reqwest::Proxy, url: &str) -> Result<String, reqwest::Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_pem(LOOPBACK).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([certificate])
        .proxy(proxy)
        .connect_timeout(std::time::Duration::from_secs(1))
        .build()
        .unwrap();
    client.get(url).send().await?.error_for_status()?.text().await
}
