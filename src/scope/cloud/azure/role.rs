//! Role definitions: actions without the `not` ones, in each of the two planes (Azure RBAC,
//! "Understand Azure role definitions").

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Directory, data_plane};
use crate::domain::configured::cloud::azure::{AzurePermission, RoleDefinition};
use crate::domain::{Bounds, Globs, ObjectRef, Pattern, Plane, Record, Text};
use crate::scope::authority::{Authority, Permission};
use crate::scope::cloud::everything;

/// A built-in role whose definition is known by its id even where it was not loaded.
struct BuiltIn {
    id: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
}

/// Azure RBAC, "Azure built-in roles", privileged and general.
const BUILT_IN: &[BuiltIn] = &[
    // Owner
    BuiltIn { id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", actions: &["*"], not_actions: &[] },
    // Contributor
    BuiltIn {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
        ],
    },
    // Reader
    BuiltIn { id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", actions: &["*/read"], not_actions: &[] },
    // User Access Administrator
    BuiltIn {
        id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        actions: &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        not_actions: &[],
    },
];

/// A role by the last part of its id: the same role has one id in every subscription that uses it.
pub(super) fn object(id: &Text) -> ObjectRef {
    let name = id.raw().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ObjectRef::new("Microsoft.Authorization/roleDefinitions", "", name)
}

/// What every role permits that is defined or assigned.
pub(super) fn add(directory: &Directory<'_>, authority: &mut Authority) {
    let definitions: BTreeMap<ObjectRef, &(&Record, &RoleDefinition)> =
        directory.definitions.iter().map(|item| (object(&item.1.id), item)).collect();
    let assigned = directory.assignments.iter().map(|(_, assignment)| object(&assignment.role));
    let roles: BTreeMap<ObjectRef, Option<&Text>> = assigned
        .zip(directory.assignments.iter().map(|(_, assignment)| assignment.role_name.as_ref()))
        .chain(
            definitions
                .iter()
                .map(|(role, (_, definition))| (role.clone(), Some(&definition.name))),
        )
        .collect();
    let control = Arc::new(data_plane::excepted(&directory.definitions));
    for (role, name) in roles {
        let node = authority.content(&Text::default(), role.clone());
        let permissions = match definitions.get(&role) {
            Some((record, definition)) => {
                authority.loaded(node, record);
                definition.permissions.iter().flat_map(|it| permissions(it, &control)).collect()
            }
            None => {
                authority.implied(node);
                unloaded(&role, name, &control)
            }
        };
        permissions.into_iter().for_each(|permission| authority.permit(node, permission));
    }
}

fn permissions(permission: &AzurePermission, control: &Arc<Bounds>) -> Vec<Permission> {
    let depends_on: Vec<Text> = permission.condition.iter().cloned().collect();
    let conditional = Arc::new(Bounds { depends_on: depends_on.clone(), ..Bounds::default() });
    let control = match depends_on.is_empty() {
        true => control.clone(),
        false => Arc::new(Bounds { depends_on, ..Bounds::clone(control) }),
    };
    let planes = [
        (&permission.actions, &permission.not_actions, control),
        (&permission.data_actions, &permission.not_data_actions, conditional),
    ];
    let stated = planes.into_iter().filter(|(actions, ..)| !actions.is_empty());
    stated
        .map(|(actions, except, bounds)| permit(actions.clone(), except.clone(), bounds))
        .collect()
}

/// What is known of a role without its definition.
fn unloaded(role: &ObjectRef, name: Option<&Text>, control: &Arc<Bounds>) -> Vec<Permission> {
    let texts = |list: &[&str]| list.iter().map(|glob| Text::from(*glob)).collect::<Vec<_>>();
    if let Some(known) = BUILT_IN.iter().find(|known| role.name == *known.id) {
        return vec![permit(texts(known.actions), texts(known.not_actions), control.clone())];
    }
    let name = name.unwrap_or(&role.name);
    let depends_on = vec![format!("what the role {} includes", name.visible()).into()];
    let bounds = Arc::new(Bounds { depends_on, ..Bounds::default() });
    vec![permit(texts(&["*"]), Vec::new(), bounds)]
}

fn permit(any_of: Vec<Text>, none_of: Vec<Text>, bounds: Arc<Bounds>) -> Permission {
    let pattern = Pattern::Cloud { actions: Globs { any_of, none_of }, resources: everything() };
    let bounds = (!bounds.is_empty()).then_some(bounds);
    Permission { bounds, ..Permission::new(pattern, Plane::Cloud) }
}
