//! Effective scope with its routes: what an agent holds, who holds a capability, and what changed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use strum::IntoEnumIterator;

use super::posture::realms;
use super::{Error, ErrorKind, Workspace};
use crate::domain::configured::{PermissionRule, PermissionRules};
use crate::domain::{
    Agent, AgentKey, Capability, ConnectionAnswer, Disagreement, Explanation, Holding, LooseTrust,
    Place, Plane, Record, ScopeChange,
};
use crate::scope::authority::{Held, Reach};
use crate::scope::tools::permission::{self, Call};
use crate::scope::{self, Authority, Configuration, Estate, Instant, difference};
use crate::view::{CallDecision, ScopeRow, ScopeView};

/// How a question of scope is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScopeOptions {
    /// The instant; the latest state when there is none.
    pub as_of: Option<Timestamp>,
    /// Also what can be reached by an act: a pod to create, a secret to read.
    pub derived: bool,
}

impl ScopeOptions {
    fn reach(self) -> Reach {
        match self.derived {
            true => Reach::Derived,
            false => Reach::WithHost,
        }
    }
}

/// The configured side at one instant, ready for questions.
struct Scope {
    agents: Vec<Agent>,
    estate: Estate,
    authority: Authority,
}

impl Scope {
    /// The agents and their hosts.
    fn holders(&self) -> Vec<AgentKey> {
        scope::holders(&self.agents).into_iter().collect()
    }
}

impl Workspace {
    /// What an agent effectively holds, by plane, what its route gives together in one row.
    pub fn scope(&self, agent: &str, options: ScopeOptions) -> Result<ScopeView, Error> {
        let scope = self.scope_at(options.as_of)?;
        let agent = the_agent(scope.holders(), agent)?;
        let held = scope.authority.held_by(&agent, options.reach());
        let mut rows: Vec<ScopeRow> = held.into_iter().flat_map(rows_of).collect();
        rows.sort_by_cached_key(|row| {
            (row.plane, row.platform_default, !row.immediate, row.route().visible())
        });
        let configuration = |plane| (plane, scope.estate.configuration(&agent, plane));
        let planes: Vec<(Plane, Configuration)> = Plane::iter().map(configuration).collect();
        Ok(ScopeView {
            missing: scope.authority.missing(&agent, options.reach()),
            planes: planes.into_iter().map(|(plane, held)| (plane, held.to_string())).collect(),
            as_of: options.as_of,
            rows,
            agent,
        })
    }

    /// All routes of an agent to a capability.
    pub fn explain_scope(
        &self,
        agent: &str,
        capability: &Capability,
        options: ScopeOptions,
    ) -> Result<(AgentKey, Explanation), Error> {
        let scope = self.scope_at(options.as_of)?;
        let agent = the_agent(scope.holders(), agent)?;
        let explanation = scope.authority.explain(&agent, capability, options.reach());
        Ok((agent, explanation))
    }

    /// Every principal that holds a capability, agents first.
    pub fn who_can(
        &self,
        capability: &Capability,
        options: ScopeOptions,
    ) -> Result<Vec<Holding>, Error> {
        Ok(self.scope_at(options.as_of)?.authority.who_can(capability, options.reach()))
    }

    /// What network policies make of one connection, each end a workload, an address or a name.
    pub fn connection(
        &self,
        from: &str,
        to: &str,
        (port, protocol): (u16, &str),
    ) -> Result<ConnectionAnswer, Error> {
        let found = scope::network::connection(&self.latest()?, from, to, protocol, port);
        found.ok_or_else(|| {
            Error::usage("no loaded cluster has this connection")
                .with_hint("Spell workloads NAMESPACE/NAME; at least one end has to be a workload.")
        })
    }

    /// Where the mesh and the network policies disagree about what an agent may call.
    pub fn disagreements(&self, agent: &str) -> Result<Vec<Disagreement>, Error> {
        let agent = self.agent_called(agent)?;
        Ok(scope::mesh::disagreements(&self.latest()?, &agent))
    }

    /// Trust policies and their like that let in more than one would think.
    pub fn loose_trust(&self) -> Result<Vec<LooseTrust>, Error> {
        Ok(scope::loose_trust(&self.latest()?))
    }

    /// What the permission rules of an agent's client say of a call.
    pub fn decide_call(&self, agent: &str, call: Call<'_>) -> Result<CallDecision, Error> {
        let estate = self.latest()?;
        let agents = self.agents()?.into_iter().map(|row| row.agent.key);
        let clients: BTreeSet<AgentKey> = agents.chain(permission::clients(&estate)).collect();
        let agent = the_agent(clients.into_iter().collect(), agent)?;
        let settings = permission::settings_of(&estate, &agent);
        if settings.is_empty() {
            return Err(Error::data(format!(
                "no permission rules of {} are loaded",
                agent.visible()
            ))
            .with_hint("Load the settings files of its client."));
        }
        let rules: Vec<&PermissionRules> = settings.iter().map(|(rules, _)| *rules).collect();
        let decision = permission::decide(&rules, call);
        let written = |rule: &PermissionRule| match &rule.pattern {
            Some(pattern) => {
                format!("{} {}({})", rule.effect, rule.tool.visible(), pattern.visible())
            }
            None => format!("{} {}", rule.effect, rule.tool.visible()),
        };
        let place = decision
            .by
            .and_then(|(by, _)| settings.iter().find(|(rules, _)| std::ptr::eq(*rules, by)));
        Ok(CallDecision {
            effect: decision.effect.map(|effect| effect.to_string()),
            rule: decision.by.map(|(_, rule)| written(rule)),
            place: place.map(|(_, record)| record.place.clone()),
            agent,
        })
    }

    /// What changed in the effective scope of all agents, or of one.
    pub fn scope_difference(
        &self,
        from: Timestamp,
        to: Timestamp,
        agent: Option<&str>,
    ) -> Result<Vec<ScopeChange>, Error> {
        let scopes = [self.scope_at(Some(from))?, self.scope_at(Some(to))?];
        let only = agent.map(|agent| the_agent(scopes[1].holders(), agent)).transpose()?;
        let grants = scopes.each_ref().map(|scope| {
            let mut grants = scope::resolve(&scope.estate, &scope.agents);
            grants.retain(|grant| only.as_ref().is_none_or(|only| grant.holder == *only));
            grants
        });
        let instant = |scope, grants| Instant { estate: scope, grants };
        let [before, after] = &scopes;
        let [held_before, held_after] = &grants;
        Ok(difference(instant(&before.estate, held_before), instant(&after.estate, held_after)))
    }

    /// The times at which anything of the configured side was read, oldest first.
    pub fn scope_instants(&self) -> Result<Vec<Timestamp>, Error> {
        Ok(scope::instants(&self.case().records()?))
    }

    /// The configured record that was read at a place and speaks of an object of this name; any that
    /// was read there when none does.
    pub fn record_at(&self, place: &Place, name: &str) -> Result<Option<Record>, Error> {
        let mut records = self.case().records()?;
        records.retain(|record| record.place == *place);
        let named = records.iter().position(|record| record.body.identity().name == *name);
        Ok(records.into_iter().nth(named.unwrap_or_default()))
    }

    /// The agent whose key is this, or the only one whose key contains it.
    pub(super) fn agent_called(&self, named: &str) -> Result<AgentKey, Error> {
        the_agent(self.agents()?.into_iter().map(|row| row.agent.key).collect(), named)
    }

    fn scope_at(&self, as_of: Option<Timestamp>) -> Result<Scope, Error> {
        let agents: Vec<Agent> = self.agents()?.into_iter().map(|row| row.agent).collect();
        let estate = match as_of {
            None => self.latest()?,
            Some(instant) => {
                let case = self.case();
                let realms = realms(&case.coverage()?);
                Estate::as_of(&case.records()?, &case.snapshots()?, &realms, instant)
            }
        };
        let authority = Authority::of(&estate, &agents);
        Ok(Scope { agents, estate, authority })
    }
}

/// One row for all that is given alike over one route.
fn rows_of(held: Held) -> Vec<ScopeRow> {
    let mut rows: Vec<ScopeRow> = Vec::new();
    for grant in held.grants {
        let pattern = grant.pattern.visible();
        let alike = |row: &&mut ScopeRow| {
            row.plane == grant.plane
                && row.bounds == grant.bounds
                && row.enforced == grant.enforced
                && row.platform_default == grant.platform_default
        };
        match rows.iter_mut().find(alike) {
            Some(row) => row.patterns.push(pattern),
            None => rows.push(ScopeRow {
                plane: grant.plane,
                immediate: grant.route.is_immediate() && !held.derived,
                derived: held.derived,
                patterns: vec![pattern],
                steps: held.steps.clone(),
                bounds: grant.bounds,
                enforced: grant.enforced,
                platform_default: grant.platform_default,
                since: grant.since,
                granted_by: grant.granted_by,
                policy: grant.policy,
            }),
        }
    }
    rows
}

/// The one agent whose key is this, or contains it.
fn the_agent(agents: Vec<AgentKey>, named: &str) -> Result<AgentKey, Error> {
    let exact = agents.iter().find(|key| key.visible() == named || key.stored() == named);
    if let Some(key) = exact {
        return Ok(key.clone());
    }
    // An agent that only a trace names is known by the workload it runs in.
    if let Some(host) = AgentKey::from_stored(named).map(|key| key.host())
        && agents.contains(&host)
    {
        return Ok(host);
    }
    let found: Vec<&AgentKey> = agents.iter().filter(|key| key.visible().contains(named)).collect();
    let wrong =
        |message: String, hint: String| Err(Error::new(ErrorKind::Usage, message).with_hint(hint));
    let shown = crate::domain::text::visible(named);
    match found.as_slice() {
        [key] => Ok((*key).clone()),
        [] => wrong(
            format!("no agent is called {shown}"),
            "`diptych agents` lists them; a part of the key is enough.".to_owned(),
        ),
        several => {
            let keys: Vec<String> = several.iter().take(8).map(|key| key.visible()).collect();
            wrong(
                format!("{} agents are called {shown}", several.len()),
                format!("Say more of the key: {}.", keys.join(", ")),
            )
        }
    }
}
