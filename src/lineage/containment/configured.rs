//! What the configured side gives the agent to use: network, MCP servers, pods, Secrets, cloud
//! principals, sub-agents and the workload itself.

use std::collections::BTreeMap;

use serde_json::json;

use super::credentials::{configured_state, own_account};
use super::found::{Found, Holdings, Through, facts};
use super::subject::assumed_role;
use super::{Question, pods, servers, sub_agents};
use crate::domain::configured::{
    CloudPrincipal, Configured, ValueHolder, VolumeSource, Workload, WorkloadFederation,
};
use crate::domain::containment::{Access, AccessKind, Expiry};
use crate::domain::{AgentKey, Attribution, Capability, HopState, ObjectRef, Record, Text};

/// Confidence of what the configuration says and nobody was seen to use, in percent, and of both
/// together: as identity chains have them.
const CONFIGURED: u8 = 60;
const CONFIGURED_AND_SEEN: u8 = 90;

pub(super) fn add(question: &Question<'_>, holdings: &mut Holdings) {
    let host = question.subject.agent.host();
    if let Some(record) = question.estate.workload(&host)
        && let Configured::Workload(workload) = &record.body
    {
        add_network(question, workload, holdings);
        add_workload(question, &host, workload, record, holdings);
        add_secrets(question, workload, holdings);
        pods::add_configured(question, holdings);
    }
    add_account(question, holdings);
    add_read_secrets(question, holdings);
    servers::add(question, holdings);
    sub_agents::add(question, holdings);
    add_passports(question, holdings);
}

/// An access of the agent that stands as long as its object.
pub(super) fn standing(
    question: &Question<'_>,
    kind: AccessKind,
    id: &Text,
    because: String,
) -> Access {
    Access {
        kind,
        id: id.clone(),
        realm: question.subject.agent.realm.clone(),
        holder: question.subject.agent.clone(),
        since: None,
        last_used: None,
        expiry: Expiry::Never,
        known: configured_state("the configuration says so", CONFIGURED),
        because,
        issued_by: None,
        object: None,
    }
}

/// A policy that selects the pods of the workload and lets nothing in or out (Kubernetes, "Network
/// Policies", default deny).
fn add_network(question: &Question<'_>, workload: &Workload, holdings: &mut Holdings) {
    let meta = &workload.meta;
    let labels: BTreeMap<&str, &str> =
        workload.pod_labels.iter().map(|(key, value)| (key.raw(), value.raw())).collect();
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "diptych-quarantine", "namespace": meta.namespace.raw()},
        "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"]},
    });
    let mut facts = facts([("namespace", Some(&meta.namespace))]);
    // Without labels the policy would select every pod of the namespace.
    if !labels.is_empty() {
        facts.insert("quarantine", policy.to_string().into());
    }
    let because = match workload.host_network {
        true => "its pods use the network of their node".to_owned(),
        false => "whatever its pods can connect to".to_owned(),
    };
    let access = standing(question, AccessKind::NetworkReach, &meta.name, because);
    let through = Through::Agent(question.subject.agent.host());
    holdings.live.push(Found { access, facts, through });
}

/// A DaemonSet has no number of replicas, and a bare Pod is not started again.
pub(super) fn is_scalable(workload: &Workload) -> bool {
    const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];
    KINDS.contains(&workload.kind.raw())
}

fn add_workload(
    question: &Question<'_>,
    agent: &AgentKey,
    workload: &Workload,
    record: &Record,
    holdings: &mut Holdings,
) {
    let kind = match workload.kind.raw() {
        "CronJob" => AccessKind::CronJob,
        "Job" => AccessKind::Job,
        _ => AccessKind::Workload,
    };
    let stopped = workload.suspended == Some(true) || workload.replicas == Some(0);
    if stopped {
        return holdings.ended(kind, "it is suspended or scaled to nothing", record.at);
    }
    let meta = &workload.meta;
    let resource = Text::from(workload.kind.raw().to_lowercase());
    let because = match &workload.schedule {
        Some(schedule) => format!("runs as scheduled: {}", schedule.visible()),
        None => format!("a {} that is configured to run", workload.kind.visible()),
    };
    let mut access = standing(question, kind, &meta.name, because);
    access.holder = agent.clone();
    access.since = record.provisioning.granted_at;
    holdings.live.push(Found {
        access,
        facts: facts([
            ("namespace", Some(&meta.namespace)),
            ("name", Some(&meta.name)),
            ("resource", Some(&resource).filter(|_| is_scalable(workload))),
            ("controller", Some(&resource)),
        ]),
        through: Through::Agent(agent.clone()),
    });
}

/// Secrets that its pods mount or have in their environment.
fn add_secrets(question: &Question<'_>, workload: &Workload, holdings: &mut Holdings) {
    let volumes = workload.volumes.iter().flat_map(|volume| &volume.sources);
    let mounted = volumes.filter_map(|source| match source {
        VolumeSource::Secret { name, .. } => Some((name, "is mounted")),
        _ => None,
    });
    let sources = workload.containers.iter().flat_map(|container| &container.variable_sources);
    let variables = sources
        .filter(|source| source.holder == ValueHolder::Secret)
        .map(|source| (&source.name, "is in the environment of a container"));
    let secrets: BTreeMap<&Text, &str> = mounted.chain(variables).collect();
    for (name, how) in secrets {
        let kind = AccessKind::MountedSecret;
        holdings.live.push(Found {
            access: standing(question, kind, name, format!("it {how} of its pods")),
            facts: facts([("namespace", Some(&workload.meta.namespace)), ("name", Some(name))]),
            through: Through::Untold,
        });
    }
}

/// What its service account brings: tokens in Secrets, and the cloud principals that it may become.
fn add_account(question: &Question<'_>, holdings: &mut Holdings) {
    let host = question.subject.agent.host();
    let Some((account, user)) = own_account(question) else { return };
    let object = ObjectRef::new("ServiceAccount", host.space.clone(), account.clone());
    for record in question.estate.records().filter(|record| record.realm == host.realm) {
        match &record.body {
            Configured::ServiceAccount(own)
                if own.meta.name == account && own.meta.namespace == host.space =>
            {
                for secret in &own.secrets {
                    let because =
                        "the service account lists it; it holds a token if its type says so";
                    let kind = AccessKind::TokenSecret;
                    let mut access = standing(question, kind, secret, because.to_owned());
                    access.object = Some(object.clone());
                    holdings.live.push(Found {
                        access,
                        facts: facts([("namespace", Some(&host.space)), ("name", Some(secret))]),
                        through: Through::Principals(vec![user.clone()]),
                    });
                }
                for principal in &own.cloud {
                    add_cloud(question, principal, None, holdings);
                }
            }
            Configured::CloudIdentity(identity)
                if identity.service_account == account && identity.namespace == host.space =>
            {
                add_cloud(question, &identity.becomes, identity.association.as_ref(), holdings);
            }
            _ => {}
        }
    }
}

fn add_cloud(
    question: &Question<'_>,
    becomes: &CloudPrincipal,
    association: Option<&Text>,
    holdings: &mut Holdings,
) {
    let Some(principal) = &becomes.principal else { return };
    let kind = match becomes.by {
        WorkloadFederation::AwsIrsa | WorkloadFederation::AwsPodIdentity => AccessKind::AwsRole,
        WorkloadFederation::GcpWorkloadIdentity => AccessKind::GoogleServiceAccount,
        WorkloadFederation::AzureWorkloadIdentity => AccessKind::EntraServicePrincipal,
    };
    let by: &str = becomes.by.into();
    let because = format!("its service account may become it by {by}");
    let mut access = standing(question, kind, principal, because);
    let is_seen = holdings.live.iter().any(|found| match (&found.through, found.access.since) {
        (Through::Principals(names), Some(_)) => {
            names.iter().any(|name| super::subject::is_same(name, principal))
        }
        _ => false,
    });
    if is_seen {
        access.known =
            configured_state("the configuration says so, and it was used", CONFIGURED_AND_SEEN);
    }
    let role = assumed_role(principal);
    let role_name = role.map(|(_, name)| Text::from(name));
    access.object = role.map(|(account, name)| ObjectRef::new("AWS role", account, name));
    holdings.live.push(Found {
        access,
        facts: facts([
            ("role", role_name.as_ref()),
            ("association", association),
            ("email", Some(principal)),
            ("client", Some(principal)),
        ]),
        through: Through::Principals(vec![principal.clone()]),
    });
}

/// Secrets that it read over the API: it has a copy of their values.
fn add_read_secrets(question: &Question<'_>, holdings: &mut Holdings) {
    let host = question.subject.agent.host();
    let read = question
        .exercises
        .iter()
        .filter(|exercise| exercise.agent == host && exercise.count > 0 && !exercise.aggregated);
    for exercise in read {
        let Capability::Kubernetes { verb, group, resource, namespace, name } =
            &exercise.capability
        else {
            continue;
        };
        if !group.is_empty() || *resource != "secrets" || !matches!(verb.raw(), "get" | "list") {
            continue;
        }
        let all = Text::from("every Secret of the namespace");
        let space = namespace.as_ref();
        let id = name.as_ref().unwrap_or(&all);
        let because = format!(
            "it read it over the API {} times ({}), so that it has a copy",
            exercise.count,
            exercise.capability.visible()
        );
        let mut access = standing(question, AccessKind::MountedSecret, id, because);
        access.since = Some(exercise.first);
        access.last_used = Some(exercise.last);
        access.known = HopState::Verified;
        holdings.live.push(Found {
            access,
            facts: facts([("namespace", space), ("name", name.as_ref())]),
            through: Through::Untold,
        });
    }
}

fn add_passports(question: &Question<'_>, holdings: &mut Holdings) {
    let agent = &question.subject.agent;
    for record in question.estate.records() {
        let Configured::Passport(passport) = &record.body else { continue };
        let Some(workload) = passport.workload.as_ref().or(passport.name.as_ref()) else {
            continue;
        };
        let key = AgentKey::new(record.realm.clone(), passport.namespace.clone(), workload.clone());
        let is_own = question.estate.canonical(&key) == agent.host()
            && (passport.name.is_none() || agent.inner.is_none() || passport.name == agent.inner);
        if !is_own {
            continue;
        }
        let kind = AccessKind::Passport;
        if passport.expires_at.is_some_and(|end| end <= question.at) {
            holdings.ended(kind, "it expired", passport.expires_at);
            continue;
        }
        let because = "its record names the agent".to_owned();
        let mut access = standing(question, kind, &passport.id, because);
        access.since = passport.not_before;
        access.expiry = passport.expires_at.map_or(Expiry::NotRecorded, |time| Expiry::At { time });
        holdings.live.push(Found {
            access,
            facts: facts([("id", Some(&passport.id))]),
            through: passport
                .subject
                .as_ref()
                .map_or(Through::Untold, |subject| Through::Principals(vec![subject.clone()])),
        });
    }
}
