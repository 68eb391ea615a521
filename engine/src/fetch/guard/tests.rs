//! What the guard refuses, and what lies beside it.

use super::*;

fn check(guard: &AddressGuard, url: &str, expected: Option<&str>) {
    let found = guard.check_url(&Url::parse(url).unwrap());
    let kind = match &found {
        Ok(()) => None,
        Err(Blocked::Address { kind, .. }) => Some(*kind),
        Err(Blocked::Port { .. }) => Some("port"),
    };
    assert_eq!(kind, expected, "{url}: {found:?}");
}

#[test]
fn special_addresses_are_blocked_and_their_neighbours_are_not() {
    let guard = AddressGuard::default();
    let special = |address: &str, kind| check(&guard, &format!("http://{address}/"), Some(kind));
    let public = |address: &str| check(&guard, &format!("http://{address}/"), None);
    special("0.0.0.0", "an address of this network");
    special("0.255.255.255", "an address of this network");
    public("1.0.0.0");
    public("9.255.255.255");
    special("10.0.0.0", "private");
    special("10.255.255.255", "private");
    public("11.0.0.0");
    public("100.63.255.255");
    special("100.64.0.0", "shared by a carrier's customers");
    special("100.127.255.255", "shared by a carrier's customers");
    public("100.128.0.0");
    special("127.0.0.1", "a loopback address");
    special("127.255.255.254", "a loopback address");
    public("128.0.0.0");
    special("169.254.169.254", "link-local, where clouds serve their metadata");
    public("169.255.0.0");
    public("172.15.255.255");
    special("172.16.0.0", "private");
    special("172.31.255.255", "private");
    public("172.32.0.0");
    special("192.168.1.1", "private");
    public("192.169.0.0");
    special("192.0.2.1", "for documentation only");
    special("198.19.255.255", "for benchmarks only");
    public("198.20.0.0");
    special("168.63.129.16", "a cloud's metadata address");
    public("168.63.129.17");
    public("223.255.255.255");
    special("224.0.0.1", "a multicast address");
    special("240.0.0.1", "reserved");
    special("255.255.255.255", "reserved");
    public("93.184.215.14");
}

#[test]
fn ipv6_and_what_it_embeds() {
    let guard = AddressGuard::default();
    let special = |address: &str, kind| check(&guard, &format!("http://[{address}]/"), Some(kind));
    let public = |address: &str| check(&guard, &format!("http://[{address}]/"), None);
    special("::", "not one of the public internet");
    special("::1", "a loopback address");
    special("::7f00:1", "not one of the public internet");
    special("::ffff:127.0.0.1", "a loopback address");
    special("::ffff:10.0.0.1", "private");
    public("::ffff:93.184.215.14");
    special("64:ff9b::7f00:1", "a loopback address");
    public("64:ff9b::5db8:d70e");
    special("64:ff9b:1::1", "not one of the public internet");
    special("100::1", "not one of the public internet");
    special("fc00::1", "private");
    special("fd00:ec2::254", "private");
    special("fe80::1", "link-local");
    special("fec0::1", "not one of the public internet");
    special("ff02::1", "a multicast address");
    special("2001::1", "reserved for protocols");
    special("2001:1ff:ffff::1", "reserved for protocols");
    public("2001:200::1");
    special("2001:db8::1", "for documentation only");
    public("2001:db9::1");
    special("2002:7f00:1::", "a 6to4 address");
    public("2003::1");
    special("3fff:fff::1", "for documentation only");
    public("3fff:1000::1");
    public("2606:2800:21f::1");
    special("4000::1", "not one of the public internet");
    // IPv4 in what is refused whole: compatible, translated, NAT64's local prefix, Teredo, 6to4.
    special("::127.0.0.1", "not one of the public internet");
    special("::93.184.215.14", "not one of the public internet");
    special("::ffff:0:127.0.0.1", "not one of the public internet");
    special("64:ff9b:1::10.0.0.1", "not one of the public internet");
    special("64:ff9b:1:ffff::1", "not one of the public internet");
    special("2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved for protocols");
    special("2002:5db8:d70e::", "a 6to4 address");
    // ISATAP under a public prefix is judged by its end.
    special("2606:2800::5efe:10.0.0.1", "private");
    special("2606:2800::200:5efe:127.0.0.1", "a loopback address");
    special("fe80::5efe:93.184.215.14", "link-local");
    public("2606:2800::5efe:93.184.215.14");
    public("2606:2800::100:5efe:127.0.0.1");
    special(
        "::ffff:169.254.169.254",
        "link-local, where clouds serve their metadata",
    );
    special("64:ff9b::a9fe:a9fe", "link-local, where clouds serve their metadata");
    special("fd20:ce::254", "private");
}

#[test]
fn localhost_is_loopback_whatever_a_resolver_says() {
    let guard = AddressGuard::default();
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "a.b.LocalHost.",
        "%6cocalhost",
    ] {
        check(&guard, &format!("http://{host}/"), Some("a loopback address"));
    }
    for host in ["localhost.example", "notlocalhost", "local", "localhost.localdomain"] {
        check(&guard, &format!("http://{host}/"), None);
    }
    for network in ["127.0.0.1/32", "::1/128"] {
        let allowing = guard.clone().allowing([network.parse().unwrap()], []);
        check(&allowing, "http://localhost/", None);
    }
    let another = guard.clone().allowing(["10.0.0.0/8".parse().unwrap()], []);
    check(&another, "http://localhost/", Some("a loopback address"));
}

#[test]
fn every_spelling_of_an_address_is_the_address() {
    let guard = AddressGuard::default();
    for host in ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "①27.0.0.1"] {
        check(&guard, &format!("http://{host}/"), Some("a loopback address"));
    }
}

#[test]
fn ports_have_a_list() {
    let guard = AddressGuard::default();
    for (url, expected) in [
        ("http://a.example/", None),
        ("https://a.example/", None),
        ("http://a.example:79/", Some("port")),
        ("http://a.example:81/", Some("port")),
        ("http://a.example:22/", Some("port")),
        ("http://a.example:7999/", Some("port")),
        ("http://a.example:8000/", None),
        ("http://a.example:8999/", None),
        ("http://a.example:9000/", Some("port")),
    ] {
        check(&guard, url, expected);
    }
    for (port, allowed) in [(0, false), (80, true), (8999, true), (9000, false), (u16::MAX, false)] {
        assert_eq!(guard.check_port(port).is_ok(), allowed, "{port}");
    }
}

#[test]
fn an_operator_can_allow_more() {
    let guard = AddressGuard::default().allowing(
        ["127.0.0.0/8".parse().unwrap(), "fd12::/16".parse().unwrap()],
        ["9000-9100".parse().unwrap()],
    );
    check(&guard, "http://127.0.0.1:9000/", None);
    check(&guard, "http://[::ffff:127.0.0.1]:9100/", None);
    check(&guard, "http://[fd12::1]/", None);
    check(&guard, "http://[fd13::1]/", Some("private"));
    check(&guard, "http://127.0.0.1:9101/", Some("port"));
    check(&guard, "http://10.0.0.1/", Some("private"));
}

#[test]
fn ranges_of_ports_are_read() {
    let check = |text: &str, expected: Option<&str>| {
        let range = text.parse::<PortRange>().ok().map(|range| range.to_string());
        assert_eq!(range.as_deref(), expected, "{text}");
    };
    check("8080", Some("8080"));
    check("1-65535", Some("1-65535"));
    check("2-1", None);
    check("65536", None);
    check("", None);
    check("a-b", None);
}

#[test]
fn only_what_the_guard_allows_is_dialled() {
    let check = |found: &[&str], expected: Result<&[&str], &str>| {
        let parse = |addresses: &[&str]| -> Vec<IpAddr> { addresses.iter().map(|it| it.parse().unwrap()).collect() };
        let dialled = AddressGuard::default().allowed_of(parse(found));
        match (dialled, expected) {
            (Ok(dialled), Ok(expected)) => assert_eq!(dialled, parse(expected)),
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (dialled, _) => panic!("{dialled:?}"),
        }
    };
    check(&["93.184.215.14"], Ok(&["93.184.215.14"]));
    check(&["127.0.0.1", "93.184.215.14", "::1"], Ok(&["93.184.215.14"]));
    check(&["127.0.0.1", "10.0.0.1"], Err("127.0.0.1 is a loopback address"));
    check(&[], Ok(&[]));
}
