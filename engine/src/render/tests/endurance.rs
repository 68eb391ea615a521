//! Many pages, large pages and crashes: what is replaced, and what it costs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chromiumoxide::cdp::browser_protocol::page::CrashParams;
use chromiumoxide::cdp::browser_protocol::target::{AttachToTargetParams, GetTargetsParams};

use super::processes::{alive, gone};
use super::site::{Answer, Site, url};
use super::{Stage, config, script, script_of, settings};
use crate::model::{Action, RenderConfig};
use crate::render::processes::{descendants, memory};
use crate::render::{BrowserSettings, RenderError};

#[tokio::test]
async fn the_browser_is_replaced_after_its_pages() {
    let site = Site::start(|path, request| match path {
        "/none" => Answer::new("404 Not Found", ""),
        "/set" => Answer::new(
            "200 OK\r\nContent-Type: text/html\r\nSet-Cookie: host=1; Path=/; Max-Age=1000\r\nSet-Cookie: wide=2; Domain=site.test",
            "x",
        ),
        _ => {
            let sent = request.lines().find(|line| line.to_lowercase().starts_with("cookie:")).unwrap_or("none");
            Answer::html(sent)
        }
    })
    .await;
    let few = BrowserSettings {
        pages_before_restart: 2,
        ..settings()
    };
    let stage = Stage::with(few, &site).await;
    let first = stage.context.browser().await.process();
    stage.render("/set", &script()).await;
    stage.render("/", &script()).await;
    assert_eq!(stage.context.browser().await.process(), first);
    let page = stage.render("/", &script()).await;
    assert_ne!(stage.context.browser().await.process(), first);
    assert!(
        page.html.contains("host=1") && page.html.contains("wide=2"),
        "{}",
        page.html
    );
    gone(&[first]).await;
    // A host's own cookie has not become its domain's.
    let page = stage
        .try_render(&url::Url::parse("http://sub.site.test/").unwrap(), &script())
        .await
        .unwrap();
    assert!(
        !page.html.contains("host=1") && page.html.contains("wide=2"),
        "{}",
        page.html
    );
    stage.close().await;
}

#[tokio::test]
async fn a_browser_that_grows_too_large_is_replaced() {
    let site = Site::page("<p>x</p>").await;
    let small = |max_memory_bytes: u64| BrowserSettings {
        max_memory_bytes,
        ..settings()
    };
    // What an idle browser takes is more than this, and less than twice as much.
    let stage = Stage::open(&site).await;
    stage.render("/", &script()).await;
    let usual = memory(&descendants(stage.context.browser().await.process()));
    assert!((50_000_000..1_000_000_000).contains(&usual), "{usual}");
    stage.close().await;

    let replaced = async |stage: &Stage| {
        let first = stage.context.browser().await;
        let deadline = Instant::now() + Duration::from_secs(5);
        while first.is_good() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stage.render("/", &script()).await;
        !Arc::ptr_eq(&first, &stage.context.browser().await)
    };
    let stage = Stage::with(small(usual * 3 / 4), &site).await;
    assert!(replaced(&stage).await);
    stage.close().await;
    let stage = Stage::with(small(usual * 2), &site).await;
    assert!(!replaced(&stage).await);
    stage.close().await;

    // Twice too large is not waited with.
    let stage = Stage::with(small(usual / 4), &site).await;
    let first = stage.context.browser().await;
    let processes = descendants(first.process());
    let lost = tokio::time::timeout(Duration::from_secs(10), first.lost().cancelled());
    lost.await.unwrap();
    gone(&processes).await;
    stage.close().await;
}

#[tokio::test]
async fn a_crash_fails_its_page_alone() {
    let site = Site::start(|path, _| match path {
        "/slow" => Answer::html("<p>slow</p><img src=/late>"),
        "/late" => Answer::html("x").late(Duration::from_secs(2)),
        "/hang" => Answer::html("<p>crashes</p><img src=/never>"),
        "/never" => Answer::Silence,
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    stage.render("/", &script()).await;
    let script = script();
    let (hang, other_host) = (url("/hang"), url("http://other.test/slow"));
    let (crashed, slow, ()) = tokio::join!(
        stage.try_render(&hang, &script),
        stage.try_render(&other_host, &script),
        async {
            while site.count("/never") == 0 || site.count("/late") == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            crash(&stage, "http://site.test/hang").await;
        }
    );
    assert_eq!(crashed, Err(RenderError::Crashed));
    assert!(slow.unwrap().html.contains("slow"));
    assert!(stage.render("/", &script).await.html.contains("<p>x</p>"));
    stage.close().await;
}

#[tokio::test]
async fn there_are_as_many_tabs_as_pages_at_once() {
    let site = Site::page(
        "<button id=b onclick='this.textContent = \"clicked \" + document.visibilityState'>b</button>
         <script>requestAnimationFrame(() => document.body.append('drawn'))</script>",
    )
    .await;
    let stage = Stage::open(&site).await;
    let script = script_of(&RenderConfig {
        actions: vec![Action::Click("#b".into())],
        ..config()
    });
    for _ in 0..3 {
        let pages = futures::future::join_all((0..4).map(|_| stage.render("/", &script))).await;
        for page in pages {
            assert!(
                page.html.contains("clicked visible") && page.html.contains("drawn</body>"),
                "{}",
                page.html
            );
        }
        assert_eq!(stage.context.idle_tabs().await, 4);
    }
    stage.close().await;
}

#[tokio::test]
async fn a_page_that_eats_memory_fails_alone() {
    let site = Site::start(|path, _| match path {
        "/eats" => Answer::html("<script>const kept = []; for (;;) kept.push(new Array(1e6).fill(1.5))</script>"),
        "/modest" => Answer::html("<script>window.kept = new Array(1e6).fill(1.5)</script><p>x</p>"),
        _ => Answer::new("404 Not Found", ""),
    })
    .await;
    let small = BrowserSettings {
        max_memory_bytes: 800_000_000,
        ..settings()
    };
    let stage = Stage::with(small, &site).await;
    stage.render("/modest", &script()).await;
    let process = stage.context.browser().await.process();
    assert_eq!(stage.fail("/eats", &script()).await, RenderError::Crashed);
    assert!(stage.render("/modest", &script()).await.html.contains("<p>x</p>"));
    assert_eq!(stage.context.browser().await.process(), process);
    stage.close().await;
}

/// Crashes the tab that shows a URL.
async fn crash(stage: &Stage, url: &str) {
    let browser = stage.context.browser().await.session();
    let targets = browser.call(GetTargetsParams::default()).await.unwrap().target_infos;
    let target = targets.into_iter().find(|target| target.url == url).unwrap();
    let mut attach = AttachToTargetParams::new(target.target_id);
    attach.flatten = Some(true);
    let session = browser.call(attach).await.unwrap().session_id;
    browser
        .devtools()
        .session(String::from(session))
        .send(&CrashParams::default());
}

/// A hundred pages in one context, or as many as are asked for.
async fn many(pages: usize) {
    let site = Site::start(|_, _| {
        Answer::html(
            "<script>for (let i = 0; i < 2000; i++) document.write('<p class=row>' + i);
             window.kept = new Array(1e6).fill(Math.random()); setInterval(() => kept.push(1), 10)</script>",
        )
    })
    .await;
    let stage = Stage::open(&site).await;
    let supervisor = stage.context.browser().await.process();
    let mut sizes = Vec::new();
    let started = Instant::now();
    for number in 0..pages {
        let page = stage.render(&format!("/{number}"), &script()).await;
        assert_eq!(page.html.matches("class=\"row\"").count(), 2_000);
        if number % (pages / 10) == 0 {
            sizes.push(memory(&descendants(supervisor)) / 1_000_000);
        }
    }
    println!("{pages} pages in {:?}, MB: {sizes:?}", started.elapsed());
    assert_eq!(stage.context.idle_tabs().await, 1);
    let (early, late) = (sizes[..5].iter().max().unwrap(), sizes[5..].iter().max().unwrap());
    assert!(*late < early * 3 / 2 + 50, "{sizes:?}");
    let processes = descendants(supervisor);
    stage.close().await;
    assert_eq!(alive(&processes), []);
}

#[tokio::test]
async fn a_hundred_pages_take_no_more_memory_than_a_few() {
    many(100).await;
}

#[tokio::test]
#[ignore = "a minute or more: for the bench"]
async fn a_thousand_pages_take_no_more_memory_than_a_few() {
    many(999).await;
}
