//! How much of an agent's configuration on a plane is loaded: step 1 of the decision path.

use super::Estate;
use crate::domain::configured::AgentDeclaration;
use crate::domain::{AgentKey, Plane, Text};

/// Whether configured records of a plane are loaded for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Configuration {
    /// Nothing is known of what the plane permits to the agent.
    Absent,
    /// Some records; what is not in them may still be granted.
    Partial,
    /// All there is: what is not in the records is not granted.
    Complete,
}

use Configuration::{Absent, Complete, Partial};

/// The kinds that together hold every RBAC grant, and whether they live in namespaces.
const RBAC_KINDS: [(&str, bool); 4] =
    [("Role", true), ("RoleBinding", true), ("ClusterRole", false), ("ClusterRoleBinding", false)];

impl Estate {
    pub fn configuration(&self, agent: &AgentKey, plane: Plane) -> Configuration {
        match plane {
            Plane::Kubernetes => self.rbac_configuration(agent),
            Plane::Network => self.network_configuration(agent),
            Plane::Tools => self.tools_configuration(agent),
            Plane::Models => self.declared(agent, |declared| declared.model.is_some()),
            Plane::Delegation => self.declared(agent, |declared| !declared.delegates_to.is_empty()),
            Plane::Catalog => self.catalog_configuration(agent),
            Plane::Cloud => self.cloud_configuration(agent),
            Plane::Artifacts | Plane::Files | Plane::Processes => Absent,
        }
    }

    fn rbac_configuration(&self, agent: &AgentKey) -> Configuration {
        if agent.space.is_empty() {
            return Absent;
        }
        let covered = |(kind, namespaced): &(&str, bool)| {
            self.is_complete(agent, kind, namespaced.then_some(&agent.space))
        };
        let has_any = self.realms_with_rbac.contains(&agent.realm);
        match (RBAC_KINDS.iter().all(covered), has_any) {
            (true, _) => Complete,
            (false, true) => Partial,
            (false, false) => Absent,
        }
    }

    fn network_configuration(&self, agent: &AgentKey) -> Configuration {
        let known =
            self.workload(agent).is_some() && self.realms_with_network.contains(&agent.realm);
        match (known, self.is_complete(agent, "NetworkPolicy", Some(&agent.space))) {
            (false, _) => Absent,
            (true, false) => Partial,
            (true, true) => Complete,
        }
    }

    fn tools_configuration(&self, agent: &AgentKey) -> Configuration {
        let limits = self.posture_policy(agent).map(|(policy, _)| policy.allowed_tools.is_some());
        let lists = self.declaration(agent).map(|(declared, _)| !declared.tools.is_empty());
        let is_client = self.mcp_servers(&agent.host()).next().is_some();
        match (limits, lists, is_client) {
            (Some(true), ..) | (_, Some(true), _) => Complete,
            // A declaration that lists no tools says nothing of this plane.
            (None, None | Some(false), false) => Absent,
            _ => Partial,
        }
    }

    fn catalog_configuration(&self, agent: &AgentKey) -> Configuration {
        let servers = self.servers_of(agent);
        let declared =
            servers.iter().filter(|server| self.declared_catalog(server).is_some()).count();
        match declared {
            0 => Absent,
            some if some == servers.len() => Complete,
            _ => Partial,
        }
    }

    fn declared(
        &self,
        agent: &AgentKey,
        has_list: impl Fn(&AgentDeclaration) -> bool,
    ) -> Configuration {
        match self.declaration(agent) {
            Some((declaration, _)) if has_list(declaration) => Complete,
            _ => Absent,
        }
    }

    /// Whether complete snapshots hold every object of a kind that concerns the agent.
    fn is_complete(&self, agent: &AgentKey, kind: &str, namespace: Option<&Text>) -> bool {
        self.snapshots().iter().any(|snapshot| {
            snapshot.complete
                && snapshot.realm == agent.realm
                && snapshot.object_kind == kind
                && (snapshot.namespace.is_none() || snapshot.namespace.as_ref() == namespace)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{key, namespace, record, role, snapshot, workload};
    use super::*;
    use crate::domain::configured::{Configured, PosturePolicy};

    #[track_caller]
    fn check(
        bodies: Vec<Configured>,
        snapshots: &[(&str, Option<&str>)],
        plane: Plane,
        expected: Configuration,
    ) {
        let records: Vec<_> = bodies.into_iter().map(record).collect();
        let snapshots: Vec<_> =
            snapshots.iter().map(|(kind, within)| snapshot(kind, *within, true)).collect();
        let estate = Estate::build(&records, &snapshots, &["prod".into()]);
        assert_eq!(estate.configuration(&key("billing"), plane), expected);
    }

    #[test]
    fn rbac_is_complete_when_its_four_kinds_are() {
        let some = || vec![role("agents", "reader", &["get pods"])];
        let all = |within| {
            [("Role", within), ("RoleBinding", within)]
                .into_iter()
                .chain([("ClusterRole", None), ("ClusterRoleBinding", None)])
                .collect::<Vec<_>>()
        };
        check(vec![], &[], Plane::Kubernetes, Absent);
        check(some(), &[], Plane::Kubernetes, Partial);
        check(some(), &all(None), Plane::Kubernetes, Complete);
        check(some(), &all(Some("agents")), Plane::Kubernetes, Complete);
        check(some(), &all(Some("other")), Plane::Kubernetes, Partial);
    }

    #[test]
    fn the_other_planes_follow_their_records() {
        let deployment = || workload("Deployment", "agents", "billing");
        let declaration = |tools: Vec<(Option<Text>, Text)>, model: Option<&str>| {
            Configured::AgentDeclaration(AgentDeclaration {
                namespace: "agents".into(),
                name: "billing".into(),
                tools,
                model: model.map(Text::from),
                ..AgentDeclaration::default()
            })
        };
        let posture = Configured::PosturePolicy(PosturePolicy {
            agent_id: "billing".into(),
            allowed_tools: Some(vec![]),
            ..PosturePolicy::default()
        });
        let all = [("NetworkPolicy", None)];
        check(vec![deployment()], &[], Plane::Network, Absent);
        check(vec![deployment(), namespace("agents", &[])], &[], Plane::Network, Partial);
        check(vec![deployment(), namespace("agents", &[])], &all, Plane::Network, Complete);
        check(vec![declaration(vec![], None)], &[], Plane::Tools, Absent);
        check(vec![declaration(vec![], None)], &[], Plane::Models, Absent);
        check(vec![declaration(vec![], Some("gpt"))], &[], Plane::Models, Complete);
        check(vec![posture], &[], Plane::Tools, Complete);
        check(vec![deployment()], &[], Plane::Files, Absent);
    }
}
