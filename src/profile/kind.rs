//! Kinds of calls: a capability without the particular object, and whether it only reads.

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::domain::{Capability, Effect, Text};

/// Index of a kind in [`Observation::kinds`](super::Observation::kinds).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct KindId(pub u32);

/// The kind of a capability and the object it was done to. `None` for advertisements, which are no
/// calls.
pub fn kind_of(capability: &Capability) -> Option<(Capability, Option<Text>)> {
    let kind = match capability {
        Capability::McpTool { .. } => return None,
        Capability::Kubernetes { verb, group, resource, namespace, name } => {
            let kind = Capability::Kubernetes {
                verb: verb.clone(),
                group: group.clone(),
                resource: resource.clone(),
                namespace: namespace.clone(),
                name: None,
            };
            (kind, name.clone())
        }
        Capability::Cloud { action, resource } => {
            let kind = Capability::Cloud { action: action.clone(), resource: Text::default() };
            (kind, Some(resource.clone()).filter(|resource| !resource.is_empty()))
        }
        Capability::File { path, write } => {
            let folder = path.raw().rsplit_once('/').map_or("", |(folder, _)| folder);
            let kind = Capability::File { path: format!("{folder}/").into(), write: *write };
            (kind, Some(path.clone()))
        }
        Capability::Artifact { purl } => {
            let package = purl.raw().split_once('@').map_or(purl.raw(), |(package, _)| package);
            (Capability::Artifact { purl: package.into() }, Some(purl.clone()))
        }
        other => (other.clone(), None),
    };
    Some(kind)
}

/// The inverse of [`kind_of`]: the kind done to a particular object.
pub fn on_target(kind: &Capability, target: Option<&Text>) -> Capability {
    let mut capability = kind.clone();
    if let Some(target) = target {
        match &mut capability {
            Capability::Kubernetes { name, .. } => *name = Some(target.clone()),
            Capability::Cloud { resource, .. } => *resource = target.clone(),
            Capability::File { path, .. } => *path = target.clone(),
            Capability::Artifact { purl } => *purl = target.clone(),
            _ => {}
        }
    }
    capability
}

/// What a capability folds into when an agent shows too many of its like, and how many that is.
/// `None` for vocabularies that do not grow with the data.
pub fn folded(capability: &Capability, settings: &Settings) -> Option<(Capability, usize)> {
    let all = || Text::from("*");
    match capability {
        Capability::Kubernetes { name: Some(_), .. } => {
            kind_of(capability).map(|(kind, _)| (kind, settings.names_kept))
        }
        Capability::NonResource { verb, .. } => Some((
            Capability::NonResource { verb: verb.clone(), path: all() },
            settings.distinct_kept,
        )),
        Capability::Cloud { action, .. } => Some((
            Capability::Cloud { action: action.clone(), resource: all() },
            settings.distinct_kept,
        )),
        Capability::File { write, .. } => {
            Some((Capability::File { path: all(), write: *write }, settings.distinct_kept))
        }
        Capability::Egress { protocol, .. } => Some((
            Capability::Egress { host: all(), port: None, protocol: protocol.clone() },
            settings.distinct_kept,
        )),
        _ => None,
    }
}

/// First words of tool names and actions that only read.
const READING: &[&str] = &[
    "calculate",
    "check",
    "count",
    "describe",
    "fetch",
    "find",
    "get",
    "head",
    "list",
    "lookup",
    "query",
    "read",
    "retrieve",
    "search",
    "show",
    "view",
    "watch",
];

/// Whether a call of this kind changes, triggers or sends something. A recorded effect decides;
/// otherwise the verb does, and what cannot be told counts as writing.
pub fn writes(kind: &Capability, effect: Option<Effect>) -> bool {
    if let Some(effect) = effect {
        return effect != Effect::Read;
    }
    match kind {
        Capability::Kubernetes { verb, .. } | Capability::NonResource { verb, .. } => {
            !READING.contains(&verb.raw())
        }
        Capability::Cloud { action, .. } => {
            let action = action.raw().rsplit(':').next().unwrap_or_default();
            !READING.contains(&first_word(action).as_str())
        }
        Capability::Tool { name, .. } => {
            // `crm.get_contact` and `github/list_issues` carry the verb behind their prefix.
            let name = name.raw().rsplit(['.', '/', ':']).next().unwrap_or_default();
            !READING.contains(&first_word(name).as_str())
        }
        Capability::File { write, .. } => *write,
        Capability::Model { .. } | Capability::Artifact { .. } | Capability::McpTool { .. } => {
            false
        }
        _ => true,
    }
}

/// The first word of `snake_case`, `kebab-case` or `CamelCase`, in lower case.
fn first_word(name: &str) -> String {
    let mut word = String::new();
    for character in name.chars() {
        let boundary = !character.is_alphanumeric() || character.is_uppercase();
        if boundary && !word.is_empty() {
            break;
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Capability {
        Capability::Tool { server: None, name: name.into() }
    }

    #[test]
    fn reading_is_told_from_writing() {
        for name in ["get_contact", "crm.search", "github/list_issues", "GetObject", "read-file"] {
            assert!(!writes(&tool(name), None), "{name} reads");
        }
        for name in ["send_mail", "crm.export", "getaway", ""] {
            assert!(writes(&tool(name), None), "{name} writes");
        }
        assert!(writes(&tool("get_contact"), Some(Effect::Send)), "a recorded effect decides");
        let cloud = Capability::Cloud { action: "s3:GetObject".into(), resource: "".into() };
        assert!(!writes(&cloud, None));
    }

    #[test]
    fn kinds_drop_the_object_and_take_it_back() {
        let secret = Capability::Kubernetes {
            verb: "get".into(),
            group: "".into(),
            resource: "secrets".into(),
            namespace: Some("agents".into()),
            name: Some("billing-db".into()),
        };
        let (kind, target) = kind_of(&secret).expect("a call");
        assert_eq!(target, Some("billing-db".into()));
        assert_ne!(kind, secret);
        assert_eq!(on_target(&kind, target.as_ref()), secret);
    }
}
