//! Which addresses may a call go to? Those of the public internet, unless the way says otherwise: no name that a partner writes leads
//! into our own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Unsent, failed};

/// The addresses of a host, all of which are allowed.
pub(super) async fn resolve(host: &str, port: u16, private_address: bool) -> Result<Vec<SocketAddr>, Unsent> {
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| failed(format!("its host has no address: {}", error.kind())))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(failed("its host has no address"));
    }
    if !private_address && !found.iter().all(|address| is_public(address.ip())) {
        return Err(failed(
            "its host is in a private network or on this machine: `private_address = true` allows that",
        ));
    }
    Ok(found)
}

/// Whether an address is of the public internet: nobody's own network, no machine itself, nothing reserved.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    // Nobody's own, private, carriers' own, of the machine or the link, for tests and documentation, multicast, reserved (RFC 6890).
    let private = matches!((a, b), (10, _) | (172, 16..=31) | (192, 168) | (100, 64..=127) | (127, _) | (169, 254));
    let documentation = matches!((a, b, c), (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99));
    let reserved = private || documentation || matches!((a, b), (0 | 224.., _) | (198, 18 | 19));
    !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    match (first, second) {
        // The same addresses of version 4 by another name (RFC 6052).
        (0x64, 0xff9b) => match address.octets() {
            [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => is_public_v4(Ipv4Addr::new(a, b, c, d)),
            _ => false,
        },
        // Tunnels, documentation, and what is reserved within the global range.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_public_internet_is_told_from_what_is() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("100.63.0.1", true),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.15.0.1", true),
            ("172.31.0.1", false),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("0.0.0.0", false),
            ("198.19.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("::10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b::5db8:d822", true),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("2002:a00:1::", false),
            ("2606:2800:220:1::", true),
        ] {
            let Ok(parsed) = address.parse() else { panic!("{address}") };
            assert_eq!(is_public(parsed), public, "{address}");
        }
    }
}
