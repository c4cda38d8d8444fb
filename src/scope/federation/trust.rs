//! The roles of AWS as other identities ask for them.

use std::collections::BTreeMap;

use super::{Identity, Link, aws_role};
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::{IamIdentity, IamKind};
use crate::domain::{Attachment, Text};
use crate::scope::Estate;
use crate::scope::cloud::aws::{Admission, Claim, Directory, Flaw, admits, link_between};

/// Roles by their objects, with what decides who may assume them.
#[derive(Debug)]
pub(super) struct Trusts<'a> {
    roles: BTreeMap<Identity, &'a IamIdentity>,
    directory: Directory<'a>,
}

impl<'a> Trusts<'a> {
    pub fn read(estate: &'a Estate) -> Self {
        let roles = estate.records().filter_map(|record| match &record.body {
            Configured::Aws(Aws::Identity(role)) if role.kind == IamKind::Role => {
                Some((aws_role(role.arn.raw())?, role))
            }
            _ => None,
        });
        Self { roles: roles.collect(), directory: Directory::of(estate.records()) }
    }

    pub fn roles(&self) -> impl Iterator<Item = (&Identity, &'a IamIdentity)> {
        self.roles.iter().map(|(identity, role)| (identity, *role))
    }

    /// A role whose trust policy is loaded.
    pub fn of(&self, role: &Identity) -> Option<&'a IamIdentity> {
        self.roles.get(role).copied().filter(|role| role.trust.is_some())
    }
}

impl Link {
    /// The link as the role at its end lets it; `None` when its trust policy is loaded and refuses.
    pub(super) fn let_by(self, trusts: &Trusts<'_>, claim: Claim<'_>) -> Option<Self> {
        match trusts.of(&self.to) {
            Some(role) => admits(role, claim).map(|admission| self.admitted(admission)),
            None => Some(self.untold()),
        }
    }

    /// The link as a step from one role, by its ARN, to the next.
    pub(super) fn chained(self, from: &Text, trusts: &Trusts<'_>) -> Option<Self> {
        let link = Self { attachment: Attachment::RoleChain, ..self };
        let Some(role) = trusts.of(&link.to) else { return Some(link.untold()) };
        let step = link_between(from, role, &trusts.directory)?;
        Some(link.through(step.through).loosened(step.flaw).missing(step.depends_on))
    }

    pub(super) fn admitted(self, admission: Admission<'_>) -> Self {
        self.loosened(admission.flaw).missing(admission.depends_on)
    }

    /// Where the role names more than those who come over the link, that is the rule.
    fn loosened(self, flaw: Option<Flaw>) -> Self {
        Self { rule: flaw.map_or(self.rule, Flaw::words), ..self }
    }

    fn untold(self) -> Self {
        let missing = format!("the trust policy of {} lets it", self.to.1.visible());
        self.missing([missing.into()])
    }
}
