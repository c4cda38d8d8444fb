//! The address space, cut where address blocks begin and end.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Addresses of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    pub first: IpAddr,
    pub last: IpAddr,
}

/// The ranges of all addresses that no block tells apart, IPv4 first, in order.
pub fn ranges<'a>(blocks: impl Iterator<Item = &'a IpNet>) -> Vec<AddressRange> {
    let mut starts4 = BTreeSet::from([0u32]);
    let mut starts6 = BTreeSet::from([0u128]);
    for block in blocks {
        match block {
            IpNet::V4(block) => {
                starts4.insert(block.network().into());
                starts4.extend(u32::from(block.broadcast()).checked_add(1));
            }
            IpNet::V6(block) => {
                starts6.insert(block.network().into());
                starts6.extend(u128::from(block.broadcast()).checked_add(1));
            }
        }
    }
    let four = spans(&starts4, u32::MAX, |start| start.wrapping_sub(1));
    let six = spans(&starts6, u128::MAX, |start| start.wrapping_sub(1));
    let four = four.map(|(first, last)| AddressRange {
        first: Ipv4Addr::from(first).into(),
        last: Ipv4Addr::from(last).into(),
    });
    let six = six.map(|(first, last)| AddressRange {
        first: Ipv6Addr::from(first).into(),
        last: Ipv6Addr::from(last).into(),
    });
    four.chain(six).collect()
}

/// From each start to the number before the next one.
fn spans<N: Copy>(
    starts: &BTreeSet<N>,
    end: N,
    before: fn(N) -> N,
) -> impl Iterator<Item = (N, N)> {
    let ends = starts.iter().skip(1).map(move |start| before(*start)).chain([end]);
    starts.iter().copied().zip(ends)
}

impl AddressRange {
    /// Whether `next` begins right after this one.
    pub fn is_followed_by(&self, next: &Self) -> bool {
        match (self.last, next.first) {
            (IpAddr::V4(last), IpAddr::V4(first)) => {
                u32::from(last).checked_add(1) == Some(first.into())
            }
            (IpAddr::V6(last), IpAddr::V6(first)) => {
                u128::from(last).checked_add(1) == Some(first.into())
            }
            _ => false,
        }
    }
}

/// `10.0.0.0-10.255.255.255`.
impl std::fmt::Display for AddressRange {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cut_the_address_space() {
        for (blocks, expected) in [
            (&[][..], &["0.0.0.0-255.255.255.255"][..]),
            (&["0.0.0.0/0", "::/0"], &["0.0.0.0-255.255.255.255"]),
            (
                &["10.0.0.0/8", "10.1.0.0/16", "fd00::/8"],
                &[
                    "0.0.0.0-9.255.255.255",
                    "10.0.0.0-10.0.255.255",
                    "10.1.0.0-10.1.255.255",
                    "10.2.0.0-10.255.255.255",
                    "11.0.0.0-255.255.255.255",
                ],
            ),
            (
                &["255.255.255.255/32"],
                &["0.0.0.0-255.255.255.254", "255.255.255.255-255.255.255.255"],
            ),
        ] {
            let blocks: Vec<IpNet> =
                blocks.iter().map(|block| block.parse().expect("a literal block")).collect();
            let found = ranges(blocks.iter());
            let four = found.iter().filter(|range| range.first.is_ipv4());
            assert_eq!(four.map(ToString::to_string).collect::<Vec<_>>(), expected);
            let six: Vec<_> = found.iter().filter(|range| range.first.is_ipv6()).collect();
            assert!(six.windows(2).all(|pair| pair[0].is_followed_by(pair[1])));
            assert_eq!(six.len(), if blocks.len() == 3 { 3 } else { 1 });
        }
    }
}
