//! Where a request comes from, as attempts are counted.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The prefixes of the networks that share a resource, from the widest to the site.
const IPV4_SHARES: [u8; 3] = [16, 24, 32];
const IPV6_SHARES: [u8; 3] = [32, 48, 64];

/// The address of a client. An IPv4 address in the form `::ffff:a.b.c.d` is the IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address of a client that has none, such as a command on the machine.
    pub const NONE: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// Creates the address of a client.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// Returns what is counted as one client: an IPv4 address, or an IPv6 network of 64 bits, which one customer has whole.
    #[must_use]
    pub fn site(self) -> IpNet {
        self.shares()[2]
    }

    /// Returns the networks that the address is part of, from the widest to the site. Each gets a fair share among its like.
    #[must_use]
    pub fn shares(self) -> [IpNet; 3] {
        match self.0 {
            IpAddr::V4(address) => IPV4_SHARES.map(|bits| {
                Ipv4Net::new(address, bits).map_or_else(|_| IpNet::from(self.0), |net| net.trunc().into())
            }),
            IpAddr::V6(address) => IPV6_SHARES.map(|bits| {
                Ipv6Net::new(address, bits).map_or_else(|_| IpNet::from(self.0), |net| net.trunc().into())
            }),
        }
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Returns the name of a site in the access log: the address, or the IPv6 network.
#[must_use]
pub fn site_name(site: IpNet) -> String {
    match site {
        IpNet::V4(net) if net.prefix_len() == 32 => net.addr().to_string(),
        net => net.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(address: &str) -> String {
        site_name(ClientAddress::new(address.parse().expect("an address")).site())
    }

    #[test]
    fn ipv6_is_counted_by_its_64_bits_and_ipv4_by_address_in_both_forms() {
        assert_eq!(site("192.0.2.7"), "192.0.2.7");
        assert_eq!(site("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(site("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(site("2001:db8:1:2::"), site("2001:db8:1:2:ffff::1"));
        assert_ne!(site("2001:db8:1:3::1"), site("2001:db8:1:2::1"));
    }
}
