//! The address guard: which addresses and ports a fetch may reach.
//!
//! It judges; [`super::resolver`] and [`super::client`] ask it, so that what is judged is what is dialled. It knows no
//! host names but `localhost`: any other is judged by the addresses that it resolves to. Nor does it know schemes: who
//! asks takes http and https alone, or what is as good, such as a browser's `WebSocket`s.

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

    /// Judges what a URL says by itself: its port, and its host where that is an address or stands for loopback.
    ///
    /// # Errors
    /// What may not be reached.
    pub fn check_url(&self, url: &Url) -> Result<(), Blocked> {
        if let Some(port) = url.port_or_known_default() {
            self.check_port(port)?;
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
            // Either of loopback's addresses may be the one that is allowed.
            Some(Host::Domain(name)) if is_localhost(name) => self
                .check_address(Ipv4Addr::LOCALHOST.into())
                .or_else(|blocked| self.check_address(Ipv6Addr::LOCALHOST.into()).map_err(|_| blocked)),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    /// Judges a port that is about to be dialled.
    ///
    /// # Errors
    /// A port that is neither of the web's nor allowed by the operator.
    pub fn check_port(&self, port: u16) -> Result<(), Blocked> {
        if self.ports.iter().any(|range| range.0.contains(&port)) {
            Ok(())
        } else {
            Err(Blocked::Port { port })
        }
    }

    /// Judges an address that is about to be dialled.
    ///
    /// # Errors
    /// What is special about it, unless the operator allows it.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Blocked> {
        let meant = embedded(address).map_or(address, IpAddr::V4);
        let allowed = |address: &IpAddr| self.addresses.iter().any(|network| network.contains(address));
        let kind = special(meant).or_else(|| special(tunnelled(address)?.into()));
        match kind {
            Some(kind) if !allowed(&address) && !allowed(&meant) => Err(Blocked::Address { address, kind }),
            _ => Ok(()),
        }
    }

    /// Those of a name's addresses that may be dialled.
    ///
    /// # Errors
    /// There is none, and the first is refused for this.
    pub fn allowed_of(&self, found: impl IntoIterator<Item = IpAddr>) -> Result<Vec<IpAddr>, Blocked> {
        let mut blocked = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.check_address(address) {
                Ok(()) => allowed.push(address),
                Err(reason) => blocked = blocked.or(Some(reason)),
            }
        }
        match blocked {
            Some(reason) if allowed.is_empty() => Err(reason),
            _ => Ok(allowed),
        }
    }
}

/// Whether a name stands for loopback whatever a resolver says (RFC 6761, 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
}

/// The IPv4 address that an IPv6 one stands for: mapped (RFC 4291, 2.5.5.2), or by the well-known NAT64 prefix (RFC 6052).
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];
    let IpAddr::V6(address) = address else { return None };
    address
        .to_ipv4_mapped()
        .or_else(|| (address.segments()[..6] == NAT64).then_some(last_four(address)))
}

/// The IPv4 address at the end of an ISATAP tunnel (RFC 5214, 6.1), which lies under any prefix, a public one too.
fn tunnelled(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let [.., flags, isatap, _, _] = address.segments();
    (isatap == 0x5efe && matches!(flags, 0 | 0x200)).then_some(last_four(address))
}

fn last_four(address: Ipv6Addr) -> Ipv4Addr {
    let [.., high, low] = address.segments();
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
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
mod tests;
