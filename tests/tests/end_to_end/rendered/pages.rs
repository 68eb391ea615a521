//! What scripts make of pages, and how they are waited for.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use serde_json::json;
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{job, site, texts};
use crate::run::{small_job, with};
use crate::support::{Ended, Folder};

#[test]
fn pages_made_by_scripts_are_extracted() {
    let site = site();
    let none = json!({});
    let check = |page: &str, selector: &str, render: serde_json::Value, expected: usize| {
        let found = texts(&job(&site, page, selector, &render, &none), &[]);
        assert_eq!(found.len(), expected, "{page} {render}: {found:?}");
        found
    };
    let products = json!({"wait_strategy": "selector", "wait_for_selector": ".product"});
    check("react/", ".product .title", products.clone(), 20);
    let mut more = products.clone();
    more["actions"] = json!([{"click": "#more"}, {"wait_for": ".product:nth-child(30)"}]);
    check("react/", ".product .title", more, 30);
    check(
        "infinite.html",
        ".item",
        json!({"actions": [{"scroll": "end"}, {"wait_for": "#end"}]}),
        50,
    );
    check(
        "never-idle.html",
        ".item",
        json!({"wait_strategy": "domcontentloaded"}),
        3,
    );
    check("dialogs.html", ".content", json!({}), 1);
    check("redirect.html", "title", json!({"wait_strategy": "networkidle"}), 1);
    check("slow.html", "#content", json!({"wait_for_selector": "#content"}), 1);
    check("worker.html", ".item", json!({"wait_for_selector": ".item"}), 5);
    let typed = json!({"actions": [
        {"type": {"selector": "#name", "text": "Ann"}}, {"type": {"selector": "#note", "text": "hello"}},
        {"click": "#send"}, {"wait_for": ".sent"},
    ]});
    assert_eq!(check("form.html", ".sent", typed, 1), ["Ann: hello"]);
    // Without a browser there is nothing.
    check("react/", ".product .title", json!({"enabled": false}), 0);
}

#[test]
fn what_is_waited_for_in_vain_is_said() {
    let site = site();
    let fails = |page: &str, render: serde_json::Value, words: &[&str]| {
        let folder = Folder::with_job(&job(&site, page, "p", &render, &json!({})));
        Ended::within(folder.path(), &["run", "job.json"]).expect(1, words);
    };
    fails(
        "never-idle.html",
        json!({"wait_strategy": "networkidle", "wait_timeout_ms": 2000}),
        &["timeout", "timed out after 2 s"],
    );
    fails(
        "slow.html",
        json!({"wait_for_selector": "#nothing", "wait_timeout_ms": 1500}),
        &["timeout", "#nothing"],
    );
    fails(
        "crash.html",
        json!({"wait_for_selector": "#never", "wait_timeout_ms": 20000}),
        &["render_failed", "crashed"],
    );
    fails("missing.html", json!({}), &["http_status", "404"]);
    let fetched = json!({"wait_for_selector": "#nothing", "wait_timeout_ms": 1500, "fallback_to_fetch": true});
    let found = texts(&job(&site, "never-idle.html", ".item", &fetched, &json!({})), &[]);
    assert_eq!(found.len(), 3, "the page that was fetched instead");
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    let busy = |seconds: &str| Reply::html("busy").status(503).with("retry-after", seconds);
    let asked = Mutex::new(Vec::new());
    let site = RoutedSite::start(move |request| match request.target.as_str() {
        "/soon" => {
            let mut asked = asked.lock().unwrap();
            asked.push(Instant::now());
            match asked.as_slice() {
                [first, second, ..] if *second - *first >= Duration::from_secs(2) => Reply::html("<p>done</p>"),
                [_] => busy("2"),
                _ => Reply::not_found(),
            }
        }
        "/late" => busy("600"),
        _ => Reply::not_found(),
    });
    let job = |page: &str| {
        let queries = [json!({"name": "text", "type": "css", "query": "p"})];
        with(
            small_job(&format!("{}{page}", site.base_url())),
            &json!({"render_config": {}, "request": {"attempts": 3}, "queries": queries}),
        )
    };
    assert_eq!(texts(&job("/soon"), &[]), ["done"]);
    site.take_targets();
    let folder = Folder::with_job(&job("/late"));
    let words = ["http_status", "503", "asks to wait 600 s"];
    Ended::within(folder.path(), &["run", "job.json"]).expect(1, &words);
    let pages = site.take_targets().into_iter().filter(|target| target == "/late");
    assert_eq!(pages.count(), 1, "it is not asked again before that");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    const LOOPBACK: &[u8] = include_bytes!("../../../../engine/src/fetch/client/loopback.pem");
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let page = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let chain = vec![CertificateDer::from_pem_slice(LOOPBACK).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(LOOPBACK).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.unwrap().with_no_client_auth().with_single_cert(chain, key);
        let config = Arc::new(config.unwrap());
        for socket in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // The handshake is made while reading, and ends there.
            let _ = StreamOwned::new(connection, socket.unwrap()).read(&mut [0; 4096]);
        }
    });
    let fails = |page: &str, words: &[&str]| {
        let fields = json!({"render_config": {}, "request": {"robots": "ignore"}});
        let folder = Folder::with_job(&with(small_job(page), &fields));
        Ended::within(folder.path(), &["run", "job.json"]).expect(1, words);
    };
    fails(&page, &["tls_failed", "ERR_CERT_AUTHORITY_INVALID"]);
    let plain = site();
    fails(
        &plain.base_url().replace("http:", "https:"),
        &["tls_failed", "ERR_SSL_PROTOCOL_ERROR"],
    );
}
