//! Statements as clauses: patterns of actions and resources, and what it depends on whether they
//! apply to one principal. What the principal decides is decided; wildcards stay as they are written.

use super::condition;
use super::context::Context;
use super::glob::{self, Resolved, Template, Token};
use super::statement;
use super::truth::Truth;
use crate::domain::configured::cloud::aws::{
    Condition, Listed, PolicyDocument, Statement, StatementEffect,
};
use crate::domain::{Clause, Globs, Pattern, Text};

/// The clauses of a document's statements of one effect, for whom `context` knows.
pub fn clauses(
    document: &PolicyDocument,
    effect: StatementEffect,
    context: &Context,
) -> Vec<Clause> {
    let has_variables = statement::has_variables(document.version.as_ref());
    let statements = document.statements.iter().filter(|statement| statement.effect == effect);
    statements.flat_map(|statement| of_statement(statement, has_variables, context)).collect()
}

/// Everything, on some conditions.
pub fn everything(depends_on: Vec<Text>) -> Clause {
    let all = || Globs::only(["*".into()]);
    Clause { pattern: Pattern::Cloud { actions: all(), resources: all() }, depends_on }
}

fn of_statement(statement: &Statement, has_variables: bool, context: &Context) -> Vec<Clause> {
    let mut depends_on = Vec::new();
    for condition in &statement.conditions {
        match condition::holds(condition, context, has_variables) {
            Truth::Yes => {}
            Truth::No => return Vec::new(),
            Truth::Depends(_) => depends_on.push(in_words(condition)),
        }
    }
    let actions = match &statement.actions {
        Listed::Only(actions) => Globs::only(actions.iter().cloned()),
        Listed::AllExcept(actions) => Globs::all_except(actions.iter().cloned()),
    };
    let resources = match &statement.resources {
        None => vec![(Globs::only(["*".into()]), Vec::new())],
        Some(listed) => resources(listed, has_variables, context),
    };
    resources
        .into_iter()
        .map(|(resources, also)| Clause {
            pattern: Pattern::Cloud { actions: actions.clone(), resources },
            depends_on: depends_on.iter().cloned().chain(also).collect(),
        })
        .collect()
}

/// `aws:SourceIp IpAddress 203.0.113.0/24`: key, operator, and values as they were written.
pub fn in_words(condition: &Condition) -> Text {
    let values: Vec<&str> = condition.values.iter().map(Text::raw).collect();
    format!("{} {} {}", condition.key.raw(), condition.operator.raw(), values.join(" or ")).into()
}

/// The patterns of a `Resource` or `NotResource` element that surely hold, and those that depend on
/// the values of variables.
fn resources(
    listed: &Listed<Text>,
    has_variables: bool,
    context: &Context,
) -> Vec<(Globs, Vec<Text>)> {
    let (Listed::Only(patterns) | Listed::AllExcept(patterns)) = listed;
    let (mut sure, mut unsure, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_valid = true;
    for pattern in patterns {
        match Template::parse(pattern.raw(), has_variables).resolve(context) {
            Resolved::Absent => is_valid = false,
            Resolved::Tokens(tokens) => match glob(&tokens) {
                Ok(glob) => sure.push(glob),
                Err(glob) => {
                    unsure.push(glob);
                    keys.push(pattern.clone());
                }
            },
            Resolved::Unknown { keys: unknown, widest } => {
                unsure.push(glob(&widest).unwrap_or_else(|glob| glob));
                keys.extend(unknown);
            }
        }
    }
    match listed {
        Listed::Only(_) => [(sure, Vec::new()), (unsure, keys)]
            .into_iter()
            .filter(|(patterns, _)| !patterns.is_empty())
            .map(|(patterns, keys)| (Globs::only(patterns), keys))
            .collect(),
        // A variable that cannot be resolved makes the whole statement invalid.
        Listed::AllExcept(_) if !is_valid => Vec::new(),
        Listed::AllExcept(_) => vec![(Globs::all_except(sure), keys)],
    }
}

/// The tokens as a glob. Globs have no way to write a star that is none: `Err` holds the next wider
/// one.
fn glob(tokens: &[Token]) -> Result<Text, Text> {
    let complete = glob::completed(tokens);
    let is_literal = |token: &Token| matches!(token, Token::Literal('*' | '?'));
    let written: String = complete
        .iter()
        .map(|token| if is_literal(token) { '?' } else { token.written() })
        .collect();
    match complete.iter().any(is_literal) {
        false => Ok(written.into()),
        true => Err(written.into()),
    }
}
