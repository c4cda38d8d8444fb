//! The service accounts of the clusters: those with a record and those as which workloads run.

use std::collections::BTreeMap;

use super::{Identity, service_account};
use crate::domain::configured::{
    CloudIdentity, CloudPrincipal, Configured, ServiceAccount, WorkloadFederation,
};
use crate::domain::{Record, Text};
use crate::scope::Estate;

/// Realm, namespace and name.
pub(super) type AccountKey = (Text, Text, Text);

#[derive(Debug)]
pub(super) struct Accounts<'a> {
    pub by_key: BTreeMap<AccountKey, Option<&'a ServiceAccount>>,
    pub associations: Vec<(&'a Record, &'a CloudIdentity)>,
}

impl<'a> Accounts<'a> {
    pub fn read(estate: &'a Estate) -> Self {
        let mut by_key: BTreeMap<AccountKey, Option<&ServiceAccount>> =
            estate.by_account.keys().map(|key| (key.clone(), None)).collect();
        let mut associations = Vec::new();
        for record in estate.records() {
            match &record.body {
                Configured::ServiceAccount(account) => {
                    let meta = &account.meta;
                    let key = (record.realm.clone(), meta.namespace.clone(), meta.name.clone());
                    by_key.insert(key, Some(account));
                }
                Configured::CloudIdentity(association) => associations.push((record, association)),
                _ => {}
            }
        }
        Self { by_key, associations }
    }

    /// Accounts whose annotations name a principal of one kind, with it.
    pub fn asking(
        &self,
        by: WorkloadFederation,
    ) -> impl Iterator<Item = (&AccountKey, &'a CloudPrincipal, &Text)> {
        self.by_key.iter().flat_map(move |(key, account)| {
            let asked = account.iter().flat_map(|account| &account.cloud);
            asked
                .filter(move |cloud| cloud.by == by)
                .filter_map(move |cloud| Some((key, cloud, cloud.principal.as_ref()?)))
        })
    }
}

pub(super) fn identity((realm, namespace, name): &AccountKey) -> Identity {
    service_account(realm, namespace, name)
}

/// The subject of the account's tokens (Kubernetes, "ServiceAccount token volume projection").
pub(super) fn subject((_, namespace, name): &AccountKey) -> String {
    format!("system:serviceaccount:{}:{}", namespace.raw(), name.raw())
}
