//! What holds of all chains.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::build;
use super::records::*;
use crate::domain::{Event, HopState, IdentityChain, Principal};
use crate::lineage::chain::ChainFocus;
use crate::scope::testing::{estate, workload};

/// Hops between six roles and the outside with few keys, so that they meet, branch and go round.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let act = (0..4_u8, 0..4_u8, 0..5_u8, 0..5_u8, any::<bool>());
    proptest::collection::vec(act, 1..12).prop_map(|acts| {
        let event = |(number, (from, to, used, issued, is_use)): (u32, (u8, u8, u8, u8, bool))| {
            let role = |number: u8| format!("role-{number}");
            let by = match from {
                0 => user("alice"),
                1 => web_identity("system:serviceaccount:agents:billing"),
                _ => session(&role(from), "s", &format!("ASIA-{used}")),
            };
            let how = if from == 1 { "sts:AssumeRoleWithWebIdentity" } else { "sts:AssumeRole" };
            match is_use {
                true => call(number, &role(to), &format!("ASIA-{used}")),
                false => assume(number, how, &by, &role(to), &format!("ASIA-{issued}"), json!({})),
            }
        };
        (0_u32..).zip(acts).map(event).collect()
    })
}

fn chains(events: &[Event]) -> Vec<IdentityChain> {
    let estate = estate([workload("Deployment", "agents", "billing")]);
    build(events, &estate, ChainFocus::All)
}

/// Names of principals as the records have them.
fn named(events: &[Event]) -> BTreeSet<String> {
    let names = events.iter().flat_map(|event| [&event.principal, &event.params]);
    names.flatten().map(|name| name.raw().to_owned()).collect()
}

fn is_named(principal: &Principal, names: &BTreeSet<String>) -> bool {
    let name = match principal {
        Principal::Human { name } | Principal::User { name } | Principal::Trigger { name } => {
            name.raw()
        }
        Principal::CloudRole { arn } => arn.raw(),
        Principal::ServiceAccount { name, .. } => name.raw(),
        _ => return false,
    };
    names.iter().any(|known| known.contains(name))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn chains_do_not_depend_on_the_order(
        (events, shuffled) in events().prop_flat_map(|events| {
            (Just(events.clone()), Just(events).prop_shuffle())
        })
    ) {
        prop_assert_eq!(chains(&events), chains(&shuffled));
    }

    #[test]
    fn every_event_is_on_a_chain_that_names_nobody_else(events in events()) {
        let chains = chains(&events);
        prop_assert_eq!(chains.iter().map(|chain| chain.events).sum::<u64>(), events.len() as u64);
        let names = named(&events);
        for chain in &chains {
            let weakest = chain.weakest().map(|link| link.hop.strength());
            prop_assert_eq!(weakest, chain.links.iter().map(|link| link.hop.strength()).min());
            for link in &chain.links {
                let is_open = matches!(
                    link.hop,
                    HopState::Inferred { .. } | HopState::Broken { .. } | HopState::Ambiguous { .. }
                );
                prop_assert!(is_open || is_named(&link.principal, &names), "{:?}", link);
            }
        }
    }
}
