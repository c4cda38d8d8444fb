use proptest::prelude::*;
use serde_json::json;

use super::*;

fn known() -> Known {
    Known::default()
        .with("mcp.tool", json!({"name": "echo", "target": "everything"}))
        .without("mcp.prompt")
        .with(
            "claims",
            json!({"sub": "ann", "roles": ["admin", "dev"], "age": 41, "at": {"x-y": 1}}),
        )
}

#[track_caller]
fn check(rule: &str, expected: &str) {
    let found = match matches(rule, &known()) {
        Answer::Yes => "yes".to_owned(),
        Answer::No => "no".to_owned(),
        Answer::Depends(on) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
    };
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn known_attributes_decide() {
    for (rule, expected) in [
        ("true", "yes"),
        ("\"true\"", "no"),
        (r#"mcp.tool.name == "echo""#, "yes"),
        (r#"mcp.tool["name"] == 'echo'"#, "yes"),
        (r#"mcp.tool.name != "echo""#, "no"),
        (r#"!(mcp.tool.name == "echo")"#, "no"),
        (r#"mcp.tool.name in ["add", "echo",]"#, "yes"),
        (r#"mcp.tool.name.startsWith("ec") && mcp.tool.name.endsWith("ho")"#, "yes"),
        (r#"mcp.tool.name.contains('x') || mcp.tool.target.size() == 10"#, "yes"),
        (r#""admin" in claims.roles && claims.roles.contains("dev")"#, "yes"),
        (r#"claims.at["x-y"] == 1 && claims.at["x-y"] == 1.0"#, "yes"),
        ("claims.age > 40 && claims.age <= 41 && claims.age - 1 == 20 * 2", "yes"),
        ("-claims.age < 0", "yes"),
        ("claims.roles[0] == 'admin' && size(claims.roles) == 2", "yes"),
        ("claims.sub == 'ann' ? false : true", "no"),
        (r#"r"\d" == "\\d" && "\x41\u0042" == "AB" // a note"#, "yes"),
        (r#"'''it's''' == "it's""#, "yes"),
        ("has(mcp.tool.name) && !has(mcp.tool.arguments)", "yes"),
        ("has(mcp.prompt.name)", "no"),
        ("1 + 2 * 3 == 7 && (1 + 2) * 3 == 9", "yes"),
        ("0x10 == 16 && 3u == 3", "yes"),
    ] {
        check(rule, expected);
    }
}

#[test]
fn what_cannot_be_evaluated_does_not_match() {
    for (rule, expected) in [
        (r#"claims.email == "a""#, "no"),
        // Nor does its negation.
        (r#"!(claims.email == "a")"#, "no"),
        (r#"mcp.prompt.name == "a""#, "no"),
        // The other side decides all the same.
        (r#"claims.email == "a" || mcp.tool.name == "echo""#, "yes"),
        (r#"claims.age == "41""#, "no"),
        (r#"claims.sub < 3"#, "no"),
        ("9223372036854775807 + 1 > 0", "no"),
        ("1 / 0 == 1", "no"),
        ("claims.sub && true", "no"),
    ] {
        check(rule, expected);
    }
}

#[test]
fn unknown_attributes_are_open_where_they_matter() {
    for (rule, expected) in [
        (r#"jwt.sub == "ann""#, r#"jwt.sub == "ann""#),
        (r#"jwt.sub == "ann" && mcp.tool.name == "echo""#, r#"jwt.sub == "ann""#),
        (r#"jwt.sub == "ann" && mcp.tool.name == "add""#, "no"),
        (r#"jwt.sub == "ann" || mcp.tool.name == "echo""#, "yes"),
        (r#"(jwt.a == 1 && jwt.b == 2) || !has(jwt.c)"#, "jwt.a == 1; jwt.b == 2; not: has(jwt.c)"),
        (r#""admin" in jwt.roles"#, r#""admin" in jwt.roles"#),
        (r#"jwt.x ? mcp.tool.name == "echo" : true"#, "yes"),
        // Functions of the gateway's own, and comprehensions.
        (
            r#"cidr("127.0.0.1/8").containsIP(source.address)"#,
            r#"cidr("127.0.0.1/8").containsIP(source.address)"#,
        ),
        (
            r#"claims.roles.exists(role, role == "admin")"#,
            r#"claims.roles.exists(role, role == "admin")"#,
        ),
        ("a b", "a b (a rule that is not understood)"),
        ("has(a)", "has(a) (a rule that is not understood)"),
        ("", " (a rule that is not understood)"),
    ] {
        check(rule, expected);
    }
}

#[test]
fn deep_and_long_rules_are_not_read() {
    for deep in [
        format!("{}true{}", "(".repeat(1000), ")".repeat(1000)),
        format!("{}true", "!".repeat(1000)),
        format!("a{}", ".b".repeat(1000)),
        format!("1{}", " + 1".repeat(1000)),
        format!("{}c", "a ? b : ".repeat(1000)),
        format!("{}1{}", "[".repeat(1000), "]".repeat(1000)),
        " ".repeat(10_000),
    ] {
        assert!(parser::parse(&deep).is_err());
    }
    // Many conditions are not deep.
    assert_eq!(matches(&vec!["true"; 500].join(" && "), &Known::default()), Answer::Yes);
}

#[test]
fn comparisons_of_a_name_are_collected() {
    let names = |rule| {
        compared_with(rule, "mcp.tool.name").map(|names| {
            names.iter().map(|name| name.raw().to_owned()).collect::<Vec<_>>().join(",")
        })
    };
    for (rule, expected) in [
        (r#"mcp.tool.name == "a" || "b" != mcp.tool.name"#, Some("a,b")),
        (r#"jwt.sub == "u" && mcp.tool.name in ["a", "b"]"#, Some("a,b")),
        (r#"jwt.sub == "u""#, Some("")),
        (r#"mcp.tool.name.startsWith("a")"#, None),
        (r#"mcp.tool.name == jwt.tool"#, None),
        (r#"has(mcp.tool)"#, None),
    ] {
        assert_eq!(names(rule).as_deref(), expected, "{rule}");
    }
}

/// Rules made of the words of rules.
fn rules() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "jwt.a",
        "mcp.tool.name",
        "claims.sub",
        "==",
        "!=",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "[",
        "]",
        "in",
        "\"echo\"",
        "'",
        "1",
        "2.5",
        "?",
        ":",
        ".size()",
        "has(",
        ",",
        "true",
        "\\",
        "é",
        "r\"",
    ]);
    prop::collection::vec(words, 0..10).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_rule_is_answered(rule in rules()) {
        let _ = matches(&rule, &known());
        let _ = compared_with(&rule, "mcp.tool.name");
    }

    #[test]
    fn any_text_is_answered(rule in "\\PC{0,40}") {
        let _ = matches(&rule, &known());
    }

    /// What is decided while an attribute is open is decided so whatever the attribute is.
    #[test]
    fn to_know_more_changes_no_decision(rule in rules(), value in prop::sample::select(
        vec![json!("echo"), json!(1), json!(true), json!(["echo"]), json!(null)],
    )) {
        let before = matches(&rule, &known());
        for more in [known().with("jwt.a", value), known().without("jwt.a")] {
            let after = matches(&rule, &more);
            if !matches!(before, Answer::Depends(_)) {
                prop_assert_eq!(&after, &before, "{}", rule);
            }
        }
    }
}
