//! A page that tries to reach the private network from inside the browser reaches nothing.

use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use serde_json::json;
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{job, site};
use crate::support::Server;

#[test]
fn nothing_is_reached_from_inside_a_page() {
    let site = site();
    // A service of the private network: on an address of loopback that the operator has not allowed, as the site's is.
    let (tcp, udp) = loop {
        let tcp = TcpListener::bind(("127.0.0.9", 0)).unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            break (tcp, udp);
        }
    };
    tcp.set_nonblocking(true).unwrap();
    udp.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let target = tcp.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), |command| {
        command.env("SNOWSCRAPE_ALLOW_ADDRESSES", "127.0.0.1/32")
    });
    let ann = server.client("ann");
    let render = json!({"wait_for_selector": "#done", "wait_timeout_ms": 30_000});
    let page = format!("hostile.html?target=http://{target}/");
    let id = ann.create(&job(&site, &page, "[data-way]::attr(data-way)", &render, &json!({})));
    ann.run(&id);
    ann.wait_for(&id, "success");
    assert!(ann.rows(&id).len() >= 40, "the page has tried its ways");
    assert!(tcp.accept().is_err(), "a connection came");
    assert!(udp.recv_from(&mut [0; 100]).is_err(), "a datagram came");

    // Nor may a redirect of the page itself lead there.
    let location = format!("http://{target}/");
    let redirecting = RoutedSite::start(move |_| Reply::redirect(location.as_str()));
    let ignoring = json!({"request": {"robots": "ignore"}});
    let mut there = job(&site, "landed.html", "p", &json!({}), &ignoring);
    there["source"] = json!(redirecting.base_url());
    let id = ann.create(&there);
    ann.run(&id);
    let failed = ann.wait_for(&id, "failed");
    assert_eq!(failed["last_error"]["code"], "blocked_address", "{failed:#}");
    assert!(tcp.accept().is_err(), "a connection came");
}
