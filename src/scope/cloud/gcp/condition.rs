//! Conditions of role bindings: the part of the Common Expression Language that speaks of the resource
//! alone, or of the time (IAM, "Attribute reference for IAM Conditions"), as layers that narrow a grant.
//!
//! A condition is brought into the form *all of (any of …)*, which is what layers and their clauses
//! mean. Whatever speaks of the request otherwise, of its time where no instant is asked for, or is not
//! understood stays in words.

use jiff::Timestamp;

use super::expression::{Comparison, Expression, Relation, comparison, parse};
use super::time::holds_at;
use crate::domain::{Clause, Globs, Layer, ObjectRef, Pattern, Place, Text};
use crate::scope::cloud::everything;

/// A condition that takes more clauses than this is kept whole, in words.
const CLAUSES: usize = 64;

/// What `resource.type` says, by the names that resources of the type have, and those of their parts.
const TYPES: &[(&str, &str, &[&str])] = &[
    ("cloudresourcemanager.googleapis.com/Project", "projects/*", &["projects/*/*"]),
    ("storage.googleapis.com/Bucket", "projects/_/buckets/*", &["projects/_/buckets/*/*"]),
    ("storage.googleapis.com/Object", "projects/_/buckets/*/objects/*", &[]),
    ("secretmanager.googleapis.com/Secret", "projects/*/secrets/*", &["projects/*/secrets/*/*"]),
    ("secretmanager.googleapis.com/SecretVersion", "projects/*/secrets/*/versions/*", &[]),
    (
        "cloudkms.googleapis.com/KeyRing",
        "projects/*/locations/*/keyRings/*",
        &["projects/*/locations/*/keyRings/*/*"],
    ),
    (
        "cloudkms.googleapis.com/CryptoKey",
        "projects/*/locations/*/keyRings/*/cryptoKeys/*",
        &["projects/*/locations/*/keyRings/*/cryptoKeys/*/*"],
    ),
    (
        "compute.googleapis.com/Instance",
        "projects/*/zones/*/instances/*",
        &["projects/*/zones/*/instances/*/*"],
    ),
    ("compute.googleapis.com/Disk", "projects/*/zones/*/disks/*", &[]),
    ("bigquery.googleapis.com/Dataset", "projects/*/datasets/*", &["projects/*/datasets/*/*"]),
    ("bigquery.googleapis.com/Table", "projects/*/datasets/*/tables/*", &[]),
];

/// What `resource.service` says, by the first word of the permissions of the service.
const SERVICES: &[(&str, &str)] = &[
    ("bigquery.googleapis.com", "bigquery.*"),
    ("cloudkms.googleapis.com", "cloudkms.*"),
    ("cloudresourcemanager.googleapis.com", "resourcemanager.*"),
    ("compute.googleapis.com", "compute.*"),
    ("container.googleapis.com", "container.*"),
    ("logging.googleapis.com", "logging.*"),
    ("secretmanager.googleapis.com", "secretmanager.*"),
    ("sqladmin.googleapis.com", "cloudsql.*"),
    ("storage.googleapis.com", "storage.*"),
];

/// The layers of a condition that stands in the binding `by`, for requests at an instant, or at any
/// time.
pub(super) fn layers(
    condition: &Text,
    by: &ObjectRef,
    place: &Place,
    instant: Option<Timestamp>,
) -> Vec<Layer> {
    let normal =
        parse(condition.raw()).and_then(|expression| all_of_any(&expression, false, instant));
    let all = normal.unwrap_or_else(|| vec![vec![in_words(condition.clone())]]);
    let layer = |clauses| Layer { by: by.clone(), place: Some(place.clone()), clauses };
    all.into_iter().map(layer).collect()
}

type Clauses = Vec<Clause>;

/// Conjunctive normal form of the expression or of its negation; `None` when it grows too large.
fn all_of_any(
    expression: &Expression<'_>,
    negated: bool,
    instant: Option<Timestamp>,
) -> Option<Vec<Clauses>> {
    match (expression, negated) {
        (Expression::Atom(atom), _) => {
            match instant.and_then(|instant| holds_at(instant, atom)) {
                None => Some(vec![vec![clause(atom, negated)]]),
                // All of nothing holds; any of nothing does not.
                Some(holds) if holds != negated => Some(Vec::new()),
                Some(_) => Some(vec![Vec::new()]),
            }
        }
        (Expression::Not(inner), _) => all_of_any(inner, !negated, instant),
        (Expression::All(parts), false) | (Expression::Any(parts), true) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(all_of_any(part, negated, instant)?);
            }
            (all.len() <= CLAUSES).then_some(all)
        }
        (Expression::Any(parts), false) | (Expression::All(parts), true) => {
            let mut product: Vec<Clauses> = vec![Vec::new()];
            for part in parts {
                let part = all_of_any(part, negated, instant)?;
                if product.len() * part.len() > CLAUSES {
                    return None;
                }
                let with = |begun: &Clauses| {
                    let begun = begun.clone();
                    part.iter().map(move |more| begun.iter().chain(more).cloned().collect())
                };
                product = product.iter().flat_map(with).collect::<Vec<Clauses>>();
            }
            Some(product)
        }
    }
}

/// What one comparison permits, or its negation.
fn clause(atom: &str, negated: bool) -> Clause {
    let understood = comparison(atom).and_then(|comparison| pattern(&comparison, negated));
    let depends = || match negated {
        true => in_words(format!("not: {atom}").into()),
        false => in_words(atom.into()),
    };
    understood.map_or_else(depends, |pattern| Clause { pattern, depends_on: Vec::new() })
}

fn in_words(condition: Text) -> Clause {
    Clause { pattern: on(everything()), depends_on: vec![condition] }
}

/// `None` for what does not speak of the resource, or not in terms of patterns.
fn pattern(comparison: &Comparison<'_>, negated: bool) -> Option<Pattern> {
    let &Comparison { attribute, relation, literal } = comparison;
    // A literal with characters that are wildcards in patterns cannot be said in one.
    if literal.contains(['*', '?']) {
        return None;
    }
    let negated = negated != (relation == Relation::Differs);
    let name = match (attribute, relation) {
        ("resource.name", Relation::Equals | Relation::Differs) => literal.to_owned(),
        ("resource.name", Relation::StartsWith) => format!("{literal}*"),
        ("resource.name", Relation::EndsWith) => format!("*{literal}"),
        ("resource.type", Relation::Equals | Relation::Differs) => {
            let (_, name, parts) = TYPES.iter().find(|(kind, ..)| *kind == literal)?;
            return of_type(name, parts, negated);
        }
        ("resource.service", Relation::Equals | Relation::Differs) => {
            let (_, actions) = SERVICES.iter().find(|(service, _)| *service == literal)?;
            let actions = only_or_except(Text::from(*actions), negated);
            return Some(Pattern::Cloud { actions, resources: everything() });
        }
        _ => return None,
    };
    Some(on(only_or_except(name.into(), negated)))
}

fn only_or_except(glob: Text, negated: bool) -> Globs {
    match negated {
        true => Globs::all_except([glob]),
        false => Globs::only([glob]),
    }
}

/// Another type is told by its name only where the type has no parts that share it.
fn of_type(name: &str, parts: &[&str], negated: bool) -> Option<Pattern> {
    let texts = |globs: &[&str]| globs.iter().map(|glob| Text::from(*glob)).collect::<Vec<_>>();
    match negated {
        false => Some(on(Globs { any_of: texts(&[name]), none_of: texts(parts) })),
        true if parts.is_empty() => Some(on(Globs::all_except(texts(&[name])))),
        true => None,
    }
}

fn on(resources: Globs) -> Pattern {
    Pattern::Cloud { actions: everything(), resources }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::expression::Expression;
    use super::*;
    use crate::domain::{Bounds, Capability, Permitted};
    use crate::scope::testing::place;

    fn admitted(condition: &str, resource: &str) -> Permitted {
        let by = ObjectRef::new("binding", "", "b");
        let within = layers(&condition.into(), &by, &place("policy.json"), None);
        let used = Capability::Cloud { action: "x.y.z".into(), resource: resource.into() };
        Bounds { within, ..Bounds::default() }.admit(&used)
    }

    /// Expressions over the first letters of a name, and what they say of a name.
    fn expressions() -> impl Strategy<Value = String> {
        let atom = "[ab]{0,2}".prop_map(|prefix| format!("resource.name.startsWith('{prefix}')"));
        atom.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                inner.prop_map(|it| format!("!({it})")),
            ]
        })
    }

    fn says(expression: &Expression<'_>, name: &str) -> bool {
        match expression {
            Expression::All(parts) => parts.iter().all(|part| says(part, name)),
            Expression::Any(parts) => parts.iter().any(|part| says(part, name)),
            Expression::Not(inner) => !says(inner, name),
            Expression::Atom(atom) => {
                comparison(atom).is_some_and(|it| name.starts_with(it.literal))
            }
        }
    }

    proptest! {
        #[test]
        fn layers_say_what_the_expression_says(text in expressions(), name in "[ab]{0,3}") {
            let parsed = parse(&text).expect("an expression");
            match admitted(&text, &name) {
                Permitted::Yes => prop_assert!(says(&parsed, &name), "{}", text),
                Permitted::No => prop_assert!(!says(&parsed, &name), "{}", text),
                // Only what grew too large is left in words.
                Permitted::Depends(on) => prop_assert_eq!(on, vec![Text::from(text.as_str())]),
            }
        }
    }

    #[test]
    fn what_grows_too_large_stays_in_words() {
        let pair = |n: usize| format!("(resource.name == 'a{n}' && resource.name == 'b{n}')");
        let text = (0..8).map(pair).collect::<Vec<_>>().join(" || ");
        assert_eq!(admitted(&text, "a1"), Permitted::Depends(vec![text.as_str().into()]));
    }
}
