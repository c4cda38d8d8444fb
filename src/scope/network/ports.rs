//! Sets of ports by protocol.

use super::intervals::Intervals;

/// The protocols that network policies speak of, in the order in which they are written.
pub const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

const FIRST: u16 = 1;

/// Ports 1 to 65535 of each of the [`PROTOCOLS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports([Intervals; PROTOCOLS.len()]);

impl Ports {
    pub fn all() -> Self {
        Self(PROTOCOLS.map(|_| range(FIRST, u16::MAX)))
    }

    /// The ports from `first` to `last` of a protocol (`ANY`: of each of them). None when the
    /// protocol is not one of them.
    pub fn of(protocol: &str, first: u16, last: u16) -> Self {
        Self(PROTOCOLS.map(|known| match is(known, protocol) {
            true => range(first.max(FIRST), last),
            false => Intervals::default(),
        }))
    }

    /// Every port of a protocol.
    pub fn of_protocol(protocol: &str) -> Self {
        Self::of(protocol, FIRST, u16::MAX)
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Intervals::is_empty)
    }

    pub fn contains(&self, protocol: &str, port: u16) -> bool {
        let mut known = PROTOCOLS.iter().zip(&self.0);
        known.any(|(known, ports)| is(known, protocol) && ports.contains(port.into()))
    }

    pub fn union(&self, other: &Self) -> Self {
        self.each(other, Intervals::union)
    }

    pub fn intersection(&self, other: &Self) -> Self {
        self.each(other, Intervals::intersection)
    }

    pub fn difference(&self, other: &Self) -> Self {
        self.each(other, Intervals::difference)
    }

    /// Protocol, first and last port of each range.
    pub fn ranges(&self) -> impl Iterator<Item = (&'static str, u16, u16)> {
        // Nothing but ports is ever put in, so nothing is cut.
        PROTOCOLS.iter().zip(&self.0).flat_map(|(protocol, ports)| {
            ports.iter().map(|(first, last)| (*protocol, first as u16, last as u16))
        })
    }

    fn each(&self, other: &Self, operation: fn(&Intervals, &Intervals) -> Intervals) -> Self {
        let mut result = self.clone();
        for (mine, theirs) in result.0.iter_mut().zip(&other.0) {
            *mine = operation(mine, theirs);
        }
        result
    }
}

impl FromIterator<Ports> for Ports {
    fn from_iter<I: IntoIterator<Item = Ports>>(sets: I) -> Self {
        sets.into_iter().fold(Self::default(), |all, one| all.union(&one))
    }
}

/// `TCP 80,443; UDP 53`, or `every port`.
impl std::fmt::Display for Ports {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::all() {
            return out.write_str("every port");
        }
        let mut before = None;
        for (protocol, first, last) in self.ranges() {
            match before.replace(protocol) {
                Some(same) if same == protocol => out.write_str(",")?,
                Some(_) => write!(out, "; {protocol} ")?,
                None => write!(out, "{protocol} ")?,
            }
            match first == last {
                true => write!(out, "{first}")?,
                false => write!(out, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

fn is(known: &str, protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case(known) || protocol.eq_ignore_ascii_case("ANY")
}

fn range(first: u16, last: u16) -> Intervals {
    Intervals::of(first.into(), last.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_by_protocol() {
        let tcp = |first, last| Ports::of("TCP", first, last);
        for (ports, expected) in [
            (Ports::all(), "every port"),
            (Ports::default(), ""),
            (tcp(80, 80), "TCP 80"),
            (tcp(80, 81).union(&tcp(443, 443)), "TCP 80-81,443"),
            (tcp(0, 9).union(&Ports::of("SCTP", 7, 7)), "TCP 1-9; SCTP 7"),
            (Ports::of("any", 53, 53), "TCP 53; UDP 53; SCTP 53"),
            (Ports::of("ICMP", 8, 8), ""),
            (tcp(9, 8), ""),
            (Ports::all().difference(&Ports::of_protocol("UDP")), "TCP 1-65535; SCTP 1-65535"),
        ] {
            assert_eq!(ports.to_string(), expected);
            assert_eq!(ports.is_empty(), expected.is_empty(), "{expected}");
        }
        assert!(tcp(80, 90).contains("tcp", 85) && !tcp(80, 90).contains("UDP", 85));
    }
}
