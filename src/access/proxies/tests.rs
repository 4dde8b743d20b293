use actix_web::http::header::{HeaderName, HeaderValue};

use super::*;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn proxies(header: ForwardingHeader) -> TrustedProxies {
    let networks = ["10.0.0.0/8", "::1", "::ffff:172.16.0.0/108", "2001:db8:ffff::/48"];
    let networks = networks.map(|net| ProxyNetwork::parse(net).expect("a network"));
    TrustedProxies::new(networks.to_vec(), header)
}

fn client<V: AsRef<[u8]>>(peer: &str, header: ForwardingHeader, lines: &[(&str, V)]) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        headers.append(name, HeaderValue::from_bytes(value.as_ref()).expect("a value"));
    }
    proxies(header).client(peer.parse().expect("an address"), &headers, NOW).to_string()
}

fn x_forwarded_for(value: impl AsRef<[u8]>) -> String {
    client("10.0.0.1", ForwardingHeader::XForwardedFor, &[("x-forwarded-for", value)])
}

fn forwarded(value: impl AsRef<[u8]>) -> String {
    client("10.0.0.1", ForwardingHeader::Forwarded, &[("forwarded", value)])
}

#[test]
fn a_header_counts_only_from_a_trusted_network() {
    let line = [("x-forwarded-for", "192.0.2.7")];
    let told = |peer| client(peer, ForwardingHeader::XForwardedFor, &line);
    for proxy in
        ["10.200.3.4", "::1", "::ffff:10.1.1.1", "172.20.0.1", "::ffff:172.31.0.1", "2001:db8:ffff:1::9"]
    {
        assert_eq!(told(proxy), "192.0.2.7", "{proxy}");
    }
    assert_eq!(told("11.0.0.1"), "11.0.0.1");
    assert_eq!(told("::ffff:11.0.0.1"), "11.0.0.1");
    assert_eq!(told("172.32.0.1"), "172.32.0.1");
}

#[test]
fn a_network_is_an_address_or_a_prefix() {
    for good in ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"] {
        assert!(ProxyNetwork::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "10.0.0.0/33", "proxy.example", "10.0.0.0/8,::1"] {
        assert!(ProxyNetwork::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn addresses_come_with_ports_and_brackets() {
    for (value, address) in [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:5678", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
    ] {
        assert_eq!(x_forwarded_for(value), address, "{value}");
        assert_eq!(forwarded(format!("proto=https; For=\"{value}\"")), address, "{value}");
    }
    assert_eq!(forwarded("for=1.2.3.4;proto=http;by=10.0.0.1"), "1.2.3.4");
}

#[test]
fn the_last_address_that_is_not_a_proxy_counts() {
    assert_eq!(x_forwarded_for("6.6.6.6, 1.2.3.4, 10.0.0.9"), "1.2.3.4");
    assert_eq!(x_forwarded_for("10.0.0.9"), "10.0.0.9");
    assert_eq!(forwarded("for=6.6.6.6, for=1.2.3.4, for=10.0.0.9"), "1.2.3.4");
    let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "1.2.3.4, 10.0.0.9")];
    assert_eq!(client("10.0.0.1", ForwardingHeader::XForwardedFor, &lines), "1.2.3.4");
}

#[test]
fn what_cannot_be_read_counts_as_the_proxy_before_it() {
    for bad in ["", "unknown", "_hidden", "1.2.3", "1.2.3.4:99999", "1.2.3.4, unknown"] {
        assert_eq!(x_forwarded_for(bad), "10.0.0.1", "{bad}");
    }
    for bad in ["proto=http", "for=unknown", "for=_hidden", "for=1.2.3.4;for=5.6.7.8"] {
        assert_eq!(forwarded(bad), "10.0.0.1", "{bad}");
    }
}

#[test]
fn a_quoted_string_cannot_forge_or_hide_an_address() {
    assert_eq!(forwarded(r#"for="6.6.6.6, for=1.2.3.4"#), "1.2.3.4");
    assert_eq!(forwarded(r#"for=1.2.3.4;host="a, for=6.6.6.6""#), "1.2.3.4");
    assert_eq!(forwarded(r#"for=1.2.3.4;host="a\", for=6.6.6.6""#), "1.2.3.4");
    assert_eq!(forwarded(r#"for=1.2.3.4;host="a;for=6.6.6.6""#), "1.2.3.4");
}

#[test]
fn bytes_that_are_no_text_cannot_hide_what_a_proxy_appended() {
    // A byte alone, UTF-8, and a line of its own.
    assert_eq!(x_forwarded_for(b"\xff, 1.2.3.4"), "1.2.3.4");
    assert_eq!(x_forwarded_for("6.6.6.6å, 1.2.3.4, 10.0.0.9"), "1.2.3.4");
    assert_eq!(x_forwarded_for(b"6.6.6.6, \xff, 10.0.0.9"), "10.0.0.9");
    assert_eq!(forwarded(b"for=\xff;\xfe, for=1.2.3.4"), "1.2.3.4");
    assert_eq!(forwarded("for=6.6.6.6, host=\"ø\";for=1.2.3.4"), "1.2.3.4");
    assert_eq!(forwarded(b"for=\"1.2.3.4\xff\""), "10.0.0.1");
    for header in [ForwardingHeader::XForwardedFor, ForwardingHeader::Forwarded] {
        let name = if header == ForwardingHeader::Forwarded { "forwarded" } else { "x-forwarded-for" };
        let prefix: &[u8] = if header == ForwardingHeader::Forwarded { b"for=" } else { b"" };
        let proxy = [prefix, b"1.2.3.4"].concat();
        let lines = [(name, b"\xff".to_vec()), (name, proxy.clone())];
        assert_eq!(client("10.0.0.1", header, &lines), "1.2.3.4");
        // The nearest hop cannot be read, so nothing before it is believed.
        let lines = [(name, proxy), (name, b"\xff".to_vec())];
        assert_eq!(client("10.0.0.1", header, &lines), "10.0.0.1");
    }
}

#[test]
fn only_the_chosen_header_counts() {
    let both = [("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=5.6.7.8")];
    assert_eq!(client("10.0.0.1", ForwardingHeader::XForwardedFor, &both), "1.2.3.4");
    assert_eq!(client("10.0.0.1", ForwardingHeader::Forwarded, &both), "5.6.7.8");
    assert_eq!(client("10.0.0.1", ForwardingHeader::Forwarded, &both[..1]), "10.0.0.1");
}
