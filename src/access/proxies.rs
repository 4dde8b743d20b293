//! The address of a client behind proxies.
//!
//! Each proxy appends the address that it saw. The header is read from its end: the first address that is not a trusted proxy is
//! the client. Everything before it can be forged.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicI64, Ordering},
};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR};
use chrono::{DateTime, Utc};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, Serialize};

use crate::identity::ClientAddress;

/// The seconds between two warnings about a proxy that is not trusted.
const BETWEEN_WARNINGS: i64 = 3600;
/// The bits before the IPv4 address in `::ffff:a.b.c.d`.
const MAPPED_BITS: u8 = 96;

/// The header in which trusted proxies name the client. The other header is ignored: a proxy that does not know it would pass on
/// what the client wrote there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardingHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }
}

/// A network of proxies: an address, or a prefix such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyNetwork(IpNet);

impl ProxyNetwork {
    /// Parses a network.
    ///
    /// # Errors
    /// If it is neither an address nor a prefix.
    pub fn parse(text: &str) -> Result<Self, String> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let net = net.map_err(|_| format!("{text:?} is not an address or a network, such as 10.0.0.0/8"))?;
        Ok(Self(canonical(net)))
    }

    fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

/// Returns the IPv4 network of a network in `::ffff:0:0/96`.
fn canonical(net: IpNet) -> IpNet {
    let bits = net.prefix_len().checked_sub(MAPPED_BITS);
    match (net.addr().to_canonical(), net, bits) {
        (IpAddr::V4(address), IpNet::V6(_), Some(bits)) => {
            Ipv4Net::new(address, bits).map_or(net, |net| net.trunc().into())
        }
        _ => net.trunc(),
    }
}

impl<'de> Deserialize<'de> for ProxyNetwork {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The proxies that are trusted to name the client.
#[derive(Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<ProxyNetwork>,
    header: ForwardingHeader,
    warned_at: AtomicI64,
}

impl TrustedProxies {
    /// Creates the list.
    #[must_use]
    pub fn new(networks: Vec<ProxyNetwork>, header: ForwardingHeader) -> Self {
        Self { networks, header, warned_at: AtomicI64::default() }
    }

    /// Returns the client of a request that `peer` has sent.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap, now: DateTime<Utc>) -> ClientAddress {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            if headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED) {
                self.warn(now);
            }
            return ClientAddress::new(peer);
        }
        let mut nearest = peer;
        let lines: Vec<&[u8]> = headers.get_all(self.header.name()).map(HeaderValue::as_bytes).collect();
        for hop in lines.into_iter().rev().flat_map(from_the_end) {
            let node = match self.header {
                ForwardingHeader::XForwardedFor => Some(hop),
                ForwardingHeader::Forwarded => forwarded_for(hop),
            };
            // A proxy that hides the address, or a forged one: the client is counted as the proxy before it.
            let Some(address) = node.and_then(address) else { break };
            nearest = address.to_canonical();
            if !self.trusts(nearest) {
                break;
            }
        }
        ClientAddress::new(nearest)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|net| net.contains(address))
    }

    fn warn(&self, now: DateTime<Utc>) {
        let (now, before) = (now.timestamp(), self.warned_at.load(Ordering::Relaxed));
        let is_due = now - before >= BETWEEN_WARNINGS;
        if is_due
            && self.warned_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            tracing::warn!(
                "ignored a forwarding header from an address that is not in trusted_proxies: if it is your proxy, all its clients count as one"
            );
        }
    }
}

/// Returns the elements of a list, the last first. A comma in a quoted string parts nothing. Reading from the end, a quote that the
/// client left open cannot hide what a proxy appended. Neither can bytes that are not text, because only elements become text.
fn from_the_end(list: &[u8]) -> Vec<&[u8]> {
    parts_from_the_end(list, b',')
}

fn parts_from_the_end(bytes: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut parts, mut end, mut is_quoted) = (Vec::new(), bytes.len(), false);
    for at in (0..bytes.len()).rev() {
        let escapes = bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if bytes[at] == b'"' && escapes % 2 == 0 {
            is_quoted = !is_quoted;
        } else if bytes[at] == separator && !is_quoted {
            parts.push(bytes[at + 1..end].trim_ascii());
            end = at;
        }
    }
    parts.push(bytes[..end].trim_ascii());
    parts
}

/// Returns the node in `for=` of an element of `Forwarded`; none if it has none, or two.
fn forwarded_for(element: &[u8]) -> Option<&[u8]> {
    let pairs = parts_from_the_end(element, b';');
    let mut nodes = pairs.into_iter().filter_map(|pair| {
        let (name, node) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
        name.trim_ascii().eq_ignore_ascii_case(b"for").then(|| node[1..].trim_ascii())
    });
    let node = nodes.next()?;
    if nodes.next().is_some() {
        return None;
    }
    Some(node.strip_prefix(b"\"").and_then(|node| node.strip_suffix(b"\"")).unwrap_or(node))
}

/// Parses an address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(node: &[u8]) -> Option<IpAddr> {
    let node = str::from_utf8(node).ok()?;
    let bare = node.strip_prefix('[').and_then(|node| node.strip_suffix(']')).unwrap_or(node);
    bare.parse().ok().or_else(|| node.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests;
