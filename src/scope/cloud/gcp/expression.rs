//! The shape of a CEL expression: its logic, down to the comparisons (cel-spec, "Syntax").

/// Deeper expressions are not taken apart.
const DEPTH: usize = 32;

#[derive(Debug, PartialEq)]
pub(super) enum Expression<'a> {
    All(Vec<Expression<'a>>),
    Any(Vec<Expression<'a>>),
    Not(Box<Expression<'a>>),
    /// Anything without logic of its own, as it is written.
    Atom(&'a str),
}

/// A comparison of an attribute with a literal.
#[derive(Debug, PartialEq)]
pub(super) struct Comparison<'a> {
    pub attribute: &'a str,
    pub relation: Relation,
    pub literal: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equals,
    Differs,
    StartsWith,
    EndsWith,
}

/// `None` when quotes or parentheses do not match, or the expression is too deep.
pub(super) fn parse(text: &str) -> Option<Expression<'_>> {
    nested(text, DEPTH)
}

fn nested(text: &str, depth: usize) -> Option<Expression<'_>> {
    let (text, depth) = (text.trim(), depth.checked_sub(1)?);
    // A choice binds weaker than the logic that could be seen in it.
    if split(text, "?")?.len() > 1 {
        return Some(Expression::Atom(text));
    }
    let any = split(text, "||")?;
    if any.len() > 1 {
        return each(any, depth).map(Expression::Any);
    }
    let all = split(text, "&&")?;
    if all.len() > 1 {
        return each(all, depth).map(Expression::All);
    }
    if let Some(inner) = text.strip_prefix('!').filter(|_| is_whole(text, 1)) {
        return Some(Expression::Not(Box::new(nested(inner, depth)?)));
    }
    match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) if is_whole(text, 0) => nested(inner, depth),
        _ => Some(Expression::Atom(text)),
    }
}

fn each(parts: Vec<&str>, depth: usize) -> Option<Vec<Expression<'_>>> {
    parts.into_iter().map(|part| nested(part, depth)).collect()
}

/// The parts between occurrences of an operator that stand outside quotes and parentheses.
fn split<'a>(text: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, depth) in outside_quotes(text)? {
        let rest = text.get(at..)?;
        if depth == 0 && at >= start && rest.starts_with(operator) {
            parts.push(text.get(start..at)?);
            start = at + operator.len();
        }
    }
    parts.push(text.get(start..)?);
    Some(parts)
}

/// Whether what follows the first `skip` bytes is one pair of parentheses, or has none and no operator.
fn is_whole(text: &str, skip: usize) -> bool {
    let Some(positions) = outside_quotes(text) else { return false };
    let inside = positions.into_iter().filter(|(at, _)| *at >= skip);
    let outer: Vec<char> = inside
        .filter(|(_, depth)| *depth == 0)
        .filter_map(|(at, _)| text.get(at..).and_then(|rest| rest.chars().next()))
        .collect();
    match outer.as_slice() {
        ['(', rest @ ..] => rest.is_empty() || rest == [')'],
        plain => plain.iter().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '(' | ')')),
    }
}

/// Every byte position outside string literals with the depth of parentheses around it; an opening
/// parenthesis stands outside what it opens, the closing one too.
fn outside_quotes(text: &str) -> Option<Vec<(usize, usize)>> {
    let (mut positions, mut quote, mut escaped) = (Vec::new(), None, false);
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[') => {
                positions.push((at, depth));
                depth += 1;
            }
            (None, ')' | ']') => {
                depth = depth.checked_sub(1)?;
                positions.push((at, depth));
            }
            (None, _) => positions.push((at, depth)),
        }
    }
    (quote.is_none() && depth == 0).then_some(positions)
}

/// `attribute.startsWith("literal")`, `attribute == "literal"` and their like.
pub(super) fn comparison(atom: &str) -> Option<Comparison<'_>> {
    for (operator, relation) in [("==", Relation::Equals), ("!=", Relation::Differs)] {
        if let [attribute, value] = split(atom, operator)?.as_slice() {
            let literal = literal(value)?;
            return Some(Comparison { attribute: attribute.trim(), relation, literal });
        }
    }
    let (call, argument) = atom.trim().strip_suffix(')')?.split_once('(')?;
    let (attribute, function) = call.rsplit_once('.')?;
    let relation = match function {
        "startsWith" => Relation::StartsWith,
        "endsWith" => Relation::EndsWith,
        _ => return None,
    };
    Some(Comparison { attribute, relation, literal: literal(argument)? })
}

/// The inside of a string literal without escapes.
pub(super) fn literal(text: &str) -> Option<&str> {
    let text = text.trim();
    let unquoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = unquoted('"').or_else(|| unquoted('\''))?;
    (!inside.contains(['\\', '"', '\''])).then_some(inside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(expression: &Expression<'_>) -> String {
        let list = |parts: &[Expression<'_>]| parts.iter().map(shown).collect::<Vec<_>>().join(" ");
        match expression {
            Expression::All(parts) => format!("all({})", list(parts)),
            Expression::Any(parts) => format!("any({})", list(parts)),
            Expression::Not(inner) => format!("not({})", shown(inner)),
            Expression::Atom(text) => format!("[{text}]"),
        }
    }

    #[test]
    fn logic_is_taken_apart_outside_quotes_and_parentheses() {
        for (text, expected) in [
            ("a == 'x'", Some("[a == 'x']")),
            ("a || b && c", Some("any([a] all([b] [c]))")),
            ("(a || b) && !c", Some("all(any([a] [b]) not([c]))")),
            ("!(a && b)", Some("not(all([a] [b]))")),
            ("!a.b('x')", Some("not([a.b('x')])")),
            ("a == '|| && ('", Some("[a == '|| && (']")),
            ("f(a && b)", Some("[f(a && b)]")),
            ("(a) == (b)", Some("[(a) == (b)]")),
            ("a ? b : c || d", Some("[a ? b : c || d]")),
            ("a != 'x'", Some("[a != 'x']")),
            ("(a", None),
            ("a)", None),
            ("a == 'x", None),
        ] {
            assert_eq!(parse(text).as_ref().map(shown).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn comparisons_with_a_literal() {
        use Relation::{Differs, EndsWith, Equals, StartsWith};
        for (atom, expected) in [
            ("resource.name == \"x\"", Some(("resource.name", Equals, "x"))),
            ("resource.type != 'x'", Some(("resource.type", Differs, "x"))),
            ("resource.name.startsWith(\"p/\")", Some(("resource.name", StartsWith, "p/"))),
            ("resource.name.endsWith('.csv')", Some(("resource.name", EndsWith, ".csv"))),
            (
                "resource.name.extract('{x}') == 'y'",
                Some(("resource.name.extract('{x}')", Equals, "y")),
            ),
            ("request.time < timestamp('2026-01-01T00:00:00Z')", None),
            ("resource.name == other", None),
            ("resource.matchTag('a/b', 'c')", None),
        ] {
            let found = comparison(atom);
            let found = found.map(|found| (found.attribute, found.relation, found.literal));
            assert_eq!(found, expected, "{atom}");
        }
    }

    proptest! {
        #[test]
        fn no_expression_panics(text in "[a.!&|?()'\"=é ]{0,24}") {
            let _ = parse(&text);
            let _ = comparison(&text);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}a{}", "(".repeat(100), ")".repeat(100));
        assert_eq!(parse(&deep), None);
    }
}
