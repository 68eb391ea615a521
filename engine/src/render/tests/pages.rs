//! What comes of pages of every kind.

use std::time::Duration;

use super::site::{Answer, Site, url};
use super::{Stage, config, script, script_of};
use crate::model::{Action, RenderConfig, Viewport};
use crate::render::{PageRequest, RenderError};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn the_live_document_is_taken() {
    let site = Site::start(|path, _| match path {
        "/list" => Answer::html(
            "<!DOCTYPE html><html lang=en><head><title>t</title></head><body><ul></ul><script>
             for (const n of [1, 2]) document.querySelector('ul').append(Object.assign(document.createElement('li'), {textContent: 'row ' + n}));
             document.querySelector('script').remove();
             </script></body></html>",
        ),
        "/shadow" => Answer::html(
            "<p>light</p><div id=one></div><div id=two></div><script>
             const root = one.attachShadow({mode: 'open'});
             root.innerHTML = '<b>in the shadow</b><span></span>';
             root.querySelector('span').attachShadow({mode: 'open'}).innerHTML = '<u>deeper</u>';
             two.attachShadow({mode: 'closed'}).innerHTML = '<b>never seen</b>';
             document.scripts[0].remove();
             </script>",
        ),
        "/noscript" => Answer::html("<noscript>off</noscript><p>on</p>"),
        "/surrogate" => Answer::html("<p id=p></p><script>p.textContent = 'a\\ud800b'; document.scripts[0].remove()</script>"),
        "/push" => Answer::html("<p>x</p><script>history.pushState(null, '', '/pushed?a=1#b')</script>"),
        "/redirect" => Answer::redirect("/noscript"),
        _ => Answer::new("404 Not Found\r\nContent-Type: text/html", "<h1>nothing here</h1>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let check = async |path: &str, end: &str, status: u16, part: &str| {
        let page = stage.render(path, &script()).await;
        assert_eq!((page.url.as_str(), page.status), (url(end).as_str(), status), "{path}");
        assert_eq!(page.media_type, "text/html");
        assert!(page.html.contains(part), "{path}: {}", page.html);
        assert!(!page.html.contains("never seen"));
    };
    let list =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>t</title></head><body><ul><li>row 1</li><li>row 2</li></ul>";
    check("/list?q=1#part", "/list?q=1", 404, "nothing here").await;
    check("/list", "/list", 200, list).await;
    let shadow = "<div id=\"one\"><template shadowrootmode=\"open\"><b>in the shadow</b><span><template \
                  shadowrootmode=\"open\"><u>deeper</u></template></span></template></div>";
    check("/shadow", "/shadow", 200, shadow).await;
    check("/noscript", "/noscript", 200, "<noscript>off</noscript>").await;
    check("/surrogate", "/surrogate", 200, "<p id=\"p\">a\u{fffd}b</p>").await;
    check("/push", "/pushed?a=1", 200, "<p>x</p>").await;
    check("/redirect", "/noscript", 200, "<p>on</p>").await;
    stage.close().await;
}

#[tokio::test]
async fn frames_are_taken_where_they_are_wanted() {
    let site = Site::start(|path, _| match path {
        "/" => Answer::html(
            "<iframe src='/inner'></iframe><iframe src='http://other.example.test/far'></iframe>
             <div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<iframe srcdoc=\"<p>in the shadow</p>\"></iframe>'</script>",
        ),
        "/inner" => Answer::html("<p>near</p><iframe src='/deep'></iframe>"),
        "/deep" => Answer::html("<p>deep</p>"),
        "/far" => Answer::html("<p id=p></p><script>p.textContent = 'f' + 'ar'</script><iframe src='http://site.test/deep'></iframe>"),
        "/with-busy" => Answer::html("<p>outer</p><iframe src='http://busy.example.test/busy'></iframe>"),
        "/busy" => Answer::html("<script>addEventListener('load', () => setTimeout(() => { for (;;); }, 50))</script>"),
        "/set" => Answer::html("<html><head></head><frameset cols='*'><frame src='/deep'></frameset></html>"),
        _ => Answer::new("404 Not Found", ""),
    })
    .await;
    let stage = Stage::open(&site).await;
    let with = script_of(&RenderConfig {
        frames: true,
        ..config()
    });
    let page = stage.render("/", &with).await;
    let check = |html: &str, part: &str| assert!(html.contains(part), "{part} in {html}");
    check(
        &page.html,
        "</iframe><template data-frame=\"http://site.test/inner\"><html><head></head><body><p>near</p>",
    );
    check(
        &page.html,
        "<template data-frame=\"http://site.test/deep\"><html><head></head><body><p>deep</p>",
    );
    check(
        &page.html,
        "<template data-frame=\"http://other.example.test/far\"><html><head></head><body><p id=\"p\">far</p>",
    );
    check(
        &page.html,
        "<template data-frame=\"about:srcdoc\"><html><head></head><body><p>in the shadow</p>",
    );
    assert_eq!(page.html.matches("<p>deep</p>").count(), 2);
    let set = stage.render("/set", &with).await;
    check(&set.html, "<head><template data-frame=\"http://site.test/deep\">");
    check(&set.html, "<p>deep</p>");

    let busy = script_of(&RenderConfig {
        frames: true,
        actions: vec![Action::WaitMs(300)],
        ..config()
    });
    check(&stage.render("/with-busy", &busy).await.html, "<p>outer</p><iframe");

    let without = stage.render("/", &script()).await;
    assert!(
        !without.html.contains("data-frame") && !without.html.contains("near"),
        "{}",
        without.html
    );
    let request = PageRequest {
        max_bytes: without.html.len() as u64 + 10,
        ..PageRequest::get(url("/"))
    };
    let cancel = CancellationToken::new();
    assert!(stage.context.render(&request, &script(), &cancel).await.is_ok());
    let large = stage.context.render(&request, &with, &cancel).await.unwrap_err();
    assert_eq!(
        large,
        RenderError::TooLarge {
            limit: request.max_bytes
        }
    );
    stage.close().await;
}

#[tokio::test]
async fn a_page_may_be_as_large_as_the_request_says() {
    let site = Site::page("<p>äöü</p>").await;
    let stage = Stage::open(&site).await;
    let bytes = stage.render("/", &script()).await.html.len() as u64;
    let cancel = CancellationToken::new();
    let render = async |max_bytes: u64| {
        let request = PageRequest {
            max_bytes,
            ..PageRequest::get(url("/"))
        };
        stage.context.render(&request, &script(), &cancel).await.map(drop)
    };
    assert_eq!(render(bytes).await, Ok(()));
    assert_eq!(render(bytes - 1).await, Err(RenderError::TooLarge { limit: bytes - 1 }));
    assert_eq!(render(5).await, Err(RenderError::TooLarge { limit: 5 }));
    stage.close().await;
}

#[tokio::test]
async fn what_is_no_page_is_text_or_an_error() {
    let site = Site::start(|path, _| match path {
        "/json" => Answer::new("200 OK\r\nContent-Type: application/json", "{\"a\": [1, 2]}"),
        "/text" => Answer::new("200 OK\r\nContent-Type: text/plain; charset=iso-8859-1", b"a < b \xe4"),
        "/xml" => Answer::new("200 OK\r\nContent-Type: application/xml", "<?xml version=\"1.0\"?><a><b>1</b></a>"),
        "/xhtml" => Answer::new(
            "200 OK\r\nContent-Type: application/xhtml+xml",
            "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>t</title></head><body><br/><p>x</p></body></html>",
        ),
        "/pdf" => Answer::new("200 OK\r\nContent-Type: application/pdf", "%PDF-1.4\n"),
        "/png" => Answer::new("200 OK\r\nContent-Type: image/png", "\u{89}PNG"),
        "/zip" => Answer::new("200 OK\r\nContent-Type: application/zip", "PK"),
        "/attachment" => Answer::new(
            "200 OK\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=a.html",
            "<p>x</p>",
        ),
        "/none" => Answer::new("204 No Content", ""),
        "/empty" => Answer::new("200 OK\r\nContent-Type: text/html", ""),
        "/broken" => Answer::new("500 Internal Server Error", ""),
        "/login" => Answer::new("401 Unauthorized\r\nContent-Type: text/html\r\nWWW-Authenticate: Basic realm=x", "<p>who?</p>"),
        _ => Answer::new("404 Not Found", ""),
    })
    .await;
    let stage = Stage::open(&site).await;
    let check = async |path: &str, status: u16, media_type: &str, text: &str| {
        let page = stage.render(path, &script()).await;
        assert_eq!(
            (page.status, page.media_type.as_str(), page.html.as_str()),
            (status, media_type, text),
            "{path}"
        );
    };
    check("/json", 200, "application/json", "{\"a\": [1, 2]}").await;
    check("/text", 200, "text/plain", "a < b ä").await;
    check("/xml", 200, "application/xml", "<?xml version=\"1.0\"?><a><b>1</b></a>").await;
    let xhtml =
        "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>t</title></head><body><br><p>x</p></body></html>";
    check("/xhtml", 200, "application/xhtml+xml", xhtml).await;
    check("/none", 204, "text/html", "").await;
    check("/empty", 200, "text/html", "<html><head></head><body></body></html>").await;
    check("/broken", 500, "text/html", "").await;
    check("/login", 401, "text/html", "").await;
    let refuse = async |path: &str, media_type: &str| {
        let error = stage.fail(path, &script()).await;
        let expected = RenderError::NotADocument {
            url: url(path),
            media_type: media_type.to_owned(),
        };
        assert_eq!(error, expected, "{path}");
    };
    refuse("/pdf", "application/pdf").await;
    refuse("/png", "image/png").await;
    refuse("/zip", "application/zip").await;
    refuse("/attachment", "text/html").await;
    stage.close().await;
}

#[tokio::test]
async fn a_picture_shows_the_window() {
    let site = Site::page("<body style='margin:0;background:#0f0'><p id=p></p><script>p.textContent = innerWidth + 'x' + innerHeight</script>").await;
    let stage = Stage::open(&site).await;
    let check = async |width: u32, height: u32| {
        let script = script_of(&RenderConfig {
            viewport: Viewport { width, height },
            screenshot: true,
            ..config()
        });
        let page = stage.render("/", &script).await;
        assert!(page.html.contains(&format!("{width}x{height}")), "{}", page.html);
        let png = page.screenshot.unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        // The header's width and height come first in a PNG (ISO 15948, section 11.2.2).
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (width, height));
    };
    check(1280, 800).await;
    check(Viewport::MIN, Viewport::MIN).await;
    check(400, 2_000).await;
    assert_eq!(stage.render("/", &script()).await.screenshot, None);
    stage.close().await;
}

#[tokio::test]
async fn pages_that_trip_others_up() {
    let site = Site::start(|path, _| match path {
        "/dialogs" => Answer::html(
            "<p id=p></p><script>alert(1); p.textContent = confirm('a\\ud800') + ' ' + prompt('b');
             addEventListener('beforeunload', (e) => { e.preventDefault(); e.returnValue = 'stay'; });</script>",
        ),
        "/by-script" => Answer::html("<p>first</p><script>location.href = '/second'</script>"),
        "/by-meta" => Answer::html("<meta http-equiv=refresh content='0;url=/second'><p>first</p>"),
        "/second" => Answer::html("<p>second</p>").late(Duration::from_millis(300)),
        "/opens" => Answer::html("<a id=a target=_blank href=/opened>x</a><script>open('/opened'); a.click()</script>"),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let check = async |path: &str, end: &str, part: &str| {
        let page = stage.render(path, &script()).await;
        assert_eq!(page.url, url(end), "{path}");
        assert!(page.html.contains(part), "{path}: {}", page.html);
    };
    check("/dialogs", "/dialogs", "<p id=\"p\">false null</p>").await;
    check("/by-script", "/second", "second").await;
    check("/by-meta", "/second", "second").await;
    check("/opens", "/opens", "id=\"a\"").await;
    // All of it in one tab, which none of them has spoiled.
    assert_eq!(stage.context.idle_tabs().await, 1);
    stage.close().await;
}
