//! Bindings, as Google's pages describe what they give.

use std::collections::BTreeMap;

use super::*;
use crate::domain::configured::cloud::gcp::GcpRole;
use crate::domain::{AgentKey, Capability, Permitted};
use crate::scope::authority::Reach;
use crate::scope::testing::{estate, key, place};

/// Resources with their ancestors, then `resource | role | members [| condition]` for each binding, and
/// `role = permissions` for each custom role.
fn policies(placed: &[(&str, &[&str])], bindings: &[&str], roles: &[&str]) -> Vec<Configured> {
    let mut policies: BTreeMap<&str, AllowPolicy> = BTreeMap::new();
    for (resource, ancestors) in placed {
        let ancestors = ancestors.iter().map(|name| Text::from(*name)).collect();
        let resource_name = Text::from(*resource);
        let policy = AllowPolicy { resource: resource_name, ancestors, ..AllowPolicy::default() };
        policies.insert(resource, policy);
    }
    for line in bindings {
        let parts: Vec<&str> = line.splitn(4, " | ").collect();
        let [resource, role, members, condition @ ..] = parts.as_slice() else {
            unreachable!("{line}")
        };
        let policy = policies.entry(resource).or_insert_with(|| AllowPolicy {
            resource: Text::from(*resource),
            ..AllowPolicy::default()
        });
        policy.bindings.push(GcpBinding {
            role: Text::from(*role),
            members: members.split(' ').map(Text::from).collect(),
            condition: condition.first().map(|condition| Text::from(*condition)),
        });
    }
    let roles = roles.iter().map(|line| {
        let (name, permissions) = line.split_once(" = ").expect("a name and permissions");
        Configured::Gcp(Gcp::Role(GcpRole {
            name: name.into(),
            permissions: permissions.split(' ').map(Text::from).collect(),
            ..GcpRole::default()
        }))
    });
    policies
        .into_values()
        .map(|policy| Configured::Gcp(Gcp::AllowPolicy(policy)))
        .chain(roles)
        .collect()
}

/// What the graph says of a principal: `yes`, `no`, or `depends`.
fn decide(bodies: Vec<Configured>, member: &str, permission: &str, resource: &str) -> &'static str {
    decide_at(None, bodies, member, (permission, resource))
}

/// The same at an instant.
fn decide_at(
    instant: Option<&str>,
    bodies: Vec<Configured>,
    member: &str,
    (permission, resource): (&str, &str),
) -> &'static str {
    let mut estate = estate(bodies);
    estate.instant = instant.map(|instant| instant.parse().expect("a timestamp"));
    let iam = Iam::read(&estate);
    let mut authority = Authority::default();
    add(&iam, &mut authority);
    let agent: AgentKey = key("agent");
    let node = authority.agent(&agent);
    let holder = member_node(&Member::parse(member), &mut authority);
    authority.give(node, holder, Edge::held(Attachment::Own, "acts as"));
    let used = Capability::Cloud { action: permission.into(), resource: resource.into() };
    let grants = authority.grants_of(&agent, Reach::Own);
    match grants.iter().map(|grant| grant.permits(&used)).max() {
        Some(Permitted::Yes) => "yes",
        Some(Permitted::Depends(_)) => "depends",
        Some(Permitted::No) | None => "no",
    }
}

/// A company as in "Using resource hierarchy for access control": an organization, a folder, a project
/// with a bucket, another project.
const COMPANY: &[(&str, &[&str])] = &[
    ("//cloudresourcemanager.googleapis.com/organizations/1", &["organizations/1"]),
    ("//cloudresourcemanager.googleapis.com/folders/3", &["folders/3", "organizations/1"]),
    (
        "//cloudresourcemanager.googleapis.com/projects/shop",
        &["projects/12", "folders/3", "organizations/1"],
    ),
    ("//storage.googleapis.com/upload-here", &["projects/12", "folders/3", "organizations/1"]),
    ("//cloudresourcemanager.googleapis.com/projects/other", &["projects/77", "organizations/1"]),
];

const ORGANIZATION: &str = "//cloudresourcemanager.googleapis.com/organizations/1";
const FOLDER: &str = "//cloudresourcemanager.googleapis.com/folders/3";
const PROJECT: &str = "//cloudresourcemanager.googleapis.com/projects/shop";
const BUCKET: &str = "//storage.googleapis.com/upload-here";

const ROLES: &[&str] = &[
    "projects/shop/roles/reader = storage.objects.get storage.objects.list",
    "organizations/1/roles/publisher = pubsub.topics.publish",
    "roles/storage.objectCreator = storage.objects.create",
];

const BOB: &str = "serviceAccount:bob@shop.iam.gserviceaccount.com";
const READER: &str = "projects/shop/roles/reader";
const PUBLISHER: &str = "organizations/1/roles/publisher";

/// Binding (resource, role, member), what is asked, what Google's page says.
struct Case {
    page: &'static str,
    at: &'static str,
    role: &'static str,
    members: &'static str,
    condition: Option<&'static str>,
    asked: (&'static str, &'static str),
    expected: &'static str,
}

const fn case(
    page: &'static str,
    at: &'static str,
    role: &'static str,
    members: &'static str,
    asked: (&'static str, &'static str),
    expected: &'static str,
) -> Case {
    Case { page, at, role, members, condition: None, asked, expected }
}

const fn when(condition: &'static str, case: Case) -> Case {
    Case { condition: Some(condition), ..case }
}

const HIERARCHY: &str = "Using resource hierarchy for access control";
const PRINCIPALS: &str = "Principal identifiers";
const CONDITIONS: &str = "Attribute reference for IAM Conditions";
const OVERVIEW: &str = "Overview of IAM Conditions";
const BASIC: &str = "Basic roles";
const CUSTOM: &str = "Create and manage custom roles";
const AUTHENTICATION: &str = "Roles for service account authentication";
const SECRETS: &str = "Secret Manager: Access control with IAM";

const OBJECT: (&str, &str) = ("storage.objects.get", "projects/_/buckets/upload-here/objects/exam");
const TOPIC: (&str, &str) = ("pubsub.topics.publish", "projects/shop/topics/topic_a");

const CASES: &[Case] = &[
    // A policy of a parent applies to its children, never the other way round.
    case(HIERARCHY, PROJECT, PUBLISHER, BOB, TOPIC, "yes"),
    case(HIERARCHY, FOLDER, PUBLISHER, BOB, TOPIC, "yes"),
    case(HIERARCHY, ORGANIZATION, PUBLISHER, BOB, TOPIC, "yes"),
    case(HIERARCHY, "projects/shop/topics/topic_a", PUBLISHER, BOB, TOPIC, "yes"),
    case(HIERARCHY, "projects/shop/topics/topic_b", PUBLISHER, BOB, TOPIC, "no"),
    case(HIERARCHY, PROJECT, READER, BOB, OBJECT, "yes"),
    case(HIERARCHY, BUCKET, READER, BOB, OBJECT, "yes"),
    case(
        HIERARCHY,
        BUCKET,
        READER,
        BOB,
        ("storage.objects.get", "projects/_/buckets/b/objects/x"),
        "no",
    ),
    case(
        HIERARCHY,
        PROJECT,
        PUBLISHER,
        BOB,
        ("pubsub.topics.publish", "projects/other/topics/t"),
        "no",
    ),
    case(
        HIERARCHY,
        FOLDER,
        PUBLISHER,
        BOB,
        ("pubsub.topics.publish", "projects/other/topics/t"),
        "no",
    ),
    case(
        HIERARCHY,
        ORGANIZATION,
        PUBLISHER,
        BOB,
        ("pubsub.topics.publish", "projects/77/topics/t"),
        "yes",
    ),
    case(
        HIERARCHY,
        FOLDER,
        PUBLISHER,
        BOB,
        ("pubsub.topics.publish", "projects/new/topics/t"),
        "depends",
    ),
    case(
        HIERARCHY,
        PROJECT,
        READER,
        BOB,
        ("storage.objects.get", "projects/_/buckets/x"),
        "depends",
    ),
    case(HIERARCHY, "", PUBLISHER, BOB, TOPIC, "depends"),
    // A role gives what it includes.
    case(CUSTOM, PROJECT, READER, BOB, ("storage.objects.delete", OBJECT.1), "no"),
    case(
        CUSTOM,
        BUCKET,
        "roles/storage.objectCreator",
        BOB,
        ("storage.objects.create", OBJECT.1),
        "yes",
    ),
    case(CUSTOM, BUCKET, "roles/storage.objectCreator", BOB, OBJECT, "no"),
    case(CUSTOM, BUCKET, "roles/storage.objectViewer", BOB, OBJECT, "depends"),
    case(CUSTOM, PROJECT, "projects/shop/roles/gone", BOB, OBJECT, "depends"),
    case(BASIC, PROJECT, "roles/viewer", BOB, ("pubsub.topics.get", TOPIC.1), "yes"),
    case(BASIC, PROJECT, "roles/viewer", BOB, ("pubsub.topics.delete", TOPIC.1), "no"),
    case(BASIC, PROJECT, "roles/editor", BOB, ("pubsub.topics.delete", TOPIC.1), "yes"),
    case(BASIC, PROJECT, "roles/editor", BOB, ("pubsub.topics.get", TOPIC.1), "yes"),
    case(BASIC, PROJECT, "roles/editor", BOB, ("pubsub.topics.setIamPolicy", TOPIC.1), "no"),
    case(BASIC, PROJECT, "roles/owner", BOB, ("pubsub.topics.setIamPolicy", TOPIC.1), "yes"),
    case(BASIC, PROJECT, "roles/editor", BOB, ("pubsub.topics.publish", TOPIC.1), "depends"),
    case(BASIC, PROJECT, "roles/viewer", BOB, OBJECT, "depends"),
    case(
        SECRETS,
        PROJECT,
        "roles/owner",
        BOB,
        ("secretmanager.versions.access", "projects/shop/secrets/s"),
        "yes",
    ),
    case(
        SECRETS,
        PROJECT,
        "roles/editor",
        BOB,
        ("secretmanager.versions.access", "projects/shop/secrets/s"),
        "no",
    ),
    case(
        SECRETS,
        PROJECT,
        "roles/viewer",
        BOB,
        ("secretmanager.versions.access", "projects/shop/secrets/s"),
        "no",
    ),
    case(
        AUTHENTICATION,
        PROJECT,
        "roles/iam.serviceAccountUser",
        BOB,
        ("iam.serviceAccounts.actAs", "projects/shop"),
        "yes",
    ),
    case(
        AUTHENTICATION,
        PROJECT,
        "roles/iam.serviceAccountUser",
        BOB,
        ("iam.serviceAccounts.getAccessToken", "projects/shop"),
        "no",
    ),
    case(
        AUTHENTICATION,
        PROJECT,
        "roles/iam.serviceAccountTokenCreator",
        BOB,
        ("iam.serviceAccounts.signJwt", "projects/shop"),
        "yes",
    ),
    case(
        AUTHENTICATION,
        PROJECT,
        "roles/iam.serviceAccountTokenCreator",
        BOB,
        ("iam.serviceAccounts.actAs", "projects/shop"),
        "no",
    ),
    // Members.
    case(
        PRINCIPALS,
        PROJECT,
        PUBLISHER,
        "serviceAccount:eve@shop.iam.gserviceaccount.com",
        TOPIC,
        "no",
    ),
    case(PRINCIPALS, PROJECT, PUBLISHER, "allUsers", TOPIC, "yes"),
    case(PRINCIPALS, PROJECT, PUBLISHER, "allAuthenticatedUsers", TOPIC, "yes"),
    case(PRINCIPALS, PROJECT, PUBLISHER, "domain:example.com", TOPIC, "no"),
    case(PRINCIPALS, PROJECT, PUBLISHER, "user:bob@example.com", TOPIC, "no"),
    case(
        PRINCIPALS,
        PROJECT,
        PUBLISHER,
        "deleted:serviceAccount:bob@shop.iam.gserviceaccount.com?uid=1",
        TOPIC,
        "no",
    ),
    case(
        PRINCIPALS,
        PROJECT,
        PUBLISHER,
        "user:a@x.com serviceAccount:bob@shop.iam.gserviceaccount.com",
        TOPIC,
        "yes",
    ),
    case(
        PRINCIPALS,
        PROJECT,
        PUBLISHER,
        "principalSet://cloudresourcemanager.googleapis.com/projects/12/type/ServiceAccount",
        TOPIC,
        "yes",
    ),
    case(
        PRINCIPALS,
        PROJECT,
        PUBLISHER,
        "principalSet://cloudresourcemanager.googleapis.com/projects/77/type/ServiceAccount",
        TOPIC,
        "no",
    ),
    case(
        PRINCIPALS,
        PROJECT,
        PUBLISHER,
        "principalSet://cloudresourcemanager.googleapis.com/organizations/1/type/ServiceAccount",
        TOPIC,
        "yes",
    ),
    // Conditions.
    when(
        "resource.name.startsWith(\"projects/_/buckets/upload-here/objects/ex\")",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "yes"),
    ),
    when(
        "resource.name.startsWith(\"projects/_/buckets/other\")",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "no"),
    ),
    when(
        "resource.name.endsWith(\"/exam\")",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "yes"),
    ),
    when(
        "resource.name == \"projects/shop/topics/topic_a\"",
        case(CONDITIONS, PROJECT, PUBLISHER, BOB, TOPIC, "yes"),
    ),
    when(
        "resource.name != \"projects/shop/topics/topic_a\"",
        case(CONDITIONS, PROJECT, PUBLISHER, BOB, TOPIC, "no"),
    ),
    when(
        "resource.type == \"storage.googleapis.com/Object\"",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "yes"),
    ),
    when(
        "resource.type == \"storage.googleapis.com/Bucket\"",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "no"),
    ),
    when(
        "resource.type != \"storage.googleapis.com/Object\"",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "no"),
    ),
    when(
        "resource.type == \"x.googleapis.com/Unheard\"",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "depends"),
    ),
    when(
        "resource.service == \"storage.googleapis.com\"",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "yes"),
    ),
    when(
        "resource.service == \"compute.googleapis.com\"",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "no"),
    ),
    when(
        "resource.matchTag('123/env', 'prod')",
        case(CONDITIONS, PROJECT, READER, BOB, OBJECT, "depends"),
    ),
    when(
        "request.time < timestamp('2030-01-01T00:00:00Z')",
        case(OVERVIEW, PROJECT, READER, BOB, OBJECT, "depends"),
    ),
    when(
        "resource.type != \"storage.googleapis.com/Object\" || resource.name.startsWith(\"projects/_/buckets/upload-here/\")",
        case(OVERVIEW, PROJECT, READER, BOB, OBJECT, "yes"),
    ),
    when(
        "request.time < timestamp('2030-01-01T00:00:00Z') && resource.name.startsWith(\"projects/_/buckets/other\")",
        case(OVERVIEW, PROJECT, READER, BOB, OBJECT, "no"),
    ),
    when(
        "!(resource.service == 'storage.googleapis.com')",
        case(OVERVIEW, PROJECT, READER, BOB, OBJECT, "no"),
    ),
    when(
        "(resource.service == 'pubsub.googleapis.com' || resource.service == 'storage.googleapis.com')",
        case(OVERVIEW, PROJECT, READER, BOB, OBJECT, "yes"),
    ),
    when("not CEL at all (", case(OVERVIEW, PROJECT, READER, BOB, OBJECT, "depends")),
];

#[test]
fn bindings_give_what_the_pages_say() {
    let mut wrong = Vec::new();
    for Case { page, at, role, members, condition, asked, expected } in CASES {
        let condition = condition.map_or(String::new(), |condition| format!(" | {condition}"));
        let line = format!("{at} | {role} | {members}{condition}");
        // That the account exists is known from its record.
        let account = Configured::Gcp(Gcp::ServiceAccount(GcpServiceAccount {
            email: "bob@shop.iam.gserviceaccount.com".into(),
            ..GcpServiceAccount::default()
        }));
        let mut bodies = policies(COMPANY, &[&line], ROLES);
        bodies.push(account);
        let found = decide(bodies, BOB, asked.0, asked.1);
        if found != *expected {
            wrong.push(format!("{page}: {line}: {asked:?} is {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), CASES.len());
}

#[test]
fn policies_add_up_and_accounts_become_others() {
    let robot = "serviceAccount:robot@shop.iam.gserviceaccount.com";
    let on_robot = "projects/shop/serviceAccounts/robot@shop.iam.gserviceaccount.com";
    let token_creator = format!("{on_robot} | roles/iam.serviceAccountTokenCreator | {BOB}");
    let user = format!("{on_robot} | roles/iam.serviceAccountUser | {BOB}");
    let on_project = format!("{PROJECT} | roles/iam.serviceAccountTokenCreator | {BOB}");
    let on_other = "projects/other | roles/iam.serviceAccountTokenCreator | ".to_owned() + BOB;
    let publisher = format!("{PROJECT} | {PUBLISHER} | {robot}");
    for (bindings, expected) in [
        (vec![publisher.as_str()], "no"),
        (vec![&publisher, &token_creator], "yes"),
        (vec![&publisher, &user], "no"),
        (vec![&publisher, &on_project], "yes"),
        (vec![&publisher, &on_other], "no"),
    ] {
        let bodies = policies(COMPANY, &bindings, ROLES);
        assert_eq!(decide(bodies, BOB, TOPIC.0, TOPIC.1), expected, "{bindings:?}");
    }
}

#[test]
fn inherited_routes_name_the_policy_above() {
    let line = format!("{FOLDER} | {PUBLISHER} | {BOB}");
    let estate = estate(policies(COMPANY, &[&line], ROLES));
    let iam = Iam::read(&estate);
    let mut authority = Authority::default();
    add(&iam, &mut authority);
    let node = authority.agent(&key("agent"));
    let bob = member_node(&Member::parse(BOB), &mut authority);
    authority.give(node, bob, Edge::held(Attachment::Own, "acts as"));
    let grants = authority.grants_of(&key("agent"), Reach::Own);
    let [grant] = grants.as_slice() else { unreachable!("one grant: {grants:?}") };
    assert_eq!(
        grant.route.visible(),
        "iam.googleapis.com/ServiceAccount bob@shop.iam.gserviceaccount.com → \
         iam.googleapis.com/Binding folders/3/organizations/1/roles/publisher → \
         iam.googleapis.com/Role organizations/1/roles/publisher (parent scope)"
    );
    assert_eq!(
        grant.route.granting().and_then(|hop| hop.place.clone()),
        Some(place("estate.yaml"))
    );
}

/// Cloud Storage, "Convenience values": whoever has a basic role on the project.
#[test]
fn convenience_values_mean_the_holders_of_a_basic_role() {
    let viewers = format!("{BUCKET} | {READER} | projectViewer:shop");
    let owners = format!("{BUCKET} | {READER} | projectOwner:shop");
    let viewer = format!("{PROJECT} | roles/viewer | {BOB}");
    for (bindings, expected) in [
        (vec![viewers.as_str()], "no"),
        (vec![&viewers, &viewer], "yes"),
        // The basic role itself leaves objects open.
        (vec![&owners, &viewer], "depends"),
    ] {
        let bodies = policies(COMPANY, &bindings, ROLES);
        assert_eq!(decide(bodies, BOB, OBJECT.0, OBJECT.1), expected, "{bindings:?}");
    }
}

#[test]
fn conditions_on_time_are_decided_at_an_instant() {
    const UNTIL: &str = "request.time < timestamp('2030-01-01T00:00:00Z')";
    const ELSEWHERE: &str = "resource.name == 'projects/shop/topics/topic_b'";
    let before = Some("2029-12-31T23:59:59Z");
    let after = Some("2030-01-01T00:00:00Z");
    let robot = "serviceAccount:robot@shop.iam.gserviceaccount.com";
    let on_robot = "projects/shop/serviceAccounts/robot@shop.iam.gserviceaccount.com";
    for (condition, instant, expected) in [
        (UNTIL.to_owned(), before, "yes"),
        (UNTIL.to_owned(), after, "no"),
        (UNTIL.to_owned(), None, "depends"),
        (format!("!({UNTIL})"), before, "no"),
        (format!("!({UNTIL})"), after, "yes"),
        (format!("{UNTIL} && {ELSEWHERE}"), before, "no"),
        (format!("{UNTIL} || {ELSEWHERE}"), before, "yes"),
        (format!("{UNTIL} || {ELSEWHERE}"), after, "no"),
        (format!("!({UNTIL} && {ELSEWHERE})"), after, "yes"),
        ("request.time.getHours('Europe/Berlin') < 17".to_owned(), before, "depends"),
    ] {
        let line = format!("{PROJECT} | {PUBLISHER} | {BOB} | {condition}");
        let found = decide_at(instant, policies(COMPANY, &[&line], ROLES), BOB, TOPIC);
        assert_eq!(found, expected, "{condition} at {instant:?}");
    }
    let publisher = format!("{PROJECT} | {PUBLISHER} | {robot}");
    let creator = "roles/iam.serviceAccountTokenCreator";
    let becoming = format!("{on_robot} | {creator} | {BOB} | {UNTIL}");
    for (instant, expected) in [(before, "yes"), (after, "no"), (None, "depends")] {
        let bodies = policies(COMPANY, &[&publisher, &becoming], ROLES);
        assert_eq!(decide_at(instant, bodies, BOB, TOPIC), expected, "becomes at {instant:?}");
    }
}
