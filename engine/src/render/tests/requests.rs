//! What is sent for a page, and what is not.

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::site::{Answer, Site, url};
use super::{Stage, config, options, script, script_of, settings};
use crate::model::{RenderConfig, ResourceType, WaitStrategy};
use crate::render::{Browsers, ContextOptions, Credentials, PageRequest, UserAgent};

#[tokio::test]
async fn the_request_is_the_jobs() {
    let site = Site::start(|path, request| match path {
        "/" => Answer::html(format!(
            "<pre>{request}</pre><script>
             fetch('/own'); fetch('http://other.test/foreign', {{mode: 'no-cors'}});
             </script><p>{{}}</p><script>document.write(navigator.userAgent)</script>"
        )),
        "/away" => Answer::redirect("http://other.test/arrived"),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let browsers = Browsers::new(settings());
    let with_agent = ContextOptions {
        user_agent: UserAgent::Exactly("SnowScrape/1".into()),
        ..options(&site)
    };
    let context = browsers.context(with_agent).await.unwrap();
    let request = PageRequest {
        method: "POST".into(),
        headers: vec![
            ("X-Key".into(), "k1".into()),
            ("Accept-Language".into(), "fr".into()),
            ("Host".into(), "other.test".into()),
        ],
        cookies: vec![("sid".into(), "c1".into())],
        body: Some(Bytes::from_static(b"q=shoes")),
        auth: Some(Credentials {
            username: "me".into(),
            password: "pw".into(),
        }),
        ..PageRequest::get(url("/"))
    };
    let idle = script_of(&RenderConfig {
        wait: WaitStrategy::NetworkIdle,
        ..config()
    });
    let cancel = CancellationToken::new();
    let page = context.render(&request, &idle, &cancel).await.unwrap();
    assert!(page.html.contains("SnowScrape/1</body>"), "{}", page.html);
    let sent = |path: &str| {
        let found = site
            .requests()
            .into_iter()
            .rev()
            .find(|request| request.split(' ').nth(1) == Some(path));
        found.unwrap_or_else(|| panic!("no request for {path}"))
    };
    let document = sent("/");
    for part in [
        "POST / ",
        "X-Key: k1",
        "Accept-Language: fr",
        "Host: site.test",
        "Cookie: sid=c1",
        "User-Agent: SnowScrape/1",
        "Authorization: Basic bWU6cHc=",
    ] {
        assert!(
            document.to_lowercase().contains(&part.to_lowercase()),
            "{part} in {document}"
        );
    }
    assert!(document.ends_with("q=shoes"), "{document}");
    let own = sent("/own");
    assert!(
        own.starts_with("GET ") && own.contains("X-Key: k1") && own.contains("sid=c1"),
        "{own}"
    );
    let secrets = |request: String| {
        ["X-Key", "k1", "Authorization", "sid="]
            .iter()
            .any(|part| request.contains(part))
    };
    assert!(!secrets(sent("/foreign")));

    // Not where a redirect leads, either.
    let away = PageRequest {
        url: url("/away"),
        method: "GET".into(),
        body: None,
        ..request
    };
    let page = context.render(&away, &script(), &cancel).await.unwrap();
    assert_eq!(page.url.as_str(), "http://other.test/arrived");
    assert!(!secrets(sent("/arrived")), "{}", sent("/arrived"));
    drop(context);
    browsers.shutdown().await;
}

#[tokio::test]
async fn the_browser_says_whose_it_is() {
    let site = Site::start(|path, _| match path {
        "/" => Answer::html(
            "<p id=agent></p><script>
             document.all.agent.textContent = navigator.userAgent; fetch('/by-page'); new Worker('/worker.js');
             </script>",
        ),
        "/worker.js" => Answer::new("200 OK\r\nContent-Type: text/javascript", "fetch('/by-worker')"),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let idle = script_of(&RenderConfig {
        wait: WaitStrategy::NetworkIdle,
        ..config()
    });
    let page = stage.render("/", &idle).await;
    assert!(page.html.contains(" SnowScrape/0</p>"), "{}", page.html);
    for path in ["/", "/by-page", "/worker.js", "/by-worker"] {
        let requests = site.requests();
        let request = requests
            .iter()
            .find(|request| request.split(' ').nth(1) == Some(path))
            .unwrap_or_else(|| panic!("no request for {path}"));
        let agent = request
            .lines()
            .find(|line| line.to_lowercase().starts_with("user-agent:"))
            .unwrap();
        assert!(
            agent.contains("Chrome/") && agent.ends_with(" SnowScrape/0"),
            "{path}: {agent}"
        );
    }
    stage.close().await;
}

#[tokio::test]
async fn blocked_kinds_are_not_asked_for() {
    use ResourceType::{Fetch, Image, Script, Stylesheet, Websocket, Xhr};
    let site = Site::start(|path, _| match path {
        "/" => Answer::html(
            "<link rel=stylesheet href=/style.css><img src=/image.png><script src=/script.js></script>
             <script>
               document.title = 'inline';
               fetch('/fetch').catch(() => document.body.append('no fetch'));
               const x = new XMLHttpRequest(); x.open('GET', '/xhr'); x.send();
               const s = new WebSocket('ws://site.test/socket'); s.onerror = () => document.body.append('no socket');
             </script><iframe src=/frame></iframe>",
        ),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let paths = [
        "/style.css",
        "/image.png",
        "/script.js",
        "/fetch",
        "/xhr",
        "/socket",
        "/frame",
    ];
    let check = async |blocked: &[ResourceType], expected: [usize; 7], count: u64| {
        let script = script_of(&RenderConfig {
            wait: WaitStrategy::NetworkIdle,
            block_resources: blocked.to_vec(),
            ..config()
        });
        let before = paths.map(|path| site.count(path));
        let page = stage.render("/", &script).await;
        let mut asked = paths.map(|path| site.count(path));
        asked
            .iter_mut()
            .zip(before)
            .for_each(|(after, before)| *after -= before);
        assert_eq!((asked, page.blocked), (expected, count), "{blocked:?}");
        page.html
    };
    check(&[], [1, 1, 1, 1, 1, 1, 1], 0).await;
    check(&[Image, Stylesheet], [0, 0, 1, 1, 1, 1, 1], 2).await;
    let html = check(&[Script, Fetch, Xhr, Websocket], [1, 1, 0, 0, 0, 0, 1], 3).await;
    assert!(html.contains("no fetch") && html.contains("no socket"), "{html}");
    check(&[], [1, 1, 1, 1, 1, 1, 1], 0).await;
    stage.close().await;
}
