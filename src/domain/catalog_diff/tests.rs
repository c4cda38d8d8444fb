//! The diff, case by case.

use super::*;
use crate::domain::configured::{ToolOutline, ToolParts};

/// A tool as `name | description | input schema`, with the hints of `readOnly` and `destructive` after
/// two more bars. The whole definition is known.
fn tool(spelled: &str) -> ToolDefinition {
    let mut parts = spelled.split(" | ");
    let mut next = || parts.next().filter(|part| !part.is_empty()).map(Text::from);
    let name = next().unwrap_or_default();
    let (description, schema) = (next(), next());
    let mut hint = || next().map(|hint| hint == "true");
    let (read_only, destructive) = (hint(), hint());
    let annotations = (read_only.is_some() || destructive.is_some())
        .then(|| format!("{read_only:?}{destructive:?}").into());
    ToolDefinition {
        name,
        digest: spelled.into(),
        schema_digest: schema.clone().unwrap_or_default(),
        parts: ToolParts {
            description: description.clone(),
            input_schema: schema.clone(),
            annotations,
            ..ToolParts::default()
        },
        outline: ToolOutline { description, input_schema: schema, ..ToolOutline::default() },
        read_only,
        destructive,
        ..ToolDefinition::default()
    }
}

/// Only some parts are declared.
fn partial(spelled: &str) -> ToolDefinition {
    ToolDefinition { digest: Text::default(), schema_digest: Text::default(), ..tool(spelled) }
}

/// Only the digests of the whole and of the schemas are known.
fn digests(name: &str, digest: &str, schema: &str) -> ToolDefinition {
    ToolDefinition {
        name: name.into(),
        digest: digest.into(),
        schema_digest: schema.into(),
        ..ToolDefinition::default()
    }
}

fn listing<'a>(server: &'a Text, tools: &'a [ToolDefinition]) -> Listing<'a> {
    Listing { server, principal: None, protocol: None, goes_on: false, tools }
}

#[track_caller]
fn check_tools(before: &[ToolDefinition], after: &[ToolDefinition], expected: &[&str]) {
    let server = Text::from("crm");
    let found = compare(listing(&server, before), listing(&server, after));
    let shown: Vec<String> = found.changes.iter().map(Change::visible).collect();
    assert_eq!(shown, expected);
}

#[track_caller]
fn check(before: &[&str], after: &[&str], expected: &[&str]) {
    let tools = |spelled: &[&str]| -> Vec<ToolDefinition> {
        spelled.iter().map(|spelled| tool(spelled)).collect()
    };
    check_tools(&tools(before), &tools(after), expected);
}

#[test]
fn names() {
    let (list, read) = ("list | lists | {\"a\":1}", "read | reads | {\"b\":1}");
    check(&[list, read], &[list, read], &[]);
    check(&[list, read], &[read, list], &[]);
    check(&[list], &[list, read], &["read added"]);
    check(&[list, read], &[list], &["read removed"]);
    check(&[list, read], &[list, "fetch | reads | {\"b\":1}"], &["read renamed to fetch"]);
    check(
        &[read],
        &["fetch | reads a record | {\"b\":1}"],
        &["read renamed to fetch: description changed"],
    );
    check(&[read], &["wipe | deletes everything | {\"b\":1}"], &["read removed", "wipe added"]);
    check(&[read], &["fetch | reads | {\"c\":1}"], &["fetch added", "read removed"]);
    // The most similar one is it.
    check(
        &["read | reads a record | {\"b\":1}"],
        &["a | reads | {\"b\":1}", "b | reads a record | {\"b\":1}"],
        &["a added", "read renamed to b"],
    );
}

#[test]
fn parts_and_hints() {
    check(&["a | x"], &["a | y"], &["a: description changed"]);
    check(&["a | x | {}"], &["a |  | {}"], &["a: description changed"]);
    check(&["a | x"], &["a | x | {}"], &["a: input schema: the schema itself added"]);
    check(&["a | x | {}"], &["a | x"], &["a: input schema: the schema itself removed"]);
    for (before, after, expected) in [
        ("true | ", "false | ", "readOnlyHint false instead of true (widened)"),
        ("true | ", " | ", "readOnlyHint unsaid instead of true (widened)"),
        ("false | ", " | ", "readOnlyHint unsaid instead of false"),
        ("false | ", "true | ", "readOnlyHint true instead of false"),
        (" | false", " | true", "destructiveHint true instead of false (widened)"),
        (" | false", " | ", "destructiveHint unsaid instead of false (widened)"),
        ("true | false", "true | true", "destructiveHint true instead of false"),
    ] {
        let spelled = |hints: &str| format!("a | x | {{}} | {hints}");
        check(&[&spelled(before)], &[&spelled(after)], &[&format!("a: {expected}")]);
    }
}

#[test]
fn schemas_property_by_property() {
    let schema = |properties: &str, required: &str| {
        format!("a | x | {{\"properties\":{{{properties}}},\"required\":[{required}]}}")
    };
    for (before, after, expected) in [
        (schema("", ""), schema(r#""p":{}"#, ""), "p added"),
        (schema("", ""), schema(r#""p":{}"#, r#""p""#), "p added and required"),
        (schema(r#""p":{}"#, ""), schema("", ""), "p removed"),
        (schema(r#""p":{}"#, ""), schema(r#""p":{}"#, r#""p""#), "p now required"),
        (schema(r#""p":{}"#, r#""p""#), schema(r#""p":{}"#, ""), "p no longer required"),
        (
            schema(r#""p":{"type":"string"}"#, ""),
            schema(r#""p":{"type":["string","null"]}"#, ""),
            r#"p ["string","null"] instead of string"#,
        ),
        (
            schema(r#""p":{}"#, ""),
            schema(r#""p":{"type":"string"}"#, ""),
            "p string instead of any",
        ),
        (
            schema(r#""p":{"enum":["a","b"]}"#, ""),
            schema(r#""p":{"enum":["b","c"]}"#, ""),
            "p values +c -a",
        ),
        (
            schema(r#""p":{"enum":["a","b"]}"#, ""),
            schema(r#""p":{"enum":["b","a"]}"#, ""),
            "means the same",
        ),
        (schema(r#""p":{"default":1}"#, ""), schema(r#""p":{"default":2}"#, ""), "p default"),
        (
            schema(r#""p":{"description":"d"}"#, ""),
            schema(r#""p":{"description":"e"}"#, ""),
            "p description",
        ),
        (schema(r#""p":{}"#, ""), schema(r#""p":{"pattern":"x"}"#, ""), "p pattern"),
        (
            schema(r#""p":{"items":{"properties":{"q":{"type":"a"}}}}"#, ""),
            schema(r#""p":{"items":{"properties":{"q":{"type":"b"}}}}"#, ""),
            "p[].q b instead of a",
        ),
        (schema(r#""p":true"#, ""), schema(r#""p":{}"#, ""), "p {} instead of true"),
        (schema("", ""), schema("", r#""p""#), "p now required"),
    ] {
        check(&[&before], &[&after], &[&format!("a: input schema: {expected}")]);
    }
}

#[test]
fn what_is_left_open_is_no_difference() {
    let whole = || tool("a | x | {} | true | false");
    check_tools(&[partial("a")], &[whole()], &[]);
    check_tools(&[partial("a | x")], &[whole()], &[]);
    check_tools(&[partial("a | y")], &[whole()], &["a: description changed"]);
    check_tools(&[whole()], &[partial("a | x | {}")], &[]);
    check_tools(&[digests("a", "1", "s")], &[digests("a", "1", "s")], &[]);
    check_tools(&[digests("a", "1", "s")], &[digests("a", "2", "s")], &["a redefined"]);
    check_tools(&[digests("a", "1", "s")], &[digests("a", "2", "t")], &["a: input schema changed"]);
    check_tools(&[digests("a", "1", "s")], &[digests("b", "2", "s")], &["a renamed to b"]);
    check_tools(&[digests("a", "1", "")], &[digests("b", "2", "")], &["a removed", "b added"]);
}

#[test]
fn one_name_may_stand_several_times() {
    check(&["a | x", "a | y"], &["a | y", "a | x"], &[]);
    check(&["a | x"], &["a | y", "a | x"], &["a added"]);
    check(&["a | x", "a | y"], &["a | y"], &["a removed"]);
    check(&["a | x", "a | y"], &["a | y", "a | z"], &["a: description changed"]);
}

#[test]
fn an_incomplete_listing_says_nothing_of_what_it_does_not_name() {
    let server = Text::from("crm");
    let (one, two) = ([tool("a | x")], [tool("a | y"), tool("b | x")]);
    for (before_goes_on, after_goes_on, expected) in
        [(false, false, 2), (true, false, 1), (false, true, 2), (true, true, 1)]
    {
        let before = Listing { goes_on: before_goes_on, ..listing(&server, &one) };
        let after = Listing { goes_on: after_goes_on, ..listing(&server, &two) };
        assert_eq!(compare(before, after).changes.len(), expected);
        let backwards = compare(
            Listing { goes_on: before_goes_on, ..listing(&server, &two) },
            Listing { goes_on: after_goes_on, ..listing(&server, &one) },
        );
        let is_removed = |change: &Change| matches!(change, Change::Removed { .. });
        assert_eq!(backwards.changes.iter().any(is_removed), !after_goes_on);
    }
}

#[test]
fn listings_that_were_asked_for_differently_are_no_drift() {
    let (crm, erp) = (Text::from("crm"), Text::from("erp"));
    let (ann, bob) = (Text::from("ann"), Text::from("bob"));
    let (old, new) = (Text::from("2025-11-25"), Text::from("2026-07-28"));
    let (before, after) = ([tool("a | x")], [tool("a | y")]);
    let base = listing(&crm, &before);
    for (other, expected) in [
        (listing(&crm, &after), &[][..]),
        (listing(&erp, &after), &[Circumstance::Server]),
        (Listing { principal: Some(&ann), ..listing(&crm, &after) }, &[]),
    ] {
        let found = compare(base, other);
        assert_eq!(found.apart_in, expected);
        assert_eq!(found.is_drift(), expected.is_empty());
    }
    let one = Listing { principal: Some(&ann), protocol: Some(&old), ..base };
    let other = Listing { principal: Some(&bob), protocol: Some(&new), ..listing(&crm, &after) };
    let found = compare(one, other);
    assert_eq!(found.apart_in, [Circumstance::Principal, Circumstance::Protocol]);
    assert_eq!((found.changes.len(), found.is_drift()), (1, false));
}

proptest::proptest! {
    /// Every change leads from one listing to the other: what is removed and added adds up.
    #[test]
    fn changes_add_up(
        before in proptest::collection::vec("[ab] \\| [xy] \\| [01]", 0..5),
        after in proptest::collection::vec("[ab] \\| [xy] \\| [01]", 0..5),
    ) {
        let server = Text::from("crm");
        let tools = |spelled: &[String]| -> Vec<ToolDefinition> {
            spelled.iter().map(|spelled| tool(spelled)).collect()
        };
        let (before, after) = (tools(&before), tools(&after));
        let changes = compare(listing(&server, &before), listing(&server, &after)).changes;
        let count = |is: fn(&Change) -> bool| changes.iter().filter(|change| is(change)).count();
        let added = count(|change| matches!(change, Change::Added { .. }));
        let removed = count(|change| matches!(change, Change::Removed { .. }));
        proptest::prop_assert_eq!(before.len() + added, after.len() + removed);
        proptest::prop_assert_eq!(compare(listing(&server, &after), listing(&server, &after)).changes, []);
    }
}
