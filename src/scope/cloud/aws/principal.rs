//! Who makes a request, and which `Principal` elements mean them (IAM User Guide, "AWS JSON policy
//! elements: Principal").

use std::collections::BTreeMap;

use super::context::Context;
use super::statement::action_is_listed;
use super::truth::Truth;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{
    Arn, IamIdentity, IamKind, Listed, PolicyPrincipal, StatementEffect,
};

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub kind: PrincipalKind,
    /// ARN of the user, role, federated user, identity provider or account root; the name of a
    /// service. Of a session it is the role's.
    pub arn: Text,
    /// The unique id (`AROA…`, `AIDA…`).
    pub id: Option<Text>,
    pub tags: BTreeMap<Text, Text>,
    /// Sessions may carry further tags, or these with other values.
    pub tags_vary: bool,
    /// The id of its organization, `o-…`.
    pub organization: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    AccountRoot,
    User,
    /// A session of a role, by its name when that is known.
    Role {
        session: Option<Text>,
    },
    /// A session of a user by `GetFederationToken`.
    FederatedUser,
    Service,
    /// Somebody whom an OpenID Connect or SAML provider has authenticated, before a role is assumed.
    Federated,
}

/// What the unique ids of users and roles begin with (IAM User Guide, "IAM identifiers").
const UNIQUE_IDS: [&str; 2] = ["AIDA", "AROA"];

/// How a `Principal` element means somebody; it decides what can still limit the permission
/// ("Policy evaluation for requests within a single account").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The very principal of the request: a user, a session, a service, everybody.
    Direct,
    /// The role of the session, or the user behind a federated user.
    Issuer,
    /// The account, whose own policies have to grant on.
    Account,
}

impl Principal {
    pub fn new(kind: PrincipalKind, arn: impl Into<Text>) -> Self {
        Self {
            kind,
            arn: arn.into(),
            id: None,
            tags: BTreeMap::new(),
            tags_vary: false,
            organization: None,
        }
    }

    pub fn service(name: impl Into<Text>) -> Self {
        Self::new(PrincipalKind::Service, name)
    }

    /// The principal that acts with the permissions of a user or role. Groups are no principals.
    pub fn of_identity(identity: &IamIdentity) -> Option<Self> {
        let kind = match identity.kind {
            IamKind::User => PrincipalKind::User,
            IamKind::Role => PrincipalKind::Role { session: None },
            IamKind::Group => return None,
        };
        Some(Self {
            id: identity.id.clone(),
            tags: identity.tags.clone(),
            tags_vary: identity.kind == IamKind::Role && may_be_tagged(identity),
            ..Self::new(kind, identity.arn.clone())
        })
    }

    /// From an ARN as logs and policies spell it. A session does not tell the path of its role.
    pub fn from_arn(text: &str) -> Option<Self> {
        let arn = Arn::parse(text)?;
        let (partition, account) = (arn.partition, arn.account);
        let kind = match (arn.service, arn.resource.split_once('/')) {
            ("sts", Some(("assumed-role", names))) => {
                let (role, session) = names.rsplit_once('/')?;
                let kind = PrincipalKind::Role { session: Some(session.into()) };
                return Some(Self::new(
                    kind,
                    format!("arn:{partition}:iam::{account}:role/{role}"),
                ));
            }
            ("sts", Some(("federated-user", _))) => PrincipalKind::FederatedUser,
            ("iam", Some(("user", _))) => PrincipalKind::User,
            ("iam", Some(("role", _))) => PrincipalKind::Role { session: None },
            ("iam", Some(("oidc-provider" | "saml-provider", _))) => PrincipalKind::Federated,
            ("iam", None) if arn.resource == "root" => PrincipalKind::AccountRoot,
            _ => return None,
        };
        Some(Self::new(kind, text))
    }

    /// The account whose policies speak for it. Services and those whom a provider has authenticated
    /// have none.
    pub fn account(&self) -> Option<&str> {
        match self.kind {
            PrincipalKind::Service | PrincipalKind::Federated => None,
            _ => Some(Arn::parse(self.arn.raw())?.account),
        }
    }

    /// Service-linked roles belong to AWS; policies of an organization do not reach them.
    pub fn is_service_linked(&self) -> bool {
        self.arn.raw().contains(":role/aws-service-role/")
    }

    /// The name without type and path.
    fn name(&self) -> &str {
        Arn::parse(self.arn.raw()).map_or("", |arn| arn.resource_name())
    }

    /// The condition keys that follow from the principal ("AWS global condition context keys",
    /// properties of the principal).
    pub fn context(&self) -> Context {
        let mut context = Context::default();
        let is_service = self.kind == PrincipalKind::Service;
        context.set("aws:PrincipalIsAWSService", [is_service.to_string()]);
        match is_service {
            true => context.set("aws:PrincipalServiceName", [self.arn.clone()]),
            false => context.set_absent("aws:PrincipalServiceName"),
        }
        let Some(account) = self.account() else {
            for key in
                ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:username"]
            {
                context.set_absent(key);
            }
            return context;
        };
        context.set("aws:PrincipalArn", [self.arn.clone()]);
        context.set("aws:PrincipalAccount", [account]);
        if let Some(organization) = &self.organization {
            context.set("aws:PrincipalOrgID", [organization.clone()]);
        }
        if !self.tags_vary {
            context.set_complete_under("aws:PrincipalTag/");
            for (key, value) in &self.tags {
                context.set(&format!("aws:PrincipalTag/{}", key.raw()), [value.clone()]);
            }
        }
        let (kind, user_id) = match &self.kind {
            PrincipalKind::AccountRoot => ("Account", Some(account.to_owned())),
            PrincipalKind::User => ("User", self.id.as_ref().map(|id| id.raw().to_owned())),
            PrincipalKind::Role { session } => {
                let both = self.id.as_ref().zip(session.as_ref());
                ("AssumedRole", both.map(|(id, session)| format!("{}:{}", id.raw(), session.raw())))
            }
            _ => ("FederatedUser", Some(format!("{account}:{}", self.name()))),
        };
        context.set("aws:PrincipalType", [kind]);
        if let Some(user_id) = user_id {
            context.set("aws:userid", [user_id]);
        }
        match self.kind {
            PrincipalKind::User => context.set("aws:username", [self.name()]),
            _ => context.set_absent("aws:username"),
        }
        context
    }

    /// How one entry of a `Principal` element means this principal, and whether it does.
    pub fn named_by(&self, entry: &PolicyPrincipal) -> Option<(Naming, Truth)> {
        let is_the = |kind| {
            let is_it = self.kind == kind && self.arn == entry.name;
            is_it.then_some((Naming::Direct, Truth::Yes))
        };
        match entry.kind.raw() {
            // A name without its kind is not valid, and read as one of AWS.
            "*" | "AWS" if entry.name == "*" => Some((Naming::Direct, Truth::Yes)),
            "*" | "AWS" => self.named_in_aws(&entry.name),
            "Service" => is_the(PrincipalKind::Service),
            "Federated" => is_the(PrincipalKind::Federated),
            // Another name of an account, which nothing here translates.
            "CanonicalUser" => self.account().map(|_| {
                let whose = format!("whose canonical user {} is", entry.name.raw());
                (Naming::Account, Truth::depends(whose))
            }),
            _ => None,
        }
    }

    /// By an account's number or ARN, by the ARN of the principal, its session or its issuer, or by a
    /// unique id.
    fn named_in_aws(&self, name: &Text) -> Option<(Naming, Truth)> {
        let account = self.account()?;
        let root = Arn::parse(name.raw()).filter(|arn| arn.resource == "root");
        if name == account || root.is_some_and(|root| root.account == account) {
            return Some(match self.kind {
                PrincipalKind::AccountRoot => (Naming::Direct, Truth::Yes),
                _ => (Naming::Account, Truth::Yes),
            });
        }
        let own_naming = match self.kind {
            PrincipalKind::Role { .. } => Naming::Issuer,
            _ => Naming::Direct,
        };
        if self.arn == *name || self.id.as_ref() == Some(name) {
            return Some((own_naming, Truth::Yes));
        }
        let is_unique_id = UNIQUE_IDS.iter().any(|prefix| name.raw().starts_with(prefix));
        if is_unique_id && self.id.is_none() {
            return Some((own_naming, Truth::depends(format!("who has the id {}", name.raw()))));
        }
        let other = Self::from_arn(name.raw())?;
        if (other.account(), other.name()) != (Some(account), self.name()) {
            return None;
        }
        match (&self.kind, &other.kind) {
            (PrincipalKind::Role { session }, PrincipalKind::Role { session: Some(named) }) => {
                let is_it = match session {
                    Some(session) => Truth::from(session == named),
                    None => Truth::depends("aws:userid"),
                };
                (is_it != Truth::No).then_some((Naming::Direct, is_it))
            }
            (PrincipalKind::FederatedUser, PrincipalKind::User) => {
                Some((Naming::Issuer, Truth::Yes))
            }
            _ => None,
        }
    }

    /// How a `Principal` or `NotPrincipal` element means this principal: each way with whether it
    /// does.
    pub fn named_in(&self, listed: &Listed<PolicyPrincipal>) -> Vec<(Naming, Truth)> {
        match listed {
            Listed::Only(entries) => {
                entries.iter().filter_map(|entry| self.named_by(entry)).collect()
            }
            Listed::AllExcept(entries) => {
                let excluded = entries.iter().filter_map(|entry| self.named_by(entry));
                let is_meant = !Truth::any(excluded.map(|(_, truth)| truth));
                vec![(Naming::Direct, is_meant)]
            }
        }
    }
}

/// Whether sessions of a role may carry tags of their own, which go before the role's.
fn may_be_tagged(role: &IamIdentity) -> bool {
    let Some(trust) = &role.trust else { return true };
    trust.statements.iter().any(|statement| {
        statement.effect == StatementEffect::Allow
            && action_is_listed("sts:TagSession", &statement.actions)
    })
}
