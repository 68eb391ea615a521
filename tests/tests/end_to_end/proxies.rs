//! Jobs that fetch through forward proxies: real ones, on loopback.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use snowscrape_tests::forward_proxies::ForwardProxy;
use snowscrape_tests::routed::{Reply, RoutedSite};

use crate::run::{small_job, with};
use crate::support::{Ended, Folder, Server, snowscrape};

fn site() -> RoutedSite {
    RoutedSite::start(|asked| Reply::html(format!("<title>{}</title>", asked.target)))
}

/// A job of so many pages, one after the other, through the proxies.
fn job(site: &RoutedSite, pages: u32, proxies: &Json) -> Json {
    let fields = json!({
        "source": format!("{}/[1-{pages}]", site.base_url()), "concurrency": 1, "proxy_config": proxies,
        "request": {"robots": "ignore", "attempts": 1, "timeout_ms": 10_000},
    });
    with(small_job("http://a.example/"), &fields)
}

/// A file of settings with proxies, each with a country.
fn settings(proxies: &[(String, &str)]) -> String {
    proxies
        .iter()
        .map(|(url, country)| format!("[[proxies]]\nurl = \"{url}\"\ncountry = \"{country}\"\n\n"))
        .collect()
}

fn run(job: &Json, proxies: &[(String, &str)]) -> (Ended, usize) {
    let folder = Folder::with_job(job);
    folder.write("settings.toml", &settings(proxies));
    let mut command = snowscrape(&["run", "job.json", "--config", "settings.toml", "--output", "rows.json"]);
    let ended = Ended::of(command.current_dir(folder.path()).env("SNOWSCRAPE_LOG", "trace"));
    let rows = if folder.names().contains(&"rows.json".to_owned()) {
        folder.rows("rows.json").len()
    } else {
        0
    };
    (ended, rows)
}

/// The proxies' counts, once they are these: some write their log when a connection is over.
#[track_caller]
fn check_served(proxies: &[&ForwardProxy], expected: &[usize]) {
    for (proxy, expected) in proxies.iter().zip(expected) {
        proxy.wait_for_served(*expected);
        assert_eq!(proxy.served(), *expected, "{}", proxy.address());
    }
}

#[test]
fn requests_take_turns_through_three_kinds_of_proxy() {
    let site = site();
    let (tiny, squid, socks) = (
        ForwardProxy::tinyproxy(None),
        ForwardProxy::squid(None),
        ForwardProxy::socks(None),
    );
    let proxies = [(tiny.url(), "US"), (squid.url(), "DE"), (socks.url(), "US-CA")];
    let (ended, rows) = run(&job(&site, 9, &json!({"rotation_strategy": "round-robin"})), &proxies);
    ended.expect(0, &["pages     9"]);
    assert_eq!(rows, 9);
    // SOCKS is counted by connections, which are kept for the next request.
    check_served(&[&tiny, &squid], &[3, 3]);
    assert!(socks.served() >= 1);
    assert_eq!(site.take_asked().len(), 9);

    let (ended, _) = run(&job(&site, 4, &json!({"geo_targeting": "DE"})), &proxies);
    ended.expect(0, &[]);
    check_served(&[&tiny, &squid], &[3, 7]);
    let before = socks.served();
    let (ended, _) = run(&job(&site, 4, &json!({"geo_targeting": "us-ca"})), &proxies);
    ended.expect(0, &[]);
    check_served(&[&tiny, &squid], &[3, 7]);
    assert!(socks.served() > before);
    let (ended, _) = run(&job(&site, 1, &json!({"geo_targeting": "FR"})), &proxies);
    ended.expect(1, &["proxy_failed", "no proxy stands in FR, only in DE, US, US-CA"]);

    let (ended, _) = run(
        &job(&site, 6, &json!({"rotation_strategy": "sticky", "geo_targeting": "US"})),
        &proxies,
    );
    ended.expect(0, &[]);
    let stayed = [tiny.served() - 3, usize::from(socks.served() > before + 1)];
    assert!(stayed == [6, 0] || stayed[0] == 0, "{stayed:?}");
}

#[test]
fn a_proxy_that_is_dead_is_passed_over_and_taken_back() {
    let site = site();
    let (mut first, second) = (ForwardProxy::tinyproxy(None), ForwardProxy::tinyproxy(None));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("settings.toml");
    std::fs::write(&config, settings(&[(first.url(), "US"), (second.url(), "US")])).unwrap();
    let data = folder.path().join("data");
    let server = Server::with(&data, |command| command.arg("--config").arg(&config));
    let ann = server.client("ann");
    let id = ann.create(&job(&site, 8, &json!({})));
    let run = || {
        ann.run(&id);
        let state = ann.wait_for(&id, "success");
        assert_eq!(ann.rows(&id).len(), 8, "{state:#}");
    };
    run();
    check_served(&[&first, &second], &[4, 4]);
    first.stop();
    run();
    check_served(&[&second], &[12]);
    first.start_again();
    let began = Instant::now();
    while first.served() == 4 {
        assert!(began.elapsed() < Duration::from_mins(1), "it is not taken back");
        std::thread::sleep(Duration::from_millis(500));
        run();
    }
}

#[test]
fn credentials_are_given_and_shown_to_nobody_else() {
    let site = site();
    let login = Some(("scraper", "correct-horse"));
    for proxy in [
        ForwardProxy::tinyproxy(login),
        ForwardProxy::squid(login),
        ForwardProxy::socks(login),
    ] {
        let wanted = job(&site, 2, &json!({"max_retries": 0}));
        let (ended, rows) = run(&wanted, &[(proxy.url(), "US")]);
        let ended = ended.expect(0, &[]);
        assert_eq!(rows, 2);
        assert!(!ended.stderr.contains("correct-horse"), "{}", ended.stderr);
        let without = proxy.url().replace("scraper:correct-horse@", "");
        assert!(!without.contains('@'), "{without}");
        let (ended, rows) = run(&wanted, &[(without, "US")]);
        ended.expect(1, &["proxy_failed", &proxy.address().to_string()]);
        assert_eq!(rows, 0);
    }
}

#[test]
fn rendered_pages_go_through_the_proxies_too() {
    let site = site();
    let login = Some(("scraper", "correct-horse"));
    let mut proxies = [
        ForwardProxy::tinyproxy(login),
        ForwardProxy::squid(login),
        ForwardProxy::socks(login),
    ];
    let countries = ["US", "DE", "FR"];
    let settings: Vec<_> = proxies.iter().map(ForwardProxy::url).zip(countries).collect();
    let rendered = |proxies: Json| with(job(&site, 2, &proxies), &json!({"render_config": {}}));
    for (place, country) in countries.iter().enumerate() {
        let before: Vec<_> = proxies.iter().map(ForwardProxy::served).collect();
        let (ended, rows) = run(&rendered(json!({"geo_targeting": country})), &settings);
        let ended = ended.expect(0, &["pages     2"]);
        assert_eq!(rows, 2, "{country}");
        assert!(!ended.stderr.contains("correct-horse"), "{}", ended.stderr);
        for (other, proxy) in proxies.iter().enumerate() {
            if other == place {
                proxy.wait_for_served(before[other] + 1);
            } else {
                assert_eq!(proxy.served(), before[other], "{country}");
            }
        }
    }
    let without: Vec<_> = settings
        .iter()
        .map(|(url, country)| (url.replace("scraper:correct-horse@", ""), *country))
        .collect();
    for country in countries {
        let (ended, _) = run(&rendered(json!({"geo_targeting": country, "max_retries": 0})), &without);
        ended.expect(1, &["proxy_failed"]);
    }

    // One that is dead is passed over; without another a page goes direct only if it may.
    site.take_asked();
    proxies[0].stop();
    let (ended, rows) = run(&rendered(json!({"rotation_strategy": "round-robin"})), &settings);
    ended.expect(0, &[]);
    assert_eq!(rows, 2);
    site.take_asked();
    let (ended, _) = run(&rendered(json!({"geo_targeting": "US"})), &settings);
    ended.expect(1, &["proxy_failed", "cannot be reached"]);
    assert_eq!(site.take_asked().len(), 0);
    let direct = json!({"geo_targeting": "US", "fallback_to_direct": true});
    let (ended, rows) = run(&rendered(direct), &settings);
    ended.expect(0, &[]);
    assert_eq!(rows, 2);
}

#[test]
fn without_a_proxy_that_works_a_job_goes_direct_only_if_it_may() {
    let site = site();
    let mut dead = ForwardProxy::tinyproxy(None);
    dead.stop();
    let proxies = [(dead.url(), "US")];
    let (ended, _) = run(&job(&site, 2, &json!({})), &proxies);
    ended.expect(1, &["proxy_failed", "cannot be reached"]);
    assert_eq!(site.take_asked().len(), 0);
    let (ended, rows) = run(&job(&site, 2, &json!({"fallback_to_direct": true})), &proxies);
    ended.expect(0, &[]);
    assert_eq!((rows, site.take_asked().len()), (2, 2));

    let (ended, _) = run(&job(&site, 1, &json!({})), &[]);
    ended.expect(2, &["the job wants a proxy, and this server has none"]);
    let (ended, _) = run(&job(&site, 1, &json!({"enabled": false})), &proxies);
    ended.expect(0, &[]);
}

#[test]
fn wrong_settings_are_told_by_their_place() {
    let site = site();
    let check = |url: &str, country: &str, words: &[&str]| {
        let good = ("http://127.0.0.1:9".to_owned(), "US");
        let (ended, _) = run(&job(&site, 1, &json!({})), &[good, (url.to_owned(), country)]);
        let ended = ended.expect(2, words);
        assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    };
    check("ftp://me:hush@127.0.0.1:21", "US", &["proxies[1]: `url`"]);
    check("http://me:hush@127.0.0.1:21/path", "US", &["proxies[1]: `url`"]);
    check("http://127.0.0.1:10", "UK", &["proxies[1]: `country`"]);
    for text in [
        "proxies = [\"http://me:hush@h:1\"]",
        "[[proxies]]\nurl = \"http://me:hush@h\"\nwieght = 1",
    ] {
        let folder = Folder::with_job(&job(&site, 1, &json!({})));
        folder.write("settings.toml", text);
        let ended = Ended::within(folder.path(), &["run", "job.json", "--config", "settings.toml"]);
        let ended = ended.expect(2, &["settings.toml", "line ", "[[proxies]]"]);
        assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    }
}
