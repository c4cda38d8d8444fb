//! Both panels, indexed by agent: what every step of the decision path looks things up in.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Input;
use crate::domain::{
    Agent, AgentKey, Convergence, Coverage, Discipline, Exercise, GapType, Grant, GrantState,
    Pattern, Plane, Principal, Sufficiency,
};
use crate::profile::{self, Cadence};
use crate::scope::Estate;

/// The two panels, indexed.
pub struct Sides<'a> {
    pub input: &'a Input<'a>,
    grants: FxHashMap<&'a AgentKey, Vec<&'a Grant>>,
    exercises: FxHashMap<&'a AgentKey, Vec<&'a Exercise>>,
    /// Host workload → the agents inside it.
    inner: FxHashMap<AgentKey, Vec<&'a AgentKey>>,
    agents: FxHashMap<&'a AgentKey, &'a Agent>,
    convergence: RefCell<FxHashMap<(AgentKey, Discipline, GapType), Convergence>>,
}

impl<'a> Sides<'a> {
    pub fn new(input: &'a Input<'a>) -> Self {
        let mut grants: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for grant in input.grants {
            grants.entry(&grant.holder).or_default().push(grant);
        }
        let mut exercises: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for exercise in &input.observation.exercises {
            exercises.entry(&exercise.agent).or_default().push(exercise);
            for candidate in &exercise.candidates {
                exercises.entry(candidate).or_default().push(exercise);
            }
        }
        let keys: FxHashSet<&AgentKey> = input
            .agents
            .iter()
            .map(|agent| &agent.key)
            .chain(input.observation.agents.keys())
            .collect();
        let mut inner: FxHashMap<AgentKey, Vec<&AgentKey>> = FxHashMap::default();
        for key in keys {
            if key.inner.is_some() {
                inner.entry(key.host()).or_default().push(key);
            }
        }
        let agents = input.agents.iter().map(|agent| (&agent.key, agent)).collect();
        Self { input, grants, exercises, inner, agents, convergence: RefCell::default() }
    }

    /// Whether findings are made about this key: it is an agent, or the host of one, or an identity
    /// that agents share.
    pub fn is_of_interest(&self, key: &AgentKey) -> bool {
        self.agents.contains_key(key)
            || self.inner.contains_key(key)
            || self.agents.contains_key(&key.host())
    }

    /// The holders of grants, in a stable order.
    pub fn holders(&self) -> Vec<&'a AgentKey> {
        let mut holders: Vec<_> = self.grants.keys().copied().collect();
        holders.sort_unstable();
        holders
    }

    /// Grants held by this key itself.
    pub fn own_grants(&self, holder: &AgentKey) -> &[&'a Grant] {
        self.grants.get(holder).map_or(&[], Vec::as_slice)
    }

    /// Grants that an exercise of this agent may rest on: its own and its host's.
    pub fn grants_behind<'s>(
        &'s self,
        exercise: &'a Exercise,
    ) -> impl Iterator<Item = &'a Grant> + use<'a, 's> {
        let acting = exercise.candidates.first().unwrap_or(&exercise.agent);
        let host = acting.inner.as_ref().map(|_| acting.host());
        let own = self.own_grants(acting).iter().copied();
        let hosts: Vec<&'a Grant> =
            host.map(|host| self.own_grants(&host).to_vec()).unwrap_or_default();
        own.chain(hosts)
    }

    /// Exercises that use grants of this holder: its own, and those of the agents inside it.
    pub fn exercises_under(&self, holder: &AgentKey) -> Vec<&'a Exercise> {
        let own = self.exercises.get(holder).into_iter().flatten().copied();
        let inner = self
            .inner
            .get(holder)
            .into_iter()
            .flatten()
            .filter_map(|key| self.exercises.get(*key))
            .flatten()
            .copied();
        own.chain(inner).collect()
    }

    /// The state of one grant: used, seen unused, or out of every source's sight.
    pub fn state(&self, grant: &Grant, exercises: &[&Exercise]) -> (GrantState, u64) {
        let uses: u64 = exercises
            .iter()
            .filter(|exercise| grant.permits(&exercise.capability).is_possible())
            .map(|exercise| exercise.count)
            .sum();
        let state = match uses {
            0 if self.would_be_seen(grant) => GrantState::ObservedUnused,
            0 => GrantState::Unobservable,
            _ => GrantState::Exercised,
        };
        (state, uses)
    }

    /// Whether a use of this grant would have been recorded: where the audit policy of the cluster is
    /// loaded, as it says; else as far as the acts in the log show.
    fn would_be_seen(&self, grant: &Grant) -> bool {
        let holder = &grant.holder;
        let policy = match grant.plane {
            Plane::Kubernetes => self.input.estate.audit_policy(&holder.realm),
            _ => None,
        };
        let account = self.agents.get(holder).and_then(|agent| {
            agent.principals.iter().find_map(|principal| match principal {
                Principal::ServiceAccount { namespace, name, .. } => Some((namespace, name)),
                _ => None,
            })
        });
        match (policy, account) {
            (Some(policy), Some((namespace, name))) => {
                self.covered(holder, grant.plane, None)
                    && policy.records_every(&grant.pattern, namespace.raw(), name.raw())
            }
            _ => self.covered(holder, grant.plane, act(&grant.pattern)),
        }
    }

    /// Whether any source would have seen `act` of this agent on this plane.
    pub fn covered(&self, agent: &AgentKey, plane: Plane, act: Option<&str>) -> bool {
        self.coverage_of(agent, plane)
            .any(|coverage| !coverage.partial && act.is_none_or(|act| coverage.records(act)))
    }

    /// The coverage statements about this agent and plane.
    pub fn coverage_of<'s>(
        &'s self,
        agent: &'s AgentKey,
        plane: Plane,
    ) -> impl Iterator<Item = &'a Coverage> + use<'a, 's> {
        self.input
            .coverage
            .iter()
            .filter(move |coverage| coverage.plane == plane && coverage.is_about(agent))
    }

    /// What the appraisal says already: whether a statement about anomalies is possible.
    fn appraised(
        &self,
        agent: &AgentKey,
        discipline: Discipline,
        gap: GapType,
    ) -> Option<&Convergence> {
        let appraisal = self.input.appraisals.get(agent).filter(|_| gap == GapType::Anomaly)?;
        Some(&appraisal.normality.get(&discipline)?.progress.convergence)
    }

    /// Convergence of an agent; for a host workload the best among itself and the agents inside it,
    /// since their activity is what is observed of it.
    pub fn convergence(
        &self,
        agent: &AgentKey,
        discipline: Discipline,
        gap: GapType,
    ) -> Convergence {
        let key = (agent.clone(), discipline, gap);
        if let Some(known) = self.convergence.borrow().get(&key) {
            return known.clone();
        }
        let family =
            std::iter::once(agent).chain(self.inner.get(agent).into_iter().flatten().copied());
        let best = family
            .map(|member| {
                let appraised = self.appraised(member, discipline, gap);
                appraised.cloned().unwrap_or_else(|| {
                    profile::convergence(
                        self.input.observation,
                        member,
                        discipline,
                        gap,
                        declared_cadence(self.input.estate, member),
                        &self.input.settings,
                    )
                })
            })
            .max_by_key(|convergence| {
                let rank = match convergence.sufficiency {
                    Sufficiency::Converged => 3,
                    Sufficiency::Contaminated { .. } => 2,
                    Sufficiency::NotConverged { .. } => 1,
                    Sufficiency::Empty => 0,
                };
                (rank, convergence.runs)
            });
        let best = best.unwrap_or_else(|| Convergence {
            agent: agent.clone(),
            discipline,
            gap,
            sufficiency: Sufficiency::Empty,
            from: None,
            until: None,
            days: 0,
            runs: 0,
            unseen: 1.0,
            why: "nothing was observed".to_owned(),
        });
        self.convergence.borrow_mut().insert(key, best.clone());
        best
    }
}

/// The rhythm of its work that an agent's declaration states.
pub fn declared_cadence(estate: &Estate, agent: &AgentKey) -> Option<Cadence> {
    let (declaration, _) = estate.declaration(agent)?;
    declaration.cadence.as_ref()?.raw().parse().ok()
}

/// The act that a source has to record for a use of this pattern to be seen; `None` when any will do.
fn act(pattern: &Pattern) -> Option<&str> {
    match pattern {
        Pattern::Kubernetes { verb, .. } | Pattern::NonResource { verb, .. } if *verb != "*" => {
            Some(verb.raw())
        }
        _ => None,
    }
}
