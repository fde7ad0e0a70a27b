//! Which machines a fetch may reach when its address came from outside: only ones on the public Internet.
//!
//! Decides by the addresses that a name resolves to, and the connection goes to these very addresses: a name that
//! resolves differently a moment later changes nothing (DNS rebinding). Where one of several is not public, none is
//! taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;
use url::{Host, Url};

/// Whether everything may be reached, or only what is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) public_only: bool,
    pub(super) danger_allow_loopback: bool,
}

impl Reach {
    pub(super) fn lets(self, address: IpAddr) -> bool {
        !self.public_only
            || is_public(address)
            || (self.danger_allow_loopback && address.to_canonical().is_loopback())
    }

    /// Whether a host that is written as an address may be reached; names are judged when they are resolved.
    pub(super) fn lets_host(self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(address)) => self.lets(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.lets(IpAddr::V6(address)),
            Some(Host::Domain(_)) => true,
            None => false,
        }
    }
}

/// The system's resolver, with what may not be reached taken out.
#[derive(Clone)]
pub(super) struct Resolver {
    system: GaiResolver,
    reach: Reach,
}

impl Resolver {
    pub(super) fn new(reach: Reach) -> Self {
        Self { system: GaiResolver::new(), reach }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Service::poll_ready(&mut self.system, context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.system.call(name);
        let reach = self.reach;
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolving.await?.collect();
            if addresses.iter().all(|address| reach.lets(address.ip())) {
                return Ok(addresses.into_iter());
            }
            let kind = std::io::ErrorKind::PermissionDenied;
            Err(std::io::Error::new(kind, "the name leads to an address that is not public"))
        })
    }
}

/// Whether an address is one of the public Internet (IANA's special-purpose registries, RFC 6890). Whatever carries
/// an IPv4 address inside an IPv6 one is judged by that, or not taken at all.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared address space of carriers (RFC 6598), benchmarks (RFC 2544), IETF assignments, 6to4 relays.
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast alone (RFC 4291 §2.4): this leaves out loopback, unique local, link local, multicast and NAT64.
    (0x2000..0x4000).contains(&a)
        // IETF assignments with Teredo and ORCHID, documentation (twice), 6to4.
        && !(a == 0x2001 && b < 0x0200)
        && !(a == 0x2001 && b == 0x0DB8)
        && !(a == 0x3FFF && b < 0x1000)
        && a != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Reach = Reach { public_only: true, danger_allow_loopback: false };

    #[test]
    fn only_addresses_of_the_public_internet_are_reached() {
        for good in
            ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2001:4860::8888", "::ffff:8.8.8.8"]
        {
            assert!(PUBLIC.lets(good.parse().unwrap()), "{good}");
        }
        for bad in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "255.255.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "198.19.255.255",
            "192.0.0.170",
            "192.88.99.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!PUBLIC.lets(bad.parse().unwrap()), "{bad}");
        }
        // The edges of what is left out.
        for good in
            ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "198.17.0.1", "198.20.0.1"]
        {
            assert!(PUBLIC.lets(good.parse().unwrap()), "{good}");
        }
        let test = Reach { danger_allow_loopback: true, ..PUBLIC };
        assert!(test.lets("127.0.0.1".parse().unwrap()) && test.lets("::1".parse().unwrap()));
        assert!(!test.lets("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn spellings_of_a_private_address_are_seen_through() {
        for bad in [
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "https://127.0.0.1./",
        ] {
            let Ok(url) = Url::parse(bad) else { continue };
            assert!(!PUBLIC.lets_host(&url), "{bad} {url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let error = Resolver::new(PUBLIC).call("localhost".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        let everywhere = Reach { public_only: false, danger_allow_loopback: false };
        assert!(Resolver::new(everywhere).call("localhost".parse().unwrap()).await.is_ok());
    }
}
