//! Which resources lie below which: a policy applies to its resource and to everything below it (IAM,
//! "Using resource hierarchy for access control").

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::configured::cloud::gcp::AllowPolicy;
use crate::domain::{Clause, Globs, Layer, ObjectRef, Pattern, Text};
use crate::scope::cloud::everything;

/// Resources whose own names do not say in which project they lie.
const NAMELESS: [&str; 3] = ["", "projects/_/*", "projects/-/*"];

/// Projects, folders and organizations with what is known to lie below them.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    /// The same project by id and by number.
    aliases: BTreeMap<Text, BTreeSet<Text>>,
    below: BTreeMap<Text, BTreeSet<Text>>,
    /// Everything of which it is known where it lies.
    placed: BTreeSet<Text>,
}

impl Hierarchy {
    pub fn new<'a>(policies: impl IntoIterator<Item = &'a AllowPolicy>) -> Self {
        let mut hierarchy = Self::default();
        for policy in policies {
            let name = relative(policy.resource.raw());
            // The nearest ancestor of a project is the project itself, by its number.
            if let (true, Some(nearest)) = (is_project(&name), policy.ancestors.first())
                && is_project(nearest)
                && *nearest != name
            {
                hierarchy.aliases.entry(name.clone()).or_default().insert(nearest.clone());
                hierarchy.aliases.entry(nearest.clone()).or_default().insert(name.clone());
            }
            for ancestor in &policy.ancestors {
                let below = hierarchy.below.entry(ancestor.clone()).or_default();
                // The project of a bucket lies in the folder whether its own policy is loaded or not.
                let nearer = policy.ancestors.iter().take_while(|nearer| *nearer != ancestor);
                below.extend(nearer.cloned().chain([name.clone()]));
            }
            if !policy.ancestors.is_empty() {
                hierarchy.placed.insert(name);
                hierarchy
                    .placed
                    .extend(policy.ancestors.iter().filter(|it| is_project(it)).cloned());
            }
        }
        hierarchy
    }

    /// All names of a project, folder, organization or other resource, the given one first.
    pub fn names(&self, resource: &Text) -> Vec<Text> {
        let others = self.aliases.get(resource).into_iter().flatten().cloned();
        [resource.clone()].into_iter().chain(others).collect()
    }

    /// Whether a project is known to lie in, or to be, a project, folder or organization.
    pub fn holds(&self, container: &Text, project: &Text) -> bool {
        let projects = self.names(project);
        let holds = |name: &Text| {
            projects.contains(name)
                || self
                    .below
                    .get(name)
                    .is_some_and(|below| projects.iter().any(|it| below.contains(it)))
        };
        self.names(container).iter().any(holds)
    }

    /// What narrows a policy of `resource` to what lies there.
    pub fn layers(&self, resource: &Text, by: &ObjectRef) -> Vec<Layer> {
        let names = self.names(resource);
        let below: BTreeSet<Text> = names
            .iter()
            .flat_map(|name| self.below.get(name).into_iter().flatten())
            .flat_map(|below| self.names(below))
            .chain(names.iter().cloned())
            .collect();
        let inside = Globs::only(below.iter().flat_map(subtree));
        let certain = Clause { pattern: on(inside), depends_on: Vec::new() };
        let may_hold = match (resource.is_empty(), level(resource)) {
            // The source does not name the resource, so that its policy may apply anywhere.
            (true, _) => everything(),
            (_, Level::Container) => self.not_elsewhere(&below, |_| true),
            (_, Level::Project) => Globs {
                any_of: NAMELESS.iter().map(|name| Text::from(*name)).collect(),
                ..self.not_elsewhere(&below, |name| name.raw().starts_with("projects/_/"))
            },
            (_, Level::Resource) => Globs::only([]),
        };
        let depends_on = vec![match resource.is_empty() {
            true => "to which resource the policy belongs".into(),
            false => format!("the resource lies in {}", resource.visible()).into(),
        }];
        let possible = Clause { pattern: on(may_hold), depends_on };
        vec![Layer { by: by.clone(), place: None, clauses: vec![certain, possible] }]
    }

    /// Everything but what is known to lie elsewhere and is not ruled out by its own name.
    fn not_elsewhere(&self, inside: &BTreeSet<Text>, counts: impl Fn(&Text) -> bool) -> Globs {
        let elsewhere = self.placed.iter().filter(|name| !inside.contains(*name) && counts(name));
        Globs::all_except(elsewhere.flat_map(subtree))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// An organization or folder.
    Container,
    Project,
    Resource,
}

pub(super) fn level(resource: &Text) -> Level {
    match resource.raw().split_once('/') {
        Some(("organizations" | "folders", rest)) if !rest.contains('/') => Level::Container,
        _ if is_project(resource) => Level::Project,
        _ => Level::Resource,
    }
}

fn is_project(name: &Text) -> bool {
    name.raw().strip_prefix("projects/").is_some_and(|rest| !rest.contains('/'))
}

/// A resource and everything below it, by relative and by full names.
fn subtree(name: &Text) -> [Text; 4] {
    let name = name.raw();
    [
        name.into(),
        format!("{name}/*").into(),
        format!("//*.googleapis.com/{name}").into(),
        format!("//*.googleapis.com/{name}/*").into(),
    ]
}

fn on(resources: Globs) -> Pattern {
    Pattern::Cloud { actions: everything(), resources }
}

/// The name by which audit logs and conditions speak of the resource (API design guide, "Resource
/// names"): without the service. Full names of buckets are shorter than their relative ones.
pub(super) fn relative(full: &str) -> Text {
    let Some((service, name)) = full.strip_prefix("//").and_then(|rest| rest.split_once('/'))
    else {
        return full.into();
    };
    match service {
        "storage.googleapis.com" if !name.starts_with("projects/") => {
            format!("projects/_/buckets/{name}").into()
        }
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bounds, Capability, Permitted};

    fn policy(resource: &str, ancestors: &[&str]) -> AllowPolicy {
        AllowPolicy {
            resource: resource.into(),
            ancestors: ancestors.iter().map(|name| Text::from(*name)).collect(),
            ..AllowPolicy::default()
        }
    }

    #[test]
    fn relative_names() {
        for (full, expected) in [
            ("//storage.googleapis.com/corpus", "projects/_/buckets/corpus"),
            ("//cloudresourcemanager.googleapis.com/projects/shop", "projects/shop"),
            ("//secretmanager.googleapis.com/projects/1/secrets/db", "projects/1/secrets/db"),
            ("projects/shop", "projects/shop"),
            ("", ""),
        ] {
            assert_eq!(relative(full), *expected, "{full}");
        }
    }

    #[test]
    fn policies_apply_to_what_lies_below() {
        let above_shop = &["projects/12", "folders/3", "organizations/1"];
        let policies = [
            policy("//cloudresourcemanager.googleapis.com/projects/shop", above_shop),
            policy("//storage.googleapis.com/corpus", above_shop),
            policy("//storage.googleapis.com/ledger", &["projects/77", "organizations/1"]),
        ];
        let hierarchy = Hierarchy::new(&policies);
        let by = ObjectRef::new("AllowPolicy", "", "p");
        for (policy, resource, expected) in [
            ("projects/shop", "projects/shop", "yes"),
            ("projects/shop", "projects/shop/secrets/db", "yes"),
            ("projects/shop", "projects/12/secrets/db", "yes"),
            ("projects/12", "projects/shop/secrets/db", "yes"),
            ("projects/shop", "//secretmanager.googleapis.com/projects/shop/secrets/db", "yes"),
            ("projects/shop", "projects/shop-2/secrets/db", "no"),
            ("projects/shop", "projects/_/buckets/corpus/objects/a", "yes"),
            ("projects/shop", "projects/_/buckets/ledger", "no"),
            ("projects/shop", "projects/_/buckets/unknown", "depends"),
            ("projects/shop", "", "depends"),
            ("projects/shop", "organizations/1", "no"),
            ("folders/3", "projects/shop/topics/t", "yes"),
            ("folders/3", "projects/12/topics/t", "yes"),
            ("folders/3", "projects/77/topics/t", "no"),
            ("folders/3", "projects/new/topics/t", "depends"),
            ("organizations/1", "folders/3", "yes"),
            ("organizations/1", "projects/_/buckets/ledger", "yes"),
            ("projects/_/buckets/corpus", "projects/_/buckets/corpus/objects/a", "yes"),
            ("projects/_/buckets/corpus", "projects/_/buckets/corpus-2", "no"),
            ("projects/_/buckets/corpus", "projects/shop", "no"),
            ("", "projects/shop", "depends"),
        ] {
            let bounds =
                Bounds { within: hierarchy.layers(&policy.into(), &by), ..Bounds::default() };
            let used = Capability::Cloud { action: "x.y.z".into(), resource: resource.into() };
            let found = match bounds.admit(&used) {
                Permitted::Yes => "yes",
                Permitted::No => "no",
                Permitted::Depends(_) => "depends",
            };
            assert_eq!(found, expected, "{policy:?} {resource:?}");
        }
    }
}
