//! The rules against the conformance cases, and beside them what those leave open.

use super::*;

/// A case of `tests/conformance/robots.jsonl`.
#[derive(serde::Deserialize)]
struct Case {
    id: String,
    robots: String,
    user_agent: String,
    url: String,
    allowed: bool,
    #[serde(default)]
    google_only: bool,
}

fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance/robots.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_conformance_cases_pass() {
    let (mut ours, mut googles) = (0, 0);
    for case in cases() {
        if case.google_only {
            googles += 1;
            continue;
        }
        ours += 1;
        let allowed = robots_allow(case.robots.as_bytes(), &case.user_agent, &case.url);
        assert_eq!(allowed, Ok(case.allowed), "{}", case.id);
    }
    assert_eq!((ours, googles), (160, 16));
}

/// One of the reasons for choosing the lines ourselves: should this fail with a new version of the crate, less may do.
#[test]
fn the_crate_alone_passes_over_groups_whose_name_goes_on() {
    let differing = cases().into_iter().filter(|case| {
        let robots = Robots::parse(case.robots.as_bytes(), &case.user_agent);
        let url = Url::parse(&case.url);
        !case.google_only && robots.is_url_allowed(&url.unwrap()) != case.allowed
    });
    let differing: Vec<_> = differing.map(|case| case.id).collect();
    assert_eq!(
        differing,
        [31, 32, 33, 37, 38, 39].map(|number| format!("robots-{number:04}"))
    );
}

/// Where the two agree on what concerns whom, they agree on what is allowed.
#[test]
fn the_crate_is_a_second_opinion() {
    const GROUPS: &str = "# a comment\r\nUser-Agent: a\nUser-Agent: b\nDisallow: /1\nAllow: /1/2 # why\n\
                          Sitemap: http://h.example/s\nDisallow: /*.gif$\n\nuser-agent: *\nDisallow: /\n\
                          USER-AGENT: b\nDISALLOW : /3%20x\nDisallow:\nAllow:/3%7e\n";
    for agent in ["a", "b", "c"] {
        for path in [
            "/",
            "/1",
            "/1/2",
            "/x.gif",
            "/x.gif?",
            "/3%20x",
            "/3 x",
            "/3~",
            "/%33~",
            "/robots.txt",
        ] {
            let url = format!("http://h.example{path}");
            let theirs = Robots::parse(GROUPS.as_bytes(), agent).is_url_allowed(&Url::parse(&url).unwrap());
            assert_eq!(
                robots_allow(GROUPS.as_bytes(), agent, &url),
                Ok(theirs),
                "{agent} {path}"
            );
        }
    }
}

fn check(robots: &str, user_agent: &str, path: &str, allowed: bool) {
    let url = format!("https://h.example{path}");
    assert_eq!(
        robots_allow(robots.as_bytes(), user_agent, &url),
        Ok(allowed),
        "{robots:?} {user_agent} {path}"
    );
}

#[test]
fn a_user_agent_names_its_product() {
    let check = |user_agent: &str, expected: &str| assert_eq!(product_token(user_agent), expected, "{user_agent}");
    check(&FetchSettings::default_user_agent(), "SnowScrape");
    check("MyBot/1.0 (+https://my.example/bot)", "MyBot");
    check("MyBot", "MyBot");
    check(" My-Bot_x 2", "My-Bot_x");
    check("MJ12bot/v1.4", "MJ12bot");
    check("Mozilla/5.0 (compatible; MyBot/1.0)", "MyBot");
    check(
        "Mozilla/5.0 (compatible; ExampleBot/0.1; https://www.example.com/bot.html)",
        "ExampleBot",
    );
    check(
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; Compatible;MyBot/2; +x) Chrome/1",
        "MyBot",
    );
    // A browser's names no crawler, and neither does what is no name.
    check(
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "SnowScrape",
    );
    check("Mozilla/5.0 (compatible; )", "SnowScrape");
    check("Mozilla/5.0 (ÄÖÜ compatible; ß)", "SnowScrape");
    check("", "SnowScrape");
    check("/1.0", "SnowScrape");
}

#[test]
fn a_group_is_found_by_its_product_token_alone() {
    let group = |name: &str| format!("user-agent: {name}\ndisallow: /x\n");
    for (name, concerned) in [
        ("mybot", true),
        ("MyBot/2.0", true),
        ("MyBot the crawler", true),
        ("*", true),
        ("* # all", true),
        ("MyBot-Images", false),
        ("My", false),
        ("*bot", false),
        ("", false),
    ] {
        check(&group(name), "MyBot/1.0", "/x", !concerned);
    }
    let both = format!("{}user-agent: MyBot\nallow: /\n", group("*"));
    check(&both, "MyBot/1.0", "/x", true);
    check(&both, "Other/1.0", "/x", false);
}

#[test]
fn other_records_end_no_list_of_names() {
    for record in [
        "Crawl-delay: 5",
        "Sitemap: http://h.example/s",
        "Host: h.example",
        "nonsense",
        "",
    ] {
        let robots = format!("user-agent: a\n{record}\nuser-agent: b\ndisallow: /x\n");
        check(&robots, "a", "/x", false);
        check(&robots, "b", "/x", false);
    }
    check(
        "user-agent: a\nallow: /y\nuser-agent: b\ndisallow: /x\n",
        "a",
        "/x",
        true,
    );
}

#[test]
fn special_characters_are_matched_by_their_codes() {
    let disallow = |path: &str| format!("user-agent: *\ndisallow: {path}\n");
    check(&disallow("/file-with-a-%2A.html"), "a", "/file-with-a-*.html", false);
    check(&disallow("/file-with-a-%2A.html"), "a", "/file-with-a-b.html", true);
    check(&disallow("/foo-%24"), "a", "/foo-$", false);
    check(&disallow("/foo-%24"), "a", "/foo-$/x", false);
    check(&disallow("/a$b"), "a", "/a$b", false);
    check(&disallow("/a$b"), "a", "/a", true);
    check(&disallow("/a$"), "a", "/a", false);
    check(&disallow("/a$"), "a", "/a$", true);
    check(&disallow("/a%24$"), "a", "/a$", false);
    check(&disallow("/a%24$"), "a", "/a$b", true);
    check(&disallow("/a?b=c"), "a", "/a?b=c#d", false);
    check(&disallow("/b%61%7a"), "a", "/baz", false);
}

#[test]
fn robots_txt_itself_is_always_allowed() {
    let all = "user-agent: *\ndisallow: /\n";
    check(all, "a", "/robots.txt", true);
    check(all, "a", "/robots.txt?x", false);
    check(all, "a", "/dir/robots.txt", false);
}

#[test]
fn a_file_is_read_up_to_500_kibibytes_by_whole_lines() {
    let rule = "disallow: /x\n";
    let start = "user-agent: *\n";
    let padded = |total: usize, after: &str| {
        let padding = total - start.len() - rule.len() - 1;
        format!("{start}#{}\n{rule}{after}", "p".repeat(padding - 1))
    };
    let limit = 500 * 1024;
    assert_eq!(padded(limit, "").len(), limit);
    check(&padded(limit, ""), "a", "/x", false);
    check(&padded(limit, "disallow: /y\n"), "a", "/x", false);
    check(&padded(limit, "disallow: /y\n"), "a", "/y", true);
    // A line cut in two would say more than its writer meant.
    check(&padded(limit + 2, ""), "a", "/x", true);
}

#[test]
fn crawl_delays_are_read_up_to_a_minute() {
    let check = |robots: &str, seconds: f64| {
        let delay = Rules::parse(robots.as_bytes(), "a").crawl_delay();
        assert_eq!(delay, Duration::from_secs_f64(seconds), "{robots:?}");
    };
    check("user-agent: *\ncrawl-delay: 5\n", 5.0);
    check("user-agent: *\nCrawl-Delay: 0.5 # half\n", 0.5);
    check("user-agent: *\ncrawl-delay: 60\n", 60.0);
    check("user-agent: *\ncrawl-delay: 61\n", 60.0);
    check("user-agent: *\ncrawl-delay: 1e300\n", 0.0);
    check("user-agent: *\ncrawl-delay: -1\n", 0.0);
    check("user-agent: *\ncrawl-delay: soon\n", 0.0);
    check(
        "user-agent: b\ncrawl-delay: 5\nallow: /\nuser-agent: *\nallow: /\n",
        0.0,
    );
    check(
        "user-agent: *\ncrawl-delay: 5\nallow: /\nuser-agent: a\nallow: /\n",
        0.0,
    );
}

#[test]
fn a_refusal_names_the_rule() {
    let rules = Rules::parse(b"user-agent: *\ndisallow: /private*\nallow: /private/open\n", "a");
    let refusing = |path: &str| rules.refusing(&Url::parse(&format!("http://h.example{path}")).unwrap());
    assert_eq!(refusing("/private/x").as_deref(), Some("/private*"));
    assert_eq!(refusing("/private/open"), None);
    let long = format!("user-agent: *\ndisallow: /{}", "x".repeat(1000));
    let rules = Rules::parse(long.as_bytes(), "a");
    let url = Url::parse(&format!("http://h.example/{}", "x".repeat(1000))).unwrap();
    assert_eq!(rules.refusing(&url).unwrap().len(), SHOWN);
}

#[test]
fn urls_that_have_no_robots_txt_are_errors() {
    let check = |url: &str, part: &str| {
        let message = robots_allow(b"", "a", url).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    check("/x", "`/x` is no http or https URL: relative URL without a base");
    check("", "relative URL without a base");
    check("ftp://h.example/x", "its scheme is ftp");
}
