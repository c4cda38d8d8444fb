//! Asking a set of permissions, symbolically, where it permits a request.
//!
//! The answer is exact as the authorizer's, and nothing is expanded over a catalog of namespaces or
//! names.

use std::collections::BTreeSet;

use crate::domain::matcher::{Dialect, KubernetesResource, KubernetesWord};
use crate::domain::{Pattern, Text};

/// A request that must be permitted. Any of the verbs will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub verbs: &'static [&'static str],
    pub group: &'static str,
    /// With its subresource.
    pub resource: &'static str,
    pub names: Names,
    /// The resource has no namespace: what a RoleBinding gives does not count.
    pub cluster: bool,
}

/// Which objects a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// None, as in a create: a rule with `resourceNames` never permits it.
    Unnamed,
    /// Some object; a rule with `resourceNames` permits it on those.
    Any,
    /// One of these, literally.
    OneOf(&'static [&'static str]),
}

/// Where a need is met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// `None`: in every namespace and cluster-wide.
    pub namespace: Option<Text>,
    /// `None`: on every object.
    pub name: Option<Text>,
}

impl Need {
    /// A request on some object in a namespace.
    pub const fn on(
        verbs: &'static [&'static str],
        group: &'static str,
        resource: &'static str,
    ) -> Self {
        Self { verbs, group, resource, names: Names::Any, cluster: false }
    }

    /// A create of an object whose name the request does not tell.
    pub const fn create(group: &'static str, resource: &'static str) -> Self {
        Self { names: Names::Unnamed, ..Self::on(&["create"], group, resource) }
    }

    pub const fn one_of(self, names: &'static [&'static str]) -> Self {
        Self { names: Names::OneOf(names), ..self }
    }

    pub const fn cluster_wide(self) -> Self {
        Self { cluster: true, ..self }
    }

    /// Where this pattern permits the request; `None` when nowhere. As [`Pattern::permits`] of the
    /// single requests, without making them.
    pub fn met_by(&self, pattern: &Pattern) -> Option<Scope> {
        let Pattern::Kubernetes { verb, group, resource, namespace, name } = pattern else {
            return None;
        };
        let is_verb = |asked: &&str| KubernetesWord::matches(verb.raw(), asked);
        let permits = self.verbs.iter().any(is_verb)
            && KubernetesWord::matches(group.raw(), self.group)
            && KubernetesResource::matches(resource.raw(), self.resource)
            && !(self.cluster && namespace.is_some());
        let on = match (self.names, name) {
            (Names::Any, name) => name.clone(),
            (_, None) => None,
            (Names::OneOf(names), Some(only)) if names.contains(&only.raw()) => None,
            (Names::Unnamed | Names::OneOf(_), Some(_)) => return None,
        };
        permits.then(|| Scope { namespace: namespace.clone(), name: on })
    }
}

/// Where any of the needs is met by any of the patterns.
pub fn met<'a>(needs: &[Need], patterns: impl IntoIterator<Item = &'a Pattern>) -> BTreeSet<Scope> {
    let one = |pattern| needs.iter().filter_map(move |need| need.met_by(pattern));
    patterns.into_iter().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::rule;
    use super::super::rules::patterns;
    use super::*;
    use crate::domain::Capability;

    const EXEC: Need = Need::on(&["create", "get"], "", "pods/exec");
    const CREATE: Need = Need::create("", "pods");
    const NODES: Need = Need::on(&["update"], "", "nodes").cluster_wide();
    const SIGNERS: Need =
        Need::on(&["approve"], "certificates", "signers").one_of(&["a/*", "a/b"]).cluster_wide();

    /// The scopes as `namespace/name`, `*` for every.
    #[track_caller]
    fn check(need: Need, text: &str, namespace: Option<&str>, expected: &[&str]) {
        let patterns = patterns(&rule(text), namespace.map(Text::from).as_ref());
        let show = |part: &Option<Text>| part.as_ref().map_or("*", Text::raw).to_owned();
        let scopes = met(&[need], &patterns);
        let shown: Vec<String> = scopes
            .iter()
            .map(|scope| format!("{}/{}", show(&scope.namespace), show(&scope.name)))
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn needs_are_met_where_the_authorizer_permits_the_request() {
        check(EXEC, "create pods/exec", None, &["*/*"]);
        check(EXEC, "create,get pods/exec a,b", Some("n"), &["n/a", "n/b"]);
        check(EXEC, "* */exec", Some("n"), &["n/*"]);
        check(EXEC, "* *", Some("n"), &["n/*"]);
        check(EXEC, "create pods", None, &[]);
        check(EXEC, "create pods/*", None, &[]);
        check(EXEC, "create pods/exec.apps", None, &[]);
        check(EXEC, "create /pods/exec", None, &[]);
        check(CREATE, "create pods", Some("n"), &["n/*"]);
        check(CREATE, "create pods a", Some("n"), &[]);
        check(NODES, "update nodes", None, &["*/*"]);
        check(NODES, "update nodes a", None, &["*/a"]);
        check(NODES, "update nodes", Some("n"), &[]);
        check(SIGNERS, "approve signers.certificates", None, &["*/*"]);
        check(SIGNERS, "approve signers.certificates a/*", None, &["*/*"]);
        check(SIGNERS, "approve signers.certificates *", None, &[]);
        check(SIGNERS, "approve signers.certificates b/*", None, &[]);
    }

    proptest! {
        /// A scope is met exactly when a request inside it is permitted.
        #[test]
        fn scopes_agree_with_single_requests(
            verb in "create|get|list|\\*", resource in "pods|pods/exec|\\*/exec|\\*",
            held_in in proptest::option::of("n|m"), held_name in proptest::option::of("a|b"),
            asked_in in "n|m", asked_name in "a|b",
        ) {
            let pattern = Pattern::Kubernetes {
                verb: verb.as_str().into(),
                group: "".into(),
                resource: resource.as_str().into(),
                namespace: held_in.as_deref().map(Text::from),
                name: held_name.as_deref().map(Text::from),
            };
            let request = |verb: &str| Capability::Kubernetes {
                verb: verb.into(),
                group: "".into(),
                resource: "pods/exec".into(),
                namespace: Some(asked_in.as_str().into()),
                name: Some(asked_name.as_str().into()),
            };
            let permitted = EXEC.verbs.iter().any(|verb| pattern.permits(&request(verb)));
            let within = met(&[EXEC], [&pattern]).iter().any(|scope| {
                scope.namespace.as_ref().is_none_or(|namespace| *namespace == asked_in.as_str())
                    && scope.name.as_ref().is_none_or(|name| *name == asked_name.as_str())
            });
            prop_assert_eq!(permitted, within);
        }
    }
}
