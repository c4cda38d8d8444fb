//! What a permission lets its holder become: the steps over which authority is passed on.
//!
//! One row per step: what must be permitted, what is held then, by which rule. A step is reach that
//! must first be taken, and an upper bound: admission (pod security, policies) and what runs on a
//! node may stop it. `impersonate` on `uids` and `userextras` gives nothing that RBAC looks at.
//!
//! Sources: kubernetes.io "Role Based Access Control Good Practices" (privilege escalation risks),
//! "User Impersonation" (constrained impersonation, KEP-5284), "Certificate Signing Requests"
//! (authorization of signers).

use super::need::Need;

/// One way from a permission to more authority.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// In words, as a route shows it.
    pub rule: &'static str,
    /// One of these must be permitted; where it is, and on which names, is the scope of the step.
    pub by: &'static [Need],
    /// And one of each of these in the same namespace.
    pub with: &'static [&'static [Need]],
    /// Those must be permitted on the same object, too.
    pub same_object: bool,
    pub gives: Gives,
    /// The mode of constrained impersonation: only requests for which `impersonate-on:MODE:VERB` is
    /// held can be made.
    pub mode: Option<&'static str>,
    /// What configuration alone does not tell.
    pub depends_on: Option<&'static str>,
}

/// What is held after a step, of the namespace and name of its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gives {
    /// Every service account of the namespace, whatever the name.
    Accounts,
    /// The service account of that name.
    Account,
    /// The service account as which the pod of that name runs.
    AccountOfPod,
    /// The service accounts of the pods on the node of that name.
    AccountsOfNode,
    /// The service account whose token lies in the secret of that name.
    AccountOfSecret,
    User,
    Group,
    /// The user of the node of that name.
    Node,
    /// The users of the nodes on which its own pods run.
    OwnNodes,
    /// Every user, node and service account, and every group but `system:masters`.
    Anyone,
    /// The rules of the role of that name.
    ClusterRole,
    Role,
    /// Any rule at all.
    AnyRule,
}

const ADMISSION: Option<&str> = Some("admission of the pod");
/// The API group of roles and bindings.
pub const RBAC: &str = "rbac.authorization.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";

/// A step without conditions, to be filled in.
pub const PLAIN: Step = Step {
    rule: "",
    by: &[],
    with: &[],
    same_object: false,
    gives: Gives::Accounts,
    mode: None,
    depends_on: None,
};

/// The verbs that change an object that is there.
pub const CHANGE: &[&str] = &["update", "patch"];
const READ: &[&str] = &["get", "list", "watch"];

/// Kinds with a pod template.
const TEMPLATES: &[Need] = &[
    Need::create("apps", "deployments"),
    Need::on(CHANGE, "apps", "deployments"),
    Need::create("apps", "daemonsets"),
    Need::on(CHANGE, "apps", "daemonsets"),
    Need::create("apps", "statefulsets"),
    Need::on(CHANGE, "apps", "statefulsets"),
    Need::create("apps", "replicasets"),
    Need::on(CHANGE, "apps", "replicasets"),
    Need::create("batch", "jobs"),
    Need::on(CHANGE, "batch", "jobs"),
    Need::create("batch", "cronjobs"),
    Need::on(CHANGE, "batch", "cronjobs"),
    Need::create("", "replicationcontrollers"),
    Need::on(CHANGE, "", "replicationcontrollers"),
];

const IMPERSONATED_USERS: &[Need] = &[
    Need::on(&["impersonate"], "", "users").cluster_wide(),
    Need::on(&["impersonate"], "", "serviceaccounts"),
];

pub const STEPS: &[Step] = &[
    Step {
        rule: "creates a pod that runs as it",
        by: &[Need::create("", "pods")],
        depends_on: ADMISSION,
        ..PLAIN
    },
    Step {
        rule: "applies a pod that runs as it",
        by: &[Need::on(&["patch"], "", "pods")],
        with: &[&[Need::on(&["create"], "", "pods")]],
        same_object: true,
        depends_on: ADMISSION,
        ..PLAIN
    },
    Step {
        rule: "writes a pod template that runs as it",
        by: TEMPLATES,
        depends_on: ADMISSION,
        ..PLAIN
    },
    Step {
        rule: "changes the image of a running pod",
        by: &[Need::on(CHANGE, "", "pods")],
        gives: Gives::AccountOfPod,
        ..PLAIN
    },
    Step {
        rule: "runs a command in a pod",
        by: &[
            Need::on(&["create", "get"], "", "pods/exec"),
            Need::on(&["create", "get"], "", "pods/attach"),
            Need::on(CHANGE, "", "pods/ephemeralcontainers"),
        ],
        gives: Gives::AccountOfPod,
        ..PLAIN
    },
    Step {
        rule: "runs a command in a pod through the kubelet",
        by: &[Need::on(&["create", "get"], "", "nodes/proxy").cluster_wide()],
        gives: Gives::AccountsOfNode,
        ..PLAIN
    },
    Step {
        rule: "requests a token",
        by: &[Need::on(&["create"], "", "serviceaccounts/token")],
        gives: Gives::Account,
        ..PLAIN
    },
    Step {
        rule: "reads a token out of a secret",
        by: &[Need::on(READ, "", "secrets")],
        gives: Gives::AccountOfSecret,
        depends_on: Some("whether a secret holds its token"),
        ..PLAIN
    },
    Step {
        rule: "writes a token secret and sees the answer",
        by: &[Need::on(CHANGE, "", "secrets")],
        gives: Gives::AccountOfSecret,
        depends_on: Some("whether a secret holds its token"),
        ..PLAIN
    },
    Step {
        rule: "creates a token secret and reads it",
        by: &[Need::create("", "secrets")],
        with: &[&[Need::on(READ, "", "secrets")]],
        ..PLAIN
    },
    Step {
        rule: "applies a token secret and sees the answer",
        by: &[Need::on(&["patch"], "", "secrets")],
        with: &[&[Need::on(&["create"], "", "secrets")]],
        same_object: true,
        ..PLAIN
    },
    Step {
        rule: "impersonates",
        by: &[Need::on(&["impersonate"], "", "users").cluster_wide()],
        gives: Gives::User,
        ..PLAIN
    },
    Step {
        rule: "impersonates",
        by: &[Need::on(&["impersonate"], "", "serviceaccounts")],
        gives: Gives::Account,
        ..PLAIN
    },
    Step {
        // A request that impersonates a group names a user, too.
        rule: "impersonates",
        by: &[Need::on(&["impersonate"], "", "groups").cluster_wide()],
        with: &[IMPERSONATED_USERS],
        gives: Gives::Group,
        ..PLAIN
    },
    Step {
        rule: "impersonates for some requests",
        by: &[Need::on(&["impersonate:user-info"], AUTHENTICATION, "users").cluster_wide()],
        gives: Gives::User,
        mode: Some("user-info"),
        ..PLAIN
    },
    Step {
        rule: "impersonates for some requests",
        by: &[Need::on(&["impersonate:user-info"], AUTHENTICATION, "groups").cluster_wide()],
        with: &[&[Need::on(&["impersonate:user-info"], AUTHENTICATION, "users").cluster_wide()]],
        gives: Gives::Group,
        mode: Some("user-info"),
        ..PLAIN
    },
    Step {
        rule: "impersonates for some requests",
        by: &[Need::on(&["impersonate:serviceaccount"], AUTHENTICATION, "serviceaccounts")],
        gives: Gives::Account,
        mode: Some("serviceaccount"),
        ..PLAIN
    },
    Step {
        rule: "impersonates for some requests",
        by: &[Need::on(&["impersonate:arbitrary-node"], AUTHENTICATION, "nodes").cluster_wide()],
        gives: Gives::Node,
        mode: Some("arbitrary-node"),
        ..PLAIN
    },
    Step {
        // The authorizer is asked for the name `*`, whatever the node.
        rule: "impersonates its own node for some requests",
        by: &[Need::on(&["impersonate:associated-node"], AUTHENTICATION, "nodes")
            .one_of(&["*"])
            .cluster_wide()],
        gives: Gives::OwnNodes,
        mode: Some("associated-node"),
        ..PLAIN
    },
    Step {
        rule: "binds the role to itself everywhere",
        by: &[Need::on(&["bind"], RBAC, "clusterroles").cluster_wide()],
        with: &[&[Need::create(RBAC, "clusterrolebindings").cluster_wide()]],
        gives: Gives::ClusterRole,
        ..PLAIN
    },
    Step {
        rule: "binds the role to itself",
        by: &[Need::on(&["bind"], RBAC, "clusterroles")],
        with: &[&[Need::create(RBAC, "rolebindings")]],
        gives: Gives::ClusterRole,
        ..PLAIN
    },
    Step {
        rule: "binds the role to itself",
        by: &[Need::on(&["bind"], RBAC, "roles")],
        with: &[&[Need::create(RBAC, "rolebindings")]],
        gives: Gives::Role,
        ..PLAIN
    },
    Step {
        rule: "writes any rule into a role that it holds",
        by: &[Need::on(&["escalate"], RBAC, "clusterroles").cluster_wide()],
        with: &[&[Need::on(CHANGE, RBAC, "clusterroles").cluster_wide()]],
        same_object: true,
        gives: Gives::AnyRule,
        ..PLAIN
    },
    Step {
        rule: "writes any rule into a role that it holds",
        by: &[Need::on(&["escalate"], RBAC, "roles")],
        with: &[&[Need::on(CHANGE, RBAC, "roles")]],
        same_object: true,
        gives: Gives::AnyRule,
        depends_on: Some("whether such a role is bound to it"),
        ..PLAIN
    },
    Step {
        rule: "approves a certificate of its own making",
        by: &[Need::on(&["approve"], CERTIFICATES, "signers")
            .one_of(&["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"])
            .cluster_wide()],
        with: &[
            &[Need::create(CERTIFICATES, "certificatesigningrequests").cluster_wide()],
            &[Need::on(READ, CERTIFICATES, "certificatesigningrequests").cluster_wide()],
            &[Need::on(CHANGE, CERTIFICATES, "certificatesigningrequests/approval").cluster_wide()],
        ],
        gives: Gives::Anyone,
        ..PLAIN
    },
];
