//! The client against servers on loopback.

mod conditional;
mod guarded;
mod hostile;
mod manners;
mod proxies;
mod redirects;
mod tls;

use bytes::Bytes;
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
    client_in(settings, http, FetchEnvironment::default())
}

/// A client whose hosts slow down as shortly as its retries wait.
fn client_in(settings: &FetchSettings, http: ClientBuilder, environment: FetchEnvironment) -> Client {
    let environment = FetchEnvironment {
        hosts: HostLimits::with_slow_down(Duration::from_millis(1), Duration::from_millis(4)),
        ..environment
    };
    Client::build(settings, http.no_proxy(), waits(settings), environment).unwrap()
}

fn waits(settings: &FetchSettings) -> Retry {
    Retry::new(settings.attempts).with_waits(Duration::from_millis(1), Duration::from_millis(4))
}

fn client(settings: &FetchSettings) -> Client {
    client_with(settings, transport::builder(settings.timeout, None))
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
        transport::builder(settings.timeout, None).dns_resolver(Arc::new(NoHosts)),
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
    assert_eq!(
        Client::new(&settings, FetchEnvironment::default()).err(),
        Some(SettingsError::Attempts)
    );
    let one = FetchSettings {
        attempts: 1,
        ..settings
    };
    assert!(Client::new(&one, FetchEnvironment::default()).is_ok());
}
