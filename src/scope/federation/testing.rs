//! Small builders of the records that meet in a hop.

use crate::domain::Text;
use crate::domain::configured::cloud::aws::{
    Aws, Condition, IamIdentity, IamKind, Listed, PolicyDocument, PolicyPrincipal, Statement,
    StatementEffect,
};
use crate::domain::configured::cloud::azure::{Azure, FederatedCredential, RoleAssignment};
use crate::domain::configured::cloud::gcp::{
    AllowPolicy, Gcp, GcpBinding, GcpServiceAccount, WorkloadIdentityProvider,
};
use crate::domain::configured::{
    CloudIdentity, CloudPrincipal, Configured, Node, ServiceAccount, WorkloadFederation,
};
use crate::scope::testing::{change, meta, workload};

pub const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
pub const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

fn texts(list: &[&str]) -> Vec<Text> {
    list.iter().map(|text| Text::from(*text)).collect()
}

pub fn arn(role: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{role}")
}

/// The account `agents/NAME`, annotated with a principal.
pub fn account(name: &str, by: WorkloadFederation, principal: &str) -> Configured {
    let cloud =
        CloudPrincipal { by, principal: Some(principal.into()), ..CloudPrincipal::default() };
    Configured::ServiceAccount(ServiceAccount {
        meta: meta("agents", name, &[]),
        cloud: vec![cloud],
        ..ServiceAccount::default()
    })
}

pub fn plain_account(name: &str) -> Configured {
    Configured::ServiceAccount(ServiceAccount {
        meta: meta("agents", name, &[]),
        ..ServiceAccount::default()
    })
}

/// `operator key value`; the key without a colon is one of the issuer.
fn condition(line: &str) -> Condition {
    let parts: Vec<&str> = line.splitn(3, ' ').collect();
    let [operator, key, value] = parts.as_slice() else { unreachable!("{line}") };
    let key = match key.contains(':') {
        true => (*key).to_owned(),
        false => format!("{ISSUER}:{key}"),
    };
    Condition { operator: (*operator).into(), key: key.into(), values: texts(&[value]) }
}

fn statement(kind: &str, principal: &str, action: &str, conditions: &[&str]) -> Statement {
    let principal = PolicyPrincipal { kind: kind.into(), name: principal.into() };
    Statement {
        sid: None,
        effect: StatementEffect::Allow,
        principals: Some(Listed::Only(vec![principal])),
        actions: Listed::Only(texts(&[action])),
        resources: None,
        conditions: conditions.iter().map(|line| condition(line)).collect(),
    }
}

fn role(name: &str, statements: Vec<Statement>, profiles: &[&str]) -> Configured {
    Configured::Aws(Aws::Identity(IamIdentity {
        kind: IamKind::Role,
        arn: arn(name).into(),
        id: None,
        trust: Some(PolicyDocument { statements, ..PolicyDocument::default() }),
        groups: None,
        boundary: None,
        instance_profiles: Some(texts(profiles)),
        last_used: None,
        longest_session: None,
        tags: std::collections::BTreeMap::new(),
    }))
}

/// A role that trusts the tokens of the cluster's issuer.
pub fn trusting_tokens(name: &str, conditions: &[&str]) -> Configured {
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}");
    let action = "sts:AssumeRoleWithWebIdentity";
    role(name, vec![statement("Federated", &provider, action, conditions)], &[])
}

/// A role that trusts the tokens of Google.
pub fn trusting_google(name: &str, conditions: &[&str]) -> Configured {
    let action = "sts:AssumeRoleWithWebIdentity";
    role(name, vec![statement("Federated", "accounts.google.com", action, conditions)], &[])
}

pub fn trusting_service(name: &str, service: &str, profiles: &[&str]) -> Configured {
    let [assumed, tagged] =
        ["sts:AssumeRole", "sts:TagSession"].map(|it| statement("Service", service, it, &[]));
    role(name, vec![assumed, tagged], profiles)
}

pub fn trusting_role(name: &str, principal: &str) -> Configured {
    role(name, vec![statement("AWS", principal, "sts:AssumeRole", &[])], &[])
}

pub fn association(account: &str, role: &str, target: Option<&str>) -> Configured {
    Configured::CloudIdentity(CloudIdentity {
        namespace: "agents".into(),
        service_account: account.into(),
        association: Some("a-1".into()),
        becomes: CloudPrincipal { principal: Some(arn(role).into()), ..CloudPrincipal::default() },
        target_role: target.map(|target| arn(target).into()),
        session_tags: Some(true),
    })
}

pub fn binding(resource: &str, role: &str, members: &[&str]) -> Configured {
    Configured::Gcp(Gcp::AllowPolicy(AllowPolicy {
        resource: resource.into(),
        bindings: vec![GcpBinding { role: role.into(), members: texts(members), condition: None }],
        ..AllowPolicy::default()
    }))
}

pub fn google_account(email: &str, id: &str) -> Configured {
    Configured::Gcp(Gcp::ServiceAccount(GcpServiceAccount {
        email: email.into(),
        id: Some(id.into()),
        ..GcpServiceAccount::default()
    }))
}

pub const POOL: &str = "projects/12/locations/global/workloadIdentityPools/agents";

pub fn provider(issuer: &str, condition: Option<&str>) -> Configured {
    Configured::Gcp(Gcp::WorkloadIdentityProvider(WorkloadIdentityProvider {
        name: format!("{POOL}/providers/p").into(),
        issuer: Some(issuer.into()),
        condition: condition.map(Text::from),
        ..WorkloadIdentityProvider::default()
    }))
}

pub fn credential(name: &str, issuer: &str, subject: &str, audience: &str) -> Configured {
    Configured::Azure(Azure::FederatedCredential(FederatedCredential {
        id: format!("/c/{name}").into(),
        name: name.into(),
        issuer: issuer.into(),
        subject: Some(subject.into()),
        audiences: texts(&[audience]),
        ..FederatedCredential::default()
    }))
}

/// An assignment whose principal `az` names by its client id.
pub fn assignment(principal: &str, client: &str, scope: &str) -> Configured {
    Configured::Azure(Azure::RoleAssignment(RoleAssignment {
        id: format!("{scope}/ra-{principal}").into(),
        principal: principal.into(),
        principal_name: Some(client.into()),
        // Reader
        role: "/x/acdd72a7-3385-48ef-bd42-f606fba81ae7".into(),
        scope: scope.into(),
        ..RoleAssignment::default()
    }))
}

pub fn node(name: &str, machine: &str) -> Configured {
    Configured::Node(Node {
        meta: meta("", name, &[]),
        provider_id: Some(machine.into()),
        ..Node::default()
    })
}

/// A pod of the account `agents/NAME` on a node.
pub fn pod(name: &str, on: &str, host_network: bool) -> Configured {
    change(workload("Pod", "agents", name), |pod| {
        pod.node = Some(on.into());
        pod.host_network = host_network;
    })
}
