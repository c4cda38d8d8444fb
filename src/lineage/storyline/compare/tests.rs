//! Runs written as lines, compared.

use super::super::testing::events;
use super::*;

fn drawn(comparison: &Comparison) -> Vec<String> {
    let told = |row: &ComparisonRow| match (&row.left, &row.right) {
        (Some(left), Some(_)) if row.differences.is_empty() => format!("= {}", left.title),
        (Some(_), Some(_)) => format!("~ {}", row.differences.join(", ")),
        (Some(left), None) => format!("< {}", left.title),
        (None, Some(right)) => format!("> {}", right.title),
        (None, None) => unreachable!("a row without a step"),
    };
    comparison.rows.iter().map(told).collect()
}

#[track_caller]
fn check(left: &[&str], right: &[&str], expected: &[&str], diverges: Option<usize>) {
    let (left, right) = (events(left), events(right));
    let comparison = compare(left.clone(), right.clone());
    assert_eq!(drawn(&comparison), expected);
    assert_eq!(comparison.diverges_at, diverges);
    let reversed = compare(left.into_iter().rev().collect(), right.into_iter().rev().collect());
    assert_eq!(reversed, comparison);
}

#[test]
fn runs_are_the_same_whatever_their_times_and_ids() {
    check(
        &["1 prompt ask", "2 tool_call read", "3 file read /a/1"],
        &["101 prompt ask", "112 tool_call read", "113 file read /a/1"],
        &["= ask", "= read", "= read /a/1"],
        None,
    );
}

#[test]
fn the_first_divergence_is_named() {
    check(
        &["1 prompt ask", "2 tool_call read", "3 tool_call answer"],
        &["1 prompt ask", "2 tool_call read", "3 tool_call send", "4 tool_call answer"],
        &["= ask", "= read", "> send", "= answer"],
        Some(2),
    );
    // Another agent's act is another step; spans of no kind are none.
    check(
        &["1 tool_call read", "2 other noise"],
        &["1 tool_call read as b"],
        &["< read", "> read"],
        Some(0),
    );
}

#[test]
fn the_same_step_may_differ_in_its_arguments() {
    check(
        &["1 file read /a/1", "2 tool_call send failed"],
        &["1 file read /a/2", "2 tool_call send refused"],
        &[
            "~ target: \"/a/1\" ≠ \"/a/2\"",
            "~ decision: nothing ≠ \"deny\", outcome: \"failure\" ≠ \"success\"",
        ],
        None,
    );
    let mut with = events(&["1 tool_call send", "1 tool_call send"]);
    with[0].params = Some(r#"{"to":"a@x","n":1}"#.into());
    with[1].params = Some(r#"{"arguments":{"to":"b@x","n":1},"origins":[]}"#.into());
    assert_eq!(differences(&with[0], &with[1]), ["to: \"a@x\" ≠ \"b@x\""]);
    // How another recorder saw it is no argument.
    with.iter_mut().for_each(|event| event.kind = EventKind::K8sApi);
    assert_eq!(differences(&with[0], &with[1]), [""; 0]);
}
