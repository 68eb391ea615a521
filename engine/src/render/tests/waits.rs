//! When a page counts as loaded.

use std::time::Duration;

use super::site::{Answer, Site, url};
use super::{Stage, config, script, script_of};
use crate::model::{RenderConfig, WaitStrategy};
use crate::render::{Awaited, PageRequest, PageScript, RenderError};
use tokio_util::sync::CancellationToken;

fn waiting(wait: WaitStrategy, wait_timeout_ms: u32) -> PageScript {
    script_of(&RenderConfig {
        wait,
        wait_timeout_ms,
        ..config()
    })
}

async fn slow_site() -> Site {
    Site::start(|path, _| match path {
        "/slow-image" => Answer::html(
            "<p>parsed</p><script>
             addEventListener('load', () => document.body.append('loaded '));
             </script><img src=/late.png>",
        ),
        "/late.png" => Answer::new("200 OK\r\nContent-Type: image/png", "").late(Duration::from_millis(700)),
        "/never-image" => Answer::html("<p>parsed</p><img src=/never>"),
        "/never-script" => Answer::html("<p>before</p><script src=/never></script>"),
        "/chain" => Answer::html(
            "<p>x</p><script>
             const next = (n) => n ? fetch('/late.png').then(() => setTimeout(() => next(n - 1), 300)) : document.body.append('chained');
             next(2);</script>",
        ),
        "/polls" => Answer::html("<p>x</p><script>setInterval(() => fetch('/poll?t=' + Date.now()), 100)</script>"),
        "/appears" => Answer::html(
            "<div id=host></div><script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<p class=late>late</p>'), 400);
             setTimeout(() => host.attachShadow({mode: 'open'}).innerHTML = '<b class=shadowy>s</b>', 400);</script>",
        ),
        "/appears-next" => Answer::html("<script>setTimeout(() => location = '/appears', 100)</script>"),
        "/never" => Answer::Silence,
        "/busy" => Answer::html("<p>x</p><script>for (;;);</script>"),
        _ => Answer::html("<p>x</p>"),
    })
    .await
}

#[tokio::test]
async fn each_strategy_waits_for_its_event() {
    let site = slow_site().await;
    let stage = Stage::open(&site).await;
    let check = async |path: &str, wait: WaitStrategy, there: &str, missing: &str| {
        let page = stage.render(path, &waiting(wait.clone(), 10_000)).await;
        assert!(page.html.contains(there), "{path} {wait:?}: {}", page.html);
        assert!(
            missing.is_empty() || !page.html.contains(missing),
            "{path} {wait:?}: {}",
            page.html
        );
    };
    check(
        "/slow-image",
        WaitStrategy::DomContentLoaded,
        "parsed",
        "loaded </body>",
    )
    .await;
    check("/slow-image", WaitStrategy::Load, "loaded </body>", "").await;
    check("/chain", WaitStrategy::Load, "<p>x</p>", "chained</body>").await;
    check("/chain", WaitStrategy::NetworkIdle, "chained</body>", "").await;
    check("/appears", WaitStrategy::Load, "host", "<p class=\"late").await;
    check(
        "/appears",
        WaitStrategy::Selector("p.late".into()),
        "<p class=\"late\">late</p>",
        "",
    )
    .await;
    check(
        "/appears",
        WaitStrategy::Selector("b.shadowy".into()),
        "<b class=\"shadowy\">",
        "",
    )
    .await;
    check(
        "/appears-next",
        WaitStrategy::Selector("p.late".into()),
        "<p class=\"late\">late</p>",
        "",
    )
    .await;
    stage.close().await;
}

#[tokio::test]
async fn a_timeout_names_what_was_waited_for() {
    let site = slow_site().await;
    let stage = Stage::open(&site).await;
    let check = async |path: &str, wait: WaitStrategy, waited_for: Awaited| {
        let error = stage.fail(path, &waiting(wait, 2_000)).await;
        let limit = Duration::from_secs(2);
        assert_eq!(error, RenderError::Timeout { waited_for, limit }, "{path}");
    };
    check("/never", WaitStrategy::Load, Awaited::Response).await;
    check("/never-image", WaitStrategy::Load, Awaited::Load).await;
    check(
        "/never-script",
        WaitStrategy::DomContentLoaded,
        Awaited::DomContentLoaded,
    )
    .await;
    let open = Awaited::NetworkIdle {
        open: 1,
        such_as: Some("http://site.test/never".into()),
    };
    check("/never-image", WaitStrategy::NetworkIdle, open).await;
    check(
        "/appears",
        WaitStrategy::Selector("p.other".into()),
        Awaited::Selector("p.other".into()),
    )
    .await;
    check("/busy", WaitStrategy::Load, Awaited::Load).await;
    let error = stage.fail("/polls", &waiting(WaitStrategy::NetworkIdle, 1_500)).await;
    assert!(
        matches!(
            &error,
            RenderError::Timeout {
                waited_for: Awaited::NetworkIdle { .. },
                ..
            }
        ),
        "{error:?}"
    );
    let error = stage
        .fail("/appears", &waiting(WaitStrategy::Selector("p[".into()), 5_000))
        .await;
    assert!(
        matches!(&error, RenderError::Selector { selector, .. } if selector == "p["),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("render_config.wait_for_selector `p[`"),
        "{error}"
    );
    // None of them is in the way of the next.
    assert!(stage.render("/other", &script()).await.html.contains("<p>x</p>"));
    assert_eq!(stage.context.idle_tabs().await, 1);
    stage.close().await;
}

#[tokio::test]
async fn cancelling_ends_every_wait() {
    let site = slow_site().await;
    let stage = Stage::open(&site).await;
    for path in ["/never", "/never-image", "/busy"] {
        let cancel = CancellationToken::new();
        let request = PageRequest::get(url(path));
        let script = script();
        let (page, ()) = tokio::join!(stage.context.render(&request, &script, &cancel), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            cancel.cancel();
        });
        assert_eq!(page, Err(RenderError::Cancelled), "{path}");
    }
    let cancel = CancellationToken::new();
    cancel.cancel();
    let request = PageRequest::get(url("/other"));
    assert_eq!(
        stage.context.render(&request, &script(), &cancel).await,
        Err(RenderError::Cancelled)
    );
    assert_eq!(site.count("/other"), 0);
    stage.close().await;
}
