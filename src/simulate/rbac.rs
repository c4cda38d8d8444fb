//! The firm's RBAC objects, and the authorizer that decides over them as a Kubernetes API server
//! does: ClusterRoleBindings first, then the RoleBindings of the namespace, the first match wins.

use std::collections::BTreeMap;

use crate::domain::Text;
use crate::domain::configured::{Binding, Meta, Role, Rule, Selector, Subject};

use super::calendar::{Window, seconds};
use super::firm::Agent;
use super::run::STARTUP;
use super::script::{Access, Task};

/// Annotations under which the firm records who granted or owns something, and when.
pub const GRANTED_BY: &str = "granted-by";
pub const GRANTED_AT: &str = "granted-at";
pub const OWNER: &str = "owner";
pub const TEAM: &str = "team";

/// Who makes a request, as RBAC sees it.
pub struct Identity<'a> {
    pub username: &'a str,
    pub groups: &'a [String],
}

/// The authorizer's reason when it allows; `None` when no rule does.
pub fn authorize(
    roles: &[Role],
    bindings: &[&Binding],
    identity: &Identity<'_>,
    access: &Access,
    namespace: &str,
) -> Option<String> {
    let in_scope = |binding: &Binding, cluster_wide: bool| match cluster_wide {
        true => binding.meta.namespace.is_empty(),
        false => !namespace.is_empty() && binding.meta.namespace == *namespace,
    };
    [true, false].into_iter().find_map(|cluster_wide| {
        bindings.iter().filter(|binding| in_scope(binding, cluster_wide)).find_map(|binding| {
            let subject = binding.subjects.iter().find(|subject| is_subject(subject, identity))?;
            let role = role_of(roles, binding)?;
            role.rules.iter().any(|rule| permits(rule, access)).then(|| reason(binding, subject))
        })
    })
}

fn is_subject(subject: &Subject, identity: &Identity<'_>) -> bool {
    match subject.kind.raw() {
        "Group" => identity.groups.iter().any(|group| subject.name == group.as_str()),
        "User" => subject.name == identity.username,
        _ => {
            let account = identity.username.strip_prefix("system:serviceaccount:");
            let named = account.and_then(|account| account.split_once(':'));
            named == Some((subject.namespace.raw(), subject.name.raw()))
        }
    }
}

fn role_of<'a>(roles: &'a [Role], binding: &Binding) -> Option<&'a Role> {
    let namespace = match binding.role_kind.raw() {
        "ClusterRole" => "",
        _ => binding.meta.namespace.raw(),
    };
    roles.iter().find(|role| role.meta.name == binding.role && role.meta.namespace == namespace)
}

fn permits(rule: &Rule, access: &Access) -> bool {
    let listed =
        |list: &[Text], wanted: &str| list.iter().any(|item| *item == "*" || *item == wanted);
    if !listed(&rule.verbs, access.verb) {
        return false;
    }
    if access.is_path() {
        return listed(&rule.paths, access.resource);
    }
    listed(&rule.groups, access.group())
        && listed(&rule.resources, access.resource_name())
        && (rule.names.is_empty() || rule.names.iter().any(|name| *name == access.name))
}

/// The reason as the RBAC authorizer words it; a service account is printed name first.
fn reason(binding: &Binding, subject: &Subject) -> String {
    let name = match subject.kind.raw() {
        "ServiceAccount" => format!("{}/{}", subject.name.raw(), subject.namespace.raw()),
        _ => subject.name.raw().to_owned(),
    };
    let (kind, place) = match binding.meta.namespace.is_empty() {
        true => ("ClusterRoleBinding", binding.meta.name.raw().to_owned()),
        false => {
            ("RoleBinding", format!("{}/{}", binding.meta.name.raw(), binding.meta.namespace.raw()))
        }
    };
    let (role_kind, role, subject_kind) =
        (binding.role_kind.raw(), binding.role.raw(), subject.kind.raw());
    format!(
        r#"RBAC: allowed by {kind} "{place}" of {role_kind} "{role}" to {subject_kind} "{name}""#
    )
}

pub fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Rule {
    let texts = |items: &[&str]| items.iter().map(|&item| Text::from(item)).collect();
    Rule {
        verbs: texts(verbs),
        groups: vec![group.into()],
        resources: texts(resources),
        ..Rule::default()
    }
}

/// A Role, or a ClusterRole when the namespace is empty.
pub fn role(namespace: &str, name: &str, rules: Vec<Rule>) -> Role {
    Role { meta: meta(namespace, name), rules, aggregates: Vec::new() }
}

/// A binding of the role with the same name; cluster-wide when the namespace is empty.
pub fn binding(namespace: &str, name: &str, subject: Subject, granted: (&str, String)) -> Binding {
    let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    let mut meta = meta(namespace, name);
    meta.annotations.insert(GRANTED_BY.into(), granted.0.into());
    meta.annotations.insert(GRANTED_AT.into(), granted.1.into());
    Binding { meta, role_kind: kind.into(), role: name.into(), subjects: vec![subject] }
}

pub fn service_account(namespace: &str, name: &str) -> Subject {
    Subject { kind: "ServiceAccount".into(), name: name.into(), namespace: namespace.into() }
}

pub fn group(name: &str) -> Subject {
    Subject { kind: "Group".into(), name: name.into(), namespace: Text::default() }
}

pub fn label_selector(key: &str, value: &str) -> Selector {
    Selector { labels: BTreeMap::from([(key.into(), value.into())]), expressions: Vec::new() }
}

fn meta(namespace: &str, name: &str) -> Meta {
    Meta { namespace: namespace.into(), name: name.into(), ..Meta::default() }
}

/// Roles that allow exactly what the agent's tasks request, bound to its own account: one in its
/// namespace, one cluster-wide where a task needs it.
pub fn least_privilege(agent: &Agent, window: &Window) -> (Vec<Role>, Vec<Binding>) {
    let mut verbs: BTreeMap<(bool, &str, &str), Vec<&str>> = BTreeMap::new();
    let requests = agent.tasks.iter().flat_map(Task::tools).flat_map(|tool| &tool.requests);
    for access in STARTUP.iter().chain(requests) {
        if access.is_path() {
            // Every authenticated caller may discover the API.
            continue;
        }
        let key = (access.is_cluster_scoped(), access.group(), access.resource_name());
        let verbs = verbs.entry(key).or_default();
        if !verbs.contains(&access.verb) {
            verbs.push(access.verb);
        }
    }
    let (mut roles, mut bindings) = (Vec::new(), Vec::new());
    for cluster_wide in [false, true] {
        let rules: Vec<_> = verbs
            .iter()
            .filter(|((wide, ..), _)| *wide == cluster_wide)
            .map(|((_, group, resource), verbs)| rule(verbs, group, &[resource]))
            .collect();
        if rules.is_empty() {
            continue;
        }
        let own = agent.key.space.raw();
        let namespace = if cluster_wide { "" } else { own };
        let name = match cluster_wide {
            true => format!("{own}:{}", agent.key.name.raw()),
            false => agent.key.name.raw().to_owned(),
        };
        let granted = ("platform-engineering", seconds(window.before(120)));
        roles.push(role(namespace, &name, rules));
        let subject = service_account(own, &agent.service_account);
        bindings.push(binding(namespace, &name, subject, granted));
    }
    (roles, bindings)
}

/// One row of the platform's own roles: name, subject, verbs, group, resources.
type PlatformRole =
    (&'static str, Who, &'static [&'static str], &'static str, &'static [&'static str]);

enum Who {
    User,
    Group(&'static str),
    KubeSystem(&'static str),
}

const PLATFORM: &[PlatformRole] = &[
    (
        "system:kube-scheduler",
        Who::User,
        &["create", "get", "update"],
        "coordination.k8s.io",
        &["leases"],
    ),
    ("system:kube-controller-manager", Who::User, &["list", "watch"], "*", &["*"]),
    (
        "system:controller:deployment-controller",
        Who::KubeSystem("deployment-controller"),
        &["create", "delete", "get", "list", "patch", "update", "watch"],
        "apps",
        &["replicasets"],
    ),
    (
        "system:controller:job-controller",
        Who::KubeSystem("job-controller"),
        &["create", "delete", "list", "patch", "watch"],
        "",
        &["pods"],
    ),
    (
        "system:controller:namespace-controller",
        Who::KubeSystem("namespace-controller"),
        &["delete", "deletecollection", "get", "list"],
        "*",
        &["*"],
    ),
    (
        "platform-operators",
        Who::Group("platform-engineering"),
        &["get", "list", "patch", "update", "watch"],
        "*",
        &["*"],
    ),
];

const DISCOVERY_PATHS: &[&str] = &["/api", "/apis", "/healthz", "/version"];

pub fn platform_roles() -> Vec<Role> {
    let discovery = Rule {
        verbs: vec!["get".into()],
        paths: DISCOVERY_PATHS.iter().map(|&path| path.into()).collect(),
        ..Rule::default()
    };
    PLATFORM
        .iter()
        .map(|(name, _, verbs, group, resources)| {
            role("", name, vec![rule(verbs, group, resources)])
        })
        .chain([role("", "system:discovery", vec![discovery])])
        .collect()
}

pub fn platform_bindings(window: &Window) -> Vec<Binding> {
    let discovery = ("system:discovery", group("system:authenticated"));
    PLATFORM
        .iter()
        .map(|(name, who, ..)| {
            let subject = match who {
                Who::User => Subject {
                    kind: "User".into(),
                    name: (*name).into(),
                    namespace: Text::default(),
                },
                Who::Group(name) => group(name),
                Who::KubeSystem(name) => service_account("kube-system", name),
            };
            (*name, subject)
        })
        .chain([discovery])
        .map(|(name, subject)| {
            binding("", name, subject, ("cluster-bootstrap", seconds(window.before(400))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::script::{delete, get, list};
    use super::*;

    #[track_caller]
    fn check(access: Access, namespace: &str, expected: Option<&str>) {
        let window = Window { start: 0, days: 1 };
        let granted = || ("someone", seconds(window.start));
        let roles = [
            role("care", "own", vec![rule(&["get"], "", &["secrets", "pods/log"])]),
            role("", "wide", vec![rule(&["list"], "apps", &["deployments"])]),
        ];
        let bindings = [
            binding("care", "own", service_account("care", "bot"), granted()),
            binding("", "wide", group("system:serviceaccounts:care"), granted()),
        ];
        let identity = Identity {
            username: "system:serviceaccount:care:bot",
            groups: &["system:serviceaccounts:care".to_owned()],
        };
        let bindings: Vec<_> = bindings.iter().collect();
        let found = authorize(&roles, &bindings, &identity, &access, namespace);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn reasons_are_worded_as_the_authorizer_words_them() {
        let own =
            r#"RBAC: allowed by RoleBinding "own/care" of Role "own" to ServiceAccount "bot/care""#;
        let wide = r#"RBAC: allowed by ClusterRoleBinding "wide" of ClusterRole "wide" to Group "system:serviceaccounts:care""#;
        check(get("secrets", "a"), "care", Some(own));
        check(get("pods/log", "a"), "care", Some(own));
        check(get("pods", "a"), "care", None);
        check(get("secrets", "a"), "other", None);
        check(delete("secrets", "a"), "care", None);
        check(list("deployments.apps"), "other", Some(wide));
        check(list("deployments"), "other", None);
    }
}
