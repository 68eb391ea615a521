//! A run's route: turns, places, tries, and why there is none.

use super::super::health::HealthSettings;
use super::*;
use crate::model::RotationStrategy;

/// A pool of proxies that stand there; `-` is nowhere known.
fn pool(places: &[&str]) -> ProxyPool {
    let server = |(number, place): (usize, &&str)| {
        let server: ProxyServer = format!("http://u:secret@p{number}.example:3128").parse().unwrap();
        server.standing_in(GeoTarget::parse(place))
    };
    let servers = places.iter().enumerate().map(server);
    ProxyPool::new(servers, None, HealthSettings::default()).unwrap()
}

fn route(pool: &ProxyPool, config: &ProxyConfig) -> ProxyRoute {
    ProxyRoute::new(config, pool.clone(), "job").unwrap()
}

/// The first label of the proxy that is picked.
fn pick(route: &ProxyRoute, host: &str) -> Option<String> {
    let server = route.pick(host, &[])?;
    Some(server.address().split('.').next().unwrap().to_owned())
}

fn unreachable() -> ProxyFault {
    ProxyFault::Unreachable {
        reason: "refused".to_owned(),
    }
}

/// Takes a proxy of the pool down by failures in a row.
fn take_down(pool: &ProxyPool, place: usize) {
    for _ in 0..3 {
        pool.report(&pool.servers()[place], "a.example", Err(&unreachable()));
    }
}

/// All ways of a request of which each fails.
fn ways(route: &ProxyRoute) -> (Vec<String>, String) {
    let mut tries = route.tries("a.example");
    let mut ways = Vec::new();
    loop {
        let has_another = tries.has_another();
        let way = tries.next_way();
        assert_eq!(has_another, way.is_ok(), "{way:?}");
        match way {
            Ok(Via::Proxy(server)) => ways.push(server.address().split('.').next().unwrap().to_owned()),
            Ok(Via::Direct) => ways.push("direct".to_owned()),
            Err(none) => return (ways, none.to_string()),
        }
    }
}

#[test]
fn a_job_without_proxies_has_no_route() {
    let config = ProxyConfig {
        enabled: false,
        ..ProxyConfig::default()
    };
    assert!(ProxyRoute::new(&config, pool(&["US"]), "job").is_none());
}

#[tokio::test(start_paused = true)]
async fn each_run_has_its_own_turn() {
    let pool = pool(&["-", "-", "-"]);
    let [first, second] = [(); 2].map(|()| route(&pool, &ProxyConfig::default()));
    for expected in ["p0", "p1", "p2", "p0"] {
        assert_eq!(pick(&first, "a.example").unwrap(), expected);
        assert_eq!(pick(&second, "a.example").unwrap(), expected);
    }
    let clone = first.clone();
    assert_eq!(pick(&clone, "a.example").unwrap(), "p1");
    assert_eq!(pick(&first, "a.example").unwrap(), "p2");
}

#[tokio::test(start_paused = true)]
async fn the_place_is_chosen() {
    let check = |target: &str, expected: &[&str]| {
        let config = ProxyConfig {
            geo_targeting: GeoTarget::parse(target),
            max_retries: 9,
            ..ProxyConfig::default()
        };
        let (ways, _) = ways(&route(&pool(&["US", "DE", "US-CA", "-", "US-NY"]), &config));
        assert_eq!(ways, expected, "{target}");
    };
    check("US", &["p0", "p2", "p4"]);
    check("US-CA", &["p2"]);
    check("DE", &["p1"]);
    check("FR", &[]);
    check("DE-BY", &[]);
    check("", &["p0", "p1", "p2", "p3", "p4"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_down_is_left_out_until_a_request_gets_through() {
    let pool = pool(&["-", "-"]);
    let route = route(&pool, &ProxyConfig::default());
    take_down(&pool, 0);
    for _ in 0..4 {
        assert_eq!(pick(&route, "a.example").unwrap(), "p1");
    }
    tokio::time::advance(Duration::from_secs(30)).await;
    // One request tries it, and no other does before it is back.
    let picked: Vec<String> = (0..4).map(|_| pick(&route, "a.example").unwrap()).collect();
    assert_eq!(picked.iter().filter(|picked| *picked == "p0").count(), 1, "{picked:?}");
    route.report(&pool.servers()[0], "a.example", Ok(()));
    let picked: Vec<String> = (0..4).map(|_| pick(&route, "a.example").unwrap()).collect();
    assert_eq!(picked.iter().filter(|picked| *picked == "p0").count(), 2, "{picked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_one_run_finds_out_serves_all() {
    let pool = pool(&["-", "-"]);
    let [first, second] = [(); 2].map(|()| route(&pool, &ProxyConfig::default()));
    for _ in 0..3 {
        first.report(&pool.servers()[0], "a.example", Err(&unreachable()));
    }
    assert_eq!(pick(&second, "a.example").unwrap(), "p1");
    assert_eq!(pick(&second, "a.example").unwrap(), "p1");
}

#[tokio::test(start_paused = true)]
async fn a_sticky_proxy_is_left_only_while_it_is_down() {
    let pool = pool(&["-", "-", "-"]);
    let config = ProxyConfig {
        rotation_strategy: RotationStrategy::Sticky,
        ..ProxyConfig::default()
    };
    let route = route(&pool, &config);
    let own = pick(&route, "shop.example").unwrap();
    for _ in 0..5 {
        assert_eq!(pick(&route, "shop.example").unwrap(), own);
    }
    let place = own[1..].parse().unwrap();
    take_down(&pool, place);
    let other = pick(&route, "shop.example").unwrap();
    assert_ne!(other, own);
    assert_eq!(pick(&route, "shop.example").unwrap(), other);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(pick(&route, "shop.example").unwrap(), own);
    route.report(&pool.servers()[place], "shop.example", Ok(()));
    assert_eq!(pick(&route, "shop.example").unwrap(), own);
}

#[tokio::test(start_paused = true)]
async fn each_try_goes_another_way() {
    let check = |proxies: usize, max_retries: u32, fallback_to_direct: bool, expected: &[&str]| {
        let config = ProxyConfig {
            max_retries,
            fallback_to_direct,
            ..ProxyConfig::default()
        };
        let (ways, error) = ways(&route(&pool(&vec!["-"; proxies]), &config));
        assert_eq!(ways, expected, "{proxies} {max_retries} {fallback_to_direct}");
        assert!(error.contains("tried with") || proxies == 0, "{error}");
    };
    check(3, 0, false, &["p0"]);
    check(3, 1, false, &["p0", "p1"]);
    check(3, 2, false, &["p0", "p1", "p2"]);
    check(3, 9, false, &["p0", "p1", "p2"]);
    check(3, 1, true, &["p0", "p1", "direct"]);
    check(0, 1, true, &["direct"]);
    check(0, 1, false, &[]);
}

#[tokio::test(start_paused = true)]
async fn why_there_is_none_is_told_and_how_to_mend_it() {
    let check = |route: &ProxyRoute, expected: &str| {
        let error = route.tries("a.example").next_way().unwrap_err().to_string();
        assert_eq!(error, expected);
    };
    let wanting = |place: &str| ProxyConfig {
        geo_targeting: GeoTarget::parse(place),
        ..ProxyConfig::default()
    };
    check(
        &route(&pool(&[]), &wanting("US")),
        "the job wants a proxy, and this server has none; its operator can add some, or set proxy_config.enabled to \
         false",
    );
    check(
        &route(&pool(&["US-CA", "DE", "-", "DE"]), &wanting("us-ny")),
        "no proxy stands in US-NY, only in DE, US-CA; change or leave out proxy_config.geo_targeting",
    );
    let pool = pool(&["US", "DE"]);
    take_down(&pool, 1);
    tokio::time::advance(Duration::from_secs(12)).await;
    check(
        &route(&pool, &wanting("DE")),
        "every proxy that the job may use is down: p1.example:3128 cannot be reached: refused; check that it runs and \
         that its host and port are right (for 12 s); try again later, or allow proxy_config.fallback_to_direct",
    );
    assert!(route(&pool, &wanting("US")).tries("a.example").next_way().is_ok());
}

#[test]
fn a_long_list_is_cut() {
    let down = |number: u32| DownProxy {
        address: format!("p{number}"),
        down_for: Duration::ZERO,
        fault: ProxyFault::Credentials,
    };
    let list = |count: u32| List(&(0..count).map(down).collect::<Vec<_>>()).to_string();
    assert!(list(5).contains("p4") && !list(5).contains("more"));
    assert!(!list(6).contains("p5") && list(6).ends_with("; and 1 more"));
}
