//! robots.txt, the limits of hosts, and asking only for what has changed.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::fetch::{HostSettings, RobotsCache, RobotsRefusal};

/// A client that obeys robots.txt.
fn obeying(settings: &FetchSettings, cache: &RobotsCache) -> Client {
    let environment = FetchEnvironment {
        robots: Some(cache.clone()),
        ..FetchEnvironment::default()
    };
    client_in(settings, transport::builder(settings.timeout, None), environment)
}

/// A server whose robots.txt is answered apart from its pages.
async fn site(robots: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |_, request| match request.split(' ').nth(1) {
        Some("/robots.txt") => robots(asked.fetch_add(1, Ordering::Relaxed)),
        Some("/to-private") => Answer::redirect(302, "/private"),
        _ => Answer::new("200 OK", "page"),
    })
    .await
}

async fn ask(client: &Client, url: &Url) -> Result<FetchedPage, FetchError> {
    client.fetch(url, &CancellationToken::new()).await
}

/// The refusal of a page, or `None` if it is fetched.
async fn refusal(client: &Client, url: &Url) -> Option<RobotsRefusal> {
    let error = ask(client, url).await.err()?;
    assert_eq!(error.code().as_str(), "blocked_by_robots", "{error}");
    match error.kind {
        FetchErrorKind::Robots(refusal) => Some(*refusal),
        kind => panic!("{kind:?}"),
    }
}

#[tokio::test]
async fn robots_txt_is_asked_once_and_obeyed() {
    let robots = "User-agent: *\nDisallow: /private\n";
    let server = site(move |_| Answer::new("200 OK", robots)).await;
    let client = obeying(&settings(), &RobotsCache::new());
    let secret = FetchSettings {
        headers: vec![("X-Api-Key".into(), "hush".into())],
        cookies: vec![("c".into(), "hush".into())],
        body: Some(Bytes::from_static(b"form")),
        method: "POST".into(),
        ..settings()
    };
    let posting = obeying(&secret, &RobotsCache::new());
    let expected = RobotsRefusal::Rule {
        robots: server.url("/robots.txt"),
        agent: "SnowScrape".into(),
        rule: "/private".into(),
    };
    assert_eq!(refusal(&client, &server.url("/open")).await, None);
    assert_eq!(
        refusal(&client, &server.url("/private/x?y")).await,
        Some(expected.clone())
    );
    assert_eq!(refusal(&client, &server.url("/to-private")).await, Some(expected));
    assert_eq!(
        server.first_lines(),
        [
            "GET /robots.txt HTTP/1.1",
            "GET /open HTTP/1.1",
            "GET /to-private HTTP/1.1"
        ]
    );
    ask(&posting, &server.url("/open")).await.unwrap();
    let asked = server.requests().remove(3);
    assert!(
        asked.starts_with("GET /robots.txt") && !asked.contains("hush"),
        "{asked}"
    );
    assert!(asked.contains("user-agent: SnowScrape/"), "{asked}");
}

#[tokio::test]
async fn the_error_says_where_the_redirect_led() {
    let server = site(|_| Answer::new("200 OK", "user-agent: *\ndisallow: /private")).await;
    let client = obeying(&settings(), &RobotsCache::new());
    let error = ask(&client, &server.url("/to-private")).await.unwrap_err().to_string();
    let expected = format!(
        "{} (redirected to {}): {} disallows it for SnowScrape by the rule 'Disallow: /private'",
        server.url("/to-private"),
        server.url("/private"),
        server.url("/robots.txt")
    );
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn a_jobs_own_name_counts() {
    let server = site(|_| Answer::new("200 OK", "user-agent: MyBot\ndisallow: /")).await;
    let cache = RobotsCache::new();
    let check = async |user_agent: Option<&str>, headers: &[(&str, &str)], refused: bool| {
        let settings = FetchSettings {
            user_agent: user_agent.map(Into::into),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            ..settings()
        };
        let refusal = refusal(&obeying(&settings, &cache), &server.url("/")).await;
        assert_eq!(refusal.is_some(), refused, "{user_agent:?} {headers:?}");
    };
    check(None, &[], false).await;
    check(Some("Mozilla/5.0 (compatible; MyBot/1.0)"), &[], true).await;
    check(None, &[("User-Agent", "mybot/2")], true).await;
    check(Some("Other"), &[("User-Agent", "mybot/2")], false).await;
}

#[tokio::test]
async fn robots_txt_is_not_asked_where_it_is_ignored() {
    let server = site(|_| Answer::new("200 OK", "user-agent: *\ndisallow: /")).await;
    let ignoring = FetchSettings {
        robots: false,
        ..settings()
    };
    let cache = RobotsCache::new();
    assert_eq!(refusal(&obeying(&ignoring, &cache), &server.url("/a")).await, None);
    assert_eq!(refusal(&client(&settings()), &server.url("/b")).await, None);
    assert_eq!(server.first_lines(), ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]);
    assert!(
        refusal(&obeying(&settings(), &cache), &server.url("/c"))
            .await
            .is_some()
    );
}

#[tokio::test]
async fn answers_but_the_file_mean_what_the_rfc_says() {
    let check = async |head: &'static str, refused: bool| {
        let server = site(move |_| Answer::new(head, "user-agent: *\ndisallow: /")).await;
        let refusal = refusal(&obeying(&settings(), &RobotsCache::new()), &server.url("/")).await;
        assert_eq!(refusal.is_some(), refused, "{head}: {refusal:?}");
        match refusal {
            Some(RobotsRefusal::Unreachable { robots, reason }) => {
                assert_eq!(robots, server.url("/robots.txt"));
                let status = format!("the server answered {}", &head[..3]);
                assert!(reason.starts_with(&status) || reason.contains("'lzma'"), "{reason}");
            }
            refusal => assert_eq!(refusal.is_some(), head.starts_with("20"), "{head}"),
        }
    };
    check("200 OK", true).await;
    check("203 Not Authoritative", true).await;
    check("200 OK\r\nContent-Encoding: lzma", true).await;
    for head in [
        "400 Bad", "401 Who", "403 No", "404 None", "410 Gone", "429 Slow", "499 x",
    ] {
        check(head, false).await;
    }
    check("302 No Location", false).await;
    check("302 Found\r\nLocation: ftp://h.example/", false).await;
    for head in ["500 Oops", "503 Busy", "599 x"] {
        check(head, true).await;
    }
}

#[tokio::test]
async fn a_servers_error_may_pass() {
    let server = site(|number| match number {
        0..3 => Answer::new("503 Busy", ""),
        _ => Answer::new("200 OK", "user-agent: *\ndisallow: /private"),
    })
    .await;
    let cache = RobotsCache::new();
    let few = FetchSettings {
        attempts: 3,
        ..settings()
    };
    let client = obeying(&few, &cache);
    let refused = refusal(&client, &server.url("/")).await;
    assert!(
        matches!(refused, Some(RobotsRefusal::Unreachable { .. })),
        "{refused:?}"
    );
    assert_eq!(server.requests().len(), 3);
    assert!(refusal(&client, &server.url("/")).await.is_some());
    assert_eq!(server.requests().len(), 3, "it is left alone for a while");
    let another = obeying(&settings(), &cache);
    assert_eq!(
        refusal(&another, &server.url("/")).await,
        None,
        "what one run met is not another's"
    );
}

#[tokio::test]
async fn redirects_of_robots_txt_are_followed_five_times() {
    let check = async |redirects: usize, refused: bool| {
        let server = Server::start(move |_, request| match request.split(' ').nth(1) {
            Some("/robots.txt") => Answer::redirect(301, "/1"),
            Some("/page") => Answer::new("200 OK", ""),
            Some(path) if path != format!("/{redirects}") => {
                let number: usize = path[1..].parse().unwrap();
                Answer::redirect(302, &format!("/{}", number + 1))
            }
            _ => Answer::new("200 OK", "user-agent: *\ndisallow: /page"),
        })
        .await;
        let refusal = refusal(&obeying(&settings(), &RobotsCache::new()), &server.url("/page")).await;
        assert_eq!(refusal.is_some(), refused, "{redirects}");
    };
    check(5, true).await;
    check(6, false).await;
}

#[tokio::test]
async fn a_large_robots_txt_is_read_as_far_as_it_counts() {
    let server = site(|_| {
        let start = b"HTTP/1.1 200 OK\r\n\r\nuser-agent: *\ndisallow: /private\n".to_vec();
        Answer::Endless(start, b"# snow\n".repeat(1000))
    })
    .await;
    let client = obeying(&settings(), &RobotsCache::new());
    assert_eq!(refusal(&client, &server.url("/open")).await, None);
    assert!(refusal(&client, &server.url("/private")).await.is_some());
}

#[tokio::test]
async fn a_server_that_is_not_reached_fails_as_its_pages_would() {
    let few = FetchSettings {
        attempts: 2,
        timeout: Duration::from_millis(200),
        ..settings()
    };
    let client = obeying(&few, &RobotsCache::new());
    let error = ask(&client, &closed_port().await).await.unwrap_err();
    assert_eq!(
        (error.code().as_str(), error.attempts),
        ("connect_failed", 2),
        "{error}"
    );
    let silent = Server::always(|| Answer::Silence).await;
    let error = ask(&client, &silent.url("/")).await.unwrap_err();
    assert_eq!(error.code().as_str(), "timeout", "{error}");
    let asked = silent.first_lines();
    assert!(asked.iter().all(|line| line == "GET /robots.txt HTTP/1.1"), "{asked:?}");
}

#[tokio::test]
async fn robots_txt_does_not_count_for_the_rate() {
    let server = site(|_| Answer::new("404 None", "")).await;
    let slow = FetchSettings {
        rate: Rate::per_minute(0.001).unwrap(),
        ..settings()
    };
    let fetched = tokio::time::timeout(
        Duration::from_secs(10),
        ask(&obeying(&slow, &RobotsCache::new()), &server.url("/")),
    )
    .await;
    assert_eq!(fetched.unwrap().unwrap().body, "page");
}

#[tokio::test]
async fn a_crawl_delay_lies_between_pages_but_not_before_the_first() {
    let server = site(|_| Answer::new("200 OK", "user-agent: *\ncrawl-delay: 60")).await;
    let client = obeying(&settings(), &RobotsCache::new());
    let within = async |limit: Duration| {
        tokio::time::timeout(limit, ask(&client, &server.url("/")))
            .await
            .is_ok()
    };
    assert!(within(Duration::from_secs(20)).await);
    assert!(!within(Duration::from_millis(300)).await);
    assert_eq!(server.first_lines(), ["GET /robots.txt HTTP/1.1", "GET / HTTP/1.1"]);
}

#[tokio::test]
async fn whether_a_page_may_be_fetched_can_be_asked_alone() {
    let server = site(|_| Answer::new("200 OK", "user-agent: *\ndisallow: /private")).await;
    let client = obeying(&settings(), &RobotsCache::new());
    let cancel = CancellationToken::new();
    let code = |answer: Result<(), FetchError>| answer.map_err(|error| error.code().as_str());
    assert_eq!(code(client.may_fetch(&server.url("/open"), &cancel).await), Ok(()));
    assert_eq!(
        code(client.may_fetch(&server.url("/private"), &cancel).await),
        Err("blocked_by_robots")
    );
    let file = Url::parse("file:///etc/passwd").unwrap();
    assert_eq!(code(client.may_fetch(&file, &cancel).await), Err("invalid_url"));
    let admitted = client.admit(&server.url("/private"), &cancel).await.map(drop);
    assert_eq!(code(admitted), Err("blocked_by_robots"));
    assert_eq!(
        code(client.admit(&server.url("/open"), &cancel).await.map(drop)),
        Ok(())
    );
    cancel.cancel();
    assert_eq!(
        code(client.may_fetch(&server.url("/open"), &cancel).await),
        Err("cancelled")
    );
    assert_eq!(server.requests().len(), 1, "robots.txt alone");
}

/// A client with these limits.
fn limited(hosts: &HostLimits) -> Client {
    let environment = FetchEnvironment {
        hosts: hosts.clone(),
        ..FetchEnvironment::default()
    };
    let settings = settings();
    let http = transport::builder(settings.timeout, None).no_proxy();
    Client::build(&settings, http, waits(&settings), environment).unwrap()
}

#[tokio::test]
async fn clients_share_a_hosts_limits_and_redirects_make_room() {
    let hosts = HostLimits::new(HostSettings {
        in_flight: 1.try_into().unwrap(),
        interval: Duration::from_millis(100),
    });
    let answer = |_, request: &str| match request.split(' ').nth(1) {
        Some("/a") => Answer::redirect(302, "/b"),
        _ => Answer::new("200 OK", "x"),
    };
    let server = Server::start(answer).await;
    let started = std::time::Instant::now();
    let (a, c) = (server.url("/a"), server.url("/c"));
    let (first, second) = (limited(&hosts), limited(&hosts));
    let (first, second) = tokio::join!(ask(&first, &a), ask(&second, &c));
    assert!(first.is_ok() && second.is_ok());
    assert!(
        started.elapsed() >= Duration::from_millis(200),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_host_that_refuses_one_run_is_asked_less_by_all() {
    let server = Server::start(|number, _| match number {
        0 => Answer::new("429 Slow\r\nRetry-After: 1", ""),
        _ => Answer::new("200 OK", "x"),
    })
    .await;
    let hosts = HostLimits::default();
    let once = FetchSettings {
        attempts: 1,
        ..settings()
    };
    let environment = FetchEnvironment {
        hosts: hosts.clone(),
        ..FetchEnvironment::default()
    };
    let http = transport::builder(once.timeout, None).no_proxy();
    let refused = Client::build(&once, http, waits(&once), environment).unwrap();
    let started = std::time::Instant::now();
    ask(&refused, &server.url("/")).await.unwrap_err();
    let other = limited(&hosts);
    ask(&other, &server.url("/")).await.unwrap();
    let asked_to_wait = started.elapsed();
    ask(&other, &server.url("/")).await.unwrap();
    let slowed_down = started.elapsed();
    assert!(asked_to_wait >= Duration::from_secs(1), "{asked_to_wait:?}");
    assert!(slowed_down >= Duration::from_millis(1500), "{slowed_down:?}");
}

#[tokio::test]
async fn pages_that_a_host_held_up_do_not_leave_together() {
    let server = Server::always(|| Answer::new("200 OK", "x")).await;
    let client = client(&FetchSettings {
        rate: Rate::per_minute(600.0).unwrap(),
        ..settings()
    });
    let url = server.url("/");
    let held = futures::future::join_all((0..16).map(|_| client.0.hosts.acquire(&url, Duration::ZERO))).await;
    let (cancel, started) = (CancellationToken::new(), std::time::Instant::now());
    let pages = futures::future::join_all((0..4).map(|_| client.fetch(&url, &cancel)));
    let let_go = async {
        // By then the rate has let all four set out.
        tokio::time::sleep(Duration::from_millis(400)).await;
        drop(held);
    };
    let (pages, ()) = tokio::join!(pages, let_go);
    assert!(pages.iter().all(Result::is_ok));
    assert!(
        started.elapsed() >= Duration::from_millis(695),
        "{:?}",
        started.elapsed()
    );
}
