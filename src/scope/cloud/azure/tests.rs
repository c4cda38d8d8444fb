//! Assignments, as Microsoft's pages describe what they give.

use super::*;
use crate::domain::configured::Provisioning;
use crate::domain::configured::cloud::azure::AzurePermission;
use crate::domain::{Capability, Permitted};
use crate::scope::authority::Reach;
use crate::scope::testing::{estate, key, record};

/// `actions ; notActions ; dataActions ; notDataActions`, words apart by spaces.
fn definition(id: &str, permissions: &str) -> Configured {
    let mut lists = permissions
        .split(';')
        .map(|list| list.split_whitespace().map(Text::from).collect::<Vec<Text>>());
    let mut next = || lists.next().unwrap_or_default();
    let permission = AzurePermission {
        actions: next(),
        not_actions: next(),
        data_actions: next(),
        not_data_actions: next(),
        condition: None,
    };
    Configured::Azure(Azure::RoleDefinition(RoleDefinition {
        id: format!("/subscriptions/s1/providers/Microsoft.Authorization/roleDefinitions/{id}")
            .into(),
        name: id.into(),
        permissions: vec![permission],
        ..RoleDefinition::default()
    }))
}

fn assignment(principal: &str, role: &str, scope: &str, condition: Option<&str>) -> Configured {
    let role = format!("/providers/Microsoft.Authorization/roleDefinitions/{role}");
    Configured::Azure(Azure::RoleAssignment(RoleAssignment {
        id: format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{principal}-{role}")
            .into(),
        principal: principal.into(),
        role: role.into(),
        scope: scope.into(),
        condition: condition.map(Text::from),
        ..RoleAssignment::default()
    }))
}

fn decide(bodies: Vec<Configured>, principal: &str, action: &str, resource: &str) -> &'static str {
    let estate = estate(bodies);
    let mut authority = Authority::default();
    add(&Directory::read(&estate), &mut authority);
    let node = authority.agent(&key("agent"));
    let holder = principal_node(&principal.into(), &mut authority);
    authority.give(node, holder, Edge::held(Attachment::Own, "acts as"));
    let used = Capability::Cloud { action: action.into(), resource: resource.into() };
    let grants = authority.grants_of(&key("agent"), Reach::Own);
    match grants.iter().map(|grant| grant.permits(&used)).max() {
        Some(Permitted::Yes) => "yes",
        Some(Permitted::Depends(_)) => "depends",
        Some(Permitted::No) | None => "no",
    }
}

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";

const SUBSCRIPTION: &str = "/subscriptions/s1";
const GROUP: &str = "/subscriptions/s1/resourceGroups/rg";
const ACCOUNT: &str =
    "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/data";
const MACHINE: &str =
    "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm";

const CONTAINERS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers";
const BLOB_READER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/read \
    Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action ;; \
    Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const EXPORTS: &str = "Microsoft.CostManagement/exports/*";
const EXPORTS_KEPT: &str =
    "Microsoft.CostManagement/exports/*;Microsoft.CostManagement/exports/delete";
const MESSAGES: &str = ";;Microsoft.Storage/storageAccounts/queueServices/queues/messages/*";
const MESSAGES_KEPT: &str = ";;Microsoft.Storage/storageAccounts/queueServices/queues/messages/*;\
    Microsoft.Storage/storageAccounts/queueServices/queues/messages/delete";

const DEFINITIONS: &str = "Understand Azure role definitions";
const SCOPE: &str = "Understand scope for Azure RBAC";
const BUILT_IN: &str = "Azure built-in roles";
const OVERVIEW: &str = "What is Azure role-based access control";
const CONDITIONS: &str = "What is Azure attribute-based access control";

/// Page, role (a built-in id or what a definition permits), scope, action, resource, answer.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    // Wildcards in action strings.
    (DEFINITIONS, "*/read", SUBSCRIPTION, "Microsoft.Compute/virtualMachines/read", MACHINE, "yes"),
    (DEFINITIONS, "*/read", SUBSCRIPTION, "Microsoft.Compute/virtualMachines/write", MACHINE, "no"),
    (
        DEFINITIONS,
        "Microsoft.Compute/*",
        SUBSCRIPTION,
        "Microsoft.Compute/virtualMachines/start/action",
        MACHINE,
        "yes",
    ),
    (
        DEFINITIONS,
        "Microsoft.Compute/*",
        SUBSCRIPTION,
        "Microsoft.Network/virtualNetworks/read",
        GROUP,
        "no",
    ),
    (
        DEFINITIONS,
        "Microsoft.Network/*/read",
        SUBSCRIPTION,
        "Microsoft.Network/virtualNetworks/subnets/read",
        GROUP,
        "yes",
    ),
    (
        DEFINITIONS,
        "Microsoft.Network/*/read",
        SUBSCRIPTION,
        "Microsoft.Network/virtualNetworks/write",
        GROUP,
        "no",
    ),
    (
        DEFINITIONS,
        "Microsoft.Compute/virtualMachines/*",
        SUBSCRIPTION,
        "Microsoft.Compute/virtualMachines/extensions/write",
        MACHINE,
        "yes",
    ),
    (
        DEFINITIONS,
        "microsoft.web/sites/restart/Action",
        SUBSCRIPTION,
        "Microsoft.Web/sites/restart/action",
        GROUP,
        "yes",
    ),
    // Actions without NotActions.
    (DEFINITIONS, EXPORTS, SUBSCRIPTION, "Microsoft.CostManagement/exports/action", GROUP, "yes"),
    (DEFINITIONS, EXPORTS, SUBSCRIPTION, "Microsoft.CostManagement/exports/delete", GROUP, "yes"),
    (
        DEFINITIONS,
        EXPORTS,
        SUBSCRIPTION,
        "Microsoft.CostManagement/exports/run/action",
        GROUP,
        "yes",
    ),
    (
        DEFINITIONS,
        EXPORTS_KEPT,
        SUBSCRIPTION,
        "Microsoft.CostManagement/exports/delete",
        GROUP,
        "no",
    ),
    (
        DEFINITIONS,
        EXPORTS_KEPT,
        SUBSCRIPTION,
        "Microsoft.CostManagement/exports/read",
        GROUP,
        "yes",
    ),
    (
        DEFINITIONS,
        EXPORTS_KEPT,
        SUBSCRIPTION,
        "Microsoft.CostManagement/exports/run/action",
        GROUP,
        "yes",
    ),
    // Data actions without NotDataActions.
    (
        DEFINITIONS,
        MESSAGES,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/queueServices/queues/messages/read",
        ACCOUNT,
        "yes",
    ),
    (
        DEFINITIONS,
        MESSAGES,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action",
        ACCOUNT,
        "yes",
    ),
    (
        DEFINITIONS,
        MESSAGES,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/queueServices/queues/messages/delete",
        ACCOUNT,
        "yes",
    ),
    (
        DEFINITIONS,
        MESSAGES_KEPT,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/queueServices/queues/messages/delete",
        ACCOUNT,
        "no",
    ),
    (
        DEFINITIONS,
        MESSAGES_KEPT,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/queueServices/queues/messages/process/action",
        ACCOUNT,
        "yes",
    ),
    // Alice the owner reads no blobs, Bob the reader of blobs does.
    (
        DEFINITIONS,
        OWNER,
        SUBSCRIPTION,
        "Microsoft.Storage/storageAccounts/blobServices/containers/write",
        ACCOUNT,
        "yes",
    ),
    (
        DEFINITIONS,
        OWNER,
        SUBSCRIPTION,
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
        ACCOUNT,
        "no",
    ),
    (
        DEFINITIONS,
        OWNER,
        SUBSCRIPTION,
        "Microsoft.Storage/storageAccounts/listKeys/action",
        ACCOUNT,
        "yes",
    ),
    (DEFINITIONS, READER, SUBSCRIPTION, "Microsoft.Storage/storageAccounts/read", ACCOUNT, "yes"),
    (
        DEFINITIONS,
        READER,
        SUBSCRIPTION,
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
        ACCOUNT,
        "no",
    ),
    (
        DEFINITIONS,
        BLOB_READER,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
        ACCOUNT,
        "yes",
    ),
    (
        DEFINITIONS,
        BLOB_READER,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/blobServices/containers/read",
        ACCOUNT,
        "yes",
    ),
    (
        DEFINITIONS,
        BLOB_READER,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
        ACCOUNT,
        "no",
    ),
    // Built-in roles.
    (
        BUILT_IN,
        CONTRIBUTOR,
        SUBSCRIPTION,
        "Microsoft.Compute/virtualMachines/write",
        MACHINE,
        "yes",
    ),
    (
        BUILT_IN,
        CONTRIBUTOR,
        SUBSCRIPTION,
        "Microsoft.Authorization/roleAssignments/write",
        GROUP,
        "no",
    ),
    (
        BUILT_IN,
        CONTRIBUTOR,
        SUBSCRIPTION,
        "Microsoft.Authorization/roleAssignments/delete",
        GROUP,
        "no",
    ),
    (
        BUILT_IN,
        CONTRIBUTOR,
        SUBSCRIPTION,
        "Microsoft.Authorization/roleAssignments/read",
        GROUP,
        "yes",
    ),
    (
        BUILT_IN,
        ADMINISTRATOR,
        SUBSCRIPTION,
        "Microsoft.Authorization/roleAssignments/write",
        GROUP,
        "yes",
    ),
    (
        BUILT_IN,
        ADMINISTRATOR,
        SUBSCRIPTION,
        "Microsoft.Compute/virtualMachines/write",
        MACHINE,
        "no",
    ),
    (BUILT_IN, OWNER, SUBSCRIPTION, "Microsoft.Authorization/roleAssignments/write", GROUP, "yes"),
    (
        BUILT_IN,
        "00000000-unknown",
        SUBSCRIPTION,
        "Microsoft.Compute/virtualMachines/read",
        MACHINE,
        "depends",
    ),
    // Scopes.
    (SCOPE, READER, "/", "Microsoft.Compute/virtualMachines/read", MACHINE, "yes"),
    (SCOPE, READER, GROUP, "Microsoft.Compute/virtualMachines/read", MACHINE, "yes"),
    (SCOPE, READER, MACHINE, "Microsoft.Compute/virtualMachines/read", MACHINE, "yes"),
    (SCOPE, READER, ACCOUNT, "Microsoft.Compute/virtualMachines/read", MACHINE, "no"),
    (SCOPE, READER, GROUP, "Microsoft.Resources/subscriptions/read", SUBSCRIPTION, "no"),
    (SCOPE, READER, "/subscriptions/s2", "Microsoft.Compute/virtualMachines/read", MACHINE, "no"),
    (
        SCOPE,
        READER,
        "/subscriptions/s1/resourceGroups/rg2",
        "Microsoft.Compute/virtualMachines/read",
        MACHINE,
        "no",
    ),
    (
        SCOPE,
        READER,
        "/SUBSCRIPTIONS/S1/resourcegroups/RG",
        "Microsoft.Compute/virtualMachines/read",
        MACHINE,
        "yes",
    ),
    (
        SCOPE,
        READER,
        "/providers/Microsoft.Management/managementGroups/corp",
        "Microsoft.Compute/virtualMachines/read",
        MACHINE,
        "depends",
    ),
    (SCOPE, READER, GROUP, "Microsoft.Compute/virtualMachines/read", "", "depends"),
    (
        SCOPE,
        READER,
        "/providers/Microsoft.Management/managementGroups/corp",
        "Microsoft.Management/managementGroups/read",
        "/providers/Microsoft.Management/managementGroups/corp",
        "yes",
    ),
];

#[test]
fn assignments_give_what_the_pages_say() {
    let mut wrong = Vec::new();
    for (page, role, scope, action, resource, expected) in CASES {
        let is_id = role.contains('-') && !role.contains('/');
        let (id, definitions) = match is_id {
            true => (*role, vec![]),
            false => ("custom", vec![definition("custom", role)]),
        };
        let bodies = definitions.into_iter().chain([assignment("p-1", id, scope, None)]).collect();
        let found = decide(bodies, "P-1", action, resource);
        if found != *expected {
            wrong.push(format!("{page}: {role} at {scope}: {action} is {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), CASES.len());
}

/// Assignments of one principal and what it asks for.
type Several = (
    &'static str,
    &'static [(&'static str, &'static str, Option<&'static str>)],
    &'static str,
    &'static str,
);

#[test]
fn assignments_add_up() {
    const CASES: &[Several] = &[
        // Contributor on the subscription and reader on a resource group remain contributor.
        (
            OVERVIEW,
            &[(CONTRIBUTOR, SUBSCRIPTION, None), (READER, GROUP, None)],
            "Microsoft.Compute/virtualMachines/write",
            "yes",
        ),
        // NotActions take nothing from another role.
        (
            DEFINITIONS,
            &[(CONTRIBUTOR, SUBSCRIPTION, None), (ADMINISTRATOR, SUBSCRIPTION, None)],
            "Microsoft.Authorization/roleAssignments/write",
            "yes",
        ),
        (
            CONDITIONS,
            &[(CONTRIBUTOR, SUBSCRIPTION, Some("@Resource[x] StringEquals 'y'"))],
            "Microsoft.Compute/virtualMachines/write",
            "depends",
        ),
        (
            CONDITIONS,
            &[(CONTRIBUTOR, SUBSCRIPTION, Some("c")), (CONTRIBUTOR, GROUP, None)],
            "Microsoft.Compute/virtualMachines/write",
            "yes",
        ),
        (OVERVIEW, &[], "Microsoft.Compute/virtualMachines/read", "no"),
    ];
    for (page, assigned, action, expected) in CASES {
        let bodies = assigned
            .iter()
            .map(|(role, scope, condition)| assignment("p", role, scope, *condition));
        assert_eq!(
            decide(bodies.collect(), "p", action, MACHINE),
            *expected,
            "{page} {assigned:?}"
        );
    }
}

#[test]
fn who_assigned_is_said_of_the_grant() {
    let assigned = Record {
        provisioning: Provisioning { granted_by: Some("dana".into()), ..Provisioning::default() },
        ..record(assignment("p", READER, GROUP, None))
    };
    let estate = Estate::build(&[assigned], &[], &[]);
    let mut authority = Authority::default();
    add(&Directory::read(&estate), &mut authority);
    let node = authority.agent(&key("agent"));
    let holder = principal_node(&"p".into(), &mut authority);
    authority.give(node, holder, Edge::held(Attachment::Own, "acts as"));
    let grants = authority.grants_of(&key("agent"), Reach::Own);
    let by: Vec<_> = grants.iter().map(|grant| grant.granted_by.clone()).collect();
    assert_eq!(by, [Some("dana".into())]);
}

#[test]
fn what_is_anothers_is_not_given() {
    let write = "Microsoft.Compute/virtualMachines/write";
    for (holder, expected) in [("p", "yes"), ("q", "no")] {
        let bodies = vec![assignment("p", CONTRIBUTOR, GROUP, None)];
        assert_eq!(decide(bodies, holder, write, MACHINE), expected);
    }
}

/// An identity does not inherit its blueprint's assignments; the blueprint acts as its identities.
#[test]
fn blueprints_act_as_the_identities_made_from_them() {
    let agent = |kind: &str, id: &str, app: Option<&str>, parent: Option<&str>| {
        Configured::Azure(Azure::AgentIdentity(EntraAgent {
            kind: kind.into(),
            id: id.into(),
            app_id: app.map(Text::from),
            parent: parent.map(Text::from),
            ..EntraAgent::default()
        }))
    };
    let estate = || {
        vec![
            agent("agentIdentityBlueprintPrincipal", "bp", Some("app-1"), Some("app-1")),
            agent("agentIdentity", "desk", None, Some("app-1")),
            agent("agentUser", "user", None, Some("desk")),
            assignment("bp", READER, GROUP, None),
            assignment("desk", CONTRIBUTOR, GROUP, None),
            definition("blob", &format!("{CONTAINERS}/read")),
            assignment("user", "blob", ACCOUNT, None),
        ]
    };
    for (who, action, resource, expected) in [
        ("desk", "Microsoft.Compute/virtualMachines/write", MACHINE, "yes"),
        ("bp", "Microsoft.Compute/virtualMachines/write", MACHINE, "yes"),
        ("desk", "Microsoft.Authorization/roleAssignments/write", MACHINE, "no"),
        ("user", "Microsoft.Compute/virtualMachines/write", MACHINE, "no"),
        ("user", "Microsoft.Storage/storageAccounts/blobServices/containers/read", ACCOUNT, "yes"),
        ("other", "Microsoft.Compute/virtualMachines/read", MACHINE, "no"),
    ] {
        assert_eq!(decide(estate(), who, action, resource), expected, "{who} {action}");
    }
    let only = vec![
        agent("agentIdentityBlueprintPrincipal", "bp", Some("app-1"), None),
        agent("agentIdentity", "desk", None, Some("app-1")),
        assignment("bp", READER, GROUP, None),
    ];
    assert_eq!(decide(only, "desk", "Microsoft.Compute/virtualMachines/read", MACHINE), "no");
}
