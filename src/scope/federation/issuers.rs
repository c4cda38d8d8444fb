//! Who issues the tokens of a cluster. No object of a cluster says so. It is known where both sides of
//! a hop agree: an account of the cluster asks for a role that trusts that account's tokens by issuer.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Accounts, subject};
use super::aws_role;
use super::trust::Trusts;
use crate::domain::Text;
use crate::domain::configured::WorkloadFederation;
use crate::scope::cloud::aws::{Claim, admits};

/// Issuers without their scheme, by realm.
#[derive(Debug, Default)]
pub(super) struct Issuers(BTreeMap<Text, BTreeSet<Text>>);

impl Issuers {
    pub fn known(accounts: &Accounts<'_>, trusts: &Trusts<'_>) -> Self {
        let mut issuers = Self::default();
        for (key, _, arn) in accounts.asking(WorkloadFederation::AwsIrsa) {
            let Some(role) = aws_role(arn.raw()).and_then(|role| trusts.of(&role)) else {
                continue;
            };
            let subject = subject(key);
            let claim = Claim::WebIdentity { issuer: None, subject: &subject, audience: None };
            let admission = admits(role, claim);
            let named = admission.map_or_else(Vec::new, |admission| admission.issuers);
            // Several issuers leave it open which of them is the cluster's.
            if let [issuer] = named.as_slice() {
                issuers.0.entry(key.0.clone()).or_default().insert(Text::from(*issuer));
            }
        }
        issuers
    }

    /// In words, what is missing to know that the cluster's tokens come from this issuer.
    pub fn doubt(&self, realm: &Text, issuer: &str) -> Option<Text> {
        let issuer = without_scheme(issuer);
        let is_known = self.0.get(realm).is_some_and(|known| known.iter().any(|it| *it == issuer));
        let cluster = if realm.is_empty() { "the cluster".into() } else { realm.visible() };
        (!is_known).then(|| {
            format!("{} issues the tokens of {cluster}", Text::from(issuer).visible()).into()
        })
    }
}

pub(super) fn without_scheme(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
}
