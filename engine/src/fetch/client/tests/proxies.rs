//! What proxies mean for the pace and for robots.txt.

use super::*;
use crate::fetch::proxy::{HealthSettings, ProxyPool};
use crate::fetch::{RobotsCache, WantedProxies};
use crate::model::ProxyConfig;

/// A client of these proxies, one after the other.
fn through(proxies: &[Url], settings: &FetchSettings, robots: Option<&RobotsCache>) -> Client {
    through_pool(proxies, HealthSettings::default(), settings, robots)
}

fn through_pool(
    proxies: &[Url],
    health: HealthSettings,
    settings: &FetchSettings,
    robots: Option<&RobotsCache>,
) -> Client {
    let servers = proxies.iter().map(|url| url.as_str().parse().unwrap());
    let environment = FetchEnvironment {
        proxies: Some(ProxyPool::new(servers, None, health).unwrap()),
        robots: robots.cloned(),
        ..FetchEnvironment::default()
    };
    let settings = FetchSettings {
        proxies: Some(WantedProxies {
            job: "job".into(),
            config: ProxyConfig {
                max_retries: 2,
                ..ProxyConfig::default()
            },
        }),
        ..settings.clone()
    };
    client_in(&settings, transport::builder(settings.timeout, None), environment)
}

fn page() -> Url {
    "http://site.test/page".parse().unwrap()
}

#[tokio::test]
async fn each_proxy_that_is_tried_is_a_request_to_the_pace() {
    let good = Server::always(|| Answer::new("200 OK", "page")).await;
    let proxies = [closed_port().await, closed_port().await, good.url("/")];
    let interval = Duration::from_millis(200);
    let slow = FetchSettings {
        rate: Rate::per_minute(300.0).unwrap(),
        ..settings()
    };
    let client = through(&proxies, &slow, None);
    let started = std::time::Instant::now();
    let fetched = client.fetch(&page(), &CancellationToken::new()).await.unwrap();
    assert_eq!((&*fetched.body, fetched.attempts), (&b"page"[..], 1));
    assert!(started.elapsed() >= 2 * interval, "{:?}", started.elapsed());
    assert_eq!(good.requests().len(), 1);
}

#[tokio::test]
async fn the_last_proxys_fault_is_told_without_waiting_for_another() {
    let dead = closed_port().await;
    let slowest = FetchSettings {
        rate: Rate::per_minute(0.001).unwrap(),
        attempts: 1,
        ..settings()
    };
    let client = through(&[dead], &slowest, None);
    let error = client.fetch(&page(), &CancellationToken::new()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "proxy_failed", "{error}");
}

#[tokio::test]
async fn a_silent_proxy_is_to_blame_once_it_had_its_time() {
    // What pages come to after three, each of another host, that were given up after `given_up`.
    let check = async |patience: u64, given_up: u64, expected: &str| {
        let silent = Server::always(|| Answer::Silence).await;
        let health = HealthSettings {
            timeout: Duration::from_millis(patience),
            ..HealthSettings::default()
        };
        let hasty = FetchSettings {
            timeout: Duration::from_secs(1),
            attempts: 1,
            ..settings()
        };
        let client = through_pool(&[silent.url("/")], health, &hasty, None);
        let cancel = CancellationToken::new();
        for host in ["a", "b", "c"] {
            let url = format!("http://{host}.test/").parse().unwrap();
            let fetched = tokio::time::timeout(Duration::from_millis(given_up), client.fetch(&url, &cancel)).await;
            assert_eq!(fetched.is_err(), given_up < 1_000, "{host}");
        }
        let error = client.fetch(&page(), &cancel).await.unwrap_err();
        assert_eq!(error.code().as_str(), expected, "{patience} {given_up}: {error}");
    };
    check(300, 10_000, "proxy_failed").await;
    check(10_000, 10_000, "timeout").await;
    check(300, 20, "timeout").await;
}

#[tokio::test]
async fn a_proxys_refusal_of_robots_txt_is_no_answer_for_those_who_ask_the_site() {
    let site = Server::always(|| Answer::new("200 OK", "user-agent: *\ndisallow: /")).await;
    let refusing = Server::always(|| Answer::new("403 Forbidden", "not through me")).await;
    let cache = RobotsCache::new();
    let by_proxy = through(&[refusing.url("/")], &settings(), Some(&cache));
    by_proxy
        .may_fetch(&site.url("/page"), &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(refusing.requests().len(), 1);
    let environment = FetchEnvironment {
        robots: Some(cache),
        ..FetchEnvironment::default()
    };
    let straight = client_in(&settings(), transport::builder(settings().timeout, None), environment);
    let error = straight.may_fetch(&site.url("/page"), &CancellationToken::new()).await;
    assert_eq!(error.unwrap_err().code().as_str(), "blocked_by_robots");
}
