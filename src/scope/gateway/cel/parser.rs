//! Expressions of CEL, by precedence.

use serde_json::Value;

use super::lexer::{Kind, NotUnderstood, Token, tokens};
use crate::domain::Text;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Literal(Value),
    Name(String),
    Select(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    /// `has(a.b)`.
    Has(Box<Expression>),
    List(Vec<Expression>),
    Call {
        on: Option<Box<Expression>>,
        function: String,
        arguments: Vec<Expression>,
    },
    Binary {
        operator: &'static str,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Negative(Box<Expression>),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Choice(Box<[Expression; 3]>),
    /// What is one question to a reader, in the words of the rule.
    Condition {
        words: Text,
        of: Box<Expression>,
    },
}

/// Rules longer or nested deeper than this are not read: evaluation recurses.
const LONGEST: usize = 8 * 1024;
const DEEPEST: usize = 32;

pub(super) fn parse(source: &str) -> Result<Expression, NotUnderstood> {
    if source.len() > LONGEST {
        return Err(NotUnderstood);
    }
    let tokens = tokens(source)?;
    let mut parser = Parser { source, tokens: &tokens, next: 0, depth: 0 };
    let expression = parser.expression()?;
    match parser.next == tokens.len() {
        true => Ok(expression),
        false => Err(NotUnderstood),
    }
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    next: usize,
    depth: usize,
}

type Parsed = Result<Expression, NotUnderstood>;

/// Operators between `&&` and the unary ones, by how tightly they bind.
const BINARY: [&[&str]; 3] =
    [&["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["*", "/", "%"]];

impl Parser<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.get(self.next), Some(Token { kind: Kind::Sign(found), .. }) if *found == sign);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Result<(), NotUnderstood> {
        self.sign(sign).then_some(()).ok_or(NotUnderstood)
    }

    /// One level deeper.
    fn within(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == DEEPEST {
            return Err(NotUnderstood);
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn expression(&mut self) -> Parsed {
        self.within(|parser| {
            let condition = parser.any()?;
            if !parser.sign("?") {
                return Ok(condition);
            }
            let then = parser.any()?;
            parser.expect(":")?;
            let otherwise = parser.expression()?;
            Ok(Expression::Choice(Box::new([condition, then, otherwise])))
        })
    }

    fn any(&mut self) -> Parsed {
        let mut parts = vec![self.all()?];
        while self.sign("||") {
            parts.push(self.all()?);
        }
        Ok(only(parts, Expression::Any))
    }

    fn all(&mut self) -> Parsed {
        let mut parts = vec![self.condition()?];
        while self.sign("&&") {
            parts.push(self.condition()?);
        }
        Ok(only(parts, Expression::All))
    }

    fn condition(&mut self) -> Parsed {
        self.worded(|parser| parser.binary(0))
    }

    /// What is parsed, with its words, unless it is made of conditions itself.
    fn worded(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        let first = self.tokens.get(self.next).map_or(0, |token| token.start);
        let of = parse(self)?;
        if of.is_logical() {
            return Ok(of);
        }
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        let words = last.and_then(|last| self.source.get(first..last.end)).unwrap_or_default();
        Ok(Expression::Condition { words: words.into(), of: Box::new(of) })
    }

    fn binary(&mut self, level: usize) -> Parsed {
        let Some(operators) = BINARY.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        for _ in 0..DEEPEST {
            let Some(operator) = operators.iter().find(|operator| self.operator(operator)) else {
                return Ok(left);
            };
            let right = Box::new(self.binary(level + 1)?);
            left = Expression::Binary { operator, left: Box::new(left), right };
        }
        Err(NotUnderstood)
    }

    /// `in` is a word.
    fn operator(&mut self, operator: &str) -> bool {
        let is_in = operator == "in"
            && matches!(self.tokens.get(self.next), Some(Token { kind: Kind::Name(name), .. }) if name == "in");
        self.next += usize::from(is_in);
        is_in || self.sign(operator)
    }

    fn unary(&mut self) -> Parsed {
        if self.sign("!") {
            let of = self.within(|parser| parser.worded(Self::unary))?;
            return Ok(Expression::Not(Box::new(of)));
        }
        if self.sign("-") {
            let of = self.within(Self::unary)?;
            return Ok(Expression::Negative(Box::new(of)));
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let mut of = self.primary()?;
        for _ in 0..DEEPEST {
            if self.sign(".") {
                let name = self.name()?;
                of = match self.sign("(") {
                    true => {
                        let arguments = self.list(")")?;
                        Expression::Call { on: Some(Box::new(of)), function: name, arguments }
                    }
                    false => Expression::Select(Box::new(of), name),
                };
            } else if self.sign("[") {
                let index = self.expression()?.unworded();
                self.expect("]")?;
                of = Expression::Index(Box::new(of), Box::new(index));
            } else {
                return Ok(of);
            }
        }
        Err(NotUnderstood)
    }

    fn name(&mut self) -> Result<String, NotUnderstood> {
        let Some(Token { kind: Kind::Name(name), .. }) = self.tokens.get(self.next) else {
            return Err(NotUnderstood);
        };
        self.next += 1;
        Ok(name.clone())
    }

    fn primary(&mut self) -> Parsed {
        if self.sign("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner.unworded());
        }
        if self.sign("[") {
            return self.list("]").map(Expression::List);
        }
        let token = self.tokens.get(self.next).ok_or(NotUnderstood)?;
        self.next += 1;
        let literal = |value: Value| Ok(Expression::Literal(value));
        match &token.kind {
            Kind::Text(text) => literal(text.as_str().into()),
            Kind::Integer(integer) => literal((*integer).into()),
            Kind::Number(number) => literal((*number).into()),
            Kind::Sign(_) => Err(NotUnderstood),
            Kind::Name(name) => match name.as_str() {
                "true" => literal(true.into()),
                "false" => literal(false.into()),
                "null" => literal(Value::Null),
                _ if self.sign("(") => {
                    let mut arguments = self.list(")")?;
                    match (name.as_str(), arguments.pop(), arguments.is_empty()) {
                        ("has", Some(of @ Expression::Select(..)), true) => {
                            Ok(Expression::Has(Box::new(of)))
                        }
                        ("has", ..) => Err(NotUnderstood),
                        (_, last, _) => {
                            arguments.extend(last);
                            let function = name.clone();
                            Ok(Expression::Call { on: None, function, arguments })
                        }
                    }
                }
                _ => Ok(Expression::Name(name.clone())),
            },
        }
    }

    /// Expressions up to a closing sign; a comma may stand after the last.
    fn list(&mut self, close: &str) -> Result<Vec<Expression>, NotUnderstood> {
        let mut list = Vec::new();
        while !self.sign(close) {
            list.push(self.expression()?.unworded());
            if !self.sign(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(list)
    }
}

fn only(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => several(parts),
    }
}

impl Expression {
    fn is_logical(&self) -> bool {
        matches!(
            self,
            Self::Not(_) | Self::All(_) | Self::Any(_) | Self::Choice(_) | Self::Condition { .. }
        )
    }

    /// Inside another expression the words of a part are no question of their own.
    fn unworded(self) -> Self {
        match self {
            Self::Condition { of, .. } => *of,
            other => other,
        }
    }

    /// `a.b.c` or `a["b"].c` in the first spelling.
    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name.clone()),
            Self::Select(of, field) => Some(format!("{}.{field}", of.path()?)),
            Self::Index(of, index) => match &**index {
                Self::Literal(Value::String(field)) => Some(format!("{}.{field}", of.path()?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether `attribute` is nowhere but in comparisons with literal names, which are collected.
    pub(super) fn compares(&self, attribute: &str, names: &mut Vec<Text>) -> bool {
        let is_it = |one: &Self| one.path().as_deref() == Some(attribute);
        let mut all = |parts: &[Self]| parts.iter().all(|part| part.compares(attribute, names));
        match self {
            Self::Binary { operator: "==" | "!=", left, right } if is_it(left) => {
                right.is_listed(names)
            }
            Self::Binary { operator: "==" | "!=", left, right } if is_it(right) => {
                left.is_listed(names)
            }
            Self::Binary { operator: "in", left, right } if is_it(left) => match &**right {
                Self::List(list) => list.iter().all(|one| one.is_listed(names)),
                _ => false,
            },
            Self::Literal(_) => true,
            Self::Name(_) | Self::Select(..) | Self::Index(..) => {
                // Part of it, or all of what it is part of.
                self.path().is_some_and(|path| {
                    !path.starts_with(attribute) && !attribute.starts_with(&format!("{path}."))
                })
            }
            Self::Has(of) | Self::Negative(of) | Self::Not(of) => of.compares(attribute, names),
            Self::Condition { of, .. } => of.compares(attribute, names),
            Self::List(parts) | Self::All(parts) | Self::Any(parts) => all(parts),
            Self::Choice(parts) => all(&parts[..]),
            Self::Binary { left, right, .. } => {
                left.compares(attribute, names) && right.compares(attribute, names)
            }
            Self::Call { on, arguments, .. } => {
                on.as_ref().is_none_or(|on| on.compares(attribute, names))
                    && arguments.iter().all(|one| one.compares(attribute, names))
            }
        }
    }

    fn is_listed(&self, names: &mut Vec<Text>) -> bool {
        match self {
            Self::Literal(Value::String(name)) => {
                names.push(name.as_str().into());
                true
            }
            _ => false,
        }
    }
}
