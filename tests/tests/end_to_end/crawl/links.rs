//! `follow`, `pagination`, `rows_from`: the pages that a run comes to, each once.

use serde_json::json;
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{crawl, headings, set};

/// A page with a heading and links.
fn page(heading: &str, links: &[&str]) -> Reply {
    let links: String = links.iter().map(|link| format!("<a href='{link}'>x</a>\n")).collect();
    Reply::html(format!("<!doctype html><h1>{heading}</h1>{links}"))
}

fn follow(depth: u32) -> serde_json::Value {
    json!([{"links": {"type": "css", "query": "a::attr(href)"}, "depth": depth}])
}

/// A small site with all that links can be.
fn site() -> RoutedSite {
    RoutedSite::start(|asked| match asked.target.as_str() {
        "/" => page(
            "home",
            &[
                "/a",
                "b#part",
                "./c?x=1&amp;y=2",
                "/a#other",
                "#top",
                "mailto:me@a.example",
                "javascript:void(0)",
                "http://[",
                "/print?id=1",
                "/old",
                "http://b.example.invalid/",
            ],
        ),
        "/a" => page("a", &["/", "/deep/1", "/b"]),
        "/b" => Reply::html("<base href='/deep/'><h1>b</h1><a href=2>x</a>"),
        "/c?x=1&y=2" => page("c", &[]),
        "/deep/1" => page("deep 1", &["deeper/1"]),
        "/deep/2" => page("deep 2", &[]),
        "/deep/deeper/1" => page("deeper", &["/far"]),
        "/far" => page("far", &[]),
        "/print?id=1" => page("print", &[]),
        "/old" => Reply::redirect("/a"),
        _ => Reply::not_found(),
    })
}

#[test]
fn links_are_followed_breadth_first_as_far_as_the_rules_say() {
    let site = site();
    let base = site.base_url();
    let check = |fields: serde_json::Value, expected: &[&str], words: &[&str]| {
        site.take_asked();
        assert_eq!(crawl(&headings(&base, &fields), words), expected, "{fields}");
        let targets = site.take_targets();
        // The page that `/old` leads to is asked for by its redirect, too.
        let again = targets.iter().filter(|target| *target == "/a").count();
        assert_eq!(
            set(&targets).len() + again.saturating_sub(1),
            targets.len(),
            "{targets:?}"
        );
    };
    check(json!({}), &["home"], &[]);
    check(
        json!({"follow": follow(1)}),
        &["home", "a", "b", "c", "print"],
        &["1 duplicate"],
    );
    check(
        json!({"follow": follow(2)}),
        &["home", "a", "b", "c", "print", "deep 1", "deep 2"],
        &["1 duplicate"],
    );
    check(
        json!({"follow": follow(9)}),
        &["home", "a", "b", "c", "print", "deep 1", "deep 2", "deeper", "far"],
        &[],
    );
    let mut rules = follow(9);
    rules[0]["deny"] = json!(["/print", "/old$"]);
    rules[0]["allow"] = json!(["/deep/", "/[abp]$"]);
    check(
        json!({"follow": rules}),
        &["home", "a", "b", "deep 1", "deep 2", "deeper"],
        &["0 duplicate"],
    );
    check(
        json!({"follow": follow(9), "rows_from": {"allow": ["/deep/"], "deny": ["deeper"]}}),
        &["deep 1", "deep 2"],
        &["pages     9 (0 empty, 0 failed, 1 duplicate)"],
    );
    check(
        json!({"follow": follow(9), "budget": {"pages": 3}}),
        &["home", "a", "b"],
        &["budget of pages"],
    );
}

#[test]
fn links_are_found_on_the_page_and_not_in_its_items() {
    let site = site();
    let item = json!({"follow": follow(1), "item": {"type": "css", "query": "h1"},
                      "queries": [{"name": "heading", "type": "xpath", "query": "."}]});
    assert_eq!(
        crawl(&headings(&site.base_url(), &item), &[]),
        ["home", "a", "b", "c", "print"]
    );
}

#[test]
fn links_to_other_hosts_are_followed_where_they_may_be() {
    let other = site();
    let elsewhere = format!("{}/c?x=1&amp;y=2", other.base_url());
    let site = RoutedSite::start(move |asked| match asked.target.as_str() {
        "/" => page("home", &[&elsewhere]),
        _ => Reply::not_found(),
    });
    let mut rules = follow(1);
    assert_eq!(
        crawl(&headings(&site.base_url(), &json!({"follow": rules})), &[]),
        ["home"]
    );
    rules[0]["same_host"] = json!(false);
    assert_eq!(
        crawl(&headings(&site.base_url(), &json!({"follow": rules})), &[]),
        ["home", "c"]
    );
}

#[test]
fn listings_are_read_to_their_end() {
    let site = RoutedSite::start(|asked| {
        let next = |number: u32| format!("?page={number}");
        match asked.target.as_str() {
            "/?page=5" => page("5", &["?page=1", "?page=2"]),
            target => match target
                .strip_prefix("/?page=")
                .and_then(|number| number.parse::<u32>().ok())
            {
                Some(number) if number < 5 => page(&number.to_string(), &[&next(number + 1), "?page=9"]),
                _ => Reply::not_found(),
            },
        }
    });
    let next = json!({"type": "css", "query": "a::attr(href)"});
    let source = format!("{}/?page=1", site.base_url());
    let check = |fields: serde_json::Value, expected: &[&str]| {
        assert_eq!(crawl(&headings(&source, &fields), &[]), expected, "{fields}");
    };
    // Page 5 leads back to page 1, which was seen before.
    check(json!({"pagination": {"next": next}}), &["1", "2", "3", "4", "5"]);
    check(json!({"pagination": {"next": next, "max_pages": 3}}), &["1", "2", "3"]);
    check(json!({"pagination": {"next": next, "max_pages": 1}}), &["1"]);
    // A listing is as far away as its first page, and page 3, which page 2 links to, begins one of its own. Page 9, a link of each
    // page, is not there.
    let fields = json!({"pagination": {"next": next, "max_pages": 2}, "follow": follow(1)});
    assert_eq!(crawl(&headings(&source, &fields), &["1 failed"]), ["1", "2", "3", "4"]);
}

#[test]
fn a_thousand_pages_are_each_fetched_once() {
    const PAGES: u64 = 1_000;
    let site = RoutedSite::start(|asked| {
        let Some(number) = asked
            .target
            .strip_prefix('/')
            .and_then(|number| number.parse::<u64>().ok())
        else {
            return Reply::not_found();
        };
        // A generator of Numerical Recipes gives each page the same odd links at every run.
        let mut state = number;
        let mut odd = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) % (1 << 32);
            (state >> 8) % PAGES
        };
        let mut links: Vec<String> = (number * 3 + 1..=number * 3 + 3)
            .filter(|link| *link < PAGES)
            .map(|link| format!("/{link}"))
            .collect();
        links.extend((0..10).map(|_| format!("/{}", odd())));
        let links: Vec<_> = links.iter().map(String::as_str).collect();
        page(&number.to_string(), &links)
    });
    let job = headings(&format!("{}/0", site.base_url()), &json!({"follow": follow(1_000)}));
    let found = crawl(&job, &["0 failed, 0 duplicate"]);
    assert_eq!(
        set(found.iter().map(|number| number.parse::<u64>().unwrap())),
        set(0..PAGES)
    );
    let targets: Vec<_> = site
        .take_targets()
        .into_iter()
        .filter(|target| target != "/robots.txt")
        .collect();
    assert_eq!(targets.len() as u64, PAGES);
    assert_eq!(found, crawl(&job, &[]), "the order is the same at every run");
}
