//! Role chaining: who may assume which role, by its own policies and by the role's trust.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::bounds::Bounding;
use super::context::Context;
use super::decision::{Policies, Policy, Request};
use super::directory::{
    Directory, Held, account_object, account_of, object_of_arn, object_of_identity,
};
use super::evaluate::evaluate;
use super::principal::{Naming, Principal, PrincipalKind};
use super::statement::action_is_listed;
use super::trust::trust_of;
use super::weakness::{Flaw, flaw_of_naming};
use crate::domain::configured::cloud::aws::{
    IamIdentity, IamKind, Listed, PolicyDocument, Statement, StatementEffect,
};
use crate::domain::{Attachment, Bounds, Capability, ObjectRef, Permitted, Text};
use crate::scope::authority::{Authority, Edge};

const ASSUME: &str = "sts:AssumeRole";

/// One step of a chain.
pub struct Link<'a> {
    from: ObjectRef,
    pub to: &'a IamIdentity,
    /// The policies that allow the step.
    pub through: Vec<ObjectRef>,
    pub depends_on: Vec<Text>,
    /// How loosely the role names who takes it.
    pub flaw: Option<Flaw>,
}

impl Link<'_> {
    pub fn from(&self, authority: &mut Authority) -> NodeIndex {
        authority.principal(&self.from.namespace, self.from.clone())
    }

    pub fn edge(&self) -> Edge {
        let bounds = Bounds { depends_on: self.depends_on.clone(), ..Bounds::default() };
        let rule = self.flaw.map_or("may assume the role", Flaw::words);
        let edge = Edge::held(Attachment::RoleChain, rule);
        Edge { through: self.through.clone(), ..edge }.bounded(Arc::new(bounds))
    }

    /// For people, escaped.
    #[cfg(test)]
    pub fn visible(&self) -> String {
        let on: Vec<_> = self.depends_on.iter().map(Text::visible).collect();
        let step = format!("{} → {}", self.from.visible(), self.to.arn.visible());
        if on.is_empty() { step } else { format!("{step} if {}", on.join(", ")) }
    }
}

/// A user or role with the policies that it holds.
struct Assumer<'a> {
    who: Principal,
    object: ObjectRef,
    bounding: Bounding<'a>,
    /// What the evaluation of its policies leaves out.
    beside: Bounds,
    /// Its own policies speak of assuming roles.
    asks: bool,
}

/// Every step from a user or role that was loaded to a role, and from principals of other accounts
/// that a role names.
pub fn links<'a>(directory: &Directory<'a>) -> Vec<Link<'a>> {
    let assumers: BTreeMap<&Text, Assumer<'a>> = directory
        .identities()
        .filter_map(|read| Some((&read.it.arn, Assumer::of(read.it, directory)?)))
        .collect();
    let roles = directory.identities().filter(|read| read.it.kind == IamKind::Role);
    roles.flat_map(|role| links_to(role.it, &assumers)).collect()
}

/// The step from a role, by its ARN, to another.
pub fn link_between<'a>(
    from: &Text,
    to: &'a IamIdentity,
    directory: &Directory<'a>,
) -> Option<Link<'a>> {
    let trust = to.trust.as_ref()?;
    if let Some(assumer) = directory.identity(from).and_then(|read| Assumer::of(read.it, directory))
    {
        let link = assumer.link(to, trust);
        // That it holds no policy may mean that none was loaded.
        if link.is_some() || !assumer.bounding.identity.is_empty() {
            return link;
        }
    }
    let (object, who) = stranger(from)?;
    link_of_stranger(object, who, to, trust)
}

fn links_to<'a>(role: &'a IamIdentity, assumers: &BTreeMap<&Text, Assumer<'a>>) -> Vec<Link<'a>> {
    let Some(trust) = &role.trust else { return Vec::new() };
    let candidates =
        assumers.iter().filter(|(arn, it)| **arn != &role.arn && it.may_be_trusted_by(trust));
    let mut links: Vec<Link<'a>> =
        candidates.filter_map(|(_, assumer)| assumer.link(role, trust)).collect();
    links.extend(strangers(role, trust, assumers));
    links
}

impl<'a> Assumer<'a> {
    fn of(identity: &'a IamIdentity, directory: &Directory<'a>) -> Option<Self> {
        let who = Principal::of_identity(identity)?;
        let bounding = Bounding::of(identity, &who, directory);
        let asks = bounding.identity.iter().filter_map(|held| held.policy).any(|read| {
            read.it.document.statements.iter().any(|statement| {
                statement.effect == StatementEffect::Allow
                    && action_is_listed(ASSUME, &statement.actions)
            })
        });
        let beside = bounding.beside_policies(&who.context());
        Some(Self { who, object: object_of_identity(identity), bounding, beside, asks })
    }

    /// Whether it is worth a closer look: the trust policy names it, or names its account and its own
    /// policies speak of assuming roles.
    fn may_be_trusted_by(&self, trust: &PolicyDocument) -> bool {
        let allowing = trust.statements.iter().filter(|it| it.effect == StatementEffect::Allow);
        let mut named = allowing
            .filter_map(|statement| statement.principals.as_ref())
            .flat_map(|principals| self.who.named_in(principals));
        named.any(|(naming, _)| self.asks || naming != Naming::Account)
    }

    fn link(&self, role: &'a IamIdentity, trust: &'a PolicyDocument) -> Option<Link<'a>> {
        let policies = Policies {
            identity: self.bounding.identity.iter().filter_map(policy).collect(),
            boundary: self.bounding.boundary.as_ref().and_then(policy),
            resource: Some(Policy { by: trust_of(role), document: trust }),
            ..Policies::default()
        };
        let decision = evaluate(&assuming(self.who.clone(), role), &policies);
        let (on, causes) = decision.is_possible().then(|| decision.into_parts())?;
        let assume = Capability::Cloud { action: ASSUME.into(), resource: role.arn.clone() };
        let mut depends_on: Vec<Text> = on.into_iter().collect();
        match self.beside.admit(&assume) {
            Permitted::No => return None,
            Permitted::Yes => {}
            Permitted::Depends(on) => depends_on.extend(on),
        }
        let flaw = flaw_of_naming(role, &self.who, &causes);
        let through = causes.into_iter().map(|cause| cause.by).collect();
        Some(Link { from: self.object.clone(), to: role, through, depends_on, flaw })
    }
}

fn policy<'a>(held: &Held<'a>) -> Option<Policy<'a>> {
    let document = &held.policy?.it.document;
    Some(Policy { by: held.object.clone(), document })
}

/// Users, roles and accounts beside this one that the trust policy names and that were not loaded:
/// their own policies decide as well.
fn strangers<'a>(
    role: &'a IamIdentity,
    trust: &'a PolicyDocument,
    assumers: &BTreeMap<&Text, Assumer<'a>>,
) -> Vec<Link<'a>> {
    let entries = trust.statements.iter().filter_map(|statement| match &statement.principals {
        Some(Listed::Only(entries)) => Some(entries),
        _ => None,
    });
    let names: BTreeSet<&Text> = entries
        .flatten()
        .filter(|entry| entry.kind == "AWS" && !assumers.contains_key(&entry.name))
        .map(|entry| &entry.name)
        .collect();
    let strangers = names
        .into_iter()
        .filter_map(stranger)
        .filter(|(_, who)| who.account().is_some_and(|account| account != account_of(&role.arn)));
    strangers.filter_map(|(object, who)| link_of_stranger(object, who, role, trust)).collect()
}

fn stranger(name: &Text) -> Option<(ObjectRef, Principal)> {
    let is_account = name.raw().len() == 12 && name.raw().bytes().all(|byte| byte.is_ascii_digit());
    let who = match is_account {
        true => Principal::from_arn(&format!("arn:aws:iam::{}:root", name.raw()))?,
        false => Principal::from_arn(name.raw())?,
    };
    let account = account_of(&who.arn);
    let object = match &who.kind {
        PrincipalKind::AccountRoot => account_object(account),
        PrincipalKind::User => object_of_arn(IamKind::User, &who.arn),
        PrincipalKind::Role { .. } => object_of_arn(IamKind::Role, &who.arn),
        _ => return None,
    };
    Some((object, who))
}

fn link_of_stranger<'a>(
    object: ObjectRef,
    who: Principal,
    role: &'a IamIdentity,
    trust: &'a PolicyDocument,
) -> Option<Link<'a>> {
    let theirs = format!("the policies of the account {}", account_of(&who.arn));
    // As if they allowed it; that they do is what it depends on.
    let all = PolicyDocument { statements: vec![allowing_everything()], ..Default::default() };
    let policies = Policies {
        identity: vec![Policy { by: object.clone(), document: &all }],
        resource: Some(Policy { by: trust_of(role), document: trust }),
        ..Policies::default()
    };
    let decision = evaluate(&assuming(who.clone(), role), &policies).depending_on(theirs);
    let (on, causes) = decision.is_possible().then(|| decision.into_parts())?;
    Some(Link {
        from: object,
        to: role,
        through: vec![trust_of(role)],
        depends_on: on.into_iter().collect(),
        flaw: flaw_of_naming(role, &who, &causes),
    })
}

fn assuming(who: Principal, role: &IamIdentity) -> Request {
    Request {
        principal: who,
        action: ASSUME.into(),
        resource: role.arn.clone(),
        resource_account: None,
        context: Context::default(),
    }
}

/// A statement that allows everything.
fn allowing_everything() -> Statement {
    let all = || Listed::Only(vec![Text::from("*")]);
    Statement {
        sid: None,
        effect: StatementEffect::Allow,
        principals: None,
        actions: all(),
        resources: Some(all()),
        conditions: Vec::new(),
    }
}
