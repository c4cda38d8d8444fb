//! Whether a line of a `Condition` block holds (IAM User Guide, "IAM JSON policy elements: Condition
//! operators" and "Set operators for multivalued context keys").

use super::context::{Context, Known};
use super::glob::{Resolved, Template};
use super::operator::{Operator, Quantifier, Test};
use super::truth::Truth;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::Condition;

/// Whether the condition holds in `context`. `has_variables`: the version of its policy has them.
pub fn holds(condition: &Condition, context: &Context, has_variables: bool) -> Truth {
    let Some(operator) = Operator::parse(condition.operator.raw()) else {
        return Truth::depends(format!("condition operator {}", condition.operator.raw()));
    };
    let known = context.get(condition.key.raw());
    if operator.test == Test::Null {
        return is_absent(condition, known);
    }
    let actual = match known {
        Known::Unknown => return Truth::depends(condition.key.clone()),
        Known::Absent if operator.if_exists => return Truth::Yes,
        Known::Absent => &[],
        Known::Values(values) => values,
    };
    let templates: Vec<Template> = condition
        .values
        .iter()
        .map(|value| Template::parse(value.raw(), has_variables && operator.test.has_variables()))
        .collect();
    let expected: Vec<Resolved> =
        templates.iter().map(|template| template.resolve(context)).collect();
    let satisfies = |actual: &Text| satisfies(actual.raw(), &expected, operator);
    match operator.quantifier {
        // An empty set has no value that fails, and none that passes.
        Some(Quantifier::ForAllValues) => Truth::all(filled(actual).map(satisfies)),
        Some(Quantifier::ForAnyValue) => Truth::any(filled(actual).map(satisfies)),
        None => match actual {
            [] => Truth::from(operator.negated),
            [only] => satisfies(only),
            _ => Truth::depends(format!(
                "{} for several values of {}",
                condition.operator.raw(),
                condition.key.raw()
            )),
        },
    }
}

/// Set operators take an empty text for an empty set.
fn filled(values: &[Text]) -> impl Iterator<Item = &Text> {
    values.iter().filter(|value| !value.is_empty())
}

/// The `Null` operator: `true` asks for the key to be absent, `false` for it to be there.
fn is_absent(condition: &Condition, known: Known<'_>) -> Truth {
    let absent = match known {
        Known::Absent => Truth::Yes,
        Known::Values(_) => Truth::No,
        Known::Unknown => Truth::depends(condition.key.clone()),
    };
    Truth::any(condition.values.iter().map(|value| match value.raw() {
        "true" => absent.clone(),
        "false" => !absent.clone(),
        _ => Truth::No,
    }))
}

/// Whether one value of the request satisfies the operator against all values of the policy.
fn satisfies(actual: &str, expected: &[Resolved], operator: Operator) -> Truth {
    let matched = Truth::any(expected.iter().map(|resolved| match resolved {
        Resolved::Tokens(tokens) => operator.test.passes(actual, tokens).into(),
        unresolved => unresolved.fits(|widest| operator.test.could_pass(actual, widest)),
    }));
    match operator.negated {
        true => Truth::all(expected.iter().map(Resolved::is_valid)).and(!matched),
        false => matched,
    }
}
