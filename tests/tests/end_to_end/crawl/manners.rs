//! robots.txt, `Retry-After`, and how a job asks for its pages.

use std::process::Command;

use serde_json::{Value as Json, json};
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{crawl, headings};
use crate::support::{Ended, Folder, snowscrape};

fn site(robots: &'static str) -> RoutedSite {
    RoutedSite::start(move |asked| match asked.target.as_str() {
        "/robots.txt" if robots.is_empty() => Reply::not_found().status(503),
        "/robots.txt" => Reply::of("text/plain", robots),
        "/moved" => Reply::redirect("/private/1"),
        "/turning" => Reply::html("<script>location = '/private/2'</script>"),
        target => Reply::html(format!("<h1>{target}</h1>")),
    })
}

#[test]
fn robots_txt_is_obeyed_unless_the_job_says_otherwise() {
    let site = site("User-agent: SnowScrape\nDisallow: /private/\n\nUser-agent: *\nDisallow: /\nAllow: /private/");
    let base = site.base_url();
    let source = format!("{base}/[open,private/1,moved]");
    let found = crawl(&headings(&source, &json!({})), &["2 failed", "blocked_by_robots"]);
    assert_eq!(found, ["/open"]);
    let targets = site.take_targets();
    assert!(!targets.contains(&"/private/1".to_owned()), "{targets:?}");
    let asked = targets.iter().filter(|target| *target == "/robots.txt").count();
    assert_eq!(asked, 1, "{targets:?}");

    let ignoring = headings(&source, &json!({"request": {"robots": "ignore"}}));
    assert_eq!(crawl(&ignoring, &["1 duplicate"]), ["/open", "/private/1"]);
    assert!(!site.take_targets().contains(&"/robots.txt".to_owned()));

    let other = headings(&source, &json!({"request": {"user_agent": "OtherBot/1.0"}}));
    assert_eq!(crawl(&other, &["2 failed"]), ["/private/1"]);

    // Where a rendered page leads is a page like any other.
    site.take_targets();
    let source = format!("{base}/[open,private/1,moved,turning]");
    let rendered = headings(&source, &json!({"render_config": {}}));
    let found = crawl(&rendered, &["3 failed", "blocked_by_robots", "/private/"]);
    assert_eq!(found, ["/open"]);
    let targets = site.take_targets();
    assert!(
        !targets.iter().any(|target| target.starts_with("/private/")),
        "{targets:?}"
    );
}

#[test]
fn a_robots_txt_that_cannot_be_read_forbids() {
    let site = site("");
    let folder = Folder::with_job(&headings(&format!("{}/open", site.base_url()), &json!({})));
    Ended::within(folder.path(), &["run", "job.json"]).expect(1, &["blocked_by_robots", "robots.txt"]);
}

#[test]
fn the_command_answers_as_the_standard_says() {
    let cases = include_str!("../../../conformance/robots.jsonl");
    let folder = Folder::new();
    let mut checked = 0;
    for case in cases.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()) {
        // The library is tested over all of them; a process each is for some of each kind.
        if case["google_only"] == json!(true) || checked >= 40 {
            continue;
        }
        checked += 1;
        folder.write("robots.txt", case["robots"].as_str().unwrap());
        let mut command: Command = snowscrape(&["robots", "--robots", "robots.txt", "--user-agent"]);
        command
            .current_dir(folder.path())
            .arg(case["user_agent"].as_str().unwrap())
            .arg(case["url"].as_str().unwrap());
        let answer = Ended::of(&mut command).expect(0, &[]).stdout;
        let expected = if case["allowed"] == json!(true) {
            "allowed"
        } else {
            "disallowed"
        };
        assert_eq!(answer.trim(), expected, "{case}");
    }
    assert_eq!(checked, 40);
}

#[test]
fn requests_are_as_the_job_says() {
    let site = RoutedSite::start(|asked| {
        let lines = ["x-kind", "authorization", "cookie", "user-agent"].map(|name| asked.header(name).to_owned());
        Reply::html(format!(
            "<h1>{} {} [{}]</h1>",
            asked.method,
            asked.body,
            lines.join("|")
        ))
    });
    let request = json!({
        "method": "POST", "body": "q=shoes", "user_agent": "Shop/1.0", "robots": "ignore",
        "headers": {"X-Kind": {"secret": "KIND"}}, "cookies": {"a": "1", "b": {"secret": "COOKIE"}},
        "auth": {"username": "me", "password": {"secret": "PASSWORD"}},
    });
    let folder = Folder::with_job(&headings(&site.base_url(), &json!({"request": request})));
    let run = |secrets: &[(&str, &str)]| {
        let mut command = snowscrape(&["run", "job.json", "--output", "rows.json"]);
        command.current_dir(folder.path()).envs(secrets.iter().copied());
        Ended::of(&mut command)
    };
    run(&[]).expect(2, &["the secret `", "SNOWSCRAPE_SECRET_"]);
    let secrets = [
        ("SNOWSCRAPE_SECRET_KIND", "kindly"),
        ("SNOWSCRAPE_SECRET_COOKIE", "crumb"),
        ("SNOWSCRAPE_SECRET_PASSWORD", "open sesame"),
        ("SNOWSCRAPE_LOG", "trace"),
    ];
    let ended = run(&secrets).expect(0, &[]);
    let heading = folder.rows("rows.json")[0]["heading"].as_str().unwrap().to_owned();
    assert_eq!(
        heading,
        "POST q=shoes [kindly|Basic bWU6b3BlbiBzZXNhbWU=|a=1; b=crumb|Shop/1.0]"
    );
    for (_, secret) in &secrets[..3] {
        assert!(!ended.stderr.contains(secret), "a secret is logged: {}", ended.stderr);
    }
}

#[test]
fn other_hosts_get_no_credentials() {
    let site = || {
        RoutedSite::start(|asked| {
            let names = ["x-kind", "x-token", "authorization", "cookie", "x-plain"];
            let lines = names.map(|name| asked.header(name).to_owned());
            let link = asked.target.strip_prefix("/?to=").unwrap_or("/end").to_owned();
            Reply::html(format!("<h1>{}</h1><a href='{link}'>x</a>", lines.join("|")))
        })
    };
    let (own, other) = (site(), site());
    let fields = json!({
        "request": {
            "headers": {"X-Kind": {"secret": "KIND"}, "X-Token": "t", "X-Plain": "p"}, "cookies": {"a": "1"},
            "auth": {"username": "me", "password": "pw"}, "robots": "ignore",
        },
        "follow": [{"links": {"type": "css", "query": "a::attr(href)"}, "same_host": false, "depth": 2}],
    });
    let source = format!("{}/?to={}/end", own.base_url(), other.base_url());
    let folder = Folder::with_job(&headings(&source, &fields));
    let mut command = snowscrape(&["run", "job.json", "--output", "rows.json"]);
    command
        .current_dir(folder.path())
        .env("SNOWSCRAPE_SECRET_KIND", "kindly");
    Ended::of(&mut command).expect(0, &[]);
    let found = super::headings_of(&folder.rows("rows.json"));
    assert_eq!(found, ["kindly|t|Basic bWU6cHc=|a=1|p", "||||p"]);
}
