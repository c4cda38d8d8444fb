//! KubeHound's test cluster: one manifest per attack edge. Each edge that RBAC decides is a step of
//! the identity in its manifest, and those that its authors expect to fail are none.

use std::collections::BTreeMap;

use super::super::super::authority::{Authority, Reach};
use super::super::principal;
use super::{REALM, acting_as, estate, files, held, real_data, records, say};
use crate::domain::{ObjectRef, Text};

/// The manifest, the identity, and the step with what it leads to; none where it must fail.
type Case = (&'static str, &'static str, Option<(&'static str, &'static str)>);

const BIND: &str = "binds the role to itself";

const STEPS: &[Case] = &[
    (
        "POD_CREATE",
        "ServiceAccount default/pod-create-sa",
        Some(("creates a pod that runs as it", "ServiceAccounts default/any")),
    ),
    (
        "POD_EXEC",
        "ServiceAccount default/pod-exec-sa",
        Some(("runs a command in a pod", "Pods default/any")),
    ),
    (
        "POD_PATCH",
        "ServiceAccount default/pod-patch-sa",
        Some(("changes the image of a running pod", "Pods default/any")),
    ),
    (
        "TOKEN_BRUTEFORCE",
        "ServiceAccount default/tokenget-sa",
        Some(("reads a token out of a secret", "ServiceAccounts default/any")),
    ),
    (
        "TOKEN_LIST",
        "ServiceAccount default/tokenlist-sa",
        Some(("reads a token out of a secret", "ServiceAccounts default/any")),
    ),
    (
        "ROLE_BIND_CRB_CR",
        "ServiceAccount default/rolebind-sa-crb-cr-crb-cr",
        Some(("binds the role to itself everywhere", "ClusterRoles any")),
    ),
    (
        "ROLE_BIND_CRB_CR",
        "ServiceAccount default/rolebind-sa-crb-cr-rb-cr",
        Some((BIND, "ClusterRoles default/any")),
    ),
    ("ROLE_BIND_CRB_CR", "ServiceAccount default/rolebind-sa-crb-cr-crb-r-fail", None),
    (
        "ROLE_BIND_CRB_CR",
        "ServiceAccount default/rolebind-sa-crb-cr-rb-r",
        Some((BIND, "Roles default/any")),
    ),
    ("ROLE_BIND_RB_CR-SA", "ServiceAccount default/rolebind-sa-rb-cr-crb-cr-fail", None),
    (
        "ROLE_BIND_RB_CR-SA",
        "ServiceAccount default/rolebind-sa-rb-cr-rb-cr",
        Some((BIND, "ClusterRoles default/any")),
    ),
    (
        "ROLE_BIND_RB_CR-SA",
        "ServiceAccount default/rolebind-sa-rb-cr-rb-r",
        Some((BIND, "Roles default/any")),
    ),
    (
        "ROLE_BIND_RB_R-SA",
        "ServiceAccount default/rolebind-sa-rb-r-rb-r",
        Some((BIND, "Roles default/any")),
    ),
    ("ROLE_BIND_RB_R-SA", "ServiceAccount default/rolebind-sa-rb-r-crb-cr-fail", None),
    (
        "ROLE_BIND_RB_R-SA",
        "ServiceAccount default/rolebind-sa-rb-r-rb-crb",
        Some((BIND, "ClusterRoles default/any")),
    ),
    ("ROLE_BIND_RB_R-UG", "Group group-rb-r-rb-r", Some((BIND, "Roles default/any"))),
    ("ROLE_BIND_RB_R-UG", "User user-rb-r-rb-r", Some((BIND, "Roles default/any"))),
    ("ROLE_BIND_RB_R-UG", "Group group-rb-r-crb-cr-fail", None),
    ("ROLE_BIND_RB_R-UG", "User user-rb-r-crb-cr-fail", None),
    ("ROLE_BIND_RB_R-UG", "Group group-rb-r-rb-crb", Some((BIND, "ClusterRoles default/any"))),
    ("ROLE_BIND_RB_R-UG", "User user-rb-r-rb-crb", Some((BIND, "ClusterRoles default/any"))),
];

/// Manifests whose edge is not compared, with the reason.
const EXCLUDED: &[(&str, &str)] = &[
    (
        "IDENTITY_IMPERSONATE",
        "users and groups are cluster-scoped: the authorizer is asked without a namespace, so the \
         Role and RoleBinding of the manifest permit no impersonation (apiserver, impersonation \
         filter); the peer does not look at the scope",
    ),
    ("CE_MODULE_LOAD", "a container escape: capabilities, not RBAC"),
    ("CE_NET_MITM", "a container escape: the network of the host, not RBAC"),
    ("CE_NSENTER", "a container escape: a privileged container, not RBAC"),
    ("CE_PRIV_MOUNT", "a container escape: a privileged container, not RBAC"),
    ("CE_SYS_PTRACE", "a container escape: capabilities, not RBAC"),
    ("CE_UMH_CORE_PATTERN", "a container escape: a mount of the host, not RBAC"),
    ("CE_VAR_LOG_SYMLINK", "a container escape: a mount of the host, not RBAC"),
    ("CONTROL_POD", "who can reach a pod over the network, not RBAC"),
    ("ENDPOINT_EXPLOIT", "an exposed endpoint: services, not RBAC"),
    ("EXPLOIT_HOST_READ_TRAVERSE", "a mount of the host, not RBAC"),
    ("EXPLOIT_HOST_WRITE", "a mount of the host, not RBAC"),
    ("SHARE_PS_NAMESPACE", "containers of one pod, not RBAC"),
];

/// Held, not reached: what group membership gives a node, and the roles that the others bind.
const HELD: &[(&str, &str, &str)] = &[
    ("IDENTITY_ASSUME", "User system:node:any", "k8s: list pods.* @all namespaces"),
    ("ROLE_BIND_ALL", "ServiceAccount default/rolebind-sa-rb-r-rb-r", "k8s: * *.* @default"),
];

fn object(spelled: &str) -> ObjectRef {
    let (kind, name) = spelled.split_once(' ').expect("a kind and a name");
    let (namespace, name) = match kind {
        "User" | "Group" => ("", name),
        _ => name.split_once('/').unwrap_or(("", name)),
    };
    ObjectRef::new(kind, namespace, name)
}

#[test]
fn the_edges_of_kubehound_are_steps() {
    let folder = real_data("rbac-kubehound").join("test/setup/test-cluster/attacks");
    let manifests: BTreeMap<String, _> = files(&folder)
        .into_iter()
        .filter_map(|file| Some((file.file_stem()?.to_string_lossy().into_owned(), file)))
        .collect();
    if manifests.is_empty() {
        return say("kubehound: the data is not there");
    }
    let all: Vec<_> = manifests.values().cloned().collect();
    let estate = estate(&records(&all));
    let mut authority = Authority::of(&estate, &[]);
    let realm = Text::from(REALM);
    for (manifest, who, expected) in STEPS {
        let steps = authority.steps_of(&realm, &object(who));
        let found: Vec<(&str, String)> =
            steps.iter().map(|step| (step.rule, step.object.visible())).collect();
        match expected {
            None => assert!(found.is_empty(), "{manifest}: {who} takes {found:?}"),
            Some((rule, target)) => {
                let expected = (*rule, (*target).to_owned());
                assert!(found.contains(&expected), "{manifest}: {who} takes {found:?}");
            }
        }
    }
    for (manifest, who, pattern) in HELD {
        let principals = [vec![object(who)], principal::groups(&object(who))].concat();
        let agent = acting_as(&mut authority, &principals);
        let grants = authority.grants_of(&agent, Reach::Derived);
        let found: Vec<String> = grants.iter().map(|grant| grant.pattern.visible()).collect();
        assert!(found.iter().any(|held| held == pattern), "{manifest}: {found:?}");
        // The Role of the other namespace stays out of reach.
        assert!(!found.iter().any(|held| held == "k8s: * *.* @vault"), "{manifest}");
    }
    let own = held(&mut authority, &[object("ServiceAccount default/rolebind-sa-rb-r-rb-r")]);
    assert!(own.iter().all(|grant| grant.pattern.visible() != "k8s: * *.* @default"));
    for manifest in manifests.keys() {
        let compared = STEPS.iter().any(|(of, _, _)| of == manifest)
            || HELD.iter().any(|(of, _, _)| of == manifest);
        let excluded = EXCLUDED.iter().any(|(of, _)| of == manifest);
        assert!(compared != excluded, "{manifest} is neither compared nor excluded, or both");
    }
    let (total, excluded) = (manifests.len(), EXCLUDED.len());
    say(&format!(
        "kubehound: {} of {total} manifests agree ({} identities), {excluded} excluded by name",
        total - excluded,
        STEPS.len() + HELD.len(),
    ));
}
