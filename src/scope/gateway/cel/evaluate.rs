//! Evaluation over attributes of which some are not known.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::parser::Expression;
use crate::domain::Text;
use crate::scope::answer::opposites;

/// What is known of the attributes, by their dotted path; under a known path everything is known.
#[derive(Clone, Debug, Default)]
pub struct Known(BTreeMap<String, Option<Value>>);

impl Known {
    pub fn with(mut self, path: &str, value: Value) -> Self {
        self.0.insert(path.to_owned(), Some(value));
        self
    }

    /// It is known not to be there.
    pub fn without(mut self, path: &str) -> Self {
        self.0.insert(path.to_owned(), None);
        self
    }

    /// The value at a path: none when it is not there, nothing at all when that is not known.
    fn at(&self, path: &str) -> Option<Option<&Value>> {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| {
            let known = self.0.get(path.get(..end)?)?;
            let rest = path.get(end..)?.split('.').filter(|field| !field.is_empty());
            Some(rest.fold(known.as_ref(), |value, field| value?.get(field)))
        })
        .next()
    }
}

/// What becomes of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    Value(Value),
    Error,
    /// It is not known; true where these hold, as far as it is a truth value.
    Open(BTreeSet<Text>),
}

fn open(words: &str) -> Outcome {
    Outcome::Open(BTreeSet::from([words.into()]))
}

fn value_of(value: Option<&Value>) -> Outcome {
    value.map_or(Outcome::Error, |value| Outcome::Value(value.clone()))
}

pub(super) fn evaluate(expression: &Expression, known: &Known) -> Outcome {
    match expression {
        Expression::Literal(value) => Outcome::Value(value.clone()),
        Expression::Condition { words, of } => match evaluate(of, known) {
            Outcome::Open(_) => open(words.raw()),
            decided => decided,
        },
        Expression::Not(of) => match evaluate(of, known) {
            Outcome::Value(Value::Bool(truth)) => Outcome::Value((!truth).into()),
            Outcome::Value(_) | Outcome::Error => Outcome::Error,
            Outcome::Open(conditions) => Outcome::Open(opposites(conditions)),
        },
        Expression::All(parts) => logical(parts, false, known),
        Expression::Any(parts) => logical(parts, true, known),
        Expression::Choice(parts) => choice(parts, known),
        Expression::Has(of) => match attribute(of, known) {
            Some(Some(found)) => Outcome::Value(found.is_some().into()),
            Some(None) => open(&of.path().unwrap_or_default()),
            None => open("has"),
        },
        Expression::Name(_) | Expression::Select(..) => match attribute(expression, known) {
            Some(Some(found)) => value_of(found),
            Some(None) => open(&expression.path().unwrap_or_default()),
            None => member(expression, known),
        },
        Expression::Index(..) => match attribute(expression, known) {
            Some(Some(found)) => value_of(found),
            Some(None) => open(&expression.path().unwrap_or_default()),
            None => member(expression, known),
        },
        Expression::List(parts) => with_all(parts, known, |values| Some(Value::Array(values))),
        Expression::Negative(of) => with_all([&**of], known, |values| match &values[..] {
            [Value::Number(number)] => match number.as_i64() {
                Some(integer) => integer.checked_neg().map(Value::from),
                None => number.as_f64().map(|number| Value::from(-number)),
            },
            _ => None,
        }),
        Expression::Binary { operator, left, right } => {
            with_all([&**left, &**right], known, |values| binary(operator, &values))
        }
        Expression::Call { on, function, arguments } => {
            let Some((_, call)) = FUNCTIONS.iter().find(|(name, _)| name == function) else {
                return open(&format!("{function}()"));
            };
            with_all(on.as_deref().into_iter().chain(arguments), known, |values| call(&values))
        }
    }
}

/// An attribute by its path, if the expression is one: `None` inside when it is not known.
fn attribute<'k>(expression: &Expression, known: &'k Known) -> Option<Option<Option<&'k Value>>> {
    expression.path().map(|path| known.at(&path))
}

/// A field or an element of what is no plain path.
fn member(expression: &Expression, known: &Known) -> Outcome {
    match expression {
        Expression::Select(of, field) => {
            with_all([&**of], known, |values| values.first()?.get(field).cloned())
        }
        Expression::Index(of, index) => {
            with_all([&**of, &**index], known, |values| match &values[..] {
                [of, Value::String(key)] => of.get(key).cloned(),
                [of, index] => of.get(usize::try_from(index.as_u64()?).ok()?).cloned(),
                _ => None,
            })
        }
        _ => Outcome::Error,
    }
}

/// `&&` and `||`: the value that decides does so whatever the other parts are, errors included.
fn logical(parts: &[Expression], decides: bool, known: &Known) -> Outcome {
    let mut conditions = BTreeSet::new();
    let mut failed = false;
    for part in parts {
        match evaluate(part, known) {
            Outcome::Value(Value::Bool(truth)) if truth == decides => {
                return Outcome::Value(decides.into());
            }
            Outcome::Value(Value::Bool(_)) => {}
            Outcome::Value(_) | Outcome::Error => failed = true,
            Outcome::Open(open) => conditions.extend(open),
        }
    }
    match (conditions.is_empty(), failed) {
        (false, _) => Outcome::Open(conditions),
        (true, true) => Outcome::Error,
        (true, false) => Outcome::Value((!decides).into()),
    }
}

fn choice(parts: &[Expression; 3], known: &Known) -> Outcome {
    let [condition, then, otherwise] = parts;
    match evaluate(condition, known) {
        Outcome::Value(Value::Bool(true)) => evaluate(then, known),
        Outcome::Value(Value::Bool(false)) => evaluate(otherwise, known),
        Outcome::Value(_) | Outcome::Error => Outcome::Error,
        Outcome::Open(mut conditions) => {
            let (then, otherwise) = (evaluate(then, known), evaluate(otherwise, known));
            if then == otherwise {
                return then;
            }
            for branch in [then, otherwise] {
                if let Outcome::Open(open) = branch {
                    conditions.extend(open);
                }
            }
            Outcome::Open(conditions)
        }
    }
}

/// What is made of the values of all parts; it is an error when nothing can be.
fn with_all<'e>(
    parts: impl IntoIterator<Item = &'e Expression>,
    known: &Known,
    make: impl FnOnce(Vec<Value>) -> Option<Value>,
) -> Outcome {
    let mut values = Vec::new();
    let mut conditions = BTreeSet::new();
    let mut failed = false;
    for part in parts {
        match evaluate(part, known) {
            Outcome::Value(value) => values.push(value),
            Outcome::Error => failed = true,
            Outcome::Open(open) => conditions.extend(open),
        }
    }
    match (conditions.is_empty(), failed) {
        (false, _) => Outcome::Open(conditions),
        (true, true) => Outcome::Error,
        (true, false) => make(values).map_or(Outcome::Error, Outcome::Value),
    }
}

fn binary(operator: &str, values: &[Value]) -> Option<Value> {
    let [left, right] = values else { return None };
    let ordered = |accepted: fn(Ordering) -> bool| compare(left, right).map(|o| accepted(o).into());
    match operator {
        "==" => Some(equal(left, right).into()),
        "!=" => Some((!equal(left, right)).into()),
        "<" => ordered(Ordering::is_lt),
        "<=" => ordered(Ordering::is_le),
        ">" => ordered(Ordering::is_gt),
        ">=" => ordered(Ordering::is_ge),
        "in" => contains(right, left),
        "+" => match (left, right) {
            (Value::String(left), Value::String(right)) => Some(format!("{left}{right}").into()),
            _ => left.as_i64()?.checked_add(right.as_i64()?).map(Value::from),
        },
        "-" => left.as_i64()?.checked_sub(right.as_i64()?).map(Value::from),
        "*" => left.as_i64()?.checked_mul(right.as_i64()?).map(Value::from),
        "/" => left.as_i64()?.checked_div(right.as_i64()?).map(Value::from),
        "%" => left.as_i64()?.checked_rem(right.as_i64()?).map(Value::from),
        _ => None,
    }
}

/// Numbers are equal across their types.
fn equal(left: &Value, right: &Value) -> bool {
    left == right || (left.is_number() && compare(left, right) == Some(Ordering::Equal))
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
    }
}

fn contains(holder: &Value, held: &Value) -> Option<Value> {
    match (holder, held) {
        (Value::Array(list), held) => Some(list.iter().any(|one| equal(one, held)).into()),
        (Value::Object(map), Value::String(key)) => Some(map.contains_key(key).into()),
        _ => None,
    }
}

/// Of the values of a call, the one that it is made on first.
type Function = fn(&[Value]) -> Option<Value>;

/// Functions that are evaluated; all others leave their call open.
const FUNCTIONS: &[(&str, Function)] = &[
    ("startsWith", |values| of_texts(values, |text, start| text.starts_with(start))),
    ("endsWith", |values| of_texts(values, |text, end| text.ends_with(end))),
    ("contains", |values| match values {
        [Value::String(_), _] => of_texts(values, |text, part| text.contains(part)),
        [list @ Value::Array(_), held] => contains(list, held),
        _ => None,
    }),
    ("size", |values| match values {
        [Value::String(text)] => Some(text.chars().count().into()),
        [Value::Array(list)] => Some(list.len().into()),
        [Value::Object(map)] => Some(map.len().into()),
        _ => None,
    }),
];

fn of_texts(values: &[Value], test: impl FnOnce(&str, &str) -> bool) -> Option<Value> {
    match values {
        [Value::String(text), Value::String(other)] => Some(test(text, other).into()),
        _ => None,
    }
}
