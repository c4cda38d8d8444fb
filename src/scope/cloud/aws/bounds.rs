//! What bounds everything that a user or role does: denials, its boundary, its organization, and that
//! resources of others have to allow as well.

use super::clauses::{clauses, everything};
use super::context::Context;
use super::directory::{Directory, Held, Read, account_object, account_of, object_of};
use super::principal::Principal;
use crate::domain::configured::cloud::aws::{
    Arn, IamIdentity, IamPolicy, PolicyFunction, StatementEffect,
};
use crate::domain::{Bounds, Clause, Globs, Layer, ObjectRef, Pattern, Text};

/// The policies that bound a principal.
pub struct Bounding<'a> {
    /// Its own and its groups' policies.
    pub identity: Vec<Held<'a>>,
    pub boundary: Option<Held<'a>>,
    organization: Vec<OfOrganization<'a>>,
    account: Text,
}

/// A policy of the organization where it applies.
struct OfOrganization<'a> {
    policy: Read<'a, IamPolicy>,
    /// An account, unit or root.
    target: &'a Text,
    /// What it depends on whether the policy applies.
    depends_on: Vec<Text>,
}

impl<'a> Bounding<'a> {
    pub fn of(identity: &'a IamIdentity, who: &Principal, directory: &Directory<'a>) -> Self {
        let mut held = directory.own_policies(identity);
        for (_, group) in directory.groups(identity) {
            held.extend(group.into_iter().flat_map(|group| directory.own_policies(group.it)));
        }
        let account = account_of(&identity.arn);
        let organization = match who.is_service_linked() {
            true => Vec::new(),
            false => of_organization(account, directory),
        };
        Self {
            identity: held,
            boundary: identity.boundary.as_ref().map(|arn| directory.managed(arn)),
            organization,
            account: account.into(),
        }
    }

    pub fn bounds(&self, context: &Context) -> Bounds {
        let mut bounds = self.beside_policies(context);
        for held in self.identity.iter().chain(&self.boundary) {
            let Some(read) = held.policy else { continue };
            let denied = clauses(&read.it.document, StatementEffect::Deny, context);
            push(&mut bounds.except, held.object.clone(), read, denied);
        }
        if let Some((boundary, read)) = self.boundary.as_ref().and_then(|it| Some((it, it.policy?)))
        {
            let by = boundary.object.clone();
            let place = Some(read.record.place.clone());
            let allowed = clauses(&read.it.document, StatementEffect::Allow, context);
            bounds.within.push(Layer { by, place, clauses: allowed });
        }
        bounds.within.push(of_others(&self.account));
        bounds
    }

    /// What bounds beside the policies of the principal and its boundary: the organization, and a
    /// boundary that was not loaded.
    pub fn beside_policies(&self, context: &Context) -> Bounds {
        let mut bounds = Bounds { within: self.ceilings(context), ..Bounds::default() };
        for applies in &self.organization {
            let object = object_of(applies.policy.record);
            let denied = applies.clauses(StatementEffect::Deny, context);
            push(&mut bounds.except, object, applies.policy, denied);
        }
        if let Some(boundary) = self.boundary.as_ref().filter(|held| held.policy.is_none()) {
            let name = boundary.object.name.raw();
            bounds
                .depends_on
                .push(format!("the permissions boundary {name}, which was not loaded").into());
        }
        bounds
    }

    /// At each target whose policies allow something, one of them must allow. Others may be attached
    /// there that were not loaded.
    fn ceilings(&self, context: &Context) -> Vec<Layer> {
        let mut layers: Vec<Layer> = Vec::new();
        for applies in &self.organization {
            let allowed = applies.clauses(StatementEffect::Allow, context);
            if allowed.is_empty() || applies.policy.it.function != PolicyFunction::ServiceControl {
                continue;
            }
            let by = ObjectRef::new("service control policies", "", applies.target.clone());
            match layers.iter_mut().find(|layer| layer.by == by) {
                Some(layer) => layer.clauses.extend(allowed),
                None => {
                    let others = format!("other policies at {}", applies.target.raw());
                    let clauses = [everything(vec![others.into()])].into_iter().chain(allowed);
                    layers.push(Layer { by, place: None, clauses: clauses.collect() });
                }
            }
        }
        layers
    }
}

impl OfOrganization<'_> {
    fn clauses(&self, effect: StatementEffect, context: &Context) -> Vec<Clause> {
        let mut clauses = clauses(&self.policy.it.document, effect, context);
        for clause in &mut clauses {
            clause.depends_on.extend_from_slice(&self.depends_on);
        }
        clauses
    }
}

fn push(layers: &mut Vec<Layer>, by: ObjectRef, read: Read<'_, IamPolicy>, clauses: Vec<Clause>) {
    if !clauses.is_empty() {
        layers.push(Layer { by, place: Some(read.record.place.clone()), clauses });
    }
}

/// Resources of other accounts have to allow as well; so have keys and roles of the own one.
fn of_others(account: &Text) -> Layer {
    let own = |except: &[&str]| Globs {
        any_of: vec![
            "*".into(),
            "arn:*:*:*::*".into(),
            "arn:*:*:*:aws:*".into(),
            format!("arn:*:*:*:{}:*", account.raw()).into(),
        ],
        none_of: except.iter().map(|glob| Text::from(*glob)).collect(),
    };
    let assume = || [Text::from("sts:AssumeRole*")];
    let clause = |actions, resources| Clause {
        pattern: Pattern::Cloud { actions, resources },
        depends_on: Vec::new(),
    };
    let policy_of_it = Text::from("the policy of the resource, which has to allow it as well");
    Layer {
        by: account_object(account.raw()),
        place: None,
        clauses: vec![
            clause(Globs::all_except(assume()), own(&[KEYS])),
            clause(Globs::only(assume()), own(&[KEYS, ROLES])),
            everything(vec![policy_of_it]),
        ],
    }
}

const KEYS: &str = "arn:*:kms:*:*:key/*";
const ROLES: &str = "arn:*:iam::*:role/*";

/// The organization's policies that apply to an account, which is not the managing one.
fn of_organization<'a>(account: &str, directory: &Directory<'a>) -> Vec<OfOrganization<'a>> {
    let functions = [PolicyFunction::ServiceControl, PolicyFunction::ResourceControl];
    let policies = functions.into_iter().flat_map(|function| directory.organization(function));
    let applying = policies.flat_map(|(policy, targets)| {
        let managing = policy.it.arn.as_ref().map(account_of);
        // Resource control policies are about the resources of an account, whoever asks.
        let is_here = (policy.it.function == PolicyFunction::ResourceControl)
            .then(|| Text::from(format!("the resource is in the account {account}")));
        targets.filter(move |_| managing != Some(account)).filter_map(move |target| {
            let mut depends_on = is_below(account, target)?;
            depends_on.extend(is_here.clone());
            Some(OfOrganization { policy, target, depends_on })
        })
    });
    applying.collect()
}

/// Whether an account is below a target (`r-…`, `ou-…`, an account, or the ARN of one): `None` when it
/// is not, else what that depends on.
fn is_below(account: &str, target: &Text) -> Option<Vec<Text>> {
    let id = Arn::parse(target.raw()).map_or(target.raw(), |arn| arn.resource);
    let id = id.rsplit('/').next().unwrap_or(id);
    if id == account || id.starts_with("r-") {
        return Some(Vec::new());
    }
    id.starts_with("ou-").then(|| vec![format!("the account {account} is in {id}").into()])
}
