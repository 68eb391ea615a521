//! The address guard: which addresses and ports a fetch may reach.
//!
//! It judges; [`super::resolver`] and [`super::client`] ask it, so that what is judged is what is dialled. It knows no
//! host names: a name is judged by the addresses that it resolves to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

/// What fetches may reach: public addresses on the ports of the web, and what the operator allows beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressGuard {
    addresses: Vec<IpNet>,
    ports: Vec<PortRange>,
}

/// Ports from one to another, both of them included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange(RangeInclusive<u16>);

/// Why an address or a port is not reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The address is special.
    #[error(
        "the address {address} is {kind}, which this server does not fetch from; its operator can allow it by \
         SNOWSCRAPE_ALLOW_ADDRESSES"
    )]
    Address {
        /// The address, as it would be dialled.
        address: IpAddr,
        /// What is special about it.
        kind: &'static str,
    },
    /// The port is not one of the web's.
    #[error(
        "the port {port} is not one that this server fetches from; its operator can allow it by SNOWSCRAPE_ALLOW_PORTS"
    )]
    Port {
        /// The port.
        port: u16,
    },
}

impl Default for AddressGuard {
    /// Public addresses on ports 80, 443 and 8000 to 8999.
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            ports: [80..=80, 443..=443, 8000..=8999].map(PortRange).into(),
        }
    }
}

impl AddressGuard {
    /// Allows further networks, special ones among them, and further ports.
    #[must_use]
    pub fn allowing(
        mut self,
        addresses: impl IntoIterator<Item = IpNet>,
        ports: impl IntoIterator<Item = PortRange>,
    ) -> Self {
        self.addresses.extend(addresses);
        self.ports.extend(ports);
        self
    }

    /// Judges what a URL says by itself: its port, and its host where that is an address.
    ///
    /// # Errors
    /// What may not be reached.
    pub fn check_url(&self, url: &Url) -> Result<(), Blocked> {
        if let Some(port) = url.port_or_known_default()
            && !self.ports.iter().any(|range| range.0.contains(&port))
        {
            return Err(Blocked::Port { port });
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    /// Judges an address that is about to be dialled.
    ///
    /// # Errors
    /// What is special about it, unless the operator allows it.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Blocked> {
        let meant = embedded(address).map_or(address, IpAddr::V4);
        let allowed = |address: &IpAddr| self.addresses.iter().any(|network| network.contains(address));
        match special(meant) {
            Some(kind) if !allowed(&address) && !allowed(&meant) => Err(Blocked::Address { address, kind }),
            _ => Ok(()),
        }
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped (RFC 4291, 2.5.5.2), or by the well-known NAT64 prefix (RFC 6052).
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];
    let IpAddr::V6(address) = address else { return None };
    let [.., high, low] = address.segments();
    let last = Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    address
        .to_ipv4_mapped()
        .or_else(|| (address.segments()[..6] == NAT64).then_some(last))
}

/// What is special about an address; `None` for one of the public internet.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => SPECIAL_V4
            .iter()
            .find(|(network, length, _)| within(address.to_bits(), Ipv4Addr::from_octets(*network).to_bits(), *length))
            .map(|(.., kind)| *kind),
        IpAddr::V6(address) => special_v6(address),
    }
}

/// The IANA IPv4 Special-Purpose Address Registry, multicast and the reserved rest, and one cloud's metadata address that
/// lies in none of them.
const SPECIAL_V4: &[([u8; 4], u32, &str)] = &[
    ([0, 0, 0, 0], 8, "an address of this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared by a carrier's customers"),
    ([127, 0, 0, 0], 8, "a loopback address"),
    ([169, 254, 0, 0], 16, "link-local, where clouds serve their metadata"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "reserved for protocols"),
    ([192, 0, 2, 0], 24, "for documentation only"),
    ([192, 88, 99, 0], 24, "a relay's"),
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "for benchmarks only"),
    ([198, 51, 100, 0], 24, "for documentation only"),
    ([203, 0, 113, 0], 24, "for documentation only"),
    ([168, 63, 129, 16], 32, "a cloud's metadata address"),
    ([224, 0, 0, 0], 4, "a multicast address"),
    ([240, 0, 0, 0], 4, "reserved"),
];

/// What lies within global unicast and is special all the same: the IANA IPv6 Special-Purpose Address Registry. The forms
/// that embed an IPv4 address in transition mechanisms (Teredo, 6to4) are refused whole.
const SPECIAL_V6: &[([u16; 3], u32, &str)] = &[
    ([0x2001, 0, 0], 23, "reserved for protocols"),
    ([0x2001, 0xdb8, 0], 32, "for documentation only"),
    ([0x2002, 0, 0], 16, "a 6to4 address"),
    ([0x3fff, 0, 0], 20, "for documentation only"),
];

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let prefix = |[first, second, third]: [u16; 3]| Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0).to_bits();
    let within = |network, length| address.to_bits() >> (128 - length) == prefix(network) >> (128 - length);
    if address.is_loopback() {
        return Some("a loopback address");
    }
    if address.is_multicast() {
        return Some("a multicast address");
    }
    if address.is_unique_local() {
        return Some("private");
    }
    if address.is_unicast_link_local() {
        return Some("link-local");
    }
    if !within([0x2000, 0, 0], 3) {
        return Some("not one of the public internet");
    }
    SPECIAL_V6
        .iter()
        .find(|(network, length, _)| within(*network, *length))
        .map(|(.., kind)| *kind)
}

fn within(address: u32, network: u32, length: u32) -> bool {
    address >> (32 - length) == network >> (32 - length)
}

/// A text that names no ports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no port and no range of ports; write one like 8080 or 9000-9100")]
pub struct PortRangeError(String);

impl FromStr for PortRange {
    type Err = PortRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first..=last)),
            _ => Err(PortRangeError(text.to_owned())),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.0.start(), self.0.end());
        if first == last {
            write!(f, "{first}")
        } else {
            write!(f, "{first}-{last}")
        }
    }
}

#[cfg(test)]
mod tests {
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
}
