//! URLs that would lead into the private network: none is dialled, and each has a clear error.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use reqwest::dns::Addrs;

use super::*;
use crate::fetch::resolver::GuardedResolver;
use crate::fetch::{AddressGuard, RobotsCache};

const LOOPBACK: &str = "is a loopback address";
const PRIVATE: &str = "is private";
const LINK_LOCAL: &str = "is link-local";
const NOT_PUBLIC: &str = "is not one of the public internet";
const SCHEME: &str = "http or https";

/// URLs as an attacker would write them, and a part of what is said of each.
const HOSTILE: &[(&str, &str)] = &[
    // Addresses in every notation.
    ("http://127.0.0.1/", LOOPBACK),
    ("http://127.255.255.254/", LOOPBACK),
    ("http://2130706433/", LOOPBACK),
    ("http://0x7f000001/", LOOPBACK),
    ("http://0x7f.0.0.1/", LOOPBACK),
    ("http://0X7F.0x0.0X0.0x1/", LOOPBACK),
    ("http://017700000001/", LOOPBACK),
    ("http://0177.0.0.1/", LOOPBACK),
    ("http://00177.00.00.01/", LOOPBACK),
    ("http://0177.0x0.1/", LOOPBACK),
    ("http://127.1/", LOOPBACK),
    ("http://127.0.1/", LOOPBACK),
    ("http://127.0.0.1./", LOOPBACK),
    ("http://127.0.0.1.:80/", LOOPBACK),
    ("http://0/", "is an address of this network"),
    ("http://0.0.0.0/", "is an address of this network"),
    ("http://0x0.0/", "is an address of this network"),
    ("http://10.1/", PRIVATE),
    ("http://0xa.1/", PRIVATE),
    ("http://172.31.255.255/", PRIVATE),
    ("http://192.168.257/", PRIVATE),
    ("http://3232235777/", PRIVATE),
    ("http://0xc0a80101/", PRIVATE),
    ("http://169.254.169.254/latest/meta-data/", LINK_LOCAL),
    ("http://2852039166/", LINK_LOCAL),
    ("http://0xA9FEA9FE/", LINK_LOCAL),
    ("http://169.254.43518/", LINK_LOCAL),
    ("http://0251.0376.0251.0376/", LINK_LOCAL),
    ("http://100.64.0.1/", "is shared by a carrier's customers"),
    ("http://100.100.100.200/", "is shared by a carrier's customers"),
    ("http://168.63.129.16/", "is a cloud's metadata address"),
    ("http://192.0.0.192/", "is reserved for protocols"),
    ("http://192.0.2.1/", "is for documentation only"),
    ("http://192.88.99.1/", "is a relay's"),
    ("http://198.19.0.1/", "is for benchmarks only"),
    ("http://224.0.0.251/", "is a multicast address"),
    ("http://240.0.0.1/", "is reserved"),
    ("http://255.255.255.255/", "is reserved"),
    ("http://4294967295/", "is reserved"),
    // The same in letters that look like others.
    ("http://１２７.０.０.１/", LOOPBACK),
    ("http://127。0。0。1/", LOOPBACK),
    ("http://①②⑦.⓪.⓪.①/", LOOPBACK),
    ("http://%31%32%37.0.0.1/", LOOPBACK),
    ("http://127%2e0%2E0.1/", LOOPBACK),
    ("http://12\u{ad}7.0.0.1/", LOOPBACK),
    // IPv6, and what it embeds.
    ("http://[::]/", NOT_PUBLIC),
    ("http://[::1]/", LOOPBACK),
    ("http://[0:0:0:0:0:0:0:1]/", LOOPBACK),
    ("http://[::127.0.0.1]/", NOT_PUBLIC),
    ("http://[::ffff:127.0.0.1]/", LOOPBACK),
    ("http://[::ffff:7f00:1]/", LOOPBACK),
    ("http://[0:0:0:0:0:FFFF:A9FE:A9FE]/", LINK_LOCAL),
    ("http://[::ffff:0:127.0.0.1]/", NOT_PUBLIC),
    ("http://[64:ff9b::127.0.0.1]/", LOOPBACK),
    ("http://[64:ff9b::a9fe:a9fe]/", LINK_LOCAL),
    ("http://[64:ff9b:1::10.0.0.1]/", NOT_PUBLIC),
    ("http://[2002:7f00:1::]/", "is a 6to4 address"),
    (
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        "is reserved for protocols",
    ),
    ("http://[2606:2800::5efe:127.0.0.1]/", LOOPBACK),
    ("http://[2606:2800::200:5efe:10.0.0.1]/", PRIVATE),
    ("http://[100::1]/", NOT_PUBLIC),
    ("http://[2001:db8::1]/", "is for documentation only"),
    ("http://[3fff::1]/", "is for documentation only"),
    ("http://[5f00::1]/", NOT_PUBLIC),
    ("http://[fc00::1]/", PRIVATE),
    ("http://[fd00:ec2::254]/", PRIVATE),
    ("http://[fd20:ce::254]/", PRIVATE),
    ("http://[fe80::1]/", LINK_LOCAL),
    ("http://[fec0::1]/", NOT_PUBLIC),
    ("http://[ff02::1]/", "is a multicast address"),
    // Names.
    ("http://localhost/", LOOPBACK),
    ("http://LOCALHOST/", LOOPBACK),
    ("http://localhost./", LOOPBACK),
    ("http://localhost:8080/", LOOPBACK),
    ("http://a.localhost/", LOOPBACK),
    ("http://a.b.localhost./", LOOPBACK),
    ("http://lo%63alhost/", LOOPBACK),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", LOOPBACK),
    ("http://ｌｏｃａｌｈｏｓｔ/", LOOPBACK),
    ("http://loc\u{ad}alhost/", LOOPBACK),
    ("http://intranet/", PRIVATE),
    ("http://private.example/", PRIVATE),
    ("http://private.example./", PRIVATE),
    ("https://127.0.0.1.private.example/", PRIVATE),
    ("http://192-168-1-1.private.example:8080/", PRIVATE),
    // User names that look like hosts, and other tricks of the parser.
    ("http://public.example@127.0.0.1/", LOOPBACK),
    ("http://public.example:80@127.0.0.1:80/", LOOPBACK),
    ("http://127.0.0.1#@public.example/", LOOPBACK),
    ("http://127.0.0.1?@public.example/", LOOPBACK),
    ("http://127.0.0.1\\@public.example/", LOOPBACK),
    ("http://127.0.0.1%2f@private.example/", PRIVATE),
    ("http://private.example\\@public.example/", PRIVATE),
    ("http:127.0.0.1/", LOOPBACK),
    ("http:/127.0.0.1/", LOOPBACK),
    ("http:///127.0.0.1/", LOOPBACK),
    ("http:\\\\127.0.0.1\\", LOOPBACK),
    (" http://127.0.0.1/ ", LOOPBACK),
    ("ht\ntp://127.0\t.0.1/", LOOPBACK),
    ("HTTP://127.0.0.1/", LOOPBACK),
    // Ports.
    ("http://public.example:0/", "the port 0 "),
    ("http://public.example:22/", "the port 22 "),
    ("http://public.example:25/", "the port 25 "),
    ("https://public.example:6379/", "the port 6379 "),
    ("http://public.example:9200/", "the port 9200 "),
    ("http://127.0.0.1:11211/", "the port 11211 "),
    // Schemes.
    ("file:///etc/passwd", SCHEME),
    ("file://localhost/etc/passwd", SCHEME),
    ("file:etc/passwd", SCHEME),
    ("gopher://127.0.0.1:6379/_INFO", SCHEME),
    ("ftp://127.0.0.1/", SCHEME),
    ("dict://127.0.0.1:11211/stats", SCHEME),
    ("ldap://127.0.0.1/", SCHEME),
    ("sftp://127.0.0.1/", SCHEME),
    ("ws://127.0.0.1/", SCHEME),
    ("wss://127.0.0.1/", SCHEME),
    ("data:text/html,x", SCHEME),
    ("javascript:alert(1)", SCHEME),
    ("blob:http://127.0.0.1/x", SCHEME),
    ("view-source:http://127.0.0.1/", SCHEME),
    ("jar:http://127.0.0.1/x!/y", SCHEME),
    ("netdoc:///etc/passwd", SCHEME),
    ("about:blank", SCHEME),
    ("chrome://settings/", SCHEME),
    ("unix:/run/docker.sock", SCHEME),
    ("http+unix://%2Frun%2Fdocker.sock/", SCHEME),
];

/// What is no URL at all, so that it never gets as far as a client.
const NO_URLS: &[&str] = &[
    "http://0x7f.0.0.0x100/",
    "http://256.256.256.256/",
    "http://127.0.0.1.1/",
    "http://4294967296/",
    "http://127.0.0.08/",
    "http://[::1/",
    "http://[::1%25eth0]/",
    "http://[::ffff:127.0.0.256]/",
    "http://127.0.0.1:65536/",
    "http://127.0.0.1:80:80/",
    "http://a b/",
    "http://%00/",
    "http://127.0.0.1%00.public.example/",
    "http://",
    "//127.0.0.1/",
];

/// A resolver that takes the answers to a name in turn, the last one for good, and remembers what it was asked.
#[derive(Clone, Default)]
struct Names {
    answers: Arc<Mutex<Vec<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Names {
    fn answering(answers: &[&'static str]) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.iter().rev().copied().collect())),
            asked: Arc::default(),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        self.asked.lock().unwrap().push(name.as_str().to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop()
        } else {
            answers.last().copied()
        };
        let address = answer.unwrap().parse().unwrap();
        Box::pin(async move {
            let addresses: Addrs = Box::new(std::iter::once(SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

fn guarded(guard: &AddressGuard, names: &Names, robots: bool) -> Client {
    let settings = FetchSettings {
        attempts: 2,
        ..settings()
    };
    let resolver = GuardedResolver::over(guard.clone(), Arc::new(names.clone()));
    let http = transport::builder(settings.timeout, Some(guard)).dns_resolver(resolver);
    let environment = FetchEnvironment {
        guard: Some(guard.clone()),
        robots: robots.then(RobotsCache::new),
        ..FetchEnvironment::default()
    };
    client_in(&settings, http, environment)
}

fn check_refused(fetched: Result<FetchedPage, FetchError>, written: &str, expected: &str) {
    let error = fetched.expect_err(written);
    let message = error.to_string();
    let code = if expected == SCHEME {
        "invalid_url"
    } else {
        "blocked_address"
    };
    assert_eq!(error.code().as_str(), code, "{written:?}: {message}");
    assert!(message.contains(expected), "{written:?}: {message}");
    assert!(error.attempts <= 1, "{written:?} is not tried again");
}

#[tokio::test]
async fn hostile_urls_are_refused() {
    for robots in [false, true] {
        let names = Names::answering(&["10.0.0.1"]);
        let client = guarded(&AddressGuard::default(), &names, robots);
        for (written, expected) in HOSTILE {
            let url = Url::parse(written).expect(written);
            check_refused(client.fetch(&url, &CancellationToken::new()).await, written, expected);
        }
        let asked: BTreeSet<_> = names.asked().into_iter().collect();
        assert!(
            asked
                .iter()
                .all(|name| name == "intranet" || name.contains("private.example")),
            "{asked:?}"
        );
        assert_eq!(asked.len(), 5, "{asked:?}");
    }
    assert!(HOSTILE.len() >= 120, "{}", HOSTILE.len());
}

#[tokio::test]
async fn redirects_to_hostile_urls_are_refused() {
    // Another of loopback's addresses than the table's, and no port but this one.
    let server = Server::start_on("127.9.9.9", |_, request| {
        let number = request.split(['/', ' ']).nth(2).unwrap();
        let (written, _) = HOSTILE[number.parse::<usize>().unwrap()];
        Answer::redirect(302, Url::parse(written).unwrap().as_str())
    })
    .await;
    let port = server.url("/").port().unwrap().to_string();
    let guard = AddressGuard::default().allowing(["127.9.9.9/32".parse().unwrap()], [port.parse().unwrap()]);
    let names = Names::answering(&["10.0.0.1"]);
    let client = guarded(&guard, &names, false);
    for (number, (written, expected)) in HOSTILE.iter().enumerate() {
        let fetched = client
            .fetch(&server.url(&format!("/{number}")), &CancellationToken::new())
            .await;
        let expected = if *expected == SCHEME { "redirects to" } else { expected };
        let error = fetched.expect_err(written);
        assert!(error.to_string().contains(expected), "{written:?}: {error}");
        assert_eq!(error.attempts, 1, "{written:?}");
    }
    assert_eq!(server.requests().len(), HOSTILE.len());
}

#[test]
fn what_no_url_can_be_is_none() {
    for written in NO_URLS {
        assert!(Url::parse(written).is_err(), "{written}");
    }
}

#[tokio::test]
async fn what_is_judged_is_what_is_dialled() {
    // The name leads where it may, and later where it may not: it is resolved once a connection, and judged then.
    let server = Server::always(|| Answer::new("200 OK", "reached")).await;
    let port = server.url("/").port().unwrap();
    let guard =
        AddressGuard::default().allowing(["127.0.0.1/32".parse().unwrap()], [port.to_string().parse().unwrap()]);
    let names = Names::answering(&["127.0.0.1", "127.0.0.2"]);
    let client = guarded(&guard, &names, false);
    let url = Url::parse(&format!("http://rebind.example:{port}/")).unwrap();
    let page = client.fetch(&url, &CancellationToken::new()).await.unwrap();
    assert_eq!((page.body, names.asked().len()), ("reached".into(), 1));
    let rebound = client.fetch(&url, &CancellationToken::new()).await;
    check_refused(rebound, "rebind.example", "the address 127.0.0.2 is a loopback address");
    assert_eq!((server.requests().len(), names.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_robots_txt_that_redirects_there_is_refused_too() {
    let server = Server::start(|_, request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Answer::redirect(302, "http://169.254.169.254/robots.txt"),
        _ => Answer::new("200 OK", "reached"),
    })
    .await;
    let port = server.url("/").port().unwrap();
    let guard =
        AddressGuard::default().allowing(["127.0.0.1/32".parse().unwrap()], [port.to_string().parse().unwrap()]);
    let client = guarded(&guard, &Names::answering(&["127.0.0.1"]), true);
    let error = client
        .fetch(&server.url("/"), &CancellationToken::new())
        .await
        .unwrap_err();
    let expected = format!(
        "{} cannot be read (the address 169.254.169.254 is link-local",
        server.url("/robots.txt")
    );
    assert_eq!(error.code().as_str(), "blocked_by_robots");
    assert!(error.to_string().contains(&expected), "{error}");
    assert_eq!(server.first_lines(), ["GET /robots.txt HTTP/1.1"]);
}
