//! Whether an act was authorised, as far as records say.

use rustc_hash::FxHashMap;

use super::Question;
use crate::domain::census::Acts;
use crate::domain::{AgentKey, Attachment, Capability, Exercise, Grant, Pattern, Permitted, Plane};
use crate::scope::catalog::is_release_of;
use crate::scope::{Configuration, Estate};

/// Knows the grants of every holder.
pub(super) struct Judge<'a> {
    estate: &'a Estate,
    grants: FxHashMap<&'a AgentKey, Vec<&'a Grant>>,
}

/// What configuration says of an act for which no decision was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Granted,
    Conditional,
    Undeclared,
    Improvised,
    Unknown,
}

impl<'a> Judge<'a> {
    pub fn new(question: &Question<'a>) -> Self {
        let mut grants: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for grant in question.grants {
            grants.entry(&grant.holder).or_default().push(grant);
        }
        Self { estate: question.estate, grants }
    }

    /// The grants of an agent and of its host.
    pub fn grants_of<'s>(
        &'s self,
        agent: &AgentKey,
    ) -> impl Iterator<Item = &'a Grant> + use<'a, 's> {
        let host = agent.inner.as_ref().map(|_| agent.host());
        let own = self.grants.get(agent);
        let hosts = host.and_then(|host| self.grants.get(&host));
        own.into_iter().chain(hosts).flatten().copied()
    }

    /// Whether the exercise counts as acts.
    pub fn is_act(exercise: &Exercise) -> bool {
        !exercise.aggregated
            && !matches!(exercise.capability.plane(), Plane::Catalog | Plane::Artifacts)
    }

    /// The acts of an exercise by what can be said of them.
    pub fn acts(&self, exercise: &Exercise) -> Acts {
        if !Self::is_act(exercise) {
            return Acts::default();
        }
        let mut acts =
            Acts { decided: exercise.decided, refused: exercise.refused, ..Acts::default() };
        let rest = (exercise.count + exercise.undecided).saturating_sub(exercise.decided);
        if rest > 0 {
            *match self.word(exercise) {
                Word::Granted => &mut acts.granted,
                Word::Conditional => &mut acts.conditional,
                Word::Undeclared => &mut acts.undeclared,
                Word::Improvised => &mut acts.improvised,
                Word::Unknown => &mut acts.unknown,
            } = rest;
        }
        acts
    }

    /// The word for its acts without a decision. For a shared identity the word that holds whichever
    /// of the candidates it was.
    pub fn word(&self, exercise: &Exercise) -> Word {
        let mut words = match exercise.candidates.as_slice() {
            [] => vec![self.word_for(&exercise.agent, &exercise.capability)],
            several => several.iter().map(|key| self.word_for(key, &exercise.capability)).collect(),
        };
        words.dedup();
        match words.as_slice() {
            [word] => *word,
            _ => Word::Unknown,
        }
    }

    fn word_for(&self, agent: &AgentKey, capability: &Capability) -> Word {
        let plane = capability.plane();
        let mut best = Permitted::No;
        let mut by_default_only = true;
        for grant in self.grants_of(agent).filter(|grant| grant.plane == plane) {
            let permitted = permits(grant, capability);
            let is_default =
                grant.route.hops.iter().any(|hop| hop.attachment == Attachment::DefaultAllow);
            by_default_only &= is_default || !permitted.is_possible();
            best = best.max(permitted);
        }
        let is_declared = self.is_registered(agent);
        match (best, self.estate.configuration(agent, plane)) {
            (Permitted::Yes | Permitted::Depends(_), _) if by_default_only || !is_declared => {
                Word::Undeclared
            }
            (Permitted::Yes, _) => Word::Granted,
            (Permitted::Depends(_), _) => Word::Conditional,
            (Permitted::No, Configuration::Complete) if !is_folded(capability) => Word::Improvised,
            (Permitted::No, _) => Word::Unknown,
        }
    }

    /// Whether a declaration or policy names the agent or its host.
    pub fn is_registered(&self, agent: &AgentKey) -> bool {
        self.estate.declaration(agent).is_some() || self.estate.posture_policy(agent).is_some()
    }
}

/// A declared model permits its own dated releases as well.
fn permits(grant: &Grant, capability: &Capability) -> Permitted {
    match (&grant.pattern, capability) {
        (Pattern::Model { name, digest: None }, Capability::Model { name: used, .. })
            if is_release_of(used.raw(), name.raw()) =>
        {
            grant.bounds.admit(capability)
        }
        _ => grant.permits(capability),
    }
}

/// Whether it stands for many of its like, of which there were too many to keep apart.
fn is_folded(capability: &Capability) -> bool {
    match capability {
        Capability::Kubernetes { verb, name, .. } => {
            name.is_none() && matches!(verb.raw(), "get" | "update" | "patch" | "delete")
        }
        Capability::NonResource { path, .. } | Capability::File { path, .. } => *path == "*",
        Capability::Cloud { resource, .. } => *resource == "*",
        Capability::Egress { host, .. } => *host == "*",
        _ => false,
    }
}
