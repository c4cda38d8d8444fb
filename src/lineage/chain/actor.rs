//! Who acted, as one record names it: what is left of an event once it is counted.

use serde_json::Value;

use crate::domain::{AgentKey, Event, EventKind, Text};

/// Identities before the one that acted that are kept of one record.
const LONGEST: usize = 32;

/// Whose word a record's identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Platform {
    Kubernetes,
    Aws,
    /// The subject of a token that AWS was given, and whose signature it checked.
    WebIdentity,
    /// A directory of people that vouched for its user (SAML, Identity Center).
    Directory,
    Google,
    Entra,
    /// The claims of a token, as it says them of itself.
    Token,
    /// Whoever wrote the record; nobody checked.
    Unchecked,
}

/// An identity with its credential. Equal ones are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Actor {
    pub platform: Platform,
    /// Cluster, account or project.
    pub realm: Text,
    /// In the spelling of the platform.
    pub principal: Text,
    pub credential: Option<Text>,
    /// Pod or machine.
    pub instance: Option<Text>,
    /// For whom it acted, as the record itself lists them, the first one first.
    pub before: Vec<Text>,
    /// Whom the session says that it was for from its beginning (AWS `sourceIdentity`).
    pub source_identity: Option<Text>,
    /// The agent that the record names, or the pod to which a token is bound.
    pub agent: Option<AgentKey>,
    pub passport: Option<Text>,
}

impl Actor {
    /// `None` when the record names no identity.
    pub fn of(event: &Event, params: &Params) -> Option<Self> {
        let platform = platform(event);
        let (before, source_identity) = match platform {
            Platform::Aws => (Vec::new(), event.on_behalf_of.clone()),
            // A list holds the first and the last as well, which stand in the event itself.
            Platform::Google => (params.list("delegation"), None),
            Platform::Token => {
                let mut chain = params.list("chain");
                chain.pop();
                (chain, None)
            }
            // An agent identity is made from a blueprint, which signs in for it.
            Platform::Entra => {
                let blueprint =
                    params.text("/parentAppId").or_else(|| params.text("/agentSubjectParentId"));
                (event.on_behalf_of.clone().into_iter().chain(blueprint).collect(), None)
            }
            _ => (Vec::new(), None),
        };
        let before = match before.is_empty() && platform != Platform::Aws {
            true => event.on_behalf_of.clone().into_iter().collect(),
            false => before,
        };
        Some(Self {
            platform,
            realm: event.account.clone().unwrap_or_default(),
            principal: event.principal.clone()?,
            credential: event.credential_id.clone(),
            instance: event.instance.clone(),
            before,
            source_identity,
            agent: event.agent.clone().or_else(|| bound_to(event, params)),
            passport: event.passport_id.clone(),
        })
    }

    /// Somebody of whom only the name is known.
    pub fn named(platform: Platform, realm: &Text, principal: Text) -> Self {
        Self {
            platform,
            realm: realm.clone(),
            principal,
            credential: None,
            instance: None,
            before: Vec::new(),
            source_identity: None,
            agent: None,
            passport: None,
        }
    }
}

/// The pod that a token names as its own (Kubernetes, "bound service account tokens").
fn bound_to(event: &Event, params: &Params) -> Option<AgentKey> {
    if platform(event) != Platform::Token {
        return None;
    }
    Some(AgentKey::new("", params.text("/namespace")?, event.instance.clone()?))
}

/// Who checked the identity in a record, by its format.
pub(super) fn platform(event: &Event) -> Platform {
    match (event.kind, event.source.raw()) {
        // Whichever log it is in, the API server has authenticated every identity in it.
        (EventKind::K8sApi, _) => Platform::Kubernetes,
        (_, "cloudtrail") => Platform::Aws,
        (_, "gcp-audit") => Platform::Google,
        (_, "azure-activity" | "entra-sign-in" | "entra-audit") => Platform::Entra,
        (_, "delegation-token") => Platform::Token,
        _ => Platform::Unchecked,
    }
}

/// Whether a token of a service account was asked for (Kubernetes, `TokenRequest`).
pub(super) fn is_token_request(event: &Event) -> bool {
    event.kind == EventKind::K8sApi
        && event.action.as_ref().is_some_and(|verb| verb.raw() == "create")
        && event.target_kind.as_ref().is_some_and(|kind| kind.raw() == "serviceaccounts/token")
}

/// The parameters of an event, which are JSON that somebody else wrote.
#[derive(Debug, Default)]
pub(super) struct Params(Value);

impl Params {
    /// Those of an event that may say more of identities than its columns do.
    pub fn of(event: &Event) -> Self {
        let says_more = match event.kind {
            EventKind::IdentityHop => true,
            EventKind::K8sApi => is_token_request(event),
            EventKind::CloudApi => event.on_behalf_of.is_some(),
            _ => false,
        };
        match (&event.params, says_more) {
            (Some(json), true) => Self(serde_json::from_str(json.raw()).unwrap_or_default()),
            _ => Self::default(),
        }
    }

    pub fn text(&self, pointer: &str) -> Option<Text> {
        let text = self.0.pointer(pointer)?.as_str()?;
        (!text.is_empty()).then(|| text.into())
    }

    pub fn list(&self, name: &str) -> Vec<Text> {
        let items = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).take(LONGEST).map(Text::from).collect()
    }
}
