//! Addresses and address blocks.

use std::net::IpAddr;

use ipnet::IpNet;

pub struct Block;

impl Block {
    /// An address is the block that holds it alone. What is neither matches nothing.
    pub fn matches(pattern: &str, text: &str) -> bool {
        let block = pattern.parse().or_else(|_| pattern.parse::<IpAddr>().map(IpNet::from));
        let address = text.parse::<IpAddr>();
        matches!((block, address), (Ok(block), Ok(address)) if block.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_addresses() {
        for (pattern, address, expected) in [
            ("1.2.3.4", "1.2.3.4", true),
            ("1.2.3.4", "1.2.3.5", false),
            ("5.6.0.0/16", "5.6.7.8", true),
            ("5.6.0.0/16", "5.7.0.0", false),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "5.6.7.8", false),
            ("any", "5.6.7.8", false),
            ("0.0.0.0/0", "pod", false),
        ] {
            assert_eq!(Block::matches(pattern, address), expected, "{pattern} {address}");
        }
    }
}
