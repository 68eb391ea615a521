//! What is sent, and what is kept from whom.

use url::Url;

use super::*;

fn target(url: &str) -> Target {
    Target::new(&Url::parse(url).unwrap()).unwrap()
}

fn pair(name: &str, value: &str) -> (String, String) {
    owned((name, value))
}

#[test]
fn bad_settings_are_named() {
    let check = |settings: FetchSettings, expected: SettingsError| {
        assert_eq!(Template::new(&settings).err(), Some(expected));
    };
    let default = FetchSettings::default;
    let with_header = |name: &str, value: &str| FetchSettings {
        headers: vec![pair(name, value)],
        ..default()
    };
    let with_cookie = |name: &str, value: &str| FetchSettings {
        cookies: vec![pair(name, value)],
        ..default()
    };
    let with_method = |name: &str| FetchSettings {
        method: name.into(),
        ..default()
    };
    check(with_header("a b", "x"), SettingsError::HeaderName("a b".into()));
    check(
        with_header("X-A", "x\r\ny: z"),
        SettingsError::HeaderValue("X-A".into()),
    );
    check(with_header("Host", "x"), SettingsError::ReservedHeader("Host".into()));
    check(
        with_header("Content-Length", "1"),
        SettingsError::ReservedHeader("Content-Length".into()),
    );
    check(with_cookie("a", "b;c"), SettingsError::Cookie("a".into()));
    check(with_cookie("", "b"), SettingsError::Cookie(String::new()));
    check(with_cookie("a=", "b"), SettingsError::Cookie("a=".into()));
    check(with_method("G T"), SettingsError::Method("G T".into()));
    check(with_method(""), SettingsError::Method(String::new()));
    check(
        with_method("CONNECT"),
        SettingsError::MethodWithoutPage("CONNECT".into()),
    );
    check(
        FetchSettings {
            user_agent: Some("a\nb".into()),
            ..default()
        },
        SettingsError::UserAgent,
    );
    let auth = BasicAuth {
        username: "a:b".into(),
        password: String::new(),
    };
    check(
        FetchSettings {
            auth: Some(auth),
            ..default()
        },
        SettingsError::Username,
    );
}

#[test]
fn settings_go_before_the_clients_own_headers() {
    let value = |settings: &FetchSettings, name: &str| {
        let template = Template::new(settings).unwrap();
        template
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let default = FetchSettings::default();
    let own = FetchSettings {
        headers: vec![pair("user-agent", "a"), pair("Accept", "b")],
        ..default.clone()
    };
    assert_eq!(
        value(&default, "user-agent"),
        [format!("SnowScrape/{}", env!("CARGO_PKG_VERSION"))]
    );
    assert_eq!(value(&default, "accept-encoding"), [ACCEPT_ENCODING]);
    assert_eq!(value(&own, "user-agent"), ["a"]);
    assert_eq!(value(&own, "accept"), ["b"]);
    let both = FetchSettings {
        user_agent: Some("c".into()),
        ..own
    };
    assert_eq!(value(&both, "user-agent"), ["c"]);
}

#[test]
fn another_origin_gets_no_credentials() {
    let settings = FetchSettings {
        headers: [
            ("Authorization", "a"),
            ("X-Api-Key", "b"),
            ("Cookie", "c=d; e=f"),
            ("Accept-Language", "en"),
        ]
        .map(owned)
        .to_vec(),
        cookies: vec![pair("g", "h")],
        auth: Some(BasicAuth {
            username: "me".into(),
            password: "hush".into(),
        }),
        ..FetchSettings::default()
    };
    let check = |to: &str, kept: bool| {
        let mut request = Template::new(&settings).unwrap().on(target("https://a.example/"));
        request.turn_to(target(to));
        let Template {
            headers, cookies, auth, ..
        } = &request.template;
        assert_eq!(headers.contains_key("authorization"), kept, "{to}");
        assert_eq!(headers.contains_key("x-api-key"), kept, "{to}");
        assert_eq!(cookies.len(), if kept { 3 } else { 0 }, "{to}");
        assert_eq!(auth.is_some(), kept, "{to}");
        assert!(headers.contains_key("accept-language"), "{to}");
    };
    check("https://a.example/other?page", true);
    check("https://a.example:443/", true);
    check("https://a.example:8443/", false);
    check("http://a.example/", false);
    check("https://www.a.example/", false);
}

#[test]
fn the_urls_credentials_go_before_the_settings() {
    let check = |url: &str, auth: Option<&str>, expected: &str| {
        let settings = FetchSettings {
            headers: vec![pair("Authorization", "Bearer x")],
            auth: auth.map(|name| BasicAuth {
                username: name.into(),
                password: "b".into(),
            }),
            ..FetchSettings::default()
        };
        crate::fetch::transport::install_provider();
        let built = Template::new(&settings)
            .unwrap()
            .on(target(url))
            .build(&reqwest::Client::new(), None)
            .unwrap();
        let sent: Vec<_> = built.headers().get_all("authorization").iter().collect();
        assert_eq!(sent, [expected], "{url}");
        assert!(built.url().username().is_empty());
    };
    check("http://h.example/", None, "Bearer x");
    check("http://h.example/", Some("a"), "Basic YTpi");
    check("http://u%40:p%3A@h.example/", Some("a"), "Basic dUA6cDo=");
}
