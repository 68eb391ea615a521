//! Through real proxies.

use super::super::super::fault::ProxyFault;
use super::super::super::server::ProxyScheme;
use super::super::super::test_proxies::{Conduct, TestProxy, closed, page, page_at, server};
use super::*;
use crate::model::GeoTarget;

const SCHEMES: [ProxyScheme; 3] = [ProxyScheme::Http, ProxyScheme::Https, ProxyScheme::Socks5];

#[tokio::test]
async fn a_proxy_resolves_the_names() {
    for scheme in SCHEMES {
        let proxy = TestProxy::start(scheme, page().await, false).await;
        let gateway = through([proxy.server()], ProxyConfig::default()).await;
        assert_eq!(
            page_by(&gateway, "shop.example", 80).await.unwrap(),
            "snow",
            "{scheme:?}"
        );
        assert_eq!(proxy.asked(), ["shop.example:80"]);
        assert_eq!(
            page_by(&gateway, "[2606:2800:21f::1]", 8080).await.unwrap(),
            "snow",
            "{scheme:?}"
        );
        assert_eq!(proxy.asked()[1], "[2606:2800:21f::1]:8080");
    }
}

#[tokio::test]
async fn a_proxy_gets_its_credentials() {
    for scheme in SCHEMES {
        let proxy = TestProxy::start(scheme, page().await, true).await;
        let gateway = through([proxy.server()], ProxyConfig::default()).await;
        assert_eq!(
            page_by(&gateway, "shop.example", 80).await.unwrap(),
            "snow",
            "{scheme:?}"
        );
        for userinfo in ["", "user:wrong@"] {
            let gateway = through([proxy.server_with(userinfo)], ProxyConfig::default()).await;
            let error = refused(&gateway, "shop.example", 80).await;
            let expected = GatewayError::Proxy {
                proxy: proxy.server().address(),
                fault: ProxyFault::Credentials,
            };
            assert_eq!(error, expected, "{scheme:?} {userinfo}");
        }
        assert_eq!(proxy.asked().len(), 1);
    }
}

#[tokio::test]
async fn what_the_guard_refuses_is_not_asked_for_at_a_proxy() {
    for scheme in SCHEMES {
        let proxy = TestProxy::start(scheme, page().await, false).await;
        let gateway = through([proxy.server()], ProxyConfig::default()).await;
        for (host, port) in [
            ("127.0.0.1", 80),
            ("[::1]", 80),
            ("localhost", 80),
            ("shop.example", 22),
        ] {
            let error = refused(&gateway, host, port).await;
            assert!(error.blocked().is_some(), "{host}: {error}");
        }
        assert_eq!(proxy.asked(), [""; 0]);
    }
}

#[tokio::test]
async fn a_dead_proxy_is_skipped_and_then_left_out() {
    let page = page().await;
    let [first, second] = [
        TestProxy::start(ProxyScheme::Http, page, false).await,
        TestProxy::start(ProxyScheme::Socks5, page, false).await,
    ];
    let dead = server(ProxyScheme::Http, "", closed().await);
    let gateway = through([dead, first.server(), second.server()], ProxyConfig::default()).await;
    for _ in 0..12 {
        assert_eq!(page_by(&gateway, "shop.example", 80).await.unwrap(), "snow");
    }
    assert_eq!((first.asked().len(), second.asked().len()), (6, 6));
    assert_eq!(gateway.refusals(), 0);
}

#[tokio::test]
async fn the_rotation_is_exact() {
    let page = page().await;
    let mut proxies = Vec::new();
    for scheme in SCHEMES {
        proxies.push(TestProxy::start(scheme, page, false).await);
    }
    let gateway = through(proxies.iter().map(TestProxy::server), ProxyConfig::default()).await;
    for _ in 0..12 {
        page_by(&gateway, "shop.example", 80).await.unwrap();
    }
    for proxy in proxies {
        assert_eq!(proxy.asked().len(), 4);
    }
}

#[tokio::test]
async fn another_proxy_is_tried_as_often_as_the_job_says() {
    let page = page().await;
    let check = async |conduct: Conduct, scheme: ProxyScheme, max_retries: u32, expected: Option<&str>| {
        let mut proxies = Vec::new();
        for _ in 0..3 {
            proxies.push(TestProxy::start(scheme, page, false).await);
        }
        for proxy in &proxies[..2] {
            proxy.conduct(conduct);
        }
        let config = ProxyConfig {
            max_retries,
            ..ProxyConfig::default()
        };
        let gateway = through(proxies.iter().map(TestProxy::server), config).await;
        let page = page_by(&gateway, "shop.example", 80).await.ok();
        assert_eq!(page.as_deref(), expected, "{conduct:?} {scheme:?} {max_retries}");
        let asked: Vec<usize> = proxies.iter().map(|proxy| proxy.asked().len()).collect();
        let tries = usize::try_from(max_retries).unwrap() + 1;
        assert_eq!(
            asked,
            [1, usize::from(tries > 1), usize::from(tries > 2)],
            "{conduct:?} {scheme:?}"
        );
        if expected.is_none() {
            let error = gateway.refusal("shop.example", 80).unwrap();
            let fault = matches!(
                &error,
                GatewayError::Proxy {
                    fault: ProxyFault::NoTunnel { .. },
                    ..
                }
            );
            assert!(fault, "{error}");
        }
    };
    for scheme in SCHEMES {
        for conduct in [Conduct::Refuses(502), Conduct::HangsUp] {
            check(conduct, scheme, 0, None).await;
            check(conduct, scheme, 1, None).await;
            check(conduct, scheme, 2, Some("snow")).await;
        }
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_is_no_fault_of_the_proxy() {
    let page = page().await;
    let [first, second] = [
        TestProxy::start(ProxyScheme::Socks5, page, false).await,
        TestProxy::start(ProxyScheme::Socks5, page, false).await,
    ];
    first.conduct(Conduct::Refuses(404));
    let gateway = through([first.server(), second.server()], ProxyConfig::default()).await;
    let error = refused(&gateway, "shop.example", 80).await;
    let expected = GatewayError::BehindProxy {
        host: "shop.example:80".to_owned(),
        proxy: first.server().address(),
        reason: "SOCKS error: host unreachable".to_owned(),
    };
    assert_eq!(error, expected);
    assert_eq!(second.asked(), [""; 0]);
}

#[tokio::test]
async fn only_where_allowed_it_goes_without_a_proxy() {
    let page = page_at("127.0.0.2:0", "direct").await;
    let check = async |allowed: bool, expected: Option<&str>| {
        let dead = server(ProxyScheme::Http, "", closed().await);
        let config = ProxyConfig {
            fallback_to_direct: allowed,
            ..ProxyConfig::default()
        };
        let gateway = through([dead], config).await;
        for _ in 0..5 {
            let page = page_by(&gateway, "127.0.0.2", page.port()).await.ok();
            assert_eq!(page.as_deref(), expected);
        }
        gateway
    };
    let gateway = check(false, None).await;
    let error = gateway.refusal("127.0.0.2", page.port()).unwrap();
    assert!(
        error.to_string().contains("every proxy that the job may use is down"),
        "{error}"
    );
    let gateway = check(true, Some("direct")).await;
    // The guard stands there as well.
    assert!(refused(&gateway, "127.0.0.1", page.port()).await.blocked().is_some());
}

#[tokio::test]
async fn a_job_that_wants_a_country_gets_a_proxy_there() {
    let page = page().await;
    let [first, second] = [
        TestProxy::start(ProxyScheme::Http, page, false).await,
        TestProxy::start(ProxyScheme::Http, page, false).await,
    ];
    let servers = || {
        let in_country = |proxy: &TestProxy, place| proxy.server().standing_in(GeoTarget::parse(place));
        [in_country(&first, "DE"), in_country(&second, "US-CA")]
    };
    let wanting = |place: &str| ProxyConfig {
        geo_targeting: GeoTarget::parse(place),
        ..ProxyConfig::default()
    };
    let gateway = through(servers(), wanting("US")).await;
    for _ in 0..3 {
        page_by(&gateway, "shop.example", 80).await.unwrap();
    }
    assert_eq!((first.asked().len(), second.asked().len()), (0, 3));
    let gateway = through(servers(), wanting("FR")).await;
    let error = refused(&gateway, "shop.example", 80).await;
    assert_eq!(
        error.to_string(),
        "no proxy stands in FR, only in DE, US-CA; change or leave out proxy_config.geo_targeting"
    );
}

#[tokio::test]
async fn a_proxy_that_hangs_is_given_up() {
    let page = page().await;
    let [first, second] = [
        TestProxy::start(ProxyScheme::Http, page, false).await,
        TestProxy::start(ProxyScheme::Http, page, false).await,
    ];
    first.conduct(Conduct::Hangs);
    let servers = vec![first.server(), second.server()];
    let pool = ProxyPool::new(servers, None, HealthSettings::default()).unwrap();
    let settings = GatewaySettings {
        route: ProxyRoute::new(&ProxyConfig::default(), pool, "job"),
        connect_timeout: Duration::from_millis(100),
        ..GatewaySettings::default()
    };
    let gateway = Gateway::start(settings).await.unwrap();
    assert_eq!(page_by(&gateway, "shop.example", 80).await.unwrap(), "snow");
}
