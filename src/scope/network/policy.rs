//! One form for every kind of network policy: in which order it comes, whom it governs, what its
//! rules say. `kubernetes.rs`, `cluster_wide.rs` and `cilium.rs` write it.

use super::endpoint::{Cluster, End, Endpoint, Match};
use super::peer::{Peer, Pods};
use super::ports::Ports;
use crate::domain::configured::Record;
use crate::domain::{ObjectRef, Text};

#[derive(Debug)]
pub struct Policy<'a> {
    pub object: ObjectRef,
    pub record: &'a Record,
    pub stage: Stage,
    pub subject: Subject<'a>,
    pub ingress: Section<'a>,
    pub egress: Section<'a>,
}

/// When a policy is asked: stages in this order, and in a stage with priorities the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Admin(u32),
    /// NetworkPolicy and the policies of Cilium: denials, then what any policy accepts, then the end
    /// for whoever is isolated.
    Namespaced,
    Baseline(u32),
}

impl Stage {
    /// What passing leaves: the stages of one tier have the same number.
    pub fn tier(self) -> u8 {
        match self {
            Self::Admin(_) => 0,
            Self::Namespaced => 1,
            Self::Baseline(_) => 2,
        }
    }
}

/// Whom a policy governs.
#[derive(Debug)]
pub enum Subject<'a> {
    Pods(Pods<'a>),
    Unknown,
}

/// The rules of one direction.
#[derive(Debug, Default)]
pub struct Section<'a> {
    /// Whether the selected pods may only do what some policy accepts.
    pub isolates: bool,
    pub rules: Vec<Rule<'a>>,
}

#[derive(Debug)]
pub struct Rule<'a> {
    /// Its name, or its number beginning with 1.
    pub name: Text,
    pub action: Action,
    /// Any of them.
    pub peers: Vec<Peer<'a>>,
    /// Any of them.
    pub ports: Vec<Port<'a>>,
    /// What else has to hold; not decided by configuration alone.
    pub provided: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Accept,
    Deny,
    /// To the next stage.
    Pass,
}

#[derive(Clone, Debug)]
pub enum Port<'a> {
    Numbers(Ports),
    /// A container port by name, of this protocol or of any.
    Named {
        protocol: Option<&'a str>,
        name: &'a Text,
    },
}

/// Which way a connection goes, seen from the pods that a policy governs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Direction {
    Ingress,
    Egress,
}

impl<'a> Policy<'a> {
    pub fn section(&self, direction: Direction) -> &Section<'a> {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// Whether the policy governs these pods. Pods in the network of their node are never governed.
    pub fn governs(&self, endpoint: &Endpoint<'_>, cluster: &Cluster<'_>) -> Match {
        match &self.subject {
            _ if endpoint.workload.host_network => Match::No,
            Subject::Pods(pods) => pods.select(endpoint, endpoint.namespace(), cluster),
            Subject::Unknown => Match::Depends("a subject that is not understood".into()),
        }
    }
}

impl Section<'_> {
    pub fn is_silent(&self) -> bool {
        !self.isolates && self.rules.is_empty()
    }
}

impl Rule<'_> {
    /// Whether the rule speaks of this peer.
    pub fn concerns(&self, end: &End<'_>, subject: &Endpoint<'_>, cluster: &Cluster<'_>) -> Match {
        let any = self
            .peers
            .iter()
            .fold(Match::No, |so_far, peer| so_far.or(|| peer.matches(end, subject, cluster)));
        any.and(|| self.provided.clone().map_or(Match::Yes, Match::Depends))
    }

    /// The ports of which the rule speaks, at this destination.
    pub fn ports_at(&self, destination: &End<'_>) -> Ports {
        self.ports.iter().map(|port| port.at(destination)).collect()
    }
}

impl Port<'_> {
    fn at(&self, destination: &End<'_>) -> Ports {
        match (self, destination) {
            (Self::Numbers(ports), _) => ports.clone(),
            (Self::Named { protocol, name }, End::Pods(endpoint)) => {
                let declared = endpoint.named_ports(name);
                let right = declared.filter(|(of, _)| protocol.is_none_or(|only| only == *of));
                right.map(|(of, number)| Ports::of(of, number, number)).collect()
            }
            // Only pods declare ports.
            (Self::Named { .. }, End::Address(_) | End::Name(_)) => Ports::default(),
        }
    }
}
