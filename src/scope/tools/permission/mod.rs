//! What the permission rules of an agent client say of one call: it runs, it asks, or it never runs.
//!
//! | file | subject |
//! |---|---|
//! | `clients.rs` | how each client weighs its rules, and what it does without one |
//! | `rule.rs` | whether one rule is about a call |
//! | `shell.rs` | the commands in a line of shell |

mod clients;
#[cfg(test)]
mod real_data;
mod rule;
mod shell;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use clients::mode_effects;
pub use rule::{About, about};

use self::clients::{Client, Kind, Order};
use self::rule::Applies;
use crate::domain::configured::{Configured, Effect, PermissionRule, PermissionRules};
use crate::domain::{AgentKey, Attribution, Record, Text};
use crate::scope::Estate;

/// A use of a tool, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// The MCP server; absent for a tool of the client's own.
    pub server: Option<&'a str>,
    /// In the client's spelling.
    pub tool: &'a str,
    /// What its rules are about: the command, the path (`./` in the project, `~/` at home, `/`
    /// elsewhere), the address, the name of a sub-agent.
    pub input: Option<&'a str>,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision<'a> {
    /// Absent when the files do not decide it: a pattern that is not read here (a regular
    /// expression), an input that is not known, a classifier that judges at run time.
    pub effect: Option<Effect>,
    /// The settings and the rule that decide; absent when no rule is about the call.
    pub by: Option<(&'a PermissionRules, &'a PermissionRule)>,
}

/// The settings of an agent's client, with the records that they stand in.
pub fn settings_of<'a>(
    estate: &'a Estate,
    agent: &AgentKey,
) -> Vec<(&'a PermissionRules, &'a Record)> {
    let (host, profile) = (agent.host(), &agent.inner);
    let settings = estate.records().filter_map(|record| match &record.body {
        Configured::PermissionRules(rules) => Some((rules, record)),
        _ => None,
    });
    let of_agent = settings.filter(|(rules, record)| {
        let client = AgentKey::new(record.realm.clone(), "", rules.client.clone());
        let is_in_use = rules.profile.is_none() || rules.profile == *profile;
        is_in_use && estate.canonical(&client) == host
    });
    of_agent.collect()
}

/// The clients of which settings are loaded.
pub fn clients(estate: &Estate) -> BTreeSet<AgentKey> {
    let clients = estate.records().filter_map(|record| match &record.body {
        Configured::PermissionRules(rules) => {
            let client = AgentKey::new(record.realm.clone(), "", rules.client.clone());
            Some(AgentKey { inner: rules.profile.clone(), ..estate.canonical(&client) })
        }
        _ => None,
    });
    clients.collect()
}

/// What the settings of one client, over all its layers, say of a call. The settings of profiles are
/// those of the one profile that is in use.
pub fn decide<'a>(settings: &[&'a PermissionRules], call: Call<'_>) -> Decision<'a> {
    let Some(client) = settings.first().map(|first| Client::of(first.client.raw())) else {
        return Decision { effect: None, by: None };
    };
    let mut layers: Vec<&PermissionRules> = settings.to_vec();
    layers.sort_by_key(|layer| (rank(layer), layer.profile.is_some()));
    let kind = client.kind(&call);
    let Some(line) = call.input.filter(|_| kind == Kind::Command && client.splits_commands) else {
        return one(client, &layers, call);
    };
    let Some(commands) = shell::commands(line) else {
        // What cannot be taken apart runs by no rule for some commands; a denial still stops it.
        let whole = one(client, &layers, call);
        let by_pattern = whole.by.is_some_and(|(_, rule)| {
            rule.effect == Effect::Allow && rule.pattern.as_ref().is_some_and(|of| *of != "*")
        });
        return if by_pattern { Decision { effect: Some(Effect::Ask), by: None } } else { whole };
    };
    let decided = commands.iter().map(|command| {
        let call = Call { input: Some(command), ..call };
        one(client, &layers, call)
    });
    // One command that is refused stops the line; one that nothing decides leaves it open.
    let worst = decided.max_by_key(|decision| match decision.effect {
        Some(Effect::Allow) => 0,
        None => 1,
        Some(Effect::Ask) => 2,
        Some(Effect::Deny) => 3,
    });
    worst.unwrap_or(Decision { effect: Some(Effect::Ask), by: None })
}

/// The precedence of a layer, weakest first. A path that does not name its layer is a project's or a
/// person's; the project's goes before.
fn rank(settings: &PermissionRules) -> u8 {
    match settings.layer.as_ref().map(Text::raw) {
        Some("user") => 0,
        None | Some("project") => 1,
        Some("local") => 2,
        _ => 3,
    }
}

fn one<'a>(client: &Client, layers: &[&'a PermissionRules], call: Call<'_>) -> Decision<'a> {
    let rules = layers.iter().flat_map(|layer| layer.rules.iter().map(|rule| (*layer, rule)));
    let applying: Vec<Found<'a>> = rules
        .map(|(layer, rule)| (rule::applies(client, layer, rule, &call), layer, rule))
        .filter(|(applies, ..)| *applies != Applies::No)
        .collect();
    let found: Option<&Found<'a>> = match client.order {
        Order::Offered => match offered(&applying) {
            // What is offered does what the mode says.
            Some((_, layer, rule)) if rule.effect == Effect::Ask => {
                let effect = client.without_rule(layers, &call);
                return Decision { effect, by: Some((layer, rule)) };
            }
            found => found,
        },
        Order::LastMatch => applying.last(),
        Order::Strictest => strictest(applying.iter()),
        // A tool's own default stands behind all of its patterns.
        Order::PatternsFirst => {
            let has_pattern = |(_, _, rule): &&Found<'a>| rule.pattern.is_some();
            let patterns = strictest(applying.iter().filter(has_pattern));
            patterns.or_else(|| strictest(applying.iter()))
        }
    };
    match found {
        Some((Applies::Open, layer, rule)) => Decision { effect: None, by: Some((layer, rule)) },
        Some((_, layer, rule)) if client.replaces(layers, rule, &call) => {
            Decision { effect: Some(Effect::Allow), by: Some((layer, rule)) }
        }
        Some((_, layer, rule)) => Decision { effect: Some(rule.effect), by: Some((layer, rule)) },
        None => Decision { effect: client.without_rule(layers, &call), by: None },
    }
}

/// Named denials first, then what is approved, then what is offered, then the denial of the rest.
fn offered<'f, 'a>(found: &'f [Found<'a>]) -> Option<&'f Found<'a>> {
    found.iter().min_by_key(|(applies, _, rule)| {
        let place = match (rule.effect, rule.tool == "*") {
            (Effect::Deny, false) => 0,
            (Effect::Allow, _) => 1,
            (Effect::Ask, _) => 2,
            (Effect::Deny, true) => 3,
        };
        (place, *applies)
    })
}

type Found<'a> = (Applies, &'a PermissionRules, &'a PermissionRule);

/// Denials go first, then what asks, then what allows; one that certainly applies before one that
/// may. A rule that may apply decides only if nothing as strict certainly does.
fn strictest<'f, 'a: 'f>(found: impl Iterator<Item = &'f Found<'a>>) -> Option<&'f Found<'a>> {
    found.min_by_key(|(applies, _, rule)| (std::cmp::Reverse(rule.effect), *applies))
}
