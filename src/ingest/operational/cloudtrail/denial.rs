//! What the message of a refused call says: the permission that was missing, on what, and why.
//!
//! `User: <arn> is not authorized to perform: <action> on resource: <resource> because <reason>` (IAM
//! user guide, "Troubleshoot access denied error messages"); older ones stop earlier.

/// The permission that a refused call would have needed.
#[derive(Debug, PartialEq, Eq)]
pub struct Denial<'a> {
    pub action: &'a str,
    pub resource: Option<&'a str>,
    pub because: Option<&'a str>,
}

/// From here on the message is only for `sts:DecodeAuthorizationMessage`.
const ENCODED: &str = "Encoded authorization failure message:";

/// The part of a message that people can read.
pub fn readable(message: &str) -> &str {
    message.split_once(ENCODED).map_or(message, |(readable, _)| readable).trim_end()
}

pub fn denial(message: &str) -> Option<Denial<'_>> {
    let (_, rest) = readable(message).split_once("is not authorized to perform: ")?;
    let (rest, because) = ["because ", "with an "]
        .iter()
        .find_map(|word| rest.split_once(word).map(|(rest, why)| (rest, Some(why))))
        .unwrap_or((rest, None));
    let (action, resource) = match rest.split_once("on resource: ") {
        Some((action, resource)) => (action, Some(resource)),
        None => (rest, None),
    };
    let denial =
        Denial { action: bare(action), resource: resource.map(bare), because: because.map(bare) };
    Some(denial).filter(|denial| !denial.action.is_empty())
}

fn bare(phrase: &str) -> &str {
    phrase.trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Option<(&str, Option<&str>, Option<&str>)>) {
        let expected =
            expected.map(|(action, resource, because)| Denial { action, resource, because });
        assert_eq!(denial(message), expected, "{message}");
    }

    #[test]
    fn messages_name_the_missing_permission() {
        let user = "User: arn:aws:iam::1:user/a is not authorized to perform: ";
        check(
            &format!(
                "{user}ssm:GetParameter on resource: arn:aws:ssm:x:1:parameter/p because no identity-based policy allows the ssm:GetParameter action"
            ),
            Some((
                "ssm:GetParameter",
                Some("arn:aws:ssm:x:1:parameter/p"),
                Some("no identity-based policy allows the ssm:GetParameter action"),
            )),
        );
        check(
            &format!(
                "{user}s3:GetObject on resource: \"arn:x\" with an explicit deny in a service control policy"
            ),
            Some((
                "s3:GetObject",
                Some("\"arn:x\""),
                Some("explicit deny in a service control policy"),
            )),
        );
        check(
            &format!(
                "You are not authorized. {user}ec2:RunInstances on resource: * because no policy allows it. Encoded authorization failure message: AbC"
            ),
            Some(("ec2:RunInstances", Some("*"), Some("no policy allows it"))),
        );
        check(&format!("{user}iam:ListUsers"), Some(("iam:ListUsers", None, None)));
        check(user, None);
        check("Access Denied", None);
    }
}
