//! What Kubernetes gives out and runs: pods' tokens, Secrets, the network, workloads.

use super::{Line, Row, line};
use crate::domain::containment::AccessKind;

const SERVICE_ACCOUNTS: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/";

pub(super) const ROWS: &[Row] = &[
    Row {
        kind: AccessKind::NetworkReach,
        needs: &[("quarantine", None)],
        commands: &[Line {
            words: &["kubectl", "apply", "--namespace=<namespace>", "--filename=-"],
            input: Some("quarantine"),
        }],
        does: "isolates the pods of the workload in both directions, where the network plug-in of \
               the cluster enforces NetworkPolicy",
        does_not: "take away what another policy that selects the same pods allows (policies add \
                   up); reach pods on the network of their node; for certain end connections that \
                   stand already",
        title: "Kubernetes: Network Policies",
        url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    },
    Row {
        kind: AccessKind::NetworkReach,
        needs: &[],
        commands: &[],
        does: "nothing: the pods have no labels that are on record, and a policy without a selector \
               would isolate the whole namespace",
        does_not: "apply here; isolate the node, or stop the workload",
        title: "Kubernetes: Network Policies",
        url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    },
    Row {
        kind: AccessKind::PodToken,
        needs: &[],
        commands: &[line(&["kubectl", "delete", "pod", "--namespace=<namespace>", "--", "<pod>"])],
        does: "the API server refuses every token that is bound to the pod, some 60 seconds after \
               its deletion began at the latest",
        does_not: "revoke cloud sessions that were got with the token; keep its controller from \
                   starting another pod with another token: stop the workload in the same breath; \
                   affect those who check the token without asking the API server",
        title: "Kubernetes: Managing Service Accounts, bound service account tokens",
        url: SERVICE_ACCOUNTS,
    },
    Row {
        kind: AccessKind::RequestedToken,
        needs: &[],
        commands: &[
            line(&[
                "kubectl",
                "delete",
                "serviceaccount",
                "--namespace=<namespace>",
                "--",
                "<account>",
            ]),
            line(&[
                "kubectl",
                "create",
                "serviceaccount",
                "--namespace=<namespace>",
                "--",
                "<account>",
            ]),
        ],
        does: "every token of the old account is refused, since the new one has another uid; \
               bindings, which name it, hold for the new one",
        does_not: "revoke cloud sessions that were got with the token; spare the other workloads of \
                   the account, whose tokens go too; bring back its annotations",
        title: "Kubernetes: Managing Service Accounts",
        url: SERVICE_ACCOUNTS,
    },
    Row {
        kind: AccessKind::TokenSecret,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "delete",
            "secret",
            "--namespace=<namespace>",
            "--",
            "<name>",
        ])],
        does: "the token in the Secret, which has no end of its own, is refused",
        does_not: "revoke tokens that are bound to pods; help if something makes the Secret anew",
        title: "Kubernetes: Managing Service Accounts, delete a ServiceAccount token",
        url: SERVICE_ACCOUNTS,
    },
    Row {
        kind: AccessKind::MountedSecret,
        needs: &[],
        commands: &[],
        does: "the value has to be revoked where it is valid; that place is not on record",
        does_not: "end with the Secret: a deleted Secret stays in the memory, the environment and \
                   the files of those who read it",
        title: "Kubernetes: Secrets",
        url: "https://kubernetes.io/docs/concepts/configuration/secret/",
    },
    Row {
        kind: AccessKind::Workload,
        needs: &[("resource", None)],
        commands: &[line(&[
            "kubectl",
            "scale",
            "--replicas=0",
            "--namespace=<namespace>",
            "--",
            "<resource>",
            "<name>",
        ])],
        does: "stops every copy; the tokens bound to their pods go with them",
        does_not: "revoke cloud sessions and keys that it holds; keep what was in memory; hold \
                   against an autoscaler or a reconciler that sets the number again",
        title: "Kubernetes: kubectl scale",
        url: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_scale/",
    },
    Row {
        kind: AccessKind::Workload,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "delete",
            "--namespace=<namespace>",
            "--",
            "<controller>",
            "<name>",
        ])],
        does: "removes the workload with its pods: this kind cannot be scaled to nothing",
        does_not: "keep the object: save it first; revoke cloud sessions and keys that it holds",
        title: "Kubernetes: kubectl delete",
        url: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_delete/",
    },
    Row {
        kind: AccessKind::CronJob,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "patch",
            "cronjob",
            "--namespace=<namespace>",
            "--patch={\"spec\":{\"suspend\":true}}",
            "--",
            "<name>",
        ])],
        does: "no further run is started",
        does_not: "stop runs that have begun: suspend their Jobs too; revoke cloud sessions and keys",
        title: "Kubernetes: CronJob, schedule suspension",
        url: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension",
    },
    Row {
        kind: AccessKind::Job,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "patch",
            "job",
            "--namespace=<namespace>",
            "--patch={\"spec\":{\"suspend\":true}}",
            "--",
            "<name>",
        ])],
        does: "terminates its pods and starts no others until it is resumed",
        does_not: "revoke cloud sessions and keys; keep what was in memory",
        title: "Kubernetes: Jobs, suspending a Job",
        url: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job",
    },
];
