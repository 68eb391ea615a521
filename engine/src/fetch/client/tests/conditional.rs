//! Asking for a page only if it has changed.

use super::*;
use crate::fetch::{NotModified, Validators};

fn validators(etag: Option<&str>, last_modified: Option<&str>) -> Validators {
    Validators {
        etag: etag.map(Into::into),
        last_modified: last_modified.map(Into::into),
    }
}

async fn ask(settings: &FetchSettings, url: &Url, validators: &Validators) -> Result<Fetched, FetchError> {
    client(settings)
        .fetch_if_changed(url, validators, &CancellationToken::new())
        .await
}

/// A server that knows its page by one tag.
async fn tagged() -> Server {
    Server::start(|_, request| {
        if request.contains("if-none-match: \"new\"\r\n") {
            Answer::new("304 Not Modified\r\nLast-Modified: later", "")
        } else {
            Answer::new("200 OK\r\nETag: \"new\"\r\nLast-Modified: then", "page")
        }
    })
    .await
}

#[tokio::test]
async fn a_page_is_fetched_again_only_if_it_has_changed() {
    let server = tagged().await;
    let url = server.url("/");
    let old = validators(Some("\"old\""), Some("before"));
    let Fetched::Page(page) = ask(&settings(), &url, &old).await.unwrap() else {
        panic!("it has changed");
    };
    assert_eq!(page.body, "page");
    let kept = page.validators().unwrap();
    assert_eq!(kept, validators(Some("\"new\""), Some("then")));
    let Fetched::NotModified(answer) = ask(&settings(), &url, &kept).await.unwrap() else {
        panic!("it has not changed");
    };
    let NotModified {
        url: asked,
        validators: next,
        attempts,
        ..
    } = answer;
    assert_eq!((asked, attempts), (url, 1));
    assert_eq!(next, validators(Some("\"new\""), Some("later")));
    let sent = server.requests();
    assert!(
        sent[0].contains("if-none-match: \"old\"\r\nif-modified-since: before\r\n"),
        "{}",
        sent[0]
    );
}

#[tokio::test]
async fn only_what_is_known_is_asked_with() {
    let server = Server::always(|| Answer::new("200 OK", "")).await;
    let check = async |settings: &FetchSettings, asked: &Validators, expected: [bool; 2]| {
        ask(settings, &server.url("/"), asked).await.unwrap();
        let sent = server.requests().pop().unwrap();
        let found = ["if-none-match: ", "if-modified-since: "].map(|name| sent.contains(name));
        assert_eq!(found, expected, "{asked:?}: {sent}");
    };
    let post = FetchSettings {
        method: "POST".into(),
        ..settings()
    };
    let head = FetchSettings {
        method: "HEAD".into(),
        ..settings()
    };
    let both = validators(Some("e"), Some("t"));
    check(&settings(), &validators(None, None), [false, false]).await;
    check(&settings(), &validators(Some("e"), None), [true, false]).await;
    check(&settings(), &validators(None, Some("t")), [false, true]).await;
    check(&settings(), &validators(Some("e\r\nx: y"), Some("t")), [false, true]).await;
    check(&head, &both, [true, true]).await;
    check(&post, &both, [false, false]).await;
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let server = Server::always(|| Answer::new("304 Not Modified", "")).await;
    let url = server.url("/");
    let post = FetchSettings {
        method: "POST".into(),
        ..settings()
    };
    let check = async |settings: &FetchSettings, asked: Validators, expected: Option<&str>| {
        let answer = ask(settings, &url, &asked).await;
        let code = answer.err().map(|error| error.code().as_str());
        assert_eq!(code, expected, "{asked:?}");
    };
    check(&settings(), validators(Some("e"), None), None).await;
    check(&settings(), validators(None, None), Some("http_status")).await;
    check(&post, validators(Some("e"), None), Some("http_status")).await;
    let own = FetchSettings {
        headers: vec![("If-None-Match".into(), "e".into())],
        ..settings()
    };
    check_error(&own, &url, "http_status", 1, "answered 304 Not Modified").await;
}

#[tokio::test]
async fn validators_are_the_first_urls_alone_and_go_with_its_retries() {
    let server = Server::start(|number, request| match (number, request.split(' ').nth(1)) {
        (0, _) => Answer::new("503 Busy", ""),
        (_, Some("/a")) => Answer::redirect(302, "/b"),
        _ => Answer::new("200 OK\r\nETag: \"b\"", "page"),
    })
    .await;
    let asked = validators(Some("\"a\""), None);
    let Fetched::Page(page) = ask(&settings(), &server.url("/a"), &asked).await.unwrap() else {
        panic!("the server sends it");
    };
    assert_eq!(page.validators(), None, "the tag is another URL's");
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.contains("if-none-match: \"a\""))
        .collect();
    assert_eq!(sent, [true, true, false]);
}

#[tokio::test]
async fn a_page_without_validators_cannot_be_asked_for_so() {
    let server = Server::always(|| Answer::new("200 OK", "page")).await;
    let page = fetch(&settings(), &server.url("/")).await.unwrap();
    assert_eq!(page.validators(), None);
}
