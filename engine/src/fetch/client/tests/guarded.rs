//! The address guard, at the places where a fetch meets an address.

use super::*;

fn guarded(guard: AddressGuard) -> Client {
    let settings = settings();
    let http = transport::builder(settings.timeout, Some(&guard));
    let environment = FetchEnvironment {
        guard: Some(guard),
        ..FetchEnvironment::default()
    };
    client_in(&settings, http, environment)
}

/// What a guard that allows loopback's IPv4, and the ports that the system picks, makes of a URL.
async fn check(guard: AddressGuard, url: &str, expected: Result<&str, &str>) {
    let fetched = guarded(guard)
        .fetch(&Url::parse(url).unwrap(), &CancellationToken::new())
        .await;
    match (fetched, expected) {
        (Ok(page), Ok(body)) => assert_eq!(page.body, body.as_bytes(), "{url}"),
        (Err(error), Err(part)) => {
            assert_eq!(error.code().as_str(), "blocked_address", "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
        (fetched, _) => panic!("{url}: {fetched:?}"),
    }
}

fn allowing(networks: &[&str]) -> AddressGuard {
    let networks = networks.iter().map(|network| network.parse().unwrap());
    AddressGuard::default().allowing(networks, ["1024-65535".parse().unwrap()])
}

#[tokio::test]
async fn literals_names_and_redirects_are_judged_alike() {
    let server = Server::start(|_, request| match request.split(' ').nth(1) {
        Some("/to-literal") => Answer::redirect(302, "http://127.0.0.2:2000/"),
        Some("/to-name") => Answer::redirect(302, "http://localhost:9/"),
        Some("/to-port") => Answer::redirect(302, "http://127.0.0.1:22/"),
        _ => Answer::new("200 OK", "reached"),
    })
    .await;
    let port = server.url("/").port().unwrap();
    let one = || allowing(&["127.0.0.1/32", "::1/128"]);
    check(one(), &format!("http://127.0.0.1:{port}/"), Ok("reached")).await;
    check(one(), &format!("http://localhost:{port}/"), Ok("reached")).await;
    let nothing = || allowing(&[]);
    check(
        nothing(),
        &format!("http://127.0.0.1:{port}/"),
        Err("is a loopback address"),
    )
    .await;
    check(
        nothing(),
        &format!("http://localhost:{port}/"),
        Err("is a loopback address"),
    )
    .await;
    check(
        nothing(),
        &format!("http://[::ffff:127.0.0.1]:{port}/"),
        Err("is a loopback address"),
    )
    .await;
    let literal = server.url("/to-literal").to_string();
    check(
        one(),
        &literal,
        Err("(redirected to http://127.0.0.2:2000/): the address 127.0.0.2"),
    )
    .await;
    check(one(), server.url("/to-name").as_str(), Err("the port 9 ")).await;
    check(one(), server.url("/to-port").as_str(), Err("the port 22 ")).await;
}

#[tokio::test]
async fn what_is_blocked_is_asked_nothing_and_not_tried_again() {
    let server = Server::always(|| Answer::new("200 OK", "reached")).await;
    let client = guarded(allowing(&[]));
    let error = client
        .fetch(&server.url("/"), &CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(error.attempts, 1, "{error}");
    assert!(server.requests().is_empty());
}
