//! Common Expression Language, as far as authorization rules use it, over attributes of which some
//! are not known.
//!
//! Evaluation is partial: what an unknown attribute cannot change is decided, the rest stays open in
//! the words of the rule. Rules come from evidence, so their length and nesting are bounded. What is
//! not evaluated (a function of the gateway's own, a comprehension) is open as well.
//!
//! Source: the language definition (google/cel-spec, `doc/langdef.md`).

mod evaluate;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub use evaluate::Known;

use evaluate::{Outcome, evaluate};

use crate::domain::Text;
use crate::scope::answer::Answer;

/// Whether a rule matches. An expression that cannot be evaluated, for want of an attribute or for
/// its types, does not match.
pub fn matches(rule: &str, known: &Known) -> Answer {
    let Ok(expression) = parser::parse(rule) else {
        return Answer::on(format!("{} (a rule that is not understood)", rule.trim()));
    };
    match evaluate(&expression, known) {
        Outcome::Value(value) => (value == true).into(),
        Outcome::Error => Answer::No,
        Outcome::Open(conditions) => Answer::Depends(conditions),
    }
}

/// The names with which a rule compares an attribute, when it does nothing else with it.
pub fn compared_with(rule: &str, attribute: &str) -> Option<Vec<Text>> {
    let expression = parser::parse(rule).ok()?;
    let mut names = Vec::new();
    expression.compares(attribute, &mut names).then_some(names)
}
