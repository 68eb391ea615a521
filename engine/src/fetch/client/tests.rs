//! The client against servers on loopback.

use std::sync::Arc;

use reqwest::dns::{Name, Resolve, Resolving};

use super::*;
use crate::fetch::test_server::{Answer, Server, closed_port};
use crate::fetch::{BasicAuth, Rate};

/// Settings under which a test need not wait: a high rate, and a timeout that ends a hanging test.
fn settings() -> FetchSettings {
    FetchSettings {
        rate: Rate::per_minute(Rate::MAX).unwrap(),
        timeout: Duration::from_secs(20),
        ..FetchSettings::default()
    }
}

fn client_with(settings: &FetchSettings, http: ClientBuilder) -> Client {
    let waits = Retry::new(settings.attempts).with_waits(Duration::from_millis(1), Duration::from_millis(4));
    Client::build(settings, http.no_proxy(), waits).unwrap()
}

fn client(settings: &FetchSettings) -> Client {
    client_with(settings, transport::builder(settings.timeout))
}

async fn fetch(settings: &FetchSettings, url: &Url) -> Result<FetchedPage, FetchError> {
    client(settings).fetch(url, &CancellationToken::new()).await
}

/// Fetches what fails, and checks the code, the attempts and a part of the message.
async fn check_error(settings: &FetchSettings, url: &Url, code: &str, attempts: u32, part: &str) {
    let error = fetch(settings, url).await.unwrap_err();
    let message = error.to_string();
    assert_eq!((error.code().as_str(), error.attempts), (code, attempts), "{message}");
    assert!(
        message.contains(part) && message.starts_with(public(url).as_str()),
        "{message}"
    );
}

#[tokio::test]
async fn a_page_is_fetched_with_what_is_known_of_it() {
    let head = "200 OK\r\nContent-Type: text/HTML; charset=koi8-r\r\nETag: \"e\"\r\nLast-Modified: then";
    let server = Server::always(move || Answer::new(head, b"\xD0")).await;
    let page = fetch(&settings(), &server.url("/p?q#part")).await.unwrap();
    let told = (
        page.status,
        page.media_type.as_str(),
        page.charset.as_deref(),
        page.etag.as_deref(),
    );
    assert_eq!(told, (200, "text/html", Some("koi8-r"), Some("\"e\"")));
    assert_eq!(
        (page.url, page.last_modified.as_deref()),
        (server.url("/p?q"), Some("then"))
    );
    assert_eq!((page.attempts, page.redirects), (1, 0));
}

#[tokio::test]
async fn the_text_is_decoded() {
    let server = Server::always(|| Answer::new("200 OK", b"<html ><meta charset=koi8-r>\xD0")).await;
    let page = fetch(&settings(), &server.url("/")).await.unwrap();
    assert_eq!(page.media_type, "text/html");
    assert_eq!(page.text().text, "<html ><meta charset=koi8-r>п");
}

#[tokio::test]
async fn the_settings_are_what_is_sent() {
    let server = Server::always(|| Answer::new("200 OK", "")).await;
    let settings = FetchSettings {
        method: "POST".into(),
        headers: vec![("X-A".into(), "é".into())],
        cookies: vec![("c".into(), "1".into())],
        body: Some(Bytes::from_static(b"form")),
        auth: Some(BasicAuth {
            username: "a".into(),
            password: "b".into(),
        }),
        user_agent: Some("agent".into()),
        ..settings()
    };
    fetch(&settings, &server.url("/p")).await.unwrap();
    let sent = server.requests().remove(0);
    assert!(
        sent.starts_with("POST /p HTTP/1.1\r\n") && sent.ends_with("\r\n\r\nform"),
        "{sent}"
    );
    for line in [
        "x-a: é",
        "cookie: c=1",
        "authorization: Basic YTpi",
        "user-agent: agent",
        "accept-encoding: gzip",
    ] {
        assert!(sent.contains(&format!("\r\n{line}")), "{line}: {sent}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for first in ["500 Oops", "503 Busy\r\nRetry-After: 0", "429 Slow", "408 Late"] {
        let answer = move |number, _: &str| Answer::new(if number < 2 { first } else { "200 OK" }, "x");
        let server = Server::start(answer).await;
        let page = fetch(&settings(), &server.url("/")).await.unwrap();
        assert_eq!((page.attempts, server.requests().len()), (3, 3), "{first}");
    }
}

#[tokio::test]
async fn the_last_attempt_gives_the_error() {
    let server = Server::always(|| Answer::new("503 Busy", "")).await;
    check_error(
        &settings(),
        &server.url("/"),
        "http_status",
        4,
        "503 Service Unavailable (4 attempts)",
    )
    .await;
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn what_will_not_pass_fails_at_once() {
    for head in [
        "404 Gone",
        "403 No",
        "304 Not Modified",
        "302 No Location",
        "300 Choose\r\nLocation: /x",
    ] {
        let server = Server::start(move |_, _| Answer::new(head, "")).await;
        check_error(
            &settings(),
            &server.url("/"),
            "http_status",
            1,
            &format!("answered {}", &head[..3]),
        )
        .await;
        assert_eq!(server.requests().len(), 1, "{head}");
    }
}

#[tokio::test]
async fn a_long_retry_after_is_not_waited_for() {
    let server = Server::always(|| Answer::new("429 Slow\r\nRetry-After: 121", "")).await;
    check_error(&settings(), &server.url("/"), "http_status", 1, "asks to wait 121 s").await;
}

#[tokio::test]
async fn unreachable_servers_are_tried_again() {
    let url = closed_port().await;
    let host = format!("'127.0.0.1:{}' failed while connecting", url.port().unwrap());
    check_error(&settings(), &url, "connect_failed", 4, &host).await;
}

#[tokio::test]
async fn a_host_without_address_is_named() {
    struct NoHosts;
    impl Resolve for NoHosts {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(async { Err("no such host".into()) })
        }
    }
    let settings = FetchSettings {
        attempts: 2,
        ..settings()
    };
    let client = client_with(
        &settings,
        transport::builder(settings.timeout).dns_resolver(Arc::new(NoHosts)),
    );
    let url = Url::parse("http://me:hush@nowhere.example:81/").unwrap();
    let error = client.fetch(&url, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(
        error.kind,
        FetchErrorKind::Dns {
            host: "nowhere.example".into(),
            reason: "no such host".into()
        }
    );
    assert_eq!((error.code().as_str(), error.attempts), ("connect_failed", 2));
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_body_is_tried_again() {
    let cut = || Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec());
    let server = Server::start(move |number, _| if number == 0 { cut() } else { Answer::new("200 OK", "x") }).await;
    assert_eq!(fetch(&settings(), &server.url("/")).await.unwrap().attempts, 2);

    let server = Server::start(move |_, _| cut()).await;
    check_error(
        &settings(),
        &server.url("/"),
        "connect_failed",
        4,
        "failed while reading the body",
    )
    .await;

    let chunked = || Answer::Bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_vec());
    let server = Server::always(chunked).await;
    check_error(
        &settings(),
        &server.url("/"),
        "connect_failed",
        4,
        "failed while reading the body",
    )
    .await;

    let server = Server::always(|| Answer::Bytes(Vec::new())).await;
    check_error(
        &settings(),
        &server.url("/"),
        "connect_failed",
        4,
        "failed while waiting for the response",
    )
    .await;
}

#[tokio::test]
async fn a_damaged_coding_is_no_broken_connection() {
    // A gzip header and the start of a stream.
    const CUT: &[u8] = &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C];
    let server = Server::always(|| Answer::new("200 OK\r\nContent-Encoding: gzip", CUT)).await;
    check_error(
        &settings(),
        &server.url("/"),
        "bad_encoding",
        1,
        "'gzip': it is cut off",
    )
    .await;
    let server = Server::always(|| Answer::new("200 OK\r\nContent-Encoding: br, lzma", CUT)).await;
    check_error(&settings(), &server.url("/"), "bad_encoding", 1, "'br, lzma'").await;
}

#[tokio::test]
async fn a_body_above_the_cap_is_not_read_to_its_end() {
    let small = FetchSettings {
        max_body_bytes: 100_000,
        ..settings()
    };
    let declared = || Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n".to_vec());
    let server = Server::always(declared).await;
    check_error(
        &small,
        &server.url("/"),
        "body_too_large",
        1,
        "larger than 100000 bytes",
    )
    .await;
    let endless = || Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 10_000]);
    let server = Server::always(endless).await;
    check_error(
        &small,
        &server.url("/"),
        "body_too_large",
        1,
        "larger than 100000 bytes",
    )
    .await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_timeout_covers_the_whole_of_a_request() {
    let short = FetchSettings {
        timeout: Duration::from_millis(200),
        attempts: 2,
        ..settings()
    };
    let server = Server::always(|| Answer::Silence).await;
    check_error(
        &short,
        &server.url("/"),
        "timeout",
        2,
        "timed out after 0.2 s while waiting",
    )
    .await;
    let drip = || {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec();
        Answer::Drip(head, Duration::from_millis(5))
    };
    let server = Server::always(drip).await;
    check_error(
        &short,
        &server.url("/"),
        "timeout",
        2,
        "timed out after 0.2 s while reading the body",
    )
    .await;
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit() {
    let answer = |_, request: &str| match request.split(' ').nth(1) {
        Some("/0") => Answer::redirect(301, "1"),
        Some("/1") => Answer::redirect(307, "/2#part"),
        _ => Answer::new("200 OK", "x"),
    };
    let with_limit = |max_redirects| FetchSettings {
        max_redirects,
        ..settings()
    };
    let server = Server::start(answer).await;
    let page = fetch(&with_limit(2), &server.url("/0")).await.unwrap();
    assert_eq!((page.url, page.redirects, page.attempts), (server.url("/2"), 2, 1));
    check_error(
        &with_limit(1),
        &server.url("/0"),
        "too_many_redirects",
        1,
        "more than 1 redirects",
    )
    .await;
    check_error(
        &with_limit(0),
        &server.url("/0"),
        "too_many_redirects",
        1,
        "more than 0 redirects",
    )
    .await;
    assert_eq!(fetch(&with_limit(0), &server.url("/2")).await.unwrap().redirects, 0);
}

#[tokio::test]
async fn circles_are_noticed_and_endless_redirects_end() {
    let circle = |_, request: &str| Answer::redirect(302, if request.starts_with("GET /a") { "/b" } else { "/a" });
    let server = Server::start(circle).await;
    check_error(&settings(), &server.url("/a"), "too_many_redirects", 1, "in a circle").await;
    assert_eq!(server.first_lines(), ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]);
    let server = Server::start(|number, _| Answer::redirect(302, &format!("/{number}"))).await;
    check_error(
        &settings(),
        &server.url("/a"),
        "too_many_redirects",
        1,
        "more than 10 redirects",
    )
    .await;
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn a_redirect_to_itself_with_a_new_cookie_is_no_circle() {
    let answer = |_, request: &str| {
        if request.contains("cookie: seen=1") {
            Answer::new("200 OK", "x")
        } else {
            Answer::redirect(302, "/\r\nSet-Cookie: seen=1")
        }
    };
    let server = Server::start(answer).await;
    let client = client(&settings());
    let cancel = CancellationToken::new();
    assert_eq!(client.fetch(&server.url("/"), &cancel).await.unwrap().redirects, 1);
    let next = client.clone().fetch(&server.url("/next"), &cancel).await.unwrap();
    assert_eq!(next.redirects, 0, "the run keeps its cookies");
}

#[tokio::test]
async fn a_retry_repeats_the_request_that_failed() {
    let answer = |number, request: &str| match number {
        0 => Answer::redirect(303, "/b"),
        1 => Answer::new("503 Busy", ""),
        _ => Answer::new("200 OK", request.lines().next().unwrap_or_default()),
    };
    let server = Server::start(answer).await;
    let settings = FetchSettings {
        method: "POST".into(),
        body: Some(Bytes::from_static(b"x")),
        attempts: 2,
        ..settings()
    };
    let page = fetch(&settings, &server.url("/a")).await.unwrap();
    assert_eq!((page.attempts, page.redirects), (2, 1));
    assert_eq!(
        server.first_lines(),
        ["POST /a HTTP/1.1", "GET /b HTTP/1.1", "GET /b HTTP/1.1"]
    );
    let server = Server::start(move |number, request| answer(number.min(1), request)).await;
    let at = format!("(redirected to {}): the server answered 503", server.url("/b"));
    check_error(&settings, &server.url("/a"), "http_status", 2, &at).await;
}

#[tokio::test]
async fn another_origin_gets_no_credentials() {
    let other = Server::always(|| Answer::new("200 OK", "x")).await;
    let to = other.url("/").to_string();
    let first = Server::start(move |_, _| Answer::redirect(302, &to)).await;
    let settings = FetchSettings {
        headers: vec![("X-Api-Key".into(), "hush".into()), ("X-Other".into(), "kept".into())],
        cookies: vec![("c".into(), "hush".into())],
        auth: Some(BasicAuth {
            username: "me".into(),
            password: "hush".into(),
        }),
        ..settings()
    };
    fetch(&settings, &first.url("/")).await.unwrap();
    let sent = [first.requests().remove(0), other.requests().remove(0)];
    for name in ["authorization: ", "cookie: ", "x-api-key: "] {
        assert_eq!(
            sent.each_ref().map(|request| request.contains(name)),
            [true, false],
            "{name}"
        );
    }
    assert!(sent[1].contains("x-other: kept"), "{}", sent[1]);
}

#[tokio::test]
async fn what_cannot_be_fetched_is_an_invalid_url() {
    let check = async |url: &str| {
        check_error(
            &settings(),
            &Url::parse(url).unwrap(),
            "invalid_url",
            0,
            "http or https",
        )
        .await;
    };
    check("ftp://h.example/").await;
    check("file:///etc/passwd").await;
    let server = Server::always(|| Answer::redirect(302, "ftp://me:hush@h.example/")).await;
    check_error(
        &settings(),
        &server.url("/"),
        "invalid_url",
        1,
        "redirects to 'ftp://h.example/'",
    )
    .await;
    let long = server.url(&format!("/{}", "x".repeat(70_000)));
    check_error(&settings(), &long, "invalid_url", 1, "cannot be requested").await;
}

#[tokio::test]
async fn redirects_and_retries_keep_the_pace() {
    let answer = |number, _: &str| match number {
        0 => Answer::redirect(302, "/b"),
        1 => Answer::new("503 Busy", ""),
        _ => Answer::new("200 OK", "x"),
    };
    let server = Server::start(answer).await;
    let settings = FetchSettings {
        rate: Rate::per_minute(600.0).unwrap(),
        ..settings()
    };
    let started = std::time::Instant::now();
    fetch(&settings, &server.url("/a")).await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(198),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn cancelling_ends_every_wait() {
    // Before the first request; while the server is silent; while waiting for the pace.
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let error = client(&settings())
        .fetch(&closed_port().await, &cancelled)
        .await
        .unwrap_err();
    assert_eq!((error.code().as_str(), error.attempts), ("cancelled", 0));

    let cancel = CancellationToken::new();
    let asked = cancel.clone();
    let server = Server::start(move |_, _| {
        asked.cancel();
        Answer::Silence
    })
    .await;
    let error = client(&settings()).fetch(&server.url("/"), &cancel).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.attempts), ("cancelled", 1));

    let server = Server::always(|| Answer::new("200 OK", "x")).await;
    let client = client(&FetchSettings {
        rate: Rate::per_minute(0.001).unwrap(),
        ..settings()
    });
    client.fetch(&server.url("/"), &CancellationToken::new()).await.unwrap();
    let cancel = CancellationToken::new();
    let url = server.url("/");
    let (second, ()) = tokio::join!(client.fetch(&url, &cancel), async {
        cancel.cancel();
    });
    assert_eq!(second.unwrap_err().code(), crate::fetch::FetchCode::Cancelled);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn no_attempt_at_all_is_refused() {
    let settings = FetchSettings {
        attempts: 0,
        ..settings()
    };
    assert_eq!(Client::new(&settings).err(), Some(SettingsError::Attempts));
    assert!(
        Client::new(&FetchSettings {
            attempts: 1,
            ..settings
        })
        .is_ok()
    );
}

mod tls {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::mpsc;

    use reqwest::Certificate;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    /// A certificate for 127.0.0.1, valid until 2126, and its key. It is good for nothing else.
    const LOOPBACK: &[u8] = include_bytes!("loopback.pem");

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
            transport::builder(settings.timeout).tls_certs_only([certificate]),
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
}
