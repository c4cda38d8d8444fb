//! The granting path that the RBAC authorizer writes into the audit log (formats.md §3.1).

use crate::domain::configured::Subject;
use crate::domain::{ObjectRef, Text};

/// One granting path, as the authorizer recorded it: the first that matched, not the only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRoute {
    pub binding: ObjectRef,
    pub role: ObjectRef,
    pub subject: Subject,
}

/// Parses `RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to Group "g"`. Anything else,
/// the empty reason of other authorizers included, is `None`: not "no grant".
pub fn recorded_route(reason: &str) -> Option<RecordedRoute> {
    let rest = reason.strip_prefix("RBAC: allowed by ")?;
    let (binding_kind, binding, rest) = quoted_object(rest)?;
    let (role_kind, role, rest) = quoted_object(rest.strip_prefix(" of ")?)?;
    let (subject_kind, subject, rest) = quoted_object(rest.strip_prefix(" to ")?)?;
    let (namespace, binding) = match binding_kind {
        "ClusterRoleBinding" => (Text::default(), Text::from(binding)),
        // The authorizer prints the name first.
        "RoleBinding" => binding.rsplit_once('/').map(|(name, ns)| (ns.into(), name.into()))?,
        _ => return None,
    };
    let role_namespace = match role_kind {
        "ClusterRole" => Text::default(),
        "Role" => namespace.clone(),
        _ => return None,
    };
    let (subject_namespace, subject) = match subject_kind {
        "User" | "Group" => (Text::default(), Text::from(subject)),
        "ServiceAccount" => subject.rsplit_once('/').map(|(name, ns)| (ns.into(), name.into()))?,
        _ => return None,
    };
    rest.is_empty().then(|| RecordedRoute {
        binding: ObjectRef::new(binding_kind, namespace, binding),
        role: ObjectRef::new(role_kind, role_namespace, role),
        subject: Subject { kind: subject_kind.into(), name: subject, namespace: subject_namespace },
    })
}

/// `Kind "name"` and what follows.
fn quoted_object(text: &str) -> Option<(&str, String, &str)> {
    let (kind, rest) = text.split_once(' ')?;
    let (name, rest) = unquote(rest)?;
    Some((kind, name, rest))
}

/// Reads one string in Go's quoting, and gives what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?.chars();
    let mut value = String::new();
    loop {
        match rest.next()? {
            '"' => return Some((value, rest.as_str())),
            '\\' => value.push(match rest.next()? {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                'x' => code_point(&mut rest, 2)?,
                'u' => code_point(&mut rest, 4)?,
                'U' => code_point(&mut rest, 8)?,
                same @ ('\\' | '"') => same,
                _ => return None,
            }),
            other => value.push(other),
        }
    }
}

fn code_point(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let number = (0..digits).try_fold(0_u32, |number, _| {
        number.checked_mul(16)?.checked_add(rest.next()?.to_digit(16)?)
    })?;
    char::from_u32(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(reason: &str, shown: Option<&str>) {
        let route = recorded_route(reason).map(|route| {
            let subject =
                ObjectRef::new(route.subject.kind, route.subject.namespace, route.subject.name);
            let parts = [&route.binding, &route.role, &subject].map(ObjectRef::visible);
            parts.join(" | ")
        });
        assert_eq!(route.as_deref(), shown, "{reason}");
    }

    #[test]
    fn the_grammar_of_the_authorizer() {
        check(
            r#"RBAC: allowed by ClusterRoleBinding "system:coredns" of ClusterRole "system:coredns" to ServiceAccount "coredns/kube-system""#,
            Some(
                "ClusterRoleBinding system:coredns | ClusterRole system:coredns | \
                 ServiceAccount kube-system/coredns",
            ),
        );
        check(
            r#"RBAC: allowed by RoleBinding "ns-readers/agents" of ClusterRole "view-all" to Group "system:serviceaccounts:agents""#,
            Some(
                "RoleBinding agents/ns-readers | ClusterRole view-all | \
                 Group system:serviceaccounts:agents",
            ),
        );
        check(
            r#"RBAC: allowed by RoleBinding "b/a" of Role "r" to User "odd \"name\" \\ \u00e9""#,
            Some(r#"RoleBinding a/b | Role a/r | User odd "name" \ é"#),
        );
    }

    #[test]
    fn other_reasons_are_not_routes() {
        for reason in [
            "",
            "RBAC: allowed by",
            r#"RBAC: allowed by RoleBinding "b" of Role "r" to User "u""#,
            r#"RBAC: allowed by Thing "b/a" of Role "r" to User "u""#,
            r#"RBAC: allowed by RoleBinding "b/a" of Role "r" to User "u" and more"#,
            r#"RBAC: allowed by RoleBinding "b/a" of Role "r" to User "u"#,
            r#"RBAC: allowed by RoleBinding "b/a" of Role "r" to User "\ud800""#,
        ] {
            check(reason, None);
        }
    }

    proptest! {
        #[test]
        fn what_the_authorizer_prints_is_read_back(
            binding in "[a-z:.-]{1,20}", namespace in "[a-z-]{1,20}", user in "\\PC*",
        ) {
            let quoted = user.replace('\\', "\\\\").replace('"', "\\\"");
            let reason = format!(
                "RBAC: allowed by RoleBinding \"{binding}/{namespace}\" of ClusterRole \"r\" to \
                 User \"{quoted}\""
            );
            let route = recorded_route(&reason).expect("the authorizer's own spelling");
            prop_assert_eq!(route.binding, ObjectRef::new("RoleBinding", namespace, binding));
            prop_assert_eq!(route.subject.name.raw(), user);
        }

        #[test]
        fn no_reason_panics(reason in "(RBAC: allowed by )?(.|\\PC|\"|\\\\)*") {
            let _ = recorded_route(&reason);
        }
    }
}
