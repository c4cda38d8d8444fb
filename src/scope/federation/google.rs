//! Service accounts and AWS roles that become identities of a workload identity pool, and Google
//! accounts that become AWS roles (IAM, "Workload Identity Federation"; GKE, "About Workload Identity
//! Federation for GKE").

use std::collections::{BTreeMap, BTreeSet};

use super::account::{AccountKey, Accounts, identity, subject};
use super::gcp::{CLUSTER_POOL, Iam, Member};
use super::issuers::Issuers;
use super::trust::Trusts;
use super::{Link, aws_role, google};
use crate::domain::configured::cloud::gcp::WorkloadIdentityProvider;
use crate::domain::configured::{Configured, WorkloadFederation};
use crate::domain::{ObjectRef, Text};
use crate::scope::Estate;
use crate::scope::cloud::aws::{Claim, admits};

const ISSUER: &str = "accounts.google.com";

pub(super) fn links(
    estate: &Estate,
    accounts: &Accounts<'_>,
    trusts: &Trusts<'_>,
    issuers: &Issuers,
    iam: &Iam<'_>,
) -> Vec<Link> {
    let pools = Pools::of(iam);
    let mut links = cluster_pools(estate, accounts, &pools);
    links.extend(unbound(accounts, &pools));
    links.extend(provider_pools(accounts, issuers, trusts, iam, &pools));
    links.extend(become_roles(iam, trusts));
    links
}

/// The identities of pools that bindings name.
#[derive(Default)]
struct Pools<'a> {
    subjects: BTreeMap<&'a Text, Vec<&'a Member>>,
    /// By pool: the sets with what their members share.
    sets: BTreeMap<&'a Text, Vec<(&'a Text, &'a Member)>>,
}

impl<'a> Pools<'a> {
    fn of(iam: &'a Iam<'_>) -> Self {
        let mut pools = Self::default();
        for member in iam.members() {
            match member {
                Member::PoolSubject { subject, .. } => {
                    pools.subjects.entry(subject).or_default().push(member);
                }
                Member::PoolSet { pool, shared } => {
                    pools.sets.entry(pool).or_default().push((shared, member));
                }
                _ => {}
            }
        }
        pools
    }

    fn with_subject(&self, subject: &str) -> impl Iterator<Item = (&'a Text, &'a Member)> {
        let named = self.subjects.get(&Text::from(subject)).into_iter().flatten();
        named.filter_map(|member| match member {
            Member::PoolSubject { pool, .. } => Some((pool, *member)),
            _ => None,
        })
    }
}

/// Every cluster of a project shares one pool, in which accounts go by namespace and name alone.
fn cluster_pools(estate: &Estate, accounts: &Accounts<'_>, pools: &Pools<'_>) -> Vec<Link> {
    const RULE: &str = "the pool of its cluster's project vouches for the account";
    let projects = projects_of_clusters(estate);
    let asked: BTreeMap<&AccountKey, &Text> = accounts
        .asking(WorkloadFederation::GcpWorkloadIdentity)
        .map(|(key, _, email)| (key, email))
        .collect();
    let mut links = Vec::new();
    for key in accounts.by_key.keys() {
        let (realm, namespace, name) = key;
        let own = format!("ns/{}/sa/{}", namespace.raw(), name.raw());
        let of_namespace = format!("namespace/{}", namespace.raw());
        let sets = pools.sets.iter().flat_map(|(pool, sets)| {
            let all = sets.iter().map(move |(shared, member)| (*pool, *shared, *member));
            all.filter(|(_, shared, _)| **shared == *of_namespace || **shared == "*")
        });
        let sets = sets.map(|(pool, _, member)| (pool, member));
        for (pool, member) in pools.with_subject(&own).chain(sets) {
            let Some(project) = pool.raw().strip_suffix(CLUSTER_POOL) else { continue };
            let known = projects.get(realm);
            if known.is_some_and(|projects| !projects.contains(project)) {
                continue;
            }
            // An annotation asks only where the cluster uses the pool.
            let doubt = (known.is_none() && !asked.contains_key(key)).then(|| {
                format!("the cluster is one of project {}", Text::from(project).visible())
            });
            let link = Link::federated(identity(key), google(member), RULE);
            links.push(link.missing(doubt.map(Text::from)));
        }
    }
    links
}

/// The projects in which the nodes of a cluster are machines (`gce://PROJECT/ZONE/NAME`).
fn projects_of_clusters(estate: &Estate) -> BTreeMap<&Text, BTreeSet<&str>> {
    let mut projects: BTreeMap<&Text, BTreeSet<&str>> = BTreeMap::new();
    for record in estate.records() {
        let Configured::Node(node) = &record.body else { continue };
        let machine = node.provider_id.as_ref().and_then(|id| id.raw().strip_prefix("gce://"));
        if let Some((project, _)) = machine.and_then(|machine| machine.split_once('/')) {
            projects.entry(&record.realm).or_default().insert(project);
        }
    }
    projects
}

/// Accounts whose annotation asks for a Google account that no loaded binding gives to them.
fn unbound(accounts: &Accounts<'_>, pools: &Pools<'_>) -> Vec<Link> {
    const RULE: &str = "annotated with the Google account";
    let asking = accounts.asking(WorkloadFederation::GcpWorkloadIdentity);
    asking
        .filter(|(key, ..)| {
            let (_, namespace, name) = key;
            let own = format!("ns/{}/sa/{}", namespace.raw(), name.raw());
            pools.with_subject(&own).next().is_none()
        })
        .map(|(key, _, email)| {
            let to = google(&Member::ServiceAccount(email.clone()));
            let missing = format!(
                "a binding of roles/iam.workloadIdentityUser on {} for {}/{}",
                email.visible(),
                key.1.visible(),
                key.2.visible()
            );
            Link::federated(identity(key), to, RULE).missing([missing.into()])
        })
        .collect()
}

/// Pools that take tokens of a cluster's issuer, or the signed requests of an AWS account.
fn provider_pools(
    accounts: &Accounts<'_>,
    issuers: &Issuers,
    trusts: &Trusts<'_>,
    iam: &Iam<'_>,
    pools: &Pools<'_>,
) -> Vec<Link> {
    let mut links = Vec::new();
    for (_, provider) in iam.providers.iter().filter(|(_, provider)| !provider.disabled) {
        let (Some((pool, _)), Some(issuer)) =
            (provider.name.raw().split_once("/providers/"), &provider.issuer)
        else {
            continue;
        };
        let through = ObjectRef::new(
            "iam.googleapis.com/WorkloadIdentityPoolProvider",
            "",
            provider.name.clone(),
        );
        let pool = Text::from(pool);
        let found = match is_aws_account(issuer.raw()) {
            true => from_aws(issuer, &pool, trusts, pools),
            false => from_clusters(issuer, &pool, accounts, issuers, pools),
        };
        let with = |link: Link| link.through([through.clone()]).missing(condition(provider));
        links.extend(found.into_iter().map(with));
    }
    links
}

fn is_aws_account(issuer: &str) -> bool {
    issuer.len() == 12 && issuer.bytes().all(|byte| byte.is_ascii_digit())
}

fn condition(provider: &WorkloadIdentityProvider) -> Option<Text> {
    provider.condition.clone()
}

fn from_clusters(
    issuer: &Text,
    pool: &Text,
    accounts: &Accounts<'_>,
    issuers: &Issuers,
    pools: &Pools<'_>,
) -> Vec<Link> {
    const RULE: &str = "the provider of the pool takes the account's tokens";
    let mut links = Vec::new();
    for key in accounts.by_key.keys() {
        let doubt = issuers.doubt(&key.0, issuer.raw());
        let subject = subject(key);
        let own = pools.with_subject(&subject).filter(|(of, _)| *of == pool);
        let all = pools.sets.get(pool).into_iter().flatten();
        let all = all.filter(|(shared, _)| **shared == "*" && doubt.is_none());
        let members = own.map(|(_, member)| member).chain(all.map(|(_, member)| *member));
        links.extend(members.map(|member| {
            Link::federated(identity(key), google(member), RULE).missing(doubt.clone())
        }));
    }
    links
}

/// Roles by the session ARN that a pool maps (`arn:aws:sts::ACCOUNT:assumed-role/ROLE`).
fn from_aws(account: &Text, pool: &Text, trusts: &Trusts<'_>, pools: &Pools<'_>) -> Vec<Link> {
    const RULE: &str = "the provider of the pool takes requests that the role signs";
    let prefix = format!("arn:aws:sts::{}:assumed-role/", account.raw());
    let role = |name: &str| aws_role(&format!("arn:aws:iam::{}:role/{name}", account.raw()));
    let mut links = Vec::new();
    for (shared, member) in pools.sets.get(pool).into_iter().flatten() {
        let named =
            shared.raw().split_once('/').and_then(|(_, value)| value.strip_prefix(&*prefix));
        if let Some(from) = named.and_then(role) {
            links.push(Link::federated(from, google(member), RULE));
        }
        if **shared == "*" || **shared == *format!("attribute.account/{}", account.raw()) {
            let of_account = trusts.roles().filter(|(role, _)| role.0 == *account);
            links.extend(
                of_account.map(|(from, _)| Link::federated(from.clone(), google(member), RULE)),
            );
        }
    }
    let subjects = pools.subjects.values().flatten().filter_map(|member| match member {
        Member::PoolSubject { pool: of, subject } if of == pool => {
            subject.raw().strip_prefix(&*prefix).map(|session| (session, *member))
        }
        _ => None,
    });
    for (session, member) in subjects {
        let (name, session) = session.split_once('/').unwrap_or((session, ""));
        let missing = format!("the session is called {}", Text::from(session).visible());
        links.extend(
            role(name)
                .map(|from| Link::federated(from, google(member), RULE).missing([missing.into()])),
        );
    }
    links
}

/// Roles that trust the token that Google issues for an account's unique id.
fn become_roles(iam: &Iam<'_>, trusts: &Trusts<'_>) -> Vec<Link> {
    const RULE: &str = "the role trusts the tokens that Google issues for the account";
    let mut links = Vec::new();
    for (role, trusting) in trusts.roles() {
        let Some(trust) = &trusting.trust else { continue };
        let conditions = trust.statements.iter().flat_map(|statement| &statement.conditions);
        let of_google = conditions.filter(|it| it.key.raw().strip_prefix(ISSUER) == Some(":sub"));
        let ids: BTreeSet<&Text> = of_google.flat_map(|condition| &condition.values).collect();
        let accounts = iam.accounts().into_iter().filter_map(|email| {
            let id = iam.account(email)?.1.id.as_ref()?;
            ids.contains(id).then_some((email, id))
        });
        for (email, id) in accounts {
            let claim =
                Claim::WebIdentity { issuer: Some(ISSUER), subject: id.raw(), audience: None };
            if let Some(admission) = admits(trusting, claim) {
                let from = google(&Member::ServiceAccount(email.clone()));
                links.push(Link::federated(from, role.clone(), RULE).admitted(admission));
            }
        }
    }
    links
}
