//! Redirects, retries of what they led to, and what goes along.

use super::*;

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit() {
    let answer = |_, request: &str| match request.split(' ').nth(1) {
        Some("/0") => Answer::redirect(301, "1"),
        Some("/1") => Answer::redirect(307, "/2#part"),
        _ => Answer::new("200 OK", "x"),
    };
    let with_limit = |max_redirects| FetchSettings {
        max_redirects,
        ..settings()
    };
    let server = Server::start(answer).await;
    let page = fetch(&with_limit(2), &server.url("/0")).await.unwrap();
    assert_eq!((page.url, page.redirects, page.attempts), (server.url("/2"), 2, 1));
    check_error(
        &with_limit(1),
        &server.url("/0"),
        "too_many_redirects",
        1,
        "more than 1 redirects",
    )
    .await;
    check_error(
        &with_limit(0),
        &server.url("/0"),
        "too_many_redirects",
        1,
        "more than 0 redirects",
    )
    .await;
    assert_eq!(fetch(&with_limit(0), &server.url("/2")).await.unwrap().redirects, 0);
}

#[tokio::test]
async fn circles_are_noticed_and_endless_redirects_end() {
    let circle = |_, request: &str| Answer::redirect(302, if request.starts_with("GET /a") { "/b" } else { "/a" });
    let server = Server::start(circle).await;
    check_error(&settings(), &server.url("/a"), "too_many_redirects", 1, "in a circle").await;
    assert_eq!(server.first_lines(), ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]);
    let server = Server::start(|number, _| Answer::redirect(302, &format!("/{number}"))).await;
    check_error(
        &settings(),
        &server.url("/a"),
        "too_many_redirects",
        1,
        "more than 10 redirects",
    )
    .await;
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn a_redirect_to_itself_with_a_new_cookie_is_no_circle() {
    let answer = |_, request: &str| {
        if request.contains("cookie: seen=1") {
            Answer::new("200 OK", "x")
        } else {
            Answer::redirect(302, "/\r\nSet-Cookie: seen=1")
        }
    };
    let server = Server::start(answer).await;
    let client = client(&settings());
    let cancel = CancellationToken::new();
    assert_eq!(client.fetch(&server.url("/"), &cancel).await.unwrap().redirects, 1);
    let next = client.clone().fetch(&server.url("/next"), &cancel).await.unwrap();
    assert_eq!(next.redirects, 0, "the run keeps its cookies");
}

#[tokio::test]
async fn a_retry_repeats_the_request_that_failed() {
    let answer = |number, request: &str| match number {
        0 => Answer::redirect(303, "/b"),
        1 => Answer::new("503 Busy", ""),
        _ => Answer::new("200 OK", request.lines().next().unwrap_or_default()),
    };
    let server = Server::start(answer).await;
    let settings = FetchSettings {
        method: "POST".into(),
        body: Some(Bytes::from_static(b"x")),
        attempts: 2,
        ..settings()
    };
    let page = fetch(&settings, &server.url("/a")).await.unwrap();
    assert_eq!((page.attempts, page.redirects), (2, 1));
    assert_eq!(
        server.first_lines(),
        ["POST /a HTTP/1.1", "GET /b HTTP/1.1", "GET /b HTTP/1.1"]
    );
    let server = Server::start(move |number, request| answer(number.min(1), request)).await;
    let at = format!("(redirected to {}): the server answered 503", server.url("/b"));
    check_error(&settings, &server.url("/a"), "http_status", 2, &at).await;
}

#[tokio::test]
async fn another_origin_gets_no_credentials() {
    let other = Server::always(|| Answer::new("200 OK", "x")).await;
    let to = other.url("/").to_string();
    let first = Server::start(move |_, _| Answer::redirect(302, &to)).await;
    let settings = FetchSettings {
        headers: vec![("X-Api-Key".into(), "hush".into()), ("X-Other".into(), "kept".into())],
        cookies: vec![("c".into(), "hush".into())],
        auth: Some(BasicAuth {
            username: "me".into(),
            password: "hush".into(),
        }),
        ..settings()
    };
    fetch(&settings, &first.url("/")).await.unwrap();
    let sent = [first.requests().remove(0), other.requests().remove(0)];
    for name in ["authorization: ", "cookie: ", "x-api-key: "] {
        assert_eq!(
            sent.each_ref().map(|request| request.contains(name)),
            [true, false],
            "{name}"
        );
    }
    assert!(sent[1].contains("x-other: kept"), "{}", sent[1]);
}
