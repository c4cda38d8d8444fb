//! `aws iam get-account-authorization-details`: the identities of an account with all their policies.
//!
//! The answer does not say with which filter it was asked for. A list that holds something was asked
//! for, and is complete when the answer is not one page of several; of an empty list nobody knows.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::Parts;
use super::identity::Detail;
use super::managed::Managed;
use super::wire::account;
use crate::domain::configured::cloud::aws::{IamKind, MANAGED_POLICY};
use crate::domain::{Discipline, Location, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-authorization-details",
    title: "AWS account authorization details",
    side: Side::Configured,
    says: &[(
        Discipline::Identity,
        "users, groups and roles with trust, inline and managed policies, boundaries and last use",
    )],
    coverage: "no resource policies, SCPs or RCPs; complete only for the lists that hold something",
    recognises,
    read,
};

const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

fn recognises(shape: &Shape<'_>) -> bool {
    LISTS[..3].iter().any(|list| shape.has(list))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dump<'a> {
    #[serde(borrow, default)]
    user_detail_list: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    group_detail_list: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    role_detail_list: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    policies: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    is_truncated: Option<bool>,
}

/// One list of the dump with what could be read of it.
struct List<T> {
    items: Vec<(String, T)>,
    complete: bool,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(dump) = document.parse::<Dump<'_>>(sink) else { return };
    // The last page does not say that it is one of several; only a file of its own can be the whole.
    let is_whole = dump.is_truncated != Some(true) && document.at == Location::Whole;
    let mut parts = Parts::new(document, sink);
    let identities = [
        (IamKind::User, dump.user_detail_list),
        (IamKind::Group, dump.group_detail_list),
        (IamKind::Role, dump.role_detail_list),
    ];
    let identities = identities.map(|(kind, raw)| {
        let list: List<Detail<'_>> = list(list_name(kind), raw, is_whole, &mut parts);
        (kind, list)
    });
    let policies: List<Managed<'_>> = list("Policies", dump.policies, is_whole, &mut parts);

    let details = || identities.iter().flat_map(|(_, list)| &list.items).map(|(_, item)| item);
    let managed = || policies.items.iter().map(|(_, policy)| policy);
    let arns = details().map(|detail| &detail.arn).chain(managed().map(|policy| &policy.arn));
    parts.realm = account(arns.map(Text::raw));
    // All of it was read at one time, which cannot be before anything that it tells of.
    let latest: Option<Timestamp> =
        details().map(Detail::latest).chain(managed().map(Managed::latest)).max().flatten();
    parts.at = latest;

    for (kind, list) in identities {
        identities_of(kind, list, &mut parts);
    }
    managed_policies(policies, &mut parts);
}

fn list_name(kind: IamKind) -> &'static str {
    match kind {
        IamKind::User => LISTS[0],
        IamKind::Group => LISTS[1],
        IamKind::Role => LISTS[2],
    }
}

fn list<'a, T: Deserialize<'a>>(
    name: &str,
    raw: Option<Vec<&'a RawValue>>,
    is_whole: bool,
    parts: &mut Parts<'_>,
) -> List<T> {
    let raw = raw.unwrap_or_default();
    let items: Vec<(String, T)> = parts.items(&format!("/{name}"), &raw);
    let complete = is_whole && !raw.is_empty() && items.len() == raw.len();
    List { items, complete }
}

fn identities_of(kind: IamKind, list: List<Detail<'_>>, parts: &mut Parts<'_>) {
    let lost = parts.lost;
    for (pointer, detail) in list.items {
        detail.emit(kind, &pointer, parts);
    }
    let at = format!("/{}", list_name(kind));
    let account = parts.realm.clone();
    parts.snapshot(&at, kind.resource_type(), &account, list.complete);
    let inline_complete = list.complete && parts.lost == lost;
    parts.snapshot(&at, kind.inline_policy_type(), &account, inline_complete);
}

/// Of AWS's own policies an account lists those that it uses, so only its own can be complete.
fn managed_policies(list: List<Managed<'_>>, parts: &mut Parts<'_>) {
    let lost = parts.lost;
    let has_own = list.items.iter().any(|(_, policy)| policy.is_customers());
    for (pointer, policy) in list.items {
        policy.emit(&pointer, parts);
    }
    let complete = list.complete && has_own && parts.lost == lost;
    let account = parts.realm.clone();
    parts.snapshot("/Policies", MANAGED_POLICY, &account, complete);
}
