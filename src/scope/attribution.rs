//! Tying operational records to the agents of the configured side.

use super::Estate;
use crate::domain::{AgentKey, Attribution, Principal, Text};

impl Attribution for Estate {
    fn canonical(&self, key: &AgentKey) -> AgentKey {
        let is_workload = self.by_name.contains_key(&key.name);
        // An MCP client on somebody's machine has no namespace and is in no cluster.
        if key.space.is_empty() && !is_workload && self.clients.contains(&key.name) {
            return key.clone();
        }
        let realm = self.realm_or_only(&key.realm);
        let space = match key.space.is_empty() {
            true => self.only_space_of(&realm, &key.name).unwrap_or_default(),
            false => key.space.clone(),
        };
        let name = self.workloads.fold(&realm, &space, &key.name);
        let name = name.unwrap_or_else(|| key.name.clone());
        let inner = key.inner.clone().filter(|inner| *inner != name);
        AgentKey { realm, space, name, inner }
    }

    fn agents_of(&self, realm: &Text, principal: &Text, instance: Option<&Text>) -> Vec<AgentKey> {
        self.holders_of(realm, principal, instance).agents
    }
}

/// Who acts as a service account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    pub agents: Vec<AgentKey>,
    /// The pod told which of them: there is one, and it is no guess.
    pub named_by_pod: bool,
}

impl Estate {
    /// The workloads that act as this principal, narrowed by the pod when the record names one.
    pub fn holders_of(&self, realm: &Text, principal: &Text, pod: Option<&Text>) -> Holders {
        let realm = self.realm_or_only(realm);
        let Principal::ServiceAccount { namespace, name, .. } =
            Principal::from_kubernetes_user(&realm, principal)
        else {
            return Holders::default();
        };
        let candidates = self.holders(&realm, &namespace, &name);
        match pod.and_then(|pod| self.workload_of_pod(&realm, &namespace, pod, candidates)) {
            Some(workload) => Holders { agents: vec![workload], named_by_pod: true },
            None => Holders { agents: candidates.to_vec(), named_by_pod: false },
        }
    }

    fn realm_or_only(&self, realm: &Text) -> Text {
        match (&self.only_realm, realm.is_empty()) {
            (Some(only), true) => only.clone(),
            _ => realm.clone(),
        }
    }

    /// The namespace of a name that occurs once in the realm.
    fn only_space_of(&self, realm: &Text, name: &Text) -> Option<Text> {
        let mut hosts = self.by_name.get(name)?.iter().filter(|host| host.realm == *realm);
        let first = hosts.next()?;
        hosts.next().is_none().then(|| first.space.clone())
    }

    /// The workload of a pod: as the loaded pod says, else the candidate whose name it carries.
    fn workload_of_pod(
        &self,
        realm: &Text,
        namespace: &Text,
        pod: &Text,
        candidates: &[AgentKey],
    ) -> Option<AgentKey> {
        if let Some(name) = self.workloads.loaded_member(realm, namespace, pod) {
            return Some(AgentKey::new(realm.clone(), namespace.clone(), name.clone()));
        }
        let carries = |name: &str| {
            pod.raw()
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let named = candidates.iter().filter(|key| carries(key.name.raw()));
        named.max_by_key(|key| key.name.raw().len()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{acting_as, estate, owned, workload};
    use super::*;
    use crate::domain::configured::{Configured, McpServer};

    fn example() -> Estate {
        let client = McpServer { client: "cursor".into(), ..McpServer::default() };
        estate([
            workload("Deployment", "agents", "billing"),
            acting_as(workload("Deployment", "agents", "crm"), "shared"),
            acting_as(workload("Deployment", "agents", "crm-export"), "shared"),
            acting_as(workload("Deployment", "agents", "plain"), ""),
            workload("Deployment", "a", "twice"),
            workload("Deployment", "b", "twice"),
            owned(workload("Pod", "agents", "odd"), "StatefulSet", "crm"),
            Configured::McpServer(client),
        ])
    }

    #[test]
    fn keys_become_canonical() {
        let estate = example();
        for (realm, space, name, canonical) in [
            ("prod", "agents", "billing", "prod/agents/billing"),
            ("", "agents", "billing", "prod/agents/billing"),
            ("", "", "billing", "prod/agents/billing"),
            ("", "", "twice", "prod/-/twice"),
            ("other", "agents", "billing", "other/agents/billing"),
            ("", "agents", "billing-7f9c5d4b6-x2k9z", "prod/agents/billing"),
            ("", "agents", "unknown", "prod/agents/unknown"),
            ("", "", "cursor", "-/-/cursor"),
        ] {
            let key = AgentKey::new(realm, space, name).with_inner("x");
            assert_eq!(estate.canonical(&key).visible(), format!("{canonical}/x"));
        }
    }

    #[test]
    fn principals_lead_to_the_workloads_that_act_as_them() {
        let estate = example();
        for (principal, pod, agents) in [
            ("system:serviceaccount:agents:billing", None, vec!["billing"]),
            ("system:serviceaccount:agents:shared", None, vec!["crm", "crm-export"]),
            ("system:serviceaccount:agents:shared", Some("crm-7f-x"), vec!["crm"]),
            ("system:serviceaccount:agents:shared", Some("crm-export-7f-x"), vec!["crm-export"]),
            ("system:serviceaccount:agents:shared", Some("odd"), vec!["crm"]),
            ("system:serviceaccount:agents:shared", Some("node-1"), vec!["crm", "crm-export"]),
            ("system:serviceaccount:agents:default", None, vec!["plain"]),
            ("system:serviceaccount:agents:nobody", None, vec![]),
            ("system:node:node-1", None, vec![]),
            ("alice", None, vec![]),
        ] {
            let pod = pod.map(Text::from);
            let found = estate.agents_of(&Text::default(), &principal.into(), pod.as_ref());
            let names: Vec<&str> = found.iter().map(|key| key.name.raw()).collect();
            assert_eq!(names, agents, "{principal} {pod:?}");
        }
    }
}
