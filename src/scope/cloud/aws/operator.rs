//! The condition operators of IAM policies: names, and how each compares a value (IAM User Guide,
//! "IAM JSON policy elements: Condition operators").

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::glob::{self, Token};

/// An operator as policies spell it: `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub quantifier: Option<Quantifier>,
    pub test: Test,
    /// No value of the policy may match.
    pub negated: bool,
    /// Holds when the key is absent.
    pub if_exists: bool,
}

/// How the values of a key with several values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    ForAllValues,
    ForAnyValue,
}

/// What one value of the request is tested for against one value of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Equals,
    EqualsIgnoringCase,
    Like,
    Arn,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    /// Whether the key is absent.
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Every operator without its prefix and suffix, with its negation.
const OPERATORS: [(&str, Test, bool); 27] = [
    ("StringEquals", Test::Equals, false),
    ("StringNotEquals", Test::Equals, true),
    ("StringEqualsIgnoreCase", Test::EqualsIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Test::EqualsIgnoringCase, true),
    ("StringLike", Test::Like, false),
    ("StringNotLike", Test::Like, true),
    ("NumericEquals", Test::Numeric(Order::Equal), false),
    ("NumericNotEquals", Test::Numeric(Order::Equal), true),
    ("NumericLessThan", Test::Numeric(Order::Less), false),
    ("NumericLessThanEquals", Test::Numeric(Order::LessOrEqual), false),
    ("NumericGreaterThan", Test::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", Test::Numeric(Order::GreaterOrEqual), false),
    ("DateEquals", Test::Date(Order::Equal), false),
    ("DateNotEquals", Test::Date(Order::Equal), true),
    ("DateLessThan", Test::Date(Order::Less), false),
    ("DateLessThanEquals", Test::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Test::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Test::Date(Order::GreaterOrEqual), false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::Binary, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    // `Equals` and `Like` behave alike with ARNs.
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Operator {
    pub fn parse(text: &str) -> Option<Self> {
        let (quantifier, name) = match text.split_once(':') {
            Some((prefix, name)) if prefix.eq_ignore_ascii_case("ForAllValues") => {
                (Some(Quantifier::ForAllValues), name)
            }
            Some((prefix, name)) if prefix.eq_ignore_ascii_case("ForAnyValue") => {
                (Some(Quantifier::ForAnyValue), name)
            }
            Some(_) => return None,
            None => (None, text),
        };
        let (base, if_exists) = match name.len().checked_sub("IfExists".len()) {
            Some(end)
                if name.is_char_boundary(end) && name[end..].eq_ignore_ascii_case("IfExists") =>
            {
                (&name[..end], true)
            }
            _ => (name, false),
        };
        let (_, test, negated) =
            OPERATORS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(base))?;
        Some(Self { quantifier, test: *test, negated: *negated, if_exists })
    }
}

impl Test {
    /// Policy variables work with string and ARN operators only.
    pub fn has_variables(self) -> bool {
        matches!(
            self,
            Self::Equals | Self::EqualsIgnoringCase | Self::Like | Self::Arn | Self::Bool
        )
    }

    /// Whether the value of the request passes. What is not of the operator's type does not.
    pub fn passes(self, actual: &str, expected: &[Token]) -> bool {
        let written = || -> String { expected.iter().map(Token::written).collect() };
        match self {
            Self::Equals => actual == written(),
            Self::EqualsIgnoringCase => actual.to_lowercase() == written().to_lowercase(),
            Self::Like => glob::matches(expected, actual),
            Self::Arn => glob::matches_arn(expected, actual),
            Self::Numeric(order) => compare(order, number(actual), number(&written())),
            Self::Date(order) => compare(order, instant(actual), instant(&written())),
            Self::Bool => compare(Order::Equal, truth(actual), truth(&written())),
            Self::Binary => compare(Order::Equal, bytes(actual), bytes(&written())),
            Self::IpAddress => match (network(actual), network(&written())) {
                (Some(actual), Some(expected)) => expected.contains(&actual),
                _ => false,
            },
            Self::Null => false,
        }
    }

    /// Whether some value of these could pass, when the pattern is the widest one that could stand
    /// there.
    pub fn could_pass(self, actual: &str, widest: &[Token]) -> bool {
        match self {
            Self::Equals | Self::Like => glob::matches(widest, actual),
            Self::EqualsIgnoringCase => glob::matches_ignoring_case(widest, actual),
            Self::Arn => glob::matches_arn(widest, actual),
            _ => true,
        }
    }
}

fn compare<T: PartialOrd>(order: Order, actual: Option<T>, expected: Option<T>) -> bool {
    let (Some(actual), Some(expected)) = (actual, expected) else { return false };
    match order {
        Order::Equal => actual == expected,
        Order::Less => actual < expected,
        Order::LessOrEqual => actual <= expected,
        Order::Greater => actual > expected,
        Order::GreaterOrEqual => actual >= expected,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// An address without a prefix length is a network of its own.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Seconds since 1970, or one of the W3C's date formats (`2026`, `2026-11`, `2026-11-21`,
/// `2026-11-21T16:30Z`, …).
fn instant(text: &str) -> Option<Timestamp> {
    if text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if let Ok(timestamp) = text.parse() {
        return Some(timestamp);
    }
    let date = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let date: Date = date.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
