//! Certificates.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use reqwest::Certificate;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// A certificate for 127.0.0.1, valid until 2126, and its key. It is good for nothing else.
const LOOPBACK: &[u8] = include_bytes!("../loopback.pem");

/// Serves one connection, and tells the protocol that was agreed on; HTTP/1.1 gets a page.
fn serve(alpn: &[&[u8]]) -> (Url, mpsc::Receiver<Option<Vec<u8>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(LOOPBACK).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(LOOPBACK).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
        // A client that refuses the certificate ends the handshake, and nobody waits for the answer.
        if stream.read(&mut [0; 4096]).is_ok() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsnow");
            let _ = stream.flush();
        }
        let _ = tell.send(stream.conn.alpn_protocol().map(<[u8]>::to_vec));
    });
    (url, told)
}

fn trusting(settings: &FetchSettings) -> Client {
    let certificate = Certificate::from_pem(LOOPBACK).unwrap();
    client_with(
        settings,
        transport::builder(settings.timeout, None).tls_certs_only([certificate]),
    )
}

#[tokio::test]
async fn a_page_comes_over_tls() {
    let (url, told) = serve(&[b"http/1.1"]);
    let page = trusting(&settings())
        .fetch(&url, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(page.body, "snow");
    assert_eq!(told.recv().unwrap().as_deref(), Some(&b"http/1.1"[..]));
}

#[tokio::test]
async fn http_2_is_offered() {
    let (url, told) = serve(&[b"h2", b"http/1.1"]);
    let settings = FetchSettings {
        attempts: 1,
        ..settings()
    };
    trusting(&settings)
        .fetch(&url, &CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(told.recv().unwrap().as_deref(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused() {
    let (url, _) = serve(&[]);
    check_error(&settings(), &url, "tls_failed", 1, "invalid peer certificate").await;
}

#[tokio::test]
async fn a_port_without_tls_is_no_broken_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    // The answer waits for the first bytes only: a client hello has no end that HTTP would know.
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    check_error(&settings(), &url, "tls_failed", 1, "check the certificate, or the port").await;
}
