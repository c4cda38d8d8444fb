//! The records of accounts by what they speak of: who is there, and which policies each holds.

use std::collections::BTreeMap;

use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::{
    Arn, Attachments, Holder, IamIdentity, IamKind, IamPolicy, MANAGED_POLICY, PolicyFunction,
};
use crate::domain::{ObjectRef, Record, Text};

/// An object with the record that it was read from.
#[derive(Debug)]
pub struct Read<'a, T> {
    pub it: &'a T,
    pub record: &'a Record,
}

impl<T> Clone for Read<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Read<'_, T> {}

/// A policy that is named; without a record when it was not loaded.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    pub object: ObjectRef,
    pub policy: Option<Read<'a, IamPolicy>>,
}

#[derive(Debug, Default)]
pub struct Directory<'a> {
    /// By ARN.
    identities: BTreeMap<&'a Text, Read<'a, IamIdentity>>,
    /// Groups by account and name, as users name them.
    groups: BTreeMap<(&'a str, &'a str), Read<'a, IamIdentity>>,
    /// By ARN.
    managed: BTreeMap<&'a Text, Read<'a, IamPolicy>>,
    /// By the ARN of the identity.
    inline: BTreeMap<&'a Text, Vec<Read<'a, IamPolicy>>>,
    /// ARNs of managed policies, by ARN or kind and name of the identity.
    attached: BTreeMap<&'a Text, &'a [Text]>,
    attached_by_name: BTreeMap<(&'static str, &'a Text), &'a [Text]>,
    organization: Vec<Read<'a, IamPolicy>>,
    /// Targets of the organization's policies, by the ARN or id of the policy.
    targets: BTreeMap<&'a Text, &'a [Text]>,
}

impl<'a> Directory<'a> {
    pub fn of(records: impl Iterator<Item = &'a Record>) -> Self {
        let mut directory = Self::default();
        for record in records {
            match &record.body {
                Configured::Aws(Aws::Identity(it)) => directory.add_identity(Read { it, record }),
                Configured::Aws(Aws::Policy(it)) => directory.add_policy(Read { it, record }),
                Configured::Aws(Aws::Attachments(attachments)) => {
                    directory.add_attachments(attachments);
                }
                _ => {}
            }
        }
        directory
    }

    fn add_identity(&mut self, read: Read<'a, IamIdentity>) {
        self.identities.insert(&read.it.arn, read);
        if let (IamKind::Group, Some(arn)) = (read.it.kind, Arn::parse(read.it.arn.raw())) {
            self.groups.insert((arn.account, arn.resource_name()), read);
        }
    }

    fn add_policy(&mut self, read: Read<'a, IamPolicy>) {
        // A version that is not in force has no effect.
        if read.it.in_force == Some(false) {
            return;
        }
        match (read.it.function, &read.it.arn) {
            (PolicyFunction::ServiceControl | PolicyFunction::ResourceControl, _) => {
                self.organization.push(read);
            }
            (_, Some(arn)) => {
                self.managed.insert(arn, read);
            }
            (PolicyFunction::Identity, None) => {
                for holder in &read.it.attached_to {
                    self.inline.entry(holder).or_default().push(read);
                }
            }
            _ => {}
        }
    }

    fn add_attachments(&mut self, attachments: &'a Attachments) {
        let (of, with) = (&attachments.of, attachments.with.as_slice());
        match attachments.holder {
            Holder::Policy => {
                self.targets.insert(of, with);
            }
            Holder::Identity(_) if Arn::parse(of.raw()).is_some() => {
                self.attached.insert(of, with);
            }
            Holder::Identity(kind) => {
                self.attached_by_name.insert((kind.resource_type(), of), with);
            }
        }
    }

    pub fn identities(&self) -> impl Iterator<Item = Read<'a, IamIdentity>> {
        self.identities.values().copied()
    }

    /// A user, group or role by its ARN.
    pub fn identity(&self, arn: &Text) -> Option<Read<'a, IamIdentity>> {
        self.identities.get(arn).copied()
    }

    /// The inline and managed policies of an identity, without those of its groups.
    pub fn own_policies(&self, identity: &IamIdentity) -> Vec<Held<'a>> {
        let inline = self.inline.get(&identity.arn).into_iter().flatten();
        let inline =
            inline.map(|read| Held { object: object_of(read.record), policy: Some(*read) });
        let name = Text::from(name_of(&identity.arn));
        let by_name = || self.attached_by_name.get(&(identity.kind.resource_type(), &name));
        let attached = self.attached.get(&identity.arn).or_else(by_name).copied();
        let managed = attached.into_iter().flatten().map(|arn| self.managed(arn));
        inline.chain(managed).collect()
    }

    /// The groups of a user, and the names of those that were not loaded.
    pub fn groups(&self, user: &'a IamIdentity) -> Vec<(ObjectRef, Option<Read<'a, IamIdentity>>)> {
        let account = account_of(&user.arn);
        let names = user.groups.iter().flatten();
        names
            .map(|name| {
                let object = ObjectRef::new(IamKind::Group.resource_type(), account, name.clone());
                (object, self.groups.get(&(account, name.raw())).copied())
            })
            .collect()
    }

    /// A managed policy by its ARN.
    pub fn managed(&self, arn: &Text) -> Held<'a> {
        let object = ObjectRef::new(MANAGED_POLICY, account_of(arn), name_of(arn));
        Held { object, policy: self.managed.get(arn).copied() }
    }

    /// The organization's policies of one type with their targets: accounts, units, the root.
    pub fn organization(
        &self,
        function: PolicyFunction,
    ) -> impl Iterator<Item = (Read<'a, IamPolicy>, impl Iterator<Item = &'a Text>)> {
        let policies = self.organization.iter().filter(move |read| read.it.function == function);
        policies.map(|read| {
            let arn = read.it.arn.as_ref();
            let id = arn.map(|arn| Text::from(arn.raw().rsplit('/').next().unwrap_or_default()));
            let listed = arn.and_then(|arn| self.targets.get(arn));
            let listed = listed.or_else(|| self.targets.get(&id?)).copied();
            (*read, read.it.attached_to.iter().chain(listed.into_iter().flatten()))
        })
    }
}

/// The object of a record.
pub fn object_of(record: &Record) -> ObjectRef {
    let identity = record.body.identity();
    ObjectRef::new(identity.kind, identity.namespace, identity.name)
}

/// A user, group or role as an object.
pub fn object_of_identity(identity: &IamIdentity) -> ObjectRef {
    object_of_arn(identity.kind, &identity.arn)
}

pub fn object_of_arn(kind: IamKind, arn: &Text) -> ObjectRef {
    ObjectRef::new(kind.resource_type(), account_of(arn), name_of(arn))
}

pub fn account_object(account: &str) -> ObjectRef {
    ObjectRef::new("AWS::Organizations::Account", account, account)
}

pub fn account_of(arn: &Text) -> &str {
    Arn::parse(arn.raw()).map_or("", |arn| arn.account)
}

fn name_of(arn: &Text) -> &str {
    Arn::parse(arn.raw()).map_or(arn.raw(), |arn| arn.resource_name())
}
