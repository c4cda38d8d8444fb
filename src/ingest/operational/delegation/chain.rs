//! The chain of delegation in the claims of a token.
//!
//! In `act` (RFC 8693 §4.1) the outermost actor is the current one and the nested ones came before
//! it, so that `sub: alice, act: researcher, act.act: planner` reads alice → planner → researcher.
//! `delegation_chain` (draft-liu-oauth-chain-delegation) lists its records in order.

use serde_json::Value;

/// Actors beyond these are not read; an honest token has a handful.
const LONGEST: usize = 32;

/// How drafts call the party to which a record of a chain delegates.
const DELEGATEE: &[&str] = &["delegatee_id", "delegatee", "sub", "actor", "agent_id", "id"];
const DELEGATOR: &[&str] = &["delegator_id", "delegator"];

/// The actors in the nesting of `act`, the first before the current one.
pub fn actors(act: &Value) -> Vec<String> {
    let nested = std::iter::successors(Some(act), |actor| actor.get("act"));
    let named = nested.take(LONGEST).take_while(|actor| actor.is_object() || actor.is_string());
    let mut actors: Vec<String> = named.map(|actor| party(actor).to_owned()).collect();
    actors.reverse();
    actors
}

/// The parties that the records of a delegation chain name, in their order, each once.
pub fn recorded(records: &Value) -> Vec<String> {
    let mut parties: Vec<String> = Vec::new();
    for record in records.as_array().into_iter().flatten().take(LONGEST) {
        for names in [DELEGATOR, DELEGATEE] {
            let name = names.iter().find_map(|name| record.get(*name)?.as_str());
            let is_new = |name: &&str| !parties.iter().any(|party| party == name);
            if let Some(name) = name.filter(is_new) {
                parties.push(name.to_owned());
            }
        }
    }
    parties
}

/// How an actor is called: its subject, else its client; an actor without a name keeps its place.
fn party(actor: &Value) -> &str {
    let name = |key: &str| actor.get(key)?.as_str();
    actor.as_str().or(name("sub")).or(name("client_id")).or(name("iss")).unwrap_or("not named")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_current_actor_is_the_last() {
        let act = json!({"sub": "researcher", "act": {"client_id": "planner", "act": {"x": 1}}});
        assert_eq!(actors(&act), ["not named", "planner", "researcher"]);
        assert_eq!(actors(&json!("desk")), ["desk"]);
        assert_eq!(actors(&json!(null)), [""; 0]);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = (0..100).fold(json!({"sub": "a"}), |act, _| json!({"sub": "b", "act": act}));
        assert_eq!(actors(&deep).len(), LONGEST);
    }

    #[test]
    fn records_name_each_party_once() {
        let records = json!([
            {"delegator": "alice", "delegatee": "planner"},
            {"delegator_id": "planner", "delegatee_id": "writer"},
            7,
        ]);
        assert_eq!(recorded(&records), ["alice", "planner", "writer"]);
        assert_eq!(recorded(&json!({})), [""; 0]);
    }
}
