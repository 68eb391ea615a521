use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::OnceLock;

use super::*;

const LOGIN: Login = ("someone", "hush-hush_1");

/// A server that answers 204 to every request, one a connection, for as long as the tests run.
fn target() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                stream
                    .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                    .unwrap();
            }
        });
        address
    })
}

/// The status that curl gets through a proxy, 000 for none, and the proxy's answer to `CONNECT`.
fn fetch(proxy: &str, target: SocketAddr, arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--max-time", "20", "--noproxy", "", "--proxy", proxy])
        .args(["--write-out", "%{http_code} %{http_connect}", "--output", "/dev/null"])
        .args(arguments)
        .arg(format!("http://{target}/"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What every proxy must do; `refusals` are what a client with another login gets, or
/// none, for a request and for `CONNECT`.
fn check(start: fn(Option<Login>) -> ForwardProxy, login: Option<Login>, refusals: &[(&str, [&str; 2])]) {
    let mut proxy = start(login);
    assert_eq!(proxy.served(), 0);
    let target = target();
    for count in 1..=3 {
        assert_eq!(fetch(&proxy.url(), target, &[]), "204 000", "{proxy:?}");
        assert_eq!(proxy.wait_for_served(count), count, "{proxy:?}");
    }
    let tunnel = fetch(&proxy.url(), target, &["--proxytunnel"]);
    let connected = if proxy.program.scheme() == "http" {
        "204 200"
    } else {
        "204 000"
    };
    assert_eq!(tunnel, connected, "{proxy:?}");
    assert_eq!(proxy.wait_for_served(4), 4, "{proxy:?}");

    fetch(&proxy.url(), free_address(), &[]);
    fetch(&proxy.url(), free_address(), &["--proxytunnel"]);
    for (login, [plain, tunnel]) in refusals {
        let url = format!("{}://{login}{}", proxy.program.scheme(), proxy.address());
        assert_eq!(fetch(&url, target, &[]), *plain, "{url}");
        assert_eq!(fetch(&url, target, &["--proxytunnel"]), *tunnel, "{url}");
    }

    proxy.stop();
    assert_eq!(fetch(&proxy.url(), target, &[]), "000 000", "{proxy:?}");
    proxy.start_again();
    assert_eq!(fetch(&proxy.url(), target, &[]), "204 000", "{proxy:?}");
    assert_eq!(proxy.wait_for_served(5), 5, "{proxy:?}");
}

const NO_LOGIN: &str = "";
const WRONG_PASSWORD: &str = "someone:wrong@";
const WRONG_USER: &str = "nobody:hush-hush_1@";

#[test]
fn tinyproxy_serves_counts_and_asks() {
    check(ForwardProxy::tinyproxy, None, &[]);
    // It says 401, as servers do, to a login that it does not know.
    let refusals = [
        (NO_LOGIN, ["407 000", "000 407"]),
        (WRONG_PASSWORD, ["401 000", "000 401"]),
        (WRONG_USER, ["401 000", "000 401"]),
    ];
    check(ForwardProxy::tinyproxy, Some(LOGIN), &refusals);
}

#[test]
fn squid_serves_counts_and_asks() {
    check(ForwardProxy::squid, None, &[]);
    let refusals = [NO_LOGIN, WRONG_PASSWORD, WRONG_USER].map(|login| (login, ["407 000", "000 407"]));
    check(ForwardProxy::squid, Some(LOGIN), &refusals);
}

#[test]
fn socks_serves_counts_and_asks() {
    check(ForwardProxy::socks, None, &[]);
    let refusals = [NO_LOGIN, WRONG_PASSWORD, WRONG_USER].map(|login| (login, ["000 000", "000 000"]));
    check(ForwardProxy::socks, Some(LOGIN), &refusals);
}

/// The ids of a process and of all that it has started, of those that still run.
fn running(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let stats = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path().join("stat"));
    let stats: Vec<String> = stats.filter_map(|stat| fs::read_to_string(stat).ok()).collect();
    let mut wanted = vec![process];
    while let Some(id) = wanted.pop() {
        for stat in &stats {
            let (name, rest) = stat.rsplit_once(')').unwrap();
            let own: u32 = name.split_once(' ').unwrap().0.parse().unwrap();
            let mut rest = rest.split_whitespace();
            let (state, parent) = (rest.next().unwrap(), rest.next().unwrap().parse::<u32>().unwrap());
            if parent == id {
                wanted.push(own);
            }
            if own == id && state != "Z" {
                found.push(own);
            }
        }
    }
    found
}

#[test]
fn nothing_is_left_of_it() {
    let starts: [fn(Option<Login>) -> ForwardProxy; 3] =
        [ForwardProxy::tinyproxy, ForwardProxy::squid, ForwardProxy::socks];
    for (start, login) in starts
        .into_iter()
        .flat_map(|start| [(start, None), (start, Some(LOGIN))])
    {
        let proxy = start(login);
        assert_eq!(fetch(&proxy.url(), target(), &[]), "204 000", "{proxy:?}");
        let processes = running(proxy.child.as_ref().unwrap().id());
        let folder = proxy.folder.path().to_owned();
        assert!(!processes.is_empty(), "{proxy:?}");
        drop(proxy);
        assert!(!folder.exists());
        let began = Instant::now();
        while processes.iter().any(|process| !running(*process).is_empty()) {
            assert!(began.elapsed() < PATIENCE, "{processes:?} of {folder:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
