//! The decision on a request (IAM User Guide, "Policy evaluation logic").

use super::context::Context;
use super::decision::{Cause, Decision, Denial, Layer, Policies, Policy, Request};
use super::found::Found;
use super::principal::{Naming, PrincipalKind};
use super::statement;
use super::truth::Truth;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{Arn, Listed, Statement, StatementEffect};

/// Allowed even where it is denied explicitly (STS API Reference, "GetCallerIdentity").
const NEEDS_NO_PERMISSION: &str = "sts:GetCallerIdentity";

/// Decides a request. An explicit denial anywhere wins; then the service control policies must
/// allow; then the identity's policies within their limits or the resource's policy, across accounts
/// both.
pub fn evaluate(request: &Request, policies: &Policies<'_>) -> Decision {
    if request.principal.account().is_some()
        && request.action.raw().eq_ignore_ascii_case(NEEDS_NO_PERMISSION)
    {
        return Decision::Allowed(Vec::new());
    }
    let evaluation = Evaluation::new(request, policies);
    let denied = evaluation.denied();
    let denied_on = match denied.truth {
        Truth::Yes => {
            return Decision::Denied(match denied.by.into_iter().next() {
                Some(cause) => Denial::Explicit(cause),
                None => Denial::Implicit(Layer::Identity),
            });
        }
        Truth::Depends(on) => on,
        Truth::No => Default::default(),
    };
    let allowed = evaluation
        .within_service_control()
        .map_err(Denial::Implicit)
        .and_then(|ceiling| Ok(ceiling.and(evaluation.granted().map_err(Denial::Implicit)?)));
    match allowed {
        Err(denial) => Decision::Denied(denial),
        Ok(Found { truth: Truth::Depends(on), by }) => {
            Decision::Depends { on: &on | &denied_on, by }
        }
        Ok(Found { by, .. }) if denied_on.is_empty() => Decision::Allowed(by),
        Ok(Found { by, .. }) => Decision::Depends { on: denied_on, by },
    }
}

/// Statements that allow, or the type of policy in which there are none.
type Permission = Result<Found, Layer>;

struct Evaluation<'a> {
    request: &'a Request,
    policies: &'a Policies<'a>,
    context: Context,
    resource_account: Option<&'a str>,
}

/// What the policy of the resource grants, by how it names the principal.
struct ByResource {
    direct: Found,
    issuer: Found,
    account: Found,
}

impl<'a> Evaluation<'a> {
    fn new(request: &'a Request, policies: &'a Policies<'a>) -> Self {
        let in_arn = Arn::parse(request.resource.raw()).and_then(|arn| arn.customer_account());
        let resource_account = in_arn
            .or(request.resource_account.as_ref().map(Text::raw))
            .or_else(|| request.principal.account());
        let mut follows = request.principal.context();
        if let Some(account) = resource_account {
            follows.set("aws:ResourceAccount", [account]);
        }
        let context = request.context.clone().or(&follows);
        Self { request, policies, context, resource_account }
    }

    /// The statements of one effect that apply, principals aside.
    fn statements<'p>(
        &self,
        policy: &Policy<'p>,
        effect: StatementEffect,
    ) -> Vec<(Cause, Truth, &'p Statement)> {
        let has_variables = statement::has_variables(policy.document.version.as_ref());
        let (action, resource) = (self.request.action.raw(), self.request.resource.raw());
        let numbered = policy.document.statements.iter().zip(1..);
        numbered
            .filter(|(statement, _)| statement.effect == effect)
            .filter_map(|(statement, number)| {
                let truth =
                    statement::applies(statement, has_variables, action, resource, &self.context);
                let cause = || Cause {
                    by: policy.by.clone(),
                    statement: number,
                    sid: statement.sid.clone(),
                };
                (truth != Truth::No).then(|| (cause(), truth, statement))
            })
            .collect()
    }

    /// Of policies that name no principal.
    fn any<'p>(
        &self,
        policies: impl IntoIterator<Item = &'p Policy<'p>>,
        effect: StatementEffect,
    ) -> Found {
        let mut found = Found::nothing();
        for policy in policies {
            for (cause, truth, _) in self.statements(policy, effect) {
                found = found.or(Found { truth, by: vec![cause] });
            }
        }
        found
    }

    /// Of a policy that names principals; a statement that names none applies to nobody.
    fn any_naming(&self, policy: &Policy<'_>, effect: StatementEffect) -> ByResource {
        let mut by = ByResource {
            direct: Found::nothing(),
            issuer: Found::nothing(),
            account: Found::nothing(),
        };
        for (cause, truth, statement) in self.statements(policy, effect) {
            let Some(principals) = &statement.principals else { continue };
            for (naming, is_meant) in self.request.principal.named_in(principals) {
                let part = match naming {
                    Naming::Direct => &mut by.direct,
                    Naming::Issuer => &mut by.issuer,
                    Naming::Account => &mut by.account,
                };
                let is_meant = match self.is_denied_for_its_boundary(principals, effect) {
                    true => Truth::Yes,
                    false => is_meant,
                };
                let truth = truth.clone().and(is_meant);
                let found = Found { truth, by: vec![cause.clone()] };
                *part = std::mem::replace(part, Found::nothing()).or(found);
            }
        }
        by
    }

    /// `NotPrincipal` with `Deny` denies every principal that has a boundary, listed or not
    /// ("Permissions boundaries for IAM entities").
    fn is_denied_for_its_boundary<T>(
        &self,
        principals: &Listed<T>,
        effect: StatementEffect,
    ) -> bool {
        effect == StatementEffect::Deny
            && matches!(principals, Listed::AllExcept(_))
            && self.policies.boundary.is_some()
    }

    fn is_managed_by(&self, account: Option<&str>) -> bool {
        let managing = self.policies.management_account.as_ref();
        managing.is_some_and(|managing| Some(managing.raw()) == account)
    }

    /// Policies of the organization do not reach its management account, service-linked roles, or
    /// principals outside of it.
    fn is_under_service_control(&self) -> bool {
        let principal = &self.request.principal;
        let account = principal.account();
        account.is_some() && !principal.is_service_linked() && !self.is_managed_by(account)
    }

    fn is_under_resource_control(&self) -> bool {
        !self.request.principal.is_service_linked() && !self.is_managed_by(self.resource_account)
    }

    /// Explicit denials, wherever they stand.
    fn denied(&self) -> Found {
        let Policies { identity, resource, boundary, session, .. } = self.policies;
        let own = identity.iter().chain(boundary).chain(session);
        let mut denied = self.any(own, StatementEffect::Deny);
        if self.is_under_service_control() {
            let levels = self.policies.service_control.iter().flatten();
            denied = denied.or(self.any(levels, StatementEffect::Deny));
        }
        let control = match self.is_under_resource_control() {
            true => self.policies.resource_control.as_slice(),
            false => &[],
        };
        for policy in resource.iter().chain(control) {
            let by = self.any_naming(policy, StatementEffect::Deny);
            denied = denied.or(by.direct).or(by.issuer).or(by.account);
        }
        denied
    }

    /// Every level of the organization must allow.
    fn within_service_control(&self) -> Permission {
        let mut within = Found::always();
        if self.is_under_service_control() {
            for level in &self.policies.service_control {
                let allowed =
                    self.any(level, StatementEffect::Allow).required(Layer::ServiceControl);
                within = within.and(allowed?);
            }
        }
        Ok(within)
    }

    /// What boundary and session leave.
    fn within_limits(&self) -> Permission {
        let Policies { boundary, session, .. } = self.policies;
        let mut within = Found::always();
        for (layer, limit) in [(Layer::Boundary, boundary), (Layer::Session, session)] {
            if limit.is_some() {
                within = within.and(self.any(limit, StatementEffect::Allow).required(layer)?);
            }
        }
        Ok(within)
    }

    /// What identity and resource grant together.
    fn granted(&self) -> Permission {
        let principal = &self.request.principal;
        let by_resource = self.by_resource();
        let Some(account) = principal.account() else {
            return by_resource.direct.required(Layer::Resource);
        };
        let identity = match principal.kind {
            PrincipalKind::AccountRoot => Found::always(),
            _ => self.any(&self.policies.identity, StatementEffect::Allow),
        };
        let ByResource { direct, issuer, account: by_account } = by_resource;
        if self.resource_account != Some(account) {
            let resource = direct.or(issuer).or(by_account).required(Layer::Resource);
            let identity = identity.required(Layer::Identity)?;
            return Ok(identity.and(self.within_limits()?).and(resource?));
        }
        // The account's own policies count where the resource leaves it to them.
        let (layer, delegated) = match self.needs_policy() {
            true => (Layer::Resource, identity.and(by_account)),
            false => (Layer::Identity, identity),
        };
        let limited = delegated
            .or(issuer)
            .required(layer)
            .and_then(|granted| self.within_limits().map(|limits| granted.and(limits)));
        // Who is named directly is not held by implicit denials.
        match direct.truth {
            Truth::No => limited,
            _ => Ok(direct.or(limited.unwrap_or_else(|_| Found::nothing()))),
        }
    }

    fn by_resource(&self) -> ByResource {
        let nothing = || ByResource {
            direct: Found::nothing(),
            issuer: Found::nothing(),
            account: Found::nothing(),
        };
        if let Some(policy) = &self.policies.resource {
            return self.any_naming(policy, StatementEffect::Allow);
        }
        let account = self.request.principal.account();
        let is_own = account.is_some() && account == self.resource_account;
        if is_own && !self.needs_policy() {
            return nothing();
        }
        let unknown = format!("the policy of {}", self.request.resource.raw());
        ByResource {
            account: Found::unknown(unknown.clone()),
            direct: Found::unknown(unknown),
            ..nothing()
        }
    }

    /// KMS keys and roles have a policy that must say even that the account's own policies count
    /// ("Key policies in AWS KMS", "Role trust policies").
    fn needs_policy(&self) -> bool {
        let Some(arn) = Arn::parse(self.request.resource.raw()) else { return false };
        let action = self.request.action.raw().to_ascii_lowercase();
        match arn.service {
            "kms" => arn.resource.starts_with("key/"),
            "iam" => arn.resource.starts_with("role/") && action.starts_with("sts:assumerole"),
            _ => false,
        }
    }
}
