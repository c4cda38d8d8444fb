//! Whether a statement of a policy applies to a request.

use super::condition;
use super::context::Context;
use super::glob::{self, Resolved, Template};
use super::truth::Truth;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{Listed, Statement};
use crate::domain::matcher::{Dialect, GlobIgnoringCase};

/// The version since which policies have variables.
const WITH_VARIABLES: &str = "2012-10-17";

/// Whether policies of this version have variables. Without a version they have none.
pub fn has_variables(version: Option<&Text>) -> bool {
    version.is_some_and(|version| *version == WITH_VARIABLES)
}

/// Whether action, resource and conditions of the statement fit; its principals are judged apart.
pub fn applies(
    statement: &Statement,
    has_variables: bool,
    action: &str,
    resource: &str,
    context: &Context,
) -> Truth {
    if !action_is_listed(action, &statement.actions) {
        return Truth::No;
    }
    let resources = statement.resources.as_ref();
    let about = resources
        .map_or(Truth::Yes, |listed| resource_is_listed(resource, listed, has_variables, context));
    let conditions = statement
        .conditions
        .iter()
        .map(|condition| condition::holds(condition, context, has_variables));
    std::iter::once(about).chain(conditions).fold(Truth::Yes, Truth::and)
}

/// Whether `Action` or `NotAction` includes an action. Actions have no case.
pub fn action_is_listed(action: &str, listed: &Listed<Text>) -> bool {
    let includes = |patterns: &[Text]| {
        patterns.iter().any(|pattern| GlobIgnoringCase::matches(pattern.raw(), action))
    };
    match listed {
        Listed::Only(patterns) => includes(patterns),
        Listed::AllExcept(patterns) => !includes(patterns),
    }
}

/// Whether `Resource` or `NotResource` includes a resource.
fn resource_is_listed(
    resource: &str,
    listed: &Listed<Text>,
    has_variables: bool,
    context: &Context,
) -> Truth {
    let resolve = |pattern: &Text| Template::parse(pattern.raw(), has_variables).resolve(context);
    let fits =
        |resolved: &Resolved| resolved.fits(|tokens| glob::matches_resource(tokens, resource));
    match listed {
        Listed::Only(patterns) => {
            Truth::any(patterns.iter().map(|pattern| fits(&resolve(pattern))))
        }
        Listed::AllExcept(patterns) => {
            let resolved: Vec<Resolved> = patterns.iter().map(resolve).collect();
            let is_valid = Truth::all(resolved.iter().map(Resolved::is_valid));
            is_valid.and(!Truth::any(resolved.iter().map(fits)))
        }
    }
}
