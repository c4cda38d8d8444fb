//! What the names of identities mean, in the spelling of each platform.

use super::actor::Platform;
use crate::domain::configured::cloud::aws::Arn;
use crate::domain::{Principal, Text};

/// An identity by its name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A Kubernetes service account.
    ServiceAccount {
        namespace: &'a str,
        account: &'a str,
    },
    Node(&'a str),
    /// A role that somebody took on; the session's name is what they called themselves.
    RoleSession {
        account: &'a str,
        role: &'a str,
        session: &'a str,
    },
    /// A user or account that lives long, by name.
    Account,
    /// A service of the cloud itself.
    Service,
    /// A service account of Google Cloud.
    GoogleAccount,
    Person,
    /// A component, or a name that says no more.
    Other,
}

impl<'a> Name<'a> {
    pub fn of(platform: Platform, raw: &'a str) -> Self {
        if let Some((namespace, account)) = service_account(raw) {
            return Self::ServiceAccount { namespace, account };
        }
        if let Some(node) = raw.strip_prefix("system:node:") {
            return Self::Node(node);
        }
        if let Some(arn) = Arn::parse(raw) {
            return Self::of_arn(&arn);
        }
        match platform {
            Platform::Directory => Self::Person,
            Platform::Kubernetes if raw.starts_with("system:") => Self::Other,
            Platform::Kubernetes => Self::Person,
            _ if raw.ends_with(".amazonaws.com") => Self::Service,
            _ if raw.ends_with("gserviceaccount.com") => Self::GoogleAccount,
            Platform::WebIdentity => Self::Other,
            _ if is_address(raw) || raw.starts_with("user:") => Self::Person,
            _ => Self::Other,
        }
    }

    fn of_arn(arn: &Arn<'a>) -> Self {
        let session = arn.resource.strip_prefix("assumed-role/");
        match session.and_then(|rest| rest.rsplit_once('/')) {
            Some((role, session)) => Self::RoleSession { account: arn.account, role, session },
            None if arn.resource == "root" || arn.resource.starts_with("user/") => Self::Account,
            None => Self::Other,
        }
    }

    /// Whether the session is of a machine: the metadata service calls it by the id of the instance
    /// (Amazon EC2 user guide, "IAM roles for Amazon EC2").
    pub fn machine(&self) -> Option<&'a str> {
        match self {
            Self::RoleSession { session, .. } if is_instance(session) => Some(session),
            _ => None,
        }
    }

    /// Whether it acts with a credential that somebody must have given to it.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::RoleSession { .. })
    }
}

fn is_instance(session: &str) -> bool {
    session.strip_prefix("i-").is_some_and(|id| {
        (id.len() == 8 || id.len() == 17) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_address(raw: &str) -> bool {
    raw.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.'))
}

/// Namespace and name of a service account, as Kubernetes calls it, as workload identity pools of
/// Google Cloud do (`principal://…/subject/ns/NS/sa/NAME`, `PROJECT.svc.id.goog[NS/NAME]`) and as
/// SPIFFE ids of meshes do (`spiffe://DOMAIN/ns/NS/sa/NAME`).
fn service_account(raw: &str) -> Option<(&str, &str)> {
    if let Some(rest) = raw.strip_prefix("system:serviceaccount:") {
        return rest.split_once(':');
    }
    if raw.starts_with("principal://") || raw.starts_with("spiffe://") {
        return raw.split_once("/ns/")?.1.split_once("/sa/");
    }
    raw.split_once(".svc.id.goog[")?.1.strip_suffix(']')?.split_once('/')
}

/// The identity as people read it. A role session is its role: the session's name is only a claim.
pub(super) fn principal(platform: Platform, realm: &Text, raw: &Text) -> Principal {
    match Name::of(platform, raw.raw()) {
        Name::ServiceAccount { namespace, account } => Principal::ServiceAccount {
            realm: realm.clone(),
            namespace: namespace.into(),
            name: account.into(),
        },
        Name::Node(node) => Principal::Node { realm: realm.clone(), name: node.into() },
        Name::RoleSession { .. } => Principal::CloudRole { arn: without_session(raw) },
        Name::GoogleAccount => Principal::CloudRole { arn: raw.clone() },
        Name::Service => Principal::Trigger { name: raw.clone() },
        Name::Person => Principal::Human { name: raw.clone() },
        Name::Account | Name::Other => Principal::User { name: raw.clone() },
    }
}

/// `arn:aws:sts::ACCOUNT:assumed-role/ROLE` of a session.
fn without_session(arn: &Text) -> Text {
    arn.raw().rsplit_once('/').map_or_else(|| arn.clone(), |(role, _)| role.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        #[track_caller]
        fn check(platform: Platform, raw: &str, expected: Name<'_>) {
            assert_eq!(Name::of(platform, raw), expected, "{raw}");
        }
        let billing = Name::ServiceAccount { namespace: "agents", account: "billing" };
        check(Platform::WebIdentity, "system:serviceaccount:agents:billing", billing.clone());
        check(
            Platform::Google,
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/ns/agents/sa/billing",
            billing.clone(),
        );
        check(Platform::Google, "serviceAccount:p.svc.id.goog[agents/billing]", billing.clone());
        check(Platform::Token, "spiffe://example.org/ns/agents/sa/billing", billing);
        check(Platform::Kubernetes, "system:node:n-1", Name::Node("n-1"));
        check(Platform::Kubernetes, "system:kube-scheduler", Name::Other);
        check(Platform::Kubernetes, "alice", Name::Person);
        check(Platform::Aws, "arn:aws:iam::1:user/ops/alice", Name::Account);
        check(Platform::Aws, "arn:aws:iam::1:root", Name::Account);
        check(Platform::Aws, "lambda.amazonaws.com", Name::Service);
        check(Platform::WebIdentity, "repo:org/app:ref:refs/heads/main", Name::Other);
        check(Platform::Google, "robot@p.iam.gserviceaccount.com", Name::GoogleAccount);
        check(Platform::Google, "alice@example.org", Name::Person);
        check(
            Platform::Aws,
            "arn:aws:sts::1:assumed-role/reader/s-1",
            Name::RoleSession { account: "1", role: "reader", session: "s-1" },
        );
    }

    #[test]
    fn sessions_of_machines_are_called_by_their_instance() {
        for (session, is_machine) in [
            ("i-0a1b2c3d4e5f60718", true),
            ("i-0a1b2c3d", true),
            ("i-am-alice", false),
            ("x", false),
        ] {
            let arn = format!("arn:aws:sts::1:assumed-role/node/{session}");
            let name = Name::of(Platform::Aws, &arn);
            assert_eq!(name.machine().is_some(), is_machine, "{session}");
        }
    }
}
