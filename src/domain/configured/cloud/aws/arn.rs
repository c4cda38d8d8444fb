//! Amazon resource names.

/// `arn:partition:service:region:account:resource` (AWS General Reference, "ARN format"). Region and
/// account may be empty; the resource may hold further colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    /// Twelve digits, or `aws` for what AWS itself owns.
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next().filter(|resource| !resource.is_empty())?,
        })
    }

    /// The resource without its type: `role/agents/planner` is `planner` in IAM, whose names are
    /// unique without their path, and `trail/main` is `main`.
    pub fn resource_name(&self) -> &'a str {
        match self.service {
            "iam" if self.resource.starts_with("oidc-provider/") => self.after_type(),
            "iam" => self.resource.rsplit('/').next().unwrap_or(self.resource),
            _ => self.after_type(),
        }
    }

    fn after_type(&self) -> &'a str {
        let slash = self.resource.split_once('/');
        slash.or(self.resource.split_once(':')).map_or(self.resource, |(_, name)| name)
    }

    /// The account, unless the resource belongs to AWS or to no account.
    pub fn customer_account(&self) -> Option<&'a str> {
        let digits = |account: &str| account.bytes().all(|byte| byte.is_ascii_digit());
        Some(self.account).filter(|account| !account.is_empty() && digits(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, account: Option<&str>, name: &str) {
        let arn = Arn::parse(text).expect("an ARN");
        assert_eq!((arn.customer_account(), arn.resource_name()), (account, name), "{text}");
    }

    #[test]
    fn names_and_accounts() {
        check("arn:aws:iam::111122223333:role/agents/planner", Some("111122223333"), "planner");
        check("arn:aws:iam::aws:policy/service-role/X", None, "X");
        check("arn:aws:iam::1:oidc-provider/oidc.x/id/A", Some("1"), "oidc.x/id/A");
        check("arn:aws:s3:::bucket", None, "bucket");
        check("arn:aws:cloudtrail:eu-west-1:1:trail/main", Some("1"), "main");
        check("arn:aws:secretsmanager:eu-west-1:1:secret:prod", Some("1"), "prod");
        check("arn:aws:sts::1:assumed-role/planner/s1", Some("1"), "planner/s1");
    }

    #[test]
    fn what_is_no_arn() {
        for text in ["", "arn:aws:iam", "arn:aws:iam::1:", "role/x"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
