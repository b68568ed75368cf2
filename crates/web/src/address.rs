//! Where may this house be asked without TLS of its own? On this machine, and behind a proxy that is declared.

use std::net::SocketAddr;

/// The address that is listened on unless another is named.
pub const USUAL: &str = "127.0.0.1:8620";

/// Refuses an address that others can reach in the clear.
///
/// # Errors
/// What to do instead.
pub fn demand_private(address: SocketAddr, behind_proxy: bool) -> Result<(), String> {
    if address.ip().is_loopback() || behind_proxy {
        return Ok(());
    }
    Err(format!(
        "`{address}` can be reached from other machines, and calls would come in the clear: listen on 127.0.0.1, or say with \
         `--behind-proxy` that a proxy ends TLS before it and nobody else can reach it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_in_the_clear() {
        for (address, fine) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("10.0.0.7:1", false),
            ("[::ffff:10.0.0.7]:1", false),
        ] {
            let Ok(address) = address.parse() else { panic!("{address}") };
            assert_eq!(demand_private(address, false).is_ok(), fine, "{address}");
            assert!(demand_private(address, true).is_ok(), "{address}");
        }
        assert!(address_is_private(USUAL));
    }

    fn address_is_private(text: &str) -> bool {
        text.parse().is_ok_and(|address| demand_private(address, false).is_ok())
    }
}
