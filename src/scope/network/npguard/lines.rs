//! The peer's list of connections: `source => destination : connections`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::Deserialize;

use super::manifests::Manifests;
use crate::scope::network::connections::Network;
use crate::scope::network::endpoint::{End, Endpoint};
use crate::scope::network::intervals::Intervals;
use crate::scope::network::policy::Direction;
use crate::scope::network::ports::Ports;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub source: String,
    pub destination: String,
    pub connections: String,
}

const EXTERNAL: &str = "[External]";

/// The lines of the pods' own network. Additional networks have sections of their own.
pub fn of_text(text: &str) -> Vec<Line> {
    let other_network = |line: &&str| {
        line.starts_with("Permitted connectivity analyzed in secondary")
            || line.starts_with("Workload-to-Networks Mapping")
            || line.starts_with("Exposure Analysis Result")
    };
    text.lines().take_while(|line| !other_network(line)).filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let (ends, connections) = text.split_once(" : ")?;
    let (source, destination) = ends.split_once(" => ")?;
    of(source, destination, connections)
}

/// What an ingress controller forwards is no matter of network policies alone.
fn of(source: &str, destination: &str, connections: &str) -> Option<Line> {
    (source != "{ingress-controller}").then(|| Line {
        source: source.to_owned(),
        destination: destination.to_owned(),
        connections: connections.to_owned(),
    })
}

pub fn of_json(text: &str) -> Vec<Line> {
    #[derive(Deserialize)]
    struct Connection {
        src: String,
        dst: String,
        conn: String,
    }
    let all: Vec<Connection> = serde_json::from_str(text).expect("the peer's lines are JSON");
    all.iter().filter_map(|found| of(&found.src, &found.dst, &found.conn)).collect()
}

/// One line for each pair of ends of which one is external, with all its addresses.
pub fn canonical(lines: Vec<Line>) -> BTreeSet<Line> {
    let mut external: BTreeMap<Line, Intervals> = BTreeMap::new();
    let mut canonical = BTreeSet::new();
    for mut line in lines {
        let end = match line.source.ends_with(EXTERNAL) {
            true => &mut line.source,
            false => &mut line.destination,
        };
        let Some(range) = end.strip_suffix(EXTERNAL).map(range) else {
            canonical.insert(line);
            continue;
        };
        EXTERNAL.clone_into(end);
        let known = external.entry(line).or_default();
        *known = known.union(&range);
    }
    canonical.extend(external.into_iter().map(|(mut line, addresses)| {
        let ranges: Vec<String> = addresses
            .iter()
            .map(|(first, last)| {
                let shown = |number| Ipv4Addr::from(u32::try_from(number).expect("IPv4"));
                format!("{}-{}", shown(first), shown(last))
            })
            .collect();
        for end in [&mut line.source, &mut line.destination] {
            *end = end.replace(EXTERNAL, &ranges.join(","));
        }
        line
    }));
    canonical
}

fn range(text: &str) -> Intervals {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |address: &str| u32::from(address.parse::<Ipv4Addr>().expect("IPv4")).into();
    Intervals::of(number(first), number(last))
}

/// `TCP 80,443,UDP 53` in the order of the protocols' names.
pub fn shown(ports: &Ports) -> String {
    if *ports == Ports::all() {
        return "All Connections".to_owned();
    }
    let mut by_protocol: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (protocol, first, last) in ports.ranges() {
        by_protocol.entry(protocol).or_default().push(match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        });
    }
    let shown =
        by_protocol.iter().map(|(protocol, ranges)| format!("{protocol} {}", ranges.join(",")));
    shown.collect::<Vec<_>>().join(",")
}

/// `namespace/name[Kind]` of the pods' owner.
pub fn name(endpoint: &Endpoint<'_>) -> String {
    let workload = endpoint.workload;
    let (kind, name) = match &workload.owner {
        Some((kind, name)) => (kind, name),
        None => (&workload.kind, &workload.meta.name),
    };
    format!("{}/{}[{}]", workload.meta.namespace.raw(), name.raw(), kind.raw())
}

/// The lines that we find. The peer knows no IPv6.
pub fn found(manifests: &Manifests) -> Vec<Line> {
    let network = manifests.network();
    let mut lines = BTreeSet::new();
    for one in &network.endpoints {
        for other in &network.endpoints {
            if name(one) != name(other) {
                let connection = network.connection(&End::Pods(one), &End::Pods(other));
                lines.extend(accepted(name(one), name(other), &connection.accepted()));
            }
        }
        lines.extend(outside(&network, one));
    }
    lines.into_iter().collect()
}

fn outside(network: &Network<'_>, endpoint: &Endpoint<'_>) -> Vec<Line> {
    let pods = End::Pods(endpoint);
    let of_direction = |direction| {
        let ranges = network.outside(endpoint, direction).into_iter();
        ranges.filter(|range| range.first.is_ipv4()).filter_map(move |range| {
            let external = format!("{range}{EXTERNAL}");
            let end = End::Address(range.first);
            match direction {
                Direction::Egress => {
                    let connection = network.connection(&pods, &end);
                    accepted(name(endpoint), external, &connection.accepted())
                }
                Direction::Ingress => {
                    let connection = network.connection(&end, &pods);
                    accepted(external, name(endpoint), &connection.accepted())
                }
            }
        })
    };
    of_direction(Direction::Egress).chain(of_direction(Direction::Ingress)).collect()
}

fn accepted(source: String, destination: String, ports: &Ports) -> Option<Line> {
    let connections = shown(ports);
    (!ports.is_empty()).then_some(Line { source, destination, connections })
}
