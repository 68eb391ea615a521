//! Proxies by their URLs.

use super::*;

#[test]
fn urls_of_proxies() {
    let check = |text: &str, expected: Result<&str, &str>| {
        let server = text.parse::<ProxyServer>();
        match (&server, expected) {
            (Ok(server), Ok(expected)) => assert_eq!(server.to_string(), expected, "{text}"),
            (Err(error), Err(expected)) => {
                let error = error.to_string();
                assert!(error.contains(expected) && !error.contains("secret"), "{text}: {error}");
            }
            _ => panic!("{text}: {server:?}"),
        }
    };
    check("http://a.example:3128", Ok("http://a.example:3128"));
    check("http://a.example", Ok("http://a.example:80"));
    check("https://a.example/", Ok("https://a.example:443"));
    check("https://u:secret@a.example:8443", Ok("https://a.example:8443"));
    check("socks5://a.example", Ok("socks5://a.example:1080"));
    check("socks5://u:secret@127.0.0.1:80", Ok("socks5://127.0.0.1:80"));
    check("socks5h://[::1]:1080", Ok("socks5://[::1]:1080"));
    check("socks5://0x7f.1", Ok("socks5://127.0.0.1:1080"));
    check("socks4://u:secret@a.example", Err("is none of"));
    check("http://u:secret@a.example/path", Err("no path"));
    check("http://u:secret@a.example?q", Err("no path"));
    check("http://u:secret@:80", Err("is no URL"));
    check("u:secret@a.example", Err("is none of"));
    check("a.example:80", Err("is none of"));
    check("socks5://u:secret", Err("is no URL"));
    check(
        &format!("socks5://u:{}@a.example", "p".repeat(255)),
        Ok("socks5://a.example:1080"),
    );
    check(&format!("socks5://u:{}@a.example", "p".repeat(256)), Err("255 bytes"));
}

#[test]
fn credentials_are_decoded() {
    let check = |text: &str, basic: Option<&str>, plain: Option<(&str, &str)>| {
        let server: ProxyServer = text.parse().unwrap();
        assert_eq!(
            server.basic_auth().map(|value| value.to_str().unwrap()),
            basic,
            "{text}"
        );
        assert_eq!(server.user_and_password(), plain, "{text}");
    };
    check("http://a.example", None, None);
    check(
        "http://Aladdin:open%20sesame@a.example",
        Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        None,
    );
    check("https://u@a.example", Some("Basic dTo="), None);
    check("socks5://a.example", None, None);
    check("socks5://u%40x:p%3A%2F@a.example", None, Some(("u@x", "p:/")));
    check("socks5://u@a.example", None, Some(("u", "")));
}

#[test]
fn nothing_shown_holds_credentials() {
    let server: ProxyServer = "http://user:secret@a.example:1".parse().unwrap();
    assert_eq!(format!("{server:?}"), "ProxyServer(http://a.example:1)");
    assert_eq!(format!("{server}"), "http://a.example:1");
    assert_eq!(server.address(), "a.example:1");
}

#[test]
fn an_id_is_of_the_url_alone() {
    let id = |text: &str| text.parse::<ProxyServer>().unwrap().id();
    assert_eq!(id("http://a.example"), id("http://a.example:80/"));
    assert_eq!(id("socks5://a.example"), id("socks5h://a.example:1080"));
    assert_ne!(id("http://a.example"), id("http://u@a.example"));
    assert_ne!(id("http://a.example"), id("http://a.example:81"));
}

#[test]
fn a_country_is_any_place_in_it_and_a_part_only_that_part() {
    let check = |stands: Option<&str>, target: &str, expected: bool| {
        let server: ProxyServer = "http://a.example".parse().unwrap();
        let server = server.standing_in(stands.map(|place| GeoTarget::parse(place).unwrap()));
        let found = server.stands_in(&GeoTarget::parse(target).unwrap());
        assert_eq!(found, expected, "{stands:?} for {target}");
    };
    check(Some("US"), "US", true);
    check(Some("US-CA"), "US", true);
    check(Some("US-CA"), "US-CA", true);
    check(Some("US-NY"), "US-CA", false);
    check(Some("US"), "US-CA", false);
    check(Some("CA"), "US-CA", false);
    check(None, "US", false);
}

#[test]
fn only_what_a_proxy_says_for_itself_is_its_fault() {
    let check = |proxy: &str, target: &str, status: u16, expected: Option<ProxyFault>| {
        let server: ProxyServer = proxy.parse().unwrap();
        let found = server.fault_in_response(&Url::parse(target).unwrap(), status);
        assert_eq!(found, expected, "{proxy} {target} {status}");
    };
    check(
        "http://p.example",
        "http://a.example",
        407,
        Some(ProxyFault::Credentials),
    );
    check(
        "https://p.example",
        "http://a.example",
        407,
        Some(ProxyFault::Credentials),
    );
    check("http://p.example", "https://a.example", 407, None);
    check("socks5://p.example", "http://a.example", 407, None);
    check("http://p.example", "http://a.example", 502, None);
}
