//! Where a step leads: the principals and roles that its scope means.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;

use super::super::authority::{Edge, Permission};
use super::cluster::Running;
use super::derived::Target;
use super::held::ClusterGraph;
use super::open_steps::OpenStep;
use super::principal;
use super::rules::everything;
use super::steps::Gives;
use crate::domain::{Attachment, ObjectRef, Plane, Text};

/// The name of the object that stands for all of its kind.
const ANY: &str = "any";

impl ClusterGraph<'_> {
    pub(super) fn targets(&mut self, who: &ObjectRef, open: &OpenStep) -> Vec<Target> {
        let scope = &open.scope;
        let (namespace, name) = (scope.namespace.as_ref(), scope.name.as_ref());
        let constrained = open.step.mode.is_some();
        let nodes = match open.step.gives {
            Gives::Accounts => vec![self.any_account(namespace)],
            Gives::Account => match name {
                None => vec![self.any_account(namespace)],
                Some(name) => self.named_accounts(namespace, name),
            },
            Gives::AccountOfPod => match name {
                None => vec![self.any_pod(namespace)],
                Some(name) => self.running(namespace, |running| running.name == name),
            },
            Gives::AccountsOfNode => match name {
                None => vec![self.any_pod(None)],
                Some(name) => self.running(None, |running| running.node == Some(name)),
            },
            Gives::AccountOfSecret => match name {
                None => vec![self.any_account(namespace)],
                Some(name) => self.accounts_of_secret(namespace, name),
            },
            Gives::User => self.users(name, constrained),
            Gives::Group => self.groups(name, constrained),
            Gives::Node => match name {
                None => vec![self.any_node()],
                Some(name) => vec![self.principal(&principal::node(name))],
            },
            Gives::OwnNodes => self.own_nodes(who),
            Gives::Anyone => [self.users(None, false), vec![self.any_account(None)]]
                .into_iter()
                .flatten()
                .chain(self.groups(None, true))
                .collect(),
            Gives::ClusterRole | Gives::Role => return self.roles(open),
            Gives::AnyRule => vec![self.any_rule(namespace)],
        };
        nodes.into_iter().map(|node| Target { node, namespace: None }).collect()
    }

    /// One object for all of a kind; its members are found when it is first asked for.
    fn any(
        &mut self,
        kind: &str,
        namespace: Option<&Text>,
        members: impl FnOnce(&mut Self) -> Vec<NodeIndex>,
    ) -> NodeIndex {
        let namespace = namespace.cloned().unwrap_or_default();
        let object = ObjectRef::new(kind, namespace, ANY);
        if let Some(node) = self.principals.get(&object) {
            return *node;
        }
        let node = self.authority.granting(self.realm, object.clone());
        self.authority.implied(node);
        self.principals.insert(object, node);
        for member in members(self) {
            let edge = Edge::derived(Attachment::Own, "is one of them", Vec::new());
            self.authority.give(node, member, edge);
        }
        node
    }

    fn any_account(&mut self, namespace: Option<&Text>) -> NodeIndex {
        self.any("ServiceAccounts", namespace, |graph| match namespace {
            Some(namespace) => {
                let accounts = graph.cluster.accounts_in(namespace);
                accounts.iter().map(|account| graph.principal(account)).collect()
            }
            None => {
                let namespaces = graph.cluster.namespaces();
                namespaces.into_iter().map(|one| graph.any_account(Some(one))).collect()
            }
        })
    }

    fn any_pod(&mut self, namespace: Option<&Text>) -> NodeIndex {
        self.any("Pods", namespace, |graph| match namespace {
            Some(_) => graph.running(namespace, |_| true),
            None => {
                let namespaces = graph.cluster.pods.keys();
                namespaces.map(|one| graph.any_pod(Some(one))).collect()
            }
        })
    }

    fn any_node(&mut self) -> NodeIndex {
        self.any("Nodes", None, |graph| {
            let bound =
                graph.cluster.by_subject.keys().filter(|subject| principal::is_node(subject));
            let loaded = graph.cluster.nodes.iter().map(|name| principal::node(name));
            let all: BTreeSet<ObjectRef> = bound.cloned().chain(loaded).collect();
            all.iter().map(|node| graph.principal(node)).collect()
        })
    }

    /// The users of a name, or all of them. Constrained impersonation of users excludes nodes.
    fn users(&mut self, name: Option<&Text>, constrained: bool) -> Vec<NodeIndex> {
        let Some(name) = name else {
            let users = self.any("Users", None, |graph| {
                graph.bound(|subject| subject.kind == "User" && !principal::is_node(subject))
            });
            return if constrained { vec![users] } else { vec![users, self.any_node()] };
        };
        let user = principal::user(name);
        // The API server asks about service accounts and, when constrained, nodes by themselves.
        let is_another = user.kind != "User" || (constrained && principal::is_node(&user));
        if is_another { Vec::new() } else { vec![self.principal(&user)] }
    }

    /// The groups of a name, or all of them; `system:masters` is refused when constrained, and to
    /// certificates.
    fn groups(&mut self, name: Option<&Text>, constrained: bool) -> Vec<NodeIndex> {
        let masters = ObjectRef::new("Group", "", principal::MASTERS);
        match name {
            Some(name) if constrained && *name == principal::MASTERS => Vec::new(),
            Some(name) => vec![self.principal(&principal::group(name))],
            None => {
                let any = self.any("Groups", None, |graph| {
                    graph.bound(|subject| subject.kind == "Group" && *subject != masters)
                });
                if constrained { vec![any] } else { vec![any, self.principal(&masters)] }
            }
        }
    }

    /// The principals to which something is bound.
    fn bound(&mut self, is_meant: impl Fn(&ObjectRef) -> bool) -> Vec<NodeIndex> {
        let subjects = self.cluster.by_subject.keys().filter(|subject| is_meant(subject));
        subjects.map(|subject| self.principal(subject)).collect()
    }

    fn named_accounts(&mut self, namespace: Option<&Text>, name: &Text) -> Vec<NodeIndex> {
        let accounts: Vec<ObjectRef> = match namespace {
            Some(namespace) => vec![principal::account(namespace, name)],
            None => {
                let accounts = self.cluster.accounts.keys();
                accounts.filter(|account| account.name == *name).cloned().collect()
            }
        };
        accounts.iter().map(|account| self.principal(account)).collect()
    }

    fn running(
        &mut self,
        namespace: Option<&Text>,
        is_meant: impl Fn(&Running<'_>) -> bool,
    ) -> Vec<NodeIndex> {
        let pods = match namespace {
            Some(namespace) => self.cluster.pods.get(namespace).into_iter().collect(),
            None => self.cluster.pods.values().collect::<Vec<_>>(),
        };
        let meant = pods.into_iter().flatten().filter(|running| is_meant(running));
        let accounts: BTreeSet<&ObjectRef> = meant.map(|running| &running.account).collect();
        accounts.into_iter().map(|account| self.principal(account)).collect()
    }

    fn accounts_of_secret(&mut self, namespace: Option<&Text>, name: &Text) -> Vec<NodeIndex> {
        let tokens = &self.cluster.tokens;
        let accounts: Vec<&ObjectRef> = match namespace {
            Some(namespace) => tokens.get(&(namespace, name)).into_iter().flatten().collect(),
            None => {
                let named = tokens.iter().filter(|((_, secret), _)| *secret == name);
                named.flat_map(|(_, accounts)| accounts).collect()
            }
        };
        accounts.into_iter().map(|account| self.principal(account)).collect()
    }

    /// The nodes on which a principal's pods run; any, when no pod tells.
    fn own_nodes(&mut self, who: &ObjectRef) -> Vec<NodeIndex> {
        let pods = self.cluster.pods.values().flatten();
        let own = pods.filter(|running| running.account == *who);
        let nodes: Vec<ObjectRef> =
            own.filter_map(|running| running.node).map(principal::node).collect();
        match nodes.is_empty() {
            true => vec![self.any_node()],
            false => nodes.iter().map(|node| self.principal(node)).collect(),
        }
    }

    /// The roles of a scope, each in the namespaces in which it can be bound.
    fn roles(&mut self, open: &OpenStep) -> Vec<Target> {
        let is_cluster_role = open.step.gives == Gives::ClusterRole;
        let everywhere = is_cluster_role && open.step.by.iter().any(|need| need.cluster);
        let namespaces: Vec<Option<Text>> = match (&open.scope.namespace, everywhere) {
            (_, true) => vec![None],
            (Some(namespace), false) => vec![Some(namespace.clone())],
            (None, false) => self.cluster.namespaces().into_iter().cloned().map(Some).collect(),
        };
        let mut targets = Vec::new();
        for namespace in namespaces {
            let node = match &open.scope.name {
                None => self.any_role(is_cluster_role, namespace.as_ref()),
                Some(name) => {
                    let (kind, place) = match is_cluster_role {
                        true => ("ClusterRole", Text::default()),
                        false => ("Role", namespace.clone().unwrap_or_default()),
                    };
                    self.authority.content(self.realm, ObjectRef::new(kind, place, name.clone()))
                }
            };
            targets.push(Target { node, namespace });
        }
        targets
    }

    fn any_role(&mut self, is_cluster_role: bool, namespace: Option<&Text>) -> NodeIndex {
        let kind = if is_cluster_role { "ClusterRoles" } else { "Roles" };
        self.any(kind, namespace, |graph| {
            let place = namespace.filter(|_| !is_cluster_role).cloned().unwrap_or_default();
            let roles = graph.cluster.roles.keys().filter(|role| role.namespace == place);
            roles.map(|role| graph.authority.content(graph.realm, role.clone())).collect()
        })
    }

    /// What a role permits into which any rule can be written.
    fn any_rule(&mut self, namespace: Option<&Text>) -> NodeIndex {
        let object = ObjectRef::new("Rules", namespace.cloned().unwrap_or_default(), ANY);
        if let Some(node) = self.principals.get(&object) {
            return *node;
        }
        let node = self.authority.content(self.realm, object.clone());
        self.authority.implied(node);
        self.principals.insert(object, node);
        for pattern in everything(namespace) {
            self.authority.permit(node, Permission::new(pattern, Plane::Kubernetes));
        }
        node
    }
}
