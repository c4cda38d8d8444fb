//! How actions are called: CloudTrail names the service by its endpoint and the call by its API, IAM
//! the service by its prefix.

/// IAM prefixes of services whose endpoint is called otherwise (Service Authorization Reference).
const PREFIXES: &[(&str, &str)] = &[
    ("api.pricing", "pricing"),
    ("catalog.marketplace", "aws-marketplace"),
    ("cloudcontrolapi", "cloudformation"),
    ("data.iot", "iot"),
    ("email", "ses"),
    ("entitlement.marketplace", "aws-marketplace"),
    ("iotdata", "iot"),
    ("metering.marketplace", "aws-marketplace"),
    ("models.lex", "lex"),
    ("monitoring", "cloudwatch"),
    ("runtime.lex", "lex"),
    ("runtime.sagemaker", "sagemaker"),
    ("streams.dynamodb", "dynamodb"),
    ("tagging", "tag"),
];

/// Services that put the version of their API behind the name of a call.
const VERSIONED: &[&str] = &["cloudfront", "lambda"];

/// `service:Action`, as policies spell it.
pub fn action(event_source: &str, event_name: &str) -> String {
    let endpoint = event_source.strip_suffix(".amazonaws.com").unwrap_or(event_source);
    let prefix = PREFIXES.iter().find(|(name, _)| *name == endpoint).map(|(_, prefix)| *prefix);
    let service = prefix.unwrap_or(endpoint);
    let name = match VERSIONED.contains(&service) {
        true => without_version(event_name),
        false => event_name,
    };
    format!("{service}:{name}")
}

/// `UpdateFunctionCode20150331v2`, `CreateDistribution2020_05_31`.
fn without_version(name: &str) -> &str {
    let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let undated = unnumbered.strip_suffix('v').unwrap_or(name);
    let plain = undated.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    // A date has eight digits; a name may end with fewer (`ListObjectsV2`).
    if undated.len() - plain.len() >= 8 && !plain.is_empty() { plain } else { name }
}

/// Whether the code says that the call was refused for want of a permission.
pub fn is_refusal(error_code: &str) -> bool {
    let code = error_code.strip_prefix("Client.").unwrap_or(error_code);
    code.starts_with("AccessDenied")
        || matches!(
            code,
            "UnauthorizedOperation"
                | "UnauthorizedAccess"
                | "AuthorizationError"
                | "NotAuthorized"
                | "VpceAccessDenied"
        )
}

/// Calls that give out an identity, by service and the beginning of their name.
const HOPS: &[(&str, &str)] = &[
    ("sts", "AssumeRo"),
    ("sts", "GetSessionToken"),
    ("sts", "GetFederationToken"),
    ("eks-auth", "AssumeRoleForPodIdentity"),
    ("rolesanywhere", "CreateSession"),
    ("sso", "GetRoleCredentials"),
];

/// Whether a call of this action gives out an identity.
pub fn is_hop(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, name)| {
        HOPS.iter().any(|(of, begins)| *of == service && name.starts_with(begins))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_spelled_as_in_policies() {
        let check = |source, name, expected| assert_eq!(action(source, name), expected);
        check("s3.amazonaws.com", "ListObjectsV2", "s3:ListObjectsV2");
        check("monitoring.amazonaws.com", "PutMetricAlarm", "cloudwatch:PutMetricAlarm");
        check("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode");
        check("lambda.amazonaws.com", "CreateFunction20150331", "lambda:CreateFunction");
        check("lambda.amazonaws.com", "Invoke", "lambda:Invoke");
        check("lambda.amazonaws.com", "20150331", "lambda:20150331");
        check("cloudfront.amazonaws.com", "GetKey2020_05_31", "cloudfront:GetKey");
        check("example.org", "Do", "example.org:Do");
    }

    #[test]
    fn refusals_and_hops_are_told_from_the_rest() {
        for code in ["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"] {
            assert!(is_refusal(code), "{code}");
        }
        assert!(!is_refusal("NoSuchBucket") && !is_refusal("Client.DryRunOperation"));
        for action in ["sts:AssumeRoleWithSAML", "sts:AssumeRoot", "sts:GetSessionToken"] {
            assert!(is_hop(action), "{action}");
        }
        assert!(!is_hop("sts:GetCallerIdentity") && !is_hop("iam:AssumeRole"));
    }
}
