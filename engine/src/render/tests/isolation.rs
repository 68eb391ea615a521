//! What a page can reach: nothing of another run, nothing of the machine, nothing past the proxy.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::Duration;

use super::site::{Answer, Site, url};
use super::{Stage, config, options, script, script_of, settings};
use crate::model::{Action, RenderConfig, WaitStrategy};
use crate::render::{Browsers, PageRequest, RenderContext, RenderError};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn cookies_and_storage_stay_in_their_context() {
    let site = Site::start(|path, request| match path {
        "/set" => Answer::new(
            "200 OK\r\nContent-Type: text/html\r\nSet-Cookie: server=1; Path=/",
            "<script>document.cookie = 'script=1'; localStorage.setItem('kept', '1')</script>",
        ),
        "/get" => {
            let sent = request
                .lines()
                .find(|line| line.to_lowercase().starts_with("cookie:"))
                .unwrap_or("none");
            Answer::html(format!(
                "<p>{sent}</p><b id=b></b><script>b.textContent = 'storage ' + localStorage.getItem('kept')</script>"
            ))
        }
        _ => Answer::new("404 Not Found", ""),
    })
    .await;
    let browsers = Browsers::new(settings());
    let cancel = CancellationToken::new();
    let render = async |context: &RenderContext, path: &str| {
        let request = PageRequest::get(url(path));
        context.render(&request, &script(), &cancel).await.unwrap().html
    };
    let (first, second) = tokio::join!(browsers.context(options(&site)), browsers.context(options(&site)));
    let (first, second) = (first.unwrap(), second.unwrap());
    render(&first, "/set").await;
    let kept = render(&first, "/get").await;
    assert!(
        kept.contains("server=1") && kept.contains("script=1") && kept.contains("storage 1"),
        "{kept}"
    );
    let other = render(&second, "/get").await;
    assert!(
        other.contains("<p>none</p>") && other.contains("storage null"),
        "{other}"
    );
    drop(first);
    let third = browsers.context(options(&site)).await.unwrap();
    let later = render(&third, "/get").await;
    assert!(
        later.contains("<p>none</p>") && later.contains("storage null"),
        "{later}"
    );
    drop((second, third));
    browsers.shutdown().await;
}

#[tokio::test]
async fn contexts_wait_for_their_turn() {
    let site = Site::page("<p>x</p>").await;
    let browsers = Browsers::new(crate::render::BrowserSettings {
        contexts: 1,
        ..settings()
    });
    let first = browsers.context(options(&site)).await.unwrap();
    let second = browsers.context(options(&site));
    tokio::pin!(second);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut second)
            .await
            .is_err()
    );
    drop(first);
    drop(second.await.unwrap());
    browsers.shutdown().await;
    let ended = browsers.context(options(&site)).await;
    assert_eq!(ended.err(), Some(RenderError::Cancelled));
}

#[tokio::test]
async fn nothing_of_the_machine_is_shown() {
    let site = Site::start(|path, _| match path {
        "/link" => Answer::html("<a id=a href='file:///etc/passwd'>x</a>"),
        "/frame" => Answer::html("<iframe src='file:///etc/passwd'></iframe><object data='file:///etc/passwd'></object>"),
        "/redirect" => Answer::redirect("file:///etc/passwd"),
        "/script" => Answer::html("<p>x</p><script>location.href = 'file:///etc/passwd'</script>"),
        "/open" => Answer::html("<p>x</p><script>open('file:///etc/passwd')</script>"),
        "/fetch" => Answer::html(
            "<p id=p></p><script>fetch('file:///etc/passwd').then((r) => r.text()).then((t) => p.textContent = t, (e) => p.textContent = 'refused')</script>",
        ),
        "/chrome" => Answer::html("<p>x</p><script>location.href = 'chrome://version'</script>"),
        "/source" => Answer::html("<p>x</p><script>location.href = 'view-source:http://site.test/link'</script>"),
        "/devtools" => Answer::html("<p>x</p><script>location.href = 'devtools://devtools/bundled/inspector.html'</script>"),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let look = async |path: &str, actions: Vec<Action>| {
        let script = script_of(&RenderConfig {
            wait: WaitStrategy::NetworkIdle,
            actions,
            frames: true,
            ..config()
        });
        match stage.try_render(&url(path), &script).await {
            Ok(page) => {
                assert!(
                    !page.html.contains("root:") && !page.html.contains("/bin/"),
                    "{path}: {}",
                    page.html
                );
                assert_eq!(page.url, url(path));
            }
            Err(error) => assert!(matches!(error, RenderError::Network { .. }), "{path}: {error:?}"),
        }
    };
    look("/link", vec![Action::Click("#a".into()), Action::WaitMs(300)]).await;
    look(
        "/link",
        vec![
            Action::Evaluate("location.href = 'file:///etc/passwd'".into()),
            Action::WaitMs(300),
        ],
    )
    .await;
    for path in [
        "/frame",
        "/redirect",
        "/script",
        "/open",
        "/fetch",
        "/chrome",
        "/source",
        "/devtools",
    ] {
        look(path, Vec::new()).await;
    }
    for address in [
        "file:///etc/passwd",
        "chrome://version",
        "data:text/html,x",
        "javascript:alert(1)",
    ] {
        let address = url::Url::parse(address).unwrap();
        let scheme = address.scheme().to_owned();
        let error = stage.try_render(&address, &script()).await.unwrap_err();
        assert_eq!(error, RenderError::Scheme { scheme });
    }
    stage.close().await;
}

#[tokio::test]
async fn nothing_goes_past_the_proxy() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_nonblocking(true).unwrap();
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    tcp.set_nonblocking(true).unwrap();
    let (udp_port, tcp_port) = (udp.local_addr().unwrap().port(), tcp.local_addr().unwrap().port());
    let site = Site::start(move |path, _| match path {
        "/" => Answer::html(format!(
            "<link rel=dns-prefetch href='//prefetched.example'><link rel=preconnect href='http://127.0.0.1:{tcp_port}'>
             <img src='http://127.0.0.1:{tcp_port}/image'><img src='http://localhost:{tcp_port}/image'>
             <img src='http://[::1]:{tcp_port}/image'><iframe src='http://0.0.0.0:{tcp_port}/'></iframe>
             <ol></ol><script>
             const log = (text) => document.querySelector('ol').insertAdjacentHTML('beforeend', '<li>' + text);
             const server = {{iceServers: [{{urls: 'stun:127.0.0.1:{udp_port}'}}, {{urls: 'turn:127.0.0.1:{udp_port}', username: 'a', credential: 'b'}}]}};
             const peer = new RTCPeerConnection(server);
             peer.onicecandidate = (e) => log('candidate ' + (e.candidate ? e.candidate.candidate : 'none'));
             peer.createDataChannel('x');
             peer.createOffer().then((offer) => peer.setLocalDescription(offer));
             new WebSocket('ws://127.0.0.1:{tcp_port}/').onerror = () => log('no socket');
             new Worker(URL.createObjectURL(new Blob([`fetch('http://127.0.0.1:{tcp_port}/worker').catch(() => postMessage('no worker'))`]))).onmessage = (e) => log(e.data);
             navigator.sendBeacon('http://127.0.0.1:{tcp_port}/beacon');
             if (navigator.serviceWorker) log('insecure'); else log('no service worker');
             </script>"
        )),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let script = script_of(&RenderConfig {
        actions: vec![Action::WaitMs(3_000)],
        ..config()
    });
    let page = stage.render("/", &script).await;
    let received = udp.recv_from(&mut [0; 1_500]);
    assert!(received.is_err(), "{received:?}: {}", page.html);
    assert!(tcp.accept().is_err(), "{}", page.html);
    assert!(!page.html.contains("candidate candidate"), "{}", page.html);
    assert!(
        page.html.contains("no socket") && page.html.contains("no worker"),
        "{}",
        page.html
    );
    // All of it was asked of the proxy, and nothing that is not the page's.
    let refused: BTreeSet<_> = site.refused().into_iter().collect();
    let expected = ["127.0.0.1", "localhost", "::1", "0.0.0.0"].map(|host| format!("{host}:{tcp_port}"));
    assert_eq!(refused, BTreeSet::from(expected));
    stage.close().await;
}

/// What only pages of a secure origin may do.
#[tokio::test]
async fn workers_and_permissions_are_no_way_out() {
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    tcp.set_nonblocking(true).unwrap();
    let port = tcp.local_addr().unwrap().port();
    let site = Site::start(move |path, _| match path {
        "/" => Answer::html(
            "<ol></ol><script>
             const log = (text) => document.querySelector('ol').insertAdjacentHTML('beforeend', '<li>' + text);
             navigator.serviceWorker.addEventListener('message', (e) => log(e.data));
             navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then((r) => r.active.postMessage(1));
             navigator.geolocation.getCurrentPosition(() => log('a place'), (e) => log('no place ' + e.code));
             Notification.requestPermission().then((answer) => log('notification ' + answer));
             navigator.mediaDevices.getUserMedia({video: true}).then(() => log('a camera'), () => log('no camera'));
             </script>",
        ),
        "/worker.js" => Answer::new(
            "200 OK\r\nContent-Type: text/javascript",
            format!(
                "addEventListener('message', (e) => fetch('http://127.0.0.1:{port}/')
                   .then(() => e.source.postMessage('got out'), () => e.source.postMessage('held back')));"
            ),
        ),
        _ => Answer::new("404 Not Found", ""),
    })
    .await;
    let stage = Stage::open(&site).await;
    let script = script_of(&RenderConfig {
        wait: WaitStrategy::Selector("li:nth-child(4)".into()),
        ..config()
    });
    let page = stage
        .try_render(&url("http://secure.localhost/"), &script)
        .await
        .unwrap();
    for part in ["held back", "no place 1", "notification denied", "no camera"] {
        assert!(page.html.contains(part), "{part} in {}", page.html);
    }
    assert!(tcp.accept().is_err());
    assert!(
        site.refused().contains(&format!("127.0.0.1:{port}")),
        "{:?}",
        site.refused()
    );
    stage.close().await;
}
