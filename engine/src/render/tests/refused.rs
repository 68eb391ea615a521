//! Pages that cannot be loaded.

use super::site::{Answer, Site, url};
use super::{Stage, config, options, script, script_of, settings};
use crate::model::{RenderConfig, WaitStrategy};
use crate::render::{BrowserSettings, Browsers, RenderError};

#[tokio::test]
async fn what_the_proxy_refuses_is_a_network_error() {
    let site = Site::start(|path, _| match path {
        "/redirect" => Answer::redirect("http://elsewhere.example/"),
        "/script" => Answer::html("<script>location.href = 'http://elsewhere.example/x'</script>"),
        "/image" => Answer::html("<p>fine</p><img src=http://elsewhere.example/x.png>"),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let check = async |address: &str, expected: &str| match stage.try_render(&url(address), &script()).await {
        Err(RenderError::Network { url, text }) => {
            assert_eq!(url.as_str(), expected);
            assert!(text.starts_with("net::ERR_SOCKS_CONNECTION"), "{text}");
        }
        other => panic!("{address}: {other:?}"),
    };
    check("http://127.0.0.1/", "http://127.0.0.1/").await;
    check("http://me:hush@elsewhere.example/#part", "http://elsewhere.example/").await;
    check("/redirect", "http://elsewhere.example/").await;
    check("/script", "http://elsewhere.example/x").await;
    assert!(stage.render("/image", &script()).await.html.contains("fine"));
    let idle = script_of(&RenderConfig {
        wait: WaitStrategy::NetworkIdle,
        ..config()
    });
    assert!(stage.render("/image", &idle).await.html.contains("fine"));
    stage.close().await;
}

#[tokio::test]
async fn a_browser_that_does_not_start_says_why() {
    let site = Site::page("<p>x</p>").await;
    let check = async |settings: BrowserSettings, parts: &[&str]| {
        let browsers = Browsers::new(settings);
        let error = browsers.context(options(&site)).await.err().unwrap().to_string();
        for part in parts {
            assert!(error.contains(part), "{part} in {error}");
        }
        browsers.shutdown().await;
    };
    let with = |executable: &str| BrowserSettings {
        executable: Some(executable.into()),
        ..settings()
    };
    check(
        with("/nonexistent/chromium"),
        &["/nonexistent/chromium", "browser_executable"],
    )
    .await;
    check(with("/bin/true"), &["did not start", "ended by itself"]).await;
    check(with("/etc/passwd"), &["no browser was found", "/etc/passwd"]).await;
    let no_supervisor = |supervisor: Vec<std::ffi::OsString>| BrowserSettings {
        supervisor,
        ..settings()
    };
    check(no_supervisor(Vec::new()), &["no program is set to run it"]).await;
    check(no_supervisor(vec!["/bin/true".into()]), &["ended without a word"]).await;
    if rustix::process::geteuid().is_root() {
        let as_user = |user: &str| BrowserSettings {
            user: user.into(),
            ..settings()
        };
        check(as_user("no-such-user"), &["no-such-user", "browser_user"]).await;
        // Chromium refuses to be root with its sandbox on.
        check(as_user("root"), &["browser_sandbox"]).await;
    }
}
