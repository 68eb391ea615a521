//! Without proxies.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::super::dial::DialError;
use super::super::super::test_proxies::{closed, page, page_at};
use super::*;
use crate::fetch::Blocked;

#[tokio::test]
async fn what_the_guard_refuses_is_not_connected_to() {
    let page = page().await;
    let gateway = direct(Arc::new(SystemResolver)).await;
    let check = async |host: &str, port: u16| {
        let error = refused(&gateway, host, port).await;
        let blocked = error.blocked().cloned();
        blocked.unwrap_or_else(|| panic!("{host}:{port}: {error}"))
    };
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "a.localhost"] {
        let blocked = check(host, page.port()).await;
        assert!(matches!(blocked, Blocked::Address { .. }), "{host}: {blocked}");
    }
    assert_eq!(check("127.0.0.2", 22).await, Blocked::Port { port: 22 });
}

#[tokio::test]
async fn what_it_allows_is() {
    let page = page_at("127.0.0.2:0", "snow").await;
    let gateway = direct(Arc::new(SystemResolver)).await;
    assert_eq!(page_by(&gateway, "127.0.0.2", page.port()).await.unwrap(), "snow");
    assert_eq!(
        (gateway.refusals(), gateway.refusal("127.0.0.2", page.port())),
        (0, None)
    );
}

#[tokio::test]
async fn without_a_guard_everything_is() {
    let page = page().await;
    let settings = GatewaySettings {
        guard: None,
        ..GatewaySettings::default()
    };
    let gateway = Gateway::start(settings).await.unwrap();
    assert_eq!(page_by(&gateway, "localhost", page.port()).await.unwrap(), "snow");
}

#[tokio::test]
async fn what_is_judged_is_what_is_dialled() {
    let public = page_at("127.0.0.2:0", "public").await;
    let _private = page_at(&format!("127.0.0.1:{}", public.port()), "private").await;
    let resolver = ListedResolver::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let gateway = direct(resolver.clone()).await;
    assert_eq!(
        page_by(&gateway, "rebind.example", public.port()).await.unwrap(),
        "public"
    );
    // One question to a connection: there is no second answer to dial.
    assert_eq!(resolver.left(), 1);
    let error = refused(&gateway, "rebind.example", public.port()).await;
    assert!(error.to_string().contains("127.0.0.1 is a loopback address"), "{error}");
}

#[tokio::test]
async fn of_mixed_addresses_only_the_allowed_are_dialled() {
    let public = page_at("127.0.0.2:0", "public").await;
    let _private = page_at(&format!("127.0.0.1:{}", public.port()), "private").await;
    let resolver = ListedResolver::new(&[
        &["127.0.0.1", "10.0.0.1", "127.0.0.2", "::1"],
        &["10.0.0.1", "127.0.0.1"],
    ]);
    let gateway = direct(resolver).await;
    assert_eq!(
        page_by(&gateway, "mixed.example", public.port()).await.unwrap(),
        "public"
    );
    let error = refused(&gateway, "mixed.example", public.port()).await;
    assert!(error.to_string().contains("10.0.0.1 is private"), "{error}");
}

#[tokio::test]
async fn a_success_forgets_the_refusal() {
    let page = page_at("127.0.0.2:0", "snow").await;
    let gateway = direct(ListedResolver::new(&[&["127.0.0.1"], &["127.0.0.2"]])).await;
    refused(&gateway, "a.example", page.port()).await;
    page_by(&gateway, "a.example", page.port()).await.unwrap();
    assert_eq!(gateway.refusal("a.example", page.port()), None);
}

#[tokio::test]
async fn names_and_servers_that_are_not_there() {
    let gateway = direct(ListedResolver::new(&[&["127.0.0.2"]])).await;
    let port = closed().await.port();
    let error = refused(&gateway, "a.example", port).await;
    assert!(
        matches!(&error, GatewayError::Dial(DialError::Connect { host, .. }) if *host == format!("a.example:{port}")),
        "{error}"
    );
    let error = refused(&gateway, "b.example", port).await;
    assert!(matches!(error, GatewayError::Dial(DialError::Dns { .. })), "{error}");
}

/// The answer to this request after the negotiation.
async fn ask(gateway: &Gateway, request: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(gateway.address()).await.unwrap();
    socket.write_all(&[5, 1, 0]).await.unwrap();
    let mut chosen = [0; 2];
    socket.read_exact(&mut chosen).await.unwrap();
    assert_eq!(chosen, [5, 0]);
    socket.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn there_is_no_udp_and_no_listening() {
    const COMMAND_NOT_SUPPORTED: u8 = 7;
    let gateway = direct(Arc::new(SystemResolver)).await;
    for command in [2, 3] {
        let answer = ask(&gateway, &[5, command, 0, 1, 127, 0, 0, 2, 0, 80]).await;
        assert_eq!(answer[..2], [5, COMMAND_NOT_SUPPORTED], "command {command}");
    }
}

#[tokio::test]
async fn literals_are_judged_in_whatever_form_they_come() {
    const NOT_ALLOWED: u8 = 2;
    let gateway = direct(ListedResolver::new(&[])).await;
    let check = async |kind: u8, address: &[u8], known_as: &str| {
        let request = [&[5, 1, 0, kind], address, &[0, 80]].concat();
        assert_eq!(ask(&gateway, &request).await[..2], [5, NOT_ALLOWED], "{known_as}");
        let error = gateway.refusal(known_as, 80).unwrap();
        assert!(error.blocked().is_some(), "{known_as}: {error}");
    };
    check(1, &[127, 0, 0, 1], "127.0.0.1").await;
    check(4, &Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets(), "[::ffff:127.0.0.1]").await;
    // Chromium sends literals as names, without brackets.
    for name in [
        "::1",
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "localhost.",
        "169.254.169.254",
    ] {
        let length = u8::try_from(name.len()).unwrap();
        check(3, &[&[length], name.as_bytes()].concat(), name).await;
    }
}

#[tokio::test]
async fn what_is_no_host_is_refused() {
    const HOST_UNREACHABLE: u8 = 4;
    let gateway = direct(ListedResolver::new(&[])).await;
    for name in [
        "",
        "user@a.example",
        "a.example/b",
        "a b",
        "a.example:80",
        "[::1",
        "\u{0}",
    ] {
        let length = u8::try_from(name.len()).unwrap();
        let request = [&[5, 1, 0, 3, length], name.as_bytes(), &[0, 80]].concat();
        assert_eq!(ask(&gateway, &request).await[..2], [5, HOST_UNREACHABLE], "{name:?}");
    }
}

#[tokio::test]
async fn dropping_it_ends_its_connections() {
    let page = page_at("127.0.0.2:0", "snow").await;
    let gateway = direct(Arc::new(SystemResolver)).await;
    let address = gateway.address();
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&[5, 1, 0]).await.unwrap();
    let [high, low] = page.port().to_be_bytes();
    socket.write_all(&[5, 1, 0, 1, 127, 0, 0, 2, high, low]).await.unwrap();
    socket.read_exact(&mut [0; 12]).await.unwrap();
    drop(gateway);
    // An end or a reset, but an end.
    let _ = socket.read_to_end(&mut Vec::new()).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn connections_above_the_limit_wait() {
    let settings = GatewaySettings {
        max_connections: 1,
        ..GatewaySettings::default()
    };
    let gateway = Gateway::start(settings).await.unwrap();
    let mut first = TcpStream::connect(gateway.address()).await.unwrap();
    first.write_all(&[5, 1, 0]).await.unwrap();
    first.read_exact(&mut [0; 2]).await.unwrap();
    let mut second = TcpStream::connect(gateway.address()).await.unwrap();
    second.write_all(&[5, 1, 0]).await.unwrap();
    let mut answer = [0; 2];
    let waiting = timeout(Duration::from_millis(100), second.read_exact(&mut answer)).await;
    assert!(waiting.is_err(), "{answer:?}");
    drop(first);
    second.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [5, 0]);
}
