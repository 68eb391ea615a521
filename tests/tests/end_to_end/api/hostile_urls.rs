//! URLs that would turn the server against its own network: none is fetched, and each is refused with its reason.

use std::net::IpAddr;

use reqwest::Url;
use serde_json::{Value as Json, json};
use snowscrape_tests::routed::{Reply, RoutedSite};

use crate::support::Server;

const URLS: &str = include_str!("../../../hostile-urls/urls.jsonl");

fn cases() -> impl Iterator<Item = (String, String)> {
    let text = |case: &Json, field: &str| case[field].as_str().unwrap().to_owned();
    URLS.lines().map(move |line| {
        let case: Json = serde_json::from_str(line).unwrap();
        (text(&case, "url"), text(&case, "code"))
    })
}

#[test]
fn they_are_refused_where_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::guarded(folder.path());
    let ann = server.client("ann");
    let mut checked = 0;
    for (url, code) in cases().filter(|(url, _)| !is_name(url)) {
        let queries = json!([{"name": "a", "type": "css", "query": "a"}]);
        let body = json!({"url": url, "queries": queries, "request": {"attempts": 1}});
        let refused = ann.post_json("/extract", &body).expect(400);
        let reason = refused["details"]["url"].as_str().unwrap_or_default();
        let is_blocked = [
            "which this server does not fetch from",
            "not one that this server fetches from",
        ]
        .iter()
        .any(|words| reason.contains(words));
        assert!(!reason.is_empty(), "{url}: {refused:#}");
        assert_eq!(is_blocked, code == "blocked_address", "{url}: {reason}");
        checked += 1;
    }
    assert!(checked >= 150, "{checked}");
}

#[test]
fn they_are_refused_where_a_redirect_leads_to_them() {
    let urls: Vec<_> = cases().collect();
    let locations: Vec<String> = urls.iter().map(|(url, _)| url.clone()).collect();
    let site = RoutedSite::start(move |asked| {
        let number = asked.target.trim_start_matches('/').parse::<usize>();
        match number.ok().and_then(|number| locations.get(number)) {
            // A header holds ASCII; the others are refused where they are given.
            Some(location) if location.is_ascii() && !location.contains(char::is_control) => {
                Reply::redirect(location.as_str())
            }
            _ => Reply::not_found(),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let port = site.base_url().rsplit(':').next().unwrap().to_owned();
    // Loopback alone is open, and of it one port: the site's. What leads to loopback on another port is refused by that.
    let server = Server::with(folder.path(), |command| {
        command
            .env("SNOWSCRAPE_ALLOW_ADDRESSES", "127.0.0.1/32")
            .env("SNOWSCRAPE_ALLOW_PORTS", &port)
    });
    let ann = server.client("ann");
    let site_urls: Vec<String> = urls
        .iter()
        .enumerate()
        .filter(|(_, (url, code))| {
            // The rest names the one address that is open here, or is no URL in the standard's sense.
            code == "blocked_address" && url.is_ascii() && !url.contains(char::is_control) && !may_be_open(url)
        })
        .map(|(number, _)| format!("{}/{number}", site.base_url()))
        .collect();
    assert!(site_urls.len() >= 100, "{}", site_urls.len());
    let job = json!({
        "name": "Hostile", "source": site_urls[0], "urls": site_urls[1..], "rate_limit": 600_000,
        "request": {"attempts": 1, "robots": "ignore"},
        "queries": [{"name": "a", "type": "css", "query": "a"}],
    });
    let id = ann.create(&job);
    let run = ann.run(&id);
    ann.wait_for(&id, "failed");
    let run = ann.get(&format!("/jobs/{id}/runs/{run}")).expect(200);
    assert_eq!(
        run["errors_by_code"],
        json!({"blocked_address": site_urls.len()}),
        "{run:#}"
    );
    assert_eq!(site.take_asked().len(), site_urls.len());
}

/// Whether a URL's host is a name that a resolver is asked for: what those may mean is tested with a resolver of the tests' own,
/// beside the guard.
fn is_name(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let name = url.host_str().unwrap_or_default().trim_end_matches('.');
    matches!(url.scheme(), "http" | "https")
        && address(&url).is_none()
        && name != "localhost"
        && !name.ends_with(".localhost")
}

/// Whether a URL's host is the one address that a test has opened, in one form or another, or a name.
fn may_be_open(url: &str) -> bool {
    let url = Url::parse(url).expect("it is blocked for its address, so it is a URL");
    match address(&url) {
        Some(IpAddr::V4(address)) => address.is_loopback(),
        Some(IpAddr::V6(address)) => address.is_loopback() || address.octets().ends_with(&[127, 0, 0, 1]),
        None => true,
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}
