//! Which network addresses a provider may live at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Whether a request may go to `address`: a public one, or one that the operator allows.
pub(crate) fn allowed(address: IpAddr, allow_private: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allow_private.iter().any(|net| net.contains(&address)) || is_public(address)
}

/// Whether `address` is inside what the operator allows.
pub(crate) fn explicitly_allowed(address: IpAddr, allow_private: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allow_private.iter().any(|net| net.contains(&address))
}

/// Globally reachable, by the IANA special-purpose registries (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Global unicast alone, without the parts that embed or stand for other addresses.
    let global = a & 0xe000 == 0x2000;
    let special = match a {
        0x2001 => b < 0x0200 || b == 0x0db8,
        0x2002 => true,
        0x3fff => b < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2002:a00:1::",
        ] {
            assert!(!allowed(text.parse().unwrap(), &[]), "{text}");
        }
        for text in ["8.8.8.8", "140.82.121.4", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(allowed(text.parse().unwrap(), &[]), "{text}");
        }
    }

    #[test]
    fn the_operator_can_allow_some() {
        let nets: Vec<IpNet> = vec!["127.0.0.0/8".parse().unwrap()];
        assert!(allowed("127.0.0.1".parse().unwrap(), &nets));
        assert!(allowed("::ffff:127.0.0.1".parse().unwrap(), &nets));
        assert!(!allowed("10.0.0.1".parse().unwrap(), &nets));
    }
}
