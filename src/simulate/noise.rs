//! The control plane's own requests: schedulers, controllers, kubelets and people. They give the
//! audit log every verb, so that an unused verb can be told from an unrecorded one.

use super::calendar::{MINUTE, Nanos};
use super::dice::Dice;
use super::firm::Firm;
use super::script::{Access, create, delete, delete_all, get, list, patch, update, watch};

/// One request of somebody who is no agent.
pub struct Noise {
    pub at: Nanos,
    pub caller: &'static Caller,
    pub access: Access,
}

pub struct Caller {
    pub username: &'static str,
    pub groups: &'static [&'static str],
    pub user_agent: &'static str,
    /// The node authorizer answers for kubelets, without an RBAC reason.
    pub node: bool,
}

const SCHEDULER: Caller = Caller {
    username: "system:kube-scheduler",
    groups: &["system:authenticated"],
    user_agent: "kube-scheduler/v1.36.1 (linux/amd64) kubernetes/leader-election",
    node: false,
};
const CONTROLLERS: Caller = Caller {
    username: "system:kube-controller-manager",
    groups: &["system:authenticated"],
    user_agent: "kube-controller-manager/v1.36.1 (linux/amd64) kubernetes/shared-informers",
    node: false,
};
const DEPLOYMENTS: Caller = Caller {
    username: "system:serviceaccount:kube-system:deployment-controller",
    groups: &[
        "system:serviceaccounts",
        "system:serviceaccounts:kube-system",
        "system:authenticated",
    ],
    user_agent: "kube-controller-manager/v1.36.1 (linux/amd64) kubernetes/deployment-controller",
    node: false,
};
const JOBS: Caller = Caller {
    username: "system:serviceaccount:kube-system:job-controller",
    groups: &[
        "system:serviceaccounts",
        "system:serviceaccounts:kube-system",
        "system:authenticated",
    ],
    user_agent: "kube-controller-manager/v1.36.1 (linux/amd64) kubernetes/job-controller",
    node: false,
};
const NAMESPACES: Caller = Caller {
    username: "system:serviceaccount:kube-system:namespace-controller",
    groups: &[
        "system:serviceaccounts",
        "system:serviceaccounts:kube-system",
        "system:authenticated",
    ],
    user_agent: "kube-controller-manager/v1.36.1 (linux/amd64) kubernetes/namespace-controller",
    node: false,
};
const KUBELET: Caller = Caller {
    username: "system:node:ip-10-20-2-31.eu-central-1.compute.internal",
    groups: &["system:nodes", "system:authenticated"],
    user_agent: "kubelet/v1.36.1 (linux/amd64) kubernetes/6ac8ed2",
    node: true,
};
const OPERATOR: Caller = Caller {
    username: "t.weber@meridian.example",
    groups: &["platform-engineering", "system:authenticated"],
    user_agent: "kubectl/v1.36.1 (linux/amd64) kubernetes/6ac8ed2",
    node: false,
};
const ANALYST: Caller = Caller {
    username: "e.brandt@meridian.example",
    groups: &["soc-analysts", "system:authenticated"],
    user_agent: "kubectl/v1.36.1 (linux/amd64) kubernetes/6ac8ed2",
    node: false,
};

/// What happens on an ordinary day, and how often.
const DAY: &[(&Caller, Access, u32)] = &[
    (
        &SCHEDULER,
        update("leases.coordination.k8s.io", "kube-scheduler").in_namespace("kube-system"),
        6,
    ),
    (&CONTROLLERS, list("pods").in_namespace("kube-system"), 2),
    (&CONTROLLERS, watch("configmaps").in_namespace("kube-system"), 2),
    (&DEPLOYMENTS, update("replicasets.apps", "coredns-5d78c9869d").in_namespace("kube-system"), 2),
    (&DEPLOYMENTS, create("replicasets.apps").in_namespace("kube-system"), 1),
    (&DEPLOYMENTS, patch("replicasets.apps", "coredns-5d78c9869d").in_namespace("kube-system"), 1),
    (&JOBS, create("pods").in_namespace("kube-system"), 1),
    (&JOBS, delete("pods", "etcd-backup-29367360-x7k2p").in_namespace("kube-system"), 1),
    (&NAMESPACES, delete_all("pods").in_namespace("preview-4821"), 1),
    (&KUBELET, get("pods", "coredns-5d78c9869d-q4zkl").in_namespace("kube-system"), 3),
    (&KUBELET, patch("nodes/status", "ip-10-20-2-31.eu-central-1.compute.internal"), 4),
    (&OPERATOR, list("pods").in_namespace("operations"), 2),
    (&OPERATOR, get("/version", ""), 1),
    (&ANALYST, list("secrets").in_namespace("accounts"), 1),
];

pub fn day(firm: &Firm, day: u32) -> Vec<Noise> {
    let mut dice = Dice::new(firm.seed, &["noise", &day.to_string()]);
    let mut noise: Vec<_> = DAY
        .iter()
        .flat_map(|(caller, access, times)| (0..*times).map(move |_| (*caller, *access)))
        .map(|(caller, access)| {
            let at = firm.window.day(day) + dice.between(0, 24 * 60 - 1) * MINUTE;
            Noise { at: at + dice.between(0, MINUTE - 1), caller, access }
        })
        .collect();
    noise.sort_by_key(|noise| noise.at);
    noise
}
