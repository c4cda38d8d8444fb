//! Members of role bindings (IAM, "Principal identifiers", for allow policies).

use crate::domain::Text;

/// Who a member identifier stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scope) enum Member {
    ServiceAccount(Text),
    /// One identity of a workload identity pool: the pool's name and the subject in it.
    PoolSubject {
        pool: Text,
        subject: Text,
    },
    /// Identities of a pool that share something: `group/G`, `attribute.NAME/VALUE`, `namespace/N`,
    /// `*` for all of them.
    PoolSet {
        pool: Text,
        shared: Text,
    },
    /// Everybody, with or without an account.
    AllUsers,
    /// Every Google account and service account; identities of pools are none.
    AllAuthenticatedUsers,
    /// All service accounts of a `projects/P`, `folders/F` or `organizations/O`.
    AccountsOf(Text),
    /// Whoever has a basic role in a project: the role and the project.
    HoldersOf {
        role: &'static str,
        project: Text,
    },
    /// A person, or a group or domain whose members are not among the records: kind and name.
    Other {
        kind: &'static str,
        name: Text,
    },
    /// No longer exists.
    Deleted,
}

/// Identifiers of the form `word:name` that stand for people and sets of them.
const KINDS: &[(&str, &str)] =
    &[("user", "Google account"), ("group", "Google group"), ("domain", "Google domain")];

/// Convenience values of Cloud Storage and BigQuery.
const CONVENIENCE: &[(&str, &str)] = &[
    ("projectOwner", "roles/owner"),
    ("projectEditor", "roles/editor"),
    ("projectViewer", "roles/viewer"),
];

impl Member {
    pub fn parse(identifier: &str) -> Self {
        match identifier {
            "allUsers" => return Self::AllUsers,
            "allAuthenticatedUsers" => return Self::AllAuthenticatedUsers,
            _ => {}
        }
        let other = || Self::Other { kind: "principal", name: identifier.into() };
        let Some((kind, name)) = identifier.split_once(':') else { return other() };
        if kind == "deleted" {
            return Self::Deleted;
        }
        if let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == kind) {
            return Self::Other { kind, name: name.into() };
        }
        if let Some((_, role)) = CONVENIENCE.iter().find(|(word, _)| *word == kind) {
            return Self::HoldersOf { role, project: format!("projects/{name}").into() };
        }
        let pool = || name.strip_prefix("//iam.googleapis.com/").and_then(in_pool);
        match kind {
            "serviceAccount" => {
                kubernetes_account(name).unwrap_or_else(|| Self::ServiceAccount(name.into()))
            }
            "principal" => match pool() {
                Some((pool, "subject", subject)) => {
                    Self::PoolSubject { pool: pool.into(), subject: subject.into() }
                }
                _ => other(),
            },
            "principalSet" => match (accounts_of(name), pool()) {
                (Some(container), _) => Self::AccountsOf(container.into()),
                (None, Some((pool, "*", _))) => {
                    Self::PoolSet { pool: pool.into(), shared: "*".into() }
                }
                (None, Some((pool, by, value))) => {
                    Self::PoolSet { pool: pool.into(), shared: format!("{by}/{value}").into() }
                }
                (None, None) => other(),
            },
            _ => other(),
        }
    }
}

/// `PROJECT.svc.id.goog[NAMESPACE/NAME]`, the older identifier of a Kubernetes service account.
fn kubernetes_account(name: &str) -> Option<Member> {
    let (pool, account) = name.strip_suffix(']')?.split_once('[')?;
    let (namespace, account) = account.split_once('/')?;
    let subject = format!("ns/{namespace}/sa/{account}");
    Some(Member::PoolSubject { pool: pool.into(), subject: subject.into() })
}

/// Pool, selector and value of `projects/N/locations/global/workloadIdentityPools/POOL/…`. The pool of
/// a cluster goes by its id alone, which names its project.
fn in_pool(name: &str) -> Option<(&str, &str, &str)> {
    let marker = "/workloadIdentityPools/";
    let start = name.find(marker)? + marker.len();
    let (id, selector) = name.get(start..)?.split_once('/')?;
    let pool = match id.ends_with(CLUSTER_POOL) {
        true => id,
        false => name.get(..start + id.len())?,
    };
    let (by, value) = selector.split_once('/').unwrap_or((selector, ""));
    Some((pool, by, value))
}

/// How the ids of the pools of GKE clusters end.
pub(in crate::scope) const CLUSTER_POOL: &str = ".svc.id.goog";

fn accounts_of(name: &str) -> Option<&str> {
    let container = name.strip_prefix("//cloudresourcemanager.googleapis.com/")?;
    container.strip_suffix("/type/ServiceAccount")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_as_the_reference_lists_them() {
        let pool = |pool: &str, subject: &str| Member::PoolSubject {
            pool: pool.into(),
            subject: subject.into(),
        };
        let set =
            |pool: &str, shared: &str| Member::PoolSet { pool: pool.into(), shared: shared.into() };
        let other = |kind, name: &str| Member::Other { kind, name: name.into() };
        let at = "projects/123/locations/global/workloadIdentityPools/my-pool";
        for (identifier, expected) in [
            ("user:alex@example.com", other("Google account", "alex@example.com")),
            (
                "serviceAccount:my-sa@my-project.iam.gserviceaccount.com",
                Member::ServiceAccount("my-sa@my-project.iam.gserviceaccount.com".into()),
            ),
            (
                "serviceAccount:my-project.svc.id.goog[my-namespace/my-ksa]",
                pool("my-project.svc.id.goog", "ns/my-namespace/sa/my-ksa"),
            ),
            ("group:my-group@example.com", other("Google group", "my-group@example.com")),
            ("domain:example.com", other("Google domain", "example.com")),
            ("allUsers", Member::AllUsers),
            ("allAuthenticatedUsers", Member::AllAuthenticatedUsers),
            (&format!("principal://iam.googleapis.com/{at}/subject/alex"), pool(at, "alex")),
            (&format!("principalSet://iam.googleapis.com/{at}/group/g"), set(at, "group/g")),
            (
                &format!(
                    "principalSet://iam.googleapis.com/{at}/attribute.aws_role/arn:aws:sts::1:assumed-role/r"
                ),
                set(at, "attribute.aws_role/arn:aws:sts::1:assumed-role/r"),
            ),
            (&format!("principalSet://iam.googleapis.com/{at}/*"), set(at, "*")),
            (
                "principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p.svc.id.goog/subject/ns/n/sa/a",
                pool("p.svc.id.goog", "ns/n/sa/a"),
            ),
            (
                "principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p.svc.id.goog/namespace/n",
                set("p.svc.id.goog", "namespace/n"),
            ),
            (
                "principalSet://cloudresourcemanager.googleapis.com/projects/123/type/ServiceAccount",
                Member::AccountsOf("projects/123".into()),
            ),
            ("deleted:user:alex@example.com?uid=123456789012345678901", Member::Deleted),
            ("deleted:serviceAccount:a@p.iam.gserviceaccount.com?uid=1", Member::Deleted),
            (
                "projectViewer:my-project",
                Member::HoldersOf { role: "roles/viewer", project: "projects/my-project".into() },
            ),
            ("nonsense", other("principal", "nonsense")),
            (
                "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s",
                other(
                    "principal",
                    "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s",
                ),
            ),
        ] {
            assert_eq!(Member::parse(identifier), expected, "{identifier}");
        }
    }
}
