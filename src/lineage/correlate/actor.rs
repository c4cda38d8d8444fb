//! Who was behind a record and on which instance, each as a number that is kept once.

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;

use super::keys::NONE;
use crate::domain::{AgentKey, Attribution, Event, EventKind, Text};

/// The agents and instances of a case.
pub(super) struct Actors<'a> {
    attribution: &'a dyn Attribution,
    numbers: FxHashMap<AgentKey, u32>,
    /// Host workloads by number.
    pub agents: Vec<AgentKey>,
    /// What records call agents, which repeats.
    named: FxHashMap<AgentKey, Actor>,
    principals: FxHashMap<(Text, Text, Option<Text>), Actor>,
    /// An instance is one of its agent, so that equal names elsewhere are other instances.
    instances: FxHashMap<(u32, Text), u32>,
}

/// The agent behind a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    /// The host workload, and the agent inside it.
    Known {
        host: u32,
        inner: u32,
    },
    /// Several agents share the identity, and the record does not tell which it was.
    Shared,
    Unknown,
}

impl<'a> Actors<'a> {
    pub fn new(attribution: &'a dyn Attribution) -> Self {
        Self {
            attribution,
            numbers: FxHashMap::default(),
            agents: Vec::new(),
            named: FxHashMap::default(),
            principals: FxHashMap::default(),
            instances: FxHashMap::default(),
        }
    }

    /// The agent that the record names, else the one that acts as its principal; under impersonation
    /// that is who was authenticated.
    pub fn of(&mut self, event: &Event, granted: Option<&Granted>) -> Actor {
        if let Some(agent) = &event.agent {
            return self.named(agent);
        }
        let (subject, pod) = match granted {
            Some(Granted { subject: Some(subject), pod, .. }) => (Some(subject), pod.as_ref()),
            _ if event.kind == EventKind::K8sApi && event.on_behalf_of.is_some() => {
                (event.on_behalf_of.as_ref(), event.instance.as_ref())
            }
            _ => (event.principal.as_ref(), event.instance.as_ref()),
        };
        let Some(subject) = subject else { return Actor::Unknown };
        let realm = event.account.clone().filter(|_| event.kind == EventKind::K8sApi);
        self.principal(realm.unwrap_or_default(), subject.clone(), pod.cloned())
    }

    /// The instance of this name of an agent.
    pub fn instance(&mut self, actor: Actor, name: &Text) -> u32 {
        let Actor::Known { host, .. } = actor else { return NONE };
        let next = u32::try_from(self.instances.len()).unwrap_or(NONE);
        *self.instances.entry((host, name.clone())).or_insert(next)
    }

    fn named(&mut self, agent: &AgentKey) -> Actor {
        if let Some(actor) = self.named.get(agent) {
            return *actor;
        }
        let canonical = self.attribution.canonical(agent);
        let actor = self.known(&canonical);
        self.named.insert(agent.clone(), actor);
        actor
    }

    fn principal(&mut self, realm: Text, principal: Text, pod: Option<Text>) -> Actor {
        let asked = (realm, principal, pod);
        if let Some(actor) = self.principals.get(&asked) {
            return *actor;
        }
        let (realm, principal, pod) = &asked;
        let mut agents = self.attribution.agents_of(realm, principal, pod.as_ref());
        agents.sort();
        agents.dedup();
        let actor = match agents.as_slice() {
            [] => Actor::Unknown,
            [only] => self.known(only),
            _ => Actor::Shared,
        };
        self.principals.insert(asked, actor);
        actor
    }

    fn known(&mut self, agent: &AgentKey) -> Actor {
        Actor::Known { host: self.number(agent.host()), inner: self.number(agent.clone()) }
    }

    pub fn number(&mut self, agent: AgentKey) -> u32 {
        if let Some(number) = self.numbers.get(&agent) {
            return *number;
        }
        let number = u32::try_from(self.agents.len()).unwrap_or(NONE);
        self.numbers.insert(agent.clone(), number);
        self.agents.push(agent);
        number
    }
}

/// What the parameters of a record say of a credential that it gave out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Granted {
    #[serde(rename = "issuedCredentialId")]
    pub credential: Option<Text>,
    /// To whom, as a Kubernetes user name.
    #[serde(rename = "webIdentitySubject")]
    pub subject: Option<Text>,
    /// EKS Pod Identity tells pod and service account as tags of the session.
    #[serde(rename = "sessionTags")]
    tags: Value,
    #[serde(skip)]
    pub pod: Option<Text>,
}

impl Granted {
    pub fn of(event: &Event) -> Option<Self> {
        const TOLD_BY: [&str; 3] = ["issuedCredentialId", "webIdentitySubject", "sessionTags"];
        let gives = matches!(event.kind, EventKind::IdentityHop | EventKind::K8sApi);
        let params = event.params.as_ref().filter(|_| gives)?.raw();
        if !TOLD_BY.iter().any(|name| params.contains(name)) {
            return None;
        }
        let mut granted: Self = serde_json::from_str(params).ok()?;
        let tag = |name: &str| granted.tags.get(name)?.as_str().filter(|tag| !tag.is_empty());
        granted.pod = tag("kubernetes-pod-name").map(Text::new);
        let of_pod = tag("kubernetes-namespace").zip(tag("kubernetes-service-account"));
        let of_pod = of_pod.map(|(namespace, account)| {
            format!("system:serviceaccount:{namespace}:{account}").into()
        });
        granted.subject = granted.subject.or(of_pod);
        Some(granted)
    }
}
