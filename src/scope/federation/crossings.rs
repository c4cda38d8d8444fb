//! How much is loaded of the clouds that an agent's identities reach.

use std::collections::{BTreeMap, BTreeSet};

use super::acting::identities;
use super::{Identity, entra, gcp, links, service_account};
use crate::domain::configured::cloud::aws::MANAGED_POLICY;
use crate::domain::{AgentKey, Text};
use crate::scope::{Configuration, Estate};

/// The kinds that together hold what a role is granted by its account; what resources grant to it is
/// in their own policies.
const AWS_KINDS: [&str; 3] = ["AWS::IAM::Role", "AWS::IAM::RolePolicy", MANAGED_POLICY];

/// Where each identity leads, and whether everything that proves the hop is loaded.
#[derive(Debug, Default)]
pub(in crate::scope) struct Crossings(BTreeMap<Identity, Vec<(Identity, bool)>>);

impl Crossings {
    fn of(estate: &Estate) -> Self {
        let (iam, directory) = (gcp::Iam::read(estate), entra::Directory::read(estate));
        let mut crossings = Self::default();
        for link in links(estate, &iam, &directory).into_iter().filter(|link| !link.is_derived) {
            let is_proven = link.missing.is_empty();
            crossings.0.entry(link.from).or_default().push((link.to, is_proven));
        }
        crossings
    }

    /// What lies behind these identities; whether each hop to it is proven.
    fn reached(&self, start: Vec<Identity>) -> BTreeMap<&Identity, bool> {
        let mut reached = BTreeMap::new();
        let mut open: Vec<&Identity> = start.iter().filter_map(|it| self.known(it)).collect();
        while let Some(identity) = open.pop() {
            for (to, is_proven) in self.0.get(identity).into_iter().flatten() {
                if reached.insert(to, *is_proven).is_none() {
                    open.push(to);
                }
            }
        }
        reached
    }

    fn known(&self, identity: &Identity) -> Option<&Identity> {
        self.0.get_key_value(identity).map(|(known, _)| known)
    }
}

impl Estate {
    /// Absent where no identity of the agent is known to lead into a cloud; complete where all that is
    /// reached is roles of accounts that were listed whole.
    pub(in crate::scope) fn cloud_configuration(&self, agent: &AgentKey) -> Configuration {
        let host = agent.host();
        let account = self.service_account(&host);
        let mut start: Vec<Identity> = account
            .map(|name| service_account(&host.realm, &host.space, name))
            .into_iter()
            .collect();
        let declared =
            self.declaration(agent).and_then(|(declared, _)| declared.principal.as_ref());
        let own = declared.map_or_else(Vec::new, |name| {
            identities(&agent.realm, name, &entra::Directory::read(self))
        });
        let crossings = self.crossings.get_or_init(|| Crossings::of(self));
        start.extend(own.iter().cloned());
        let is_proven_and_listed = |(identity, is_proven): (&Identity, bool)| {
            is_proven && identity.1.kind == AWS_KINDS[0] && self.is_listed(&identity.0)
        };
        let in_clouds = own.iter().filter(|(_, object)| object.kind != "ServiceAccount");
        let reached = crossings.reached(start);
        let mut all = in_clouds
            .map(|identity| (identity, true))
            .chain(reached)
            .map(is_proven_and_listed)
            .peekable();
        match (all.peek().is_none(), all.all(|is_whole| is_whole)) {
            (true, _) => Configuration::Absent,
            (false, true) => Configuration::Complete,
            (false, false) => Configuration::Partial,
        }
    }

    /// Whether complete snapshots hold the roles of an account and what is attached to them.
    fn is_listed(&self, account: &Text) -> bool {
        let snapshots = self.snapshots().iter();
        let kinds: BTreeSet<&str> = snapshots
            .filter(|snapshot| snapshot.complete && snapshot.realm == *account)
            .map(|snapshot| snapshot.object_kind.raw())
            .collect();
        AWS_KINDS.iter().all(|kind| kinds.contains(kind))
    }
}
