//! Scopes: the resource at which an assignment holds, and everything below (Azure RBAC, "Understand
//! scope").

use crate::domain::{Clause, Globs, Layer, ObjectRef, Pattern, Place, Text};
use crate::scope::cloud::everything;

const MANAGEMENT_GROUPS: &str = "/providers/microsoft.management/managementgroups/";

/// The root or a management group, from which subscriptions inherit.
pub(super) fn is_above_subscriptions(scope: &Text) -> bool {
    scope.raw() == "/" || management_group(scope.raw()).is_some()
}

/// The name of the management group that a scope is.
fn management_group(scope: &str) -> Option<&str> {
    let (start, name) = scope.split_at_checked(MANAGEMENT_GROUPS.len())?;
    let is_one = start.eq_ignore_ascii_case(MANAGEMENT_GROUPS) && !name.contains('/');
    is_one.then_some(name)
}

/// What narrows an assignment to its scope. Which subscriptions a management group holds is in no
/// record; a capability that names no resource may be in any scope.
pub(super) fn layer(scope: &Text, by: &ObjectRef, place: &Place) -> Layer {
    let below = format!("{}/*", scope.raw().trim_end_matches('/'));
    let mut clauses = vec![clause(&[scope.raw(), &below], None)];
    clauses.push(clause(&[""], Some(format!("the resource lies in {}", scope.visible()))));
    if let Some(group) = management_group(scope.raw()) {
        let holds =
            format!("the subscription lies in management group {}", Text::from(group).visible());
        clauses.push(clause(&["/subscriptions/*", &format!("{MANAGEMENT_GROUPS}*")], Some(holds)));
    }
    Layer { by: by.clone(), place: Some(place.clone()), clauses }
}

fn clause(resources: &[&str], depends_on: Option<String>) -> Clause {
    let resources = Globs::only(resources.iter().map(|glob| Text::from(*glob)));
    Clause {
        pattern: Pattern::Cloud { actions: everything(), resources },
        depends_on: depends_on.into_iter().map(Text::from).collect(),
    }
}
