//! The pool: its settings, and the health check over real sockets.

use super::super::health::Standing;
use super::super::test_proxies::{Conduct, TestProxy, client_tls, closed, page, server};
use super::*;

fn servers(urls: &[&str]) -> Vec<ProxyServer> {
    urls.iter().map(|url| url.parse().unwrap()).collect()
}

#[test]
fn what_makes_no_pool() {
    let check = |urls: &[&str], guard: Option<AddressGuard>, expected: Option<&str>| {
        let pool = ProxyPool::new(servers(urls), guard, HealthSettings::default());
        let error = pool.err().map(|error| error.to_string());
        match (&error, expected) {
            (None, None) => {}
            (Some(error), Some(expected)) => {
                assert!(error.contains(expected) && !error.contains("secret"), "{error}");
            }
            _ => panic!("{urls:?}: {error:?}"),
        }
    };
    check(&["http://a.example", "http://b.example"], None, None);
    check(
        &[
            "http://u:secret@a.example",
            "http://b.example",
            "http://u:secret@a.example:80",
        ],
        None,
        Some("proxies 1 and 3 are the same (http://a.example:80)"),
    );
    check(&["http://127.0.0.1:3128"], None, None);
    let guard = AddressGuard::default();
    check(&["http://93.184.215.14:3128"], Some(guard.clone()), None);
    check(
        &["http://a.example", "socks5://u:secret@127.0.0.1"],
        Some(guard.clone()),
        Some("proxy 2 (socks5://127.0.0.1:1080): the address 127.0.0.1 is a loopback address"),
    );
    let allowing = guard.allowing(["127.0.0.0/8".parse().unwrap()], []);
    check(&["socks5://127.0.0.1"], Some(allowing), None);
}

#[test]
fn debugging_shows_no_password() {
    let pool = ProxyPool::new(servers(&["http://u:secret@a.example"]), None, HealthSettings::default()).unwrap();
    let shown = format!("{pool:?}");
    assert!(shown.contains("a.example:80") && !shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_proxys_own_name_is_judged_when_it_is_dialled() {
    let pool = ProxyPool::new(
        servers(&["http://localhost:3128"]),
        Some(AddressGuard::default()),
        HealthSettings::default(),
    );
    let pool = pool.unwrap();
    let fault = pool.connect(&pool.servers()[0]).await.err().unwrap();
    assert!(fault.to_string().contains("a loopback address"), "{fault}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_the_proxys_fault() {
    let proxy = TestProxy::start(ProxyScheme::Https, page().await, false).await;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let distrusting = builder
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let pool = ProxyPool::with(
        vec![proxy.server()],
        None,
        HealthSettings::default(),
        Arc::new(SystemResolver),
        Some(Arc::new(distrusting)),
    );
    let pool = pool.unwrap();
    let fault = pool.connect(&pool.servers()[0]).await.err().unwrap();
    assert!(fault.to_string().contains("invalid peer certificate"), "{fault}");
}

fn pool(server: ProxyServer, settings: HealthSettings) -> ProxyPool {
    ProxyPool::with(
        vec![server],
        None,
        settings,
        Arc::new(SystemResolver),
        Some(client_tls()),
    )
    .unwrap()
}

fn fail(pool: &ProxyPool, fault: &ProxyFault) {
    for target in ["a.example", "b.example", "c.example"] {
        pool.report(&pool.servers()[0], target, Err(fault));
    }
}

fn standing(pool: &ProxyPool) -> Standing {
    pool.health()[0].standing(Instant::now())
}

const SCHEMES: [ProxyScheme; 3] = [ProxyScheme::Http, ProxyScheme::Https, ProxyScheme::Socks5];

#[tokio::test]
async fn the_check_takes_back_who_answers() {
    let check = async |proxy: &TestProxy, server: ProxyServer, expected: Standing| {
        let settings = HealthSettings {
            timeout: Duration::from_secs(1),
            ..HealthSettings::default()
        };
        let pool = pool(server, settings);
        fail(&pool, &ProxyFault::Credentials);
        assert_eq!(standing(&pool), Standing::Down);
        pool.check().await;
        assert_eq!(standing(&pool), expected, "{:?}", pool.servers());
        assert_eq!(proxy.asked(), [""; 0], "no target is asked for");
    };
    for scheme in SCHEMES {
        let page = page().await;
        let open = TestProxy::start(scheme, page, false).await;
        check(&open, open.server(), Standing::Up).await;
        let wanting = TestProxy::start(scheme, page, true).await;
        check(&wanting, wanting.server(), Standing::Up).await;
        check(&wanting, wanting.server_with(""), Standing::Down).await;
        check(&wanting, wanting.server_with("user:wrong@"), Standing::Down).await;
        let dead = server(scheme, "", closed().await);
        check(&open, dead, Standing::Down).await;
    }
    let odd = TestProxy::start(ProxyScheme::Http, page().await, false).await;
    let statuses = [
        (200, Standing::Up),
        (401, Standing::Down),
        (403, Standing::Up),
        (407, Standing::Down),
        (502, Standing::Up),
    ];
    for (status, expected) in statuses {
        odd.conduct(Conduct::Refuses(status));
        check(&odd, odd.server(), expected).await;
    }
    let http = TestProxy::start(ProxyScheme::Http, page().await, false).await;
    let address = http.server().address().parse().unwrap();
    check(&http, server(ProxyScheme::Socks5, "", address), Standing::Down).await;
    check(&http, server(ProxyScheme::Https, "", address), Standing::Down).await;
    let socks = TestProxy::start(ProxyScheme::Socks5, page().await, false).await;
    let address = socks.server().address().parse().unwrap();
    check(&socks, server(ProxyScheme::Http, "", address), Standing::Down).await;
}

#[tokio::test]
async fn who_answers_but_opens_no_connections_is_tried_by_a_request() {
    let proxy = TestProxy::start(ProxyScheme::Http, page().await, false).await;
    let pool = pool(proxy.server(), HealthSettings::default());
    let fault = ProxyFault::NoTunnel {
        reason: "it refused the request".to_owned(),
    };
    fail(&pool, &fault);
    pool.check().await;
    assert_eq!(standing(&pool), Standing::Trial);
}

#[tokio::test]
async fn one_that_hangs_goes_down_although_only_one_target_failed() {
    let proxy = TestProxy::start(ProxyScheme::Http, page().await, false).await;
    proxy.conduct(Conduct::Hangs);
    let settings = HealthSettings {
        timeout: Duration::from_millis(50),
        ..HealthSettings::default()
    };
    let pool = pool(proxy.server(), settings);
    let fault = ProxyFault::NoTunnel {
        reason: "no answer".to_owned(),
    };
    pool.report(&pool.servers()[0], "a.example", Err(&fault));
    assert_eq!(standing(&pool), Standing::Up);
    pool.check().await;
    assert_eq!(standing(&pool), Standing::Down);
}

/// Waits until the proxy has this standing.
async fn wait_for(pool: &ProxyPool, expected: Standing) {
    let waiting = async {
        while standing(pool) != expected {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), waiting).await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_starts_again_is_taken_back() {
    let address = closed().await;
    let settings = HealthSettings {
        check_every: Duration::from_millis(20),
        ..HealthSettings::default()
    };
    let pool = pool(server(ProxyScheme::Socks5, "", address), settings);
    let _watch = pool.watch();
    let fault = ProxyFault::Unreachable {
        reason: "refused".to_owned(),
    };
    fail(&pool, &fault);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(standing(&pool), Standing::Down);
    let _proxy = TestProxy::listen(ProxyScheme::Socks5, page().await, false, address).await;
    wait_for(&pool, Standing::Up).await;
}

#[tokio::test]
async fn a_suspect_is_checked_at_once() {
    let settings = HealthSettings {
        check_every: Duration::from_hours(1),
        ..HealthSettings::default()
    };
    let pool = pool(server(ProxyScheme::Http, "", closed().await), settings);
    let _watch = pool.watch();
    let fault = ProxyFault::NoTunnel {
        reason: "no answer".to_owned(),
    };
    pool.report(&pool.servers()[0], "a.example", Err(&fault));
    wait_for(&pool, Standing::Down).await;
}
