//! Whether a rule of an AuthorizationPolicy matches a call.
//!
//! What a proxy does not see makes an allowing rule never match and a denying one match as if it
//! were not asked: either way less is let through than was written.
//!
//! Source: Istio, reference of AuthorizationPolicy (DENY on TCP traffic); Authorization for TCP
//! Traffic; Use Layer 4 security policy (ztunnel).

use super::attribute::{self, Attribute, View};
use super::call::Call;
use super::settings::Settings;
use crate::domain::Text;
use crate::domain::configured::{MeshAction, MeshCondition, MeshRule};
use crate::scope::answer::Answer;

/// One call as one proxy sees it.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub call: &'a Call,
    pub view: View,
    pub settings: &'a Settings,
    /// The namespace of the policy.
    pub namespace: &'a Text,
}

impl Question<'_> {
    /// Whether a rule matches: any source, any operation, all conditions.
    pub fn rule(&self, rule: &MeshRule, action: MeshAction) -> Answer {
        if action == MeshAction::Allow && conditions(rule).any(|one| self.is_unseen(one)) {
            return Answer::No;
        }
        self.caller(rule).and(self.any_group(&rule.to))
    }

    /// Whether its sources and conditions match, whatever is asked for.
    pub fn caller(&self, rule: &MeshRule) -> Answer {
        self.any_group(&rule.from).and(Answer::all(rule.when.iter().map(|one| self.condition(one))))
    }

    fn any_group(&self, groups: &[Vec<MeshCondition>]) -> Answer {
        match groups.is_empty() {
            true => Answer::Yes,
            false => Answer::any(groups.iter().map(|group| self.group(group))),
        }
    }

    /// Whether all conditions of a source or an operation match.
    pub fn group(&self, group: &[MeshCondition]) -> Answer {
        Answer::all(group.iter().map(|one| self.condition(one)))
    }

    fn condition(&self, condition: &MeshCondition) -> Answer {
        if condition.limits_nothing() || self.is_unseen(condition) {
            return Answer::Yes;
        }
        let named = condition.attribute.raw();
        let Some(attribute) = attribute::find(named) else {
            return Answer::on(format!(
                "{}, which is no known attribute",
                spelled(condition, named)
            ));
        };
        let full_name = attribute.full_name(named);
        let open = || Answer::on(spelled(condition, full_name.raw()));
        match self.call.values(&full_name) {
            Some(values) => self.holds(condition, attribute, values).into(),
            None if condition.none_of.is_empty() => {
                let any = attribute.never_empty && condition.any_of.iter().any(|any| *any == "*");
                if any { Answer::Yes } else { open() }
            }
            None => open(),
        }
    }

    fn holds(&self, condition: &MeshCondition, attribute: &Attribute, values: &[Text]) -> bool {
        let lists = |patterns: &[Text]| {
            values.iter().any(|value| {
                let matches = |pattern: &Text| {
                    attribute.matches(pattern, value, self.settings, self.namespace)
                };
                patterns.iter().any(matches)
            })
        };
        (condition.any_of.is_empty() || lists(&condition.any_of)) && !lists(&condition.none_of)
    }

    fn is_unseen(&self, condition: &MeshCondition) -> bool {
        !condition.limits_nothing()
            && attribute::find(condition.attribute.raw())
                .is_some_and(|attribute| !attribute.is_seen(self.view))
    }
}

pub(super) fn conditions(rule: &MeshRule) -> impl Iterator<Item = &MeshCondition> {
    rule.from.iter().chain(&rule.to).flatten().chain(&rule.when)
}

/// `request.method is GET or POST and not PUT`.
fn spelled(condition: &MeshCondition, full_name: &str) -> String {
    let list = |values: &[Text]| values.iter().map(Text::raw).collect::<Vec<_>>().join(" or ");
    let (any, none) = (list(&condition.any_of), list(&condition.none_of));
    match (any.is_empty(), none.is_empty()) {
        (false, true) => format!("{full_name} is {any}"),
        (true, _) => format!("{full_name} is not {none}"),
        (false, false) => format!("{full_name} is {any} and not {none}"),
    }
}
