//! Which actions are data actions. A wildcard of one plane does not reach into the other (Azure RBAC,
//! "Control and data actions"), and an action does not say to which it belongs.

use std::collections::BTreeSet;

use crate::domain::configured::cloud::azure::RoleDefinition;
use crate::domain::{Bounds, Clause, Globs, Layer, ObjectRef, Pattern, Record, Text};
use crate::scope::cloud::everything;

/// Operations that the providers list as data actions, all operations of a kind in one glob (Azure RBAC,
/// "Azure resource provider operations").
const KNOWN: &[&str] = &[
    "Microsoft.CognitiveServices/accounts/OpenAI/*",
    "Microsoft.ContainerService/managedClusters/secrets/*",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/*",
    "Microsoft.EventHub/namespaces/messages/*",
    "Microsoft.KeyVault/vaults/keys/encrypt/action",
    "Microsoft.KeyVault/vaults/keys/decrypt/action",
    "Microsoft.KeyVault/vaults/keys/sign/action",
    "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    "Microsoft.KeyVault/vaults/secrets/setSecret/action",
    "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    "Microsoft.Search/searchServices/indexes/documents/*",
    "Microsoft.ServiceBus/namespaces/messages/*",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*",
    "Microsoft.Storage/storageAccounts/fileServices/fileshares/files/*",
    "Microsoft.Storage/storageAccounts/queueServices/queues/messages/*",
    "Microsoft.Storage/storageAccounts/tableServices/tables/entities/*",
];

/// What control actions leave out: the data actions that are known, and those that a loaded role names
/// one by one.
pub(super) fn excepted(definitions: &[(&Record, &RoleDefinition)]) -> Bounds {
    let permissions = definitions.iter().flat_map(|(_, definition)| &definition.permissions);
    let named = permissions
        .flat_map(|permission| permission.data_actions.iter().chain(&permission.not_data_actions))
        .filter(|action| !action.raw().contains('*'))
        .cloned();
    let actions: BTreeSet<Text> = KNOWN.iter().map(|glob| Text::from(*glob)).chain(named).collect();
    let pattern = Pattern::Cloud { actions: Globs::only(actions), resources: everything() };
    let layer = Layer {
        by: ObjectRef::new("Azure data plane", "", "data actions"),
        place: None,
        clauses: vec![Clause { pattern, depends_on: Vec::new() }],
    };
    Bounds { except: vec![layer], ..Bounds::default() }
}
