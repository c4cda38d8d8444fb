//! Roles: what they include, as far as the records and Google's own pages say.

use std::collections::BTreeMap;

use crate::domain::configured::cloud::gcp::GcpRole;
use crate::domain::{Bounds, Clause, Globs, Layer, ObjectRef, Pattern, Permitted, Record, Text};
use crate::scope::cloud::everything;

/// Predefined roles that let their holder become a service account, with what they include (IAM,
/// "Roles for service account authentication").
const IMPERSONATION: &[(&str, &[&str])] = &[
    (
        "roles/iam.serviceAccountTokenCreator",
        &[
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.getOpenIdToken",
            "iam.serviceAccounts.implicitDelegation",
            "iam.serviceAccounts.list",
            "iam.serviceAccounts.signBlob",
            "iam.serviceAccounts.signJwt",
            "resourcemanager.projects.get",
            "resourcemanager.projects.list",
        ],
    ),
    (
        "roles/iam.serviceAccountUser",
        &[
            "iam.serviceAccounts.actAs",
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.list",
            "resourcemanager.projects.get",
            "resourcemanager.projects.list",
        ],
    ),
    (
        "roles/iam.workloadIdentityUser",
        &[
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.getOpenIdToken",
            "iam.serviceAccounts.list",
        ],
    ),
    ("roles/iam.serviceAccountOpenIdTokenCreator", &["iam.serviceAccounts.getOpenIdToken"]),
];

/// A basic role as it is described: what it certainly includes and what it certainly does not. The
/// lists themselves run to thousands of permissions and change (IAM, "Basic roles"; Secret Manager,
/// "Access control").
struct Basic {
    role: &'static str,
    includes: &'static [&'static str],
    lacks: &'static [&'static str],
}

const BASIC: &[Basic] = &[
    Basic {
        role: "roles/viewer",
        includes: &["*.get", "*.list"],
        lacks: &[
            "*.create",
            "*.update",
            "*.delete",
            "*.setIamPolicy",
            "iam.serviceAccounts.actAs",
            "iam.serviceAccounts.getAccessToken",
            "secretmanager.versions.access",
        ],
    },
    Basic {
        role: "roles/editor",
        includes: &[
            "*.get",
            "*.list",
            "*.create",
            "*.update",
            "*.delete",
            "iam.serviceAccounts.actAs",
        ],
        lacks: &[
            "*.setIamPolicy",
            "iam.serviceAccounts.getAccessToken",
            "secretmanager.versions.access",
        ],
    },
    Basic {
        role: "roles/owner",
        includes: &[
            "*.get",
            "*.list",
            "*.create",
            "*.update",
            "*.delete",
            "*.setIamPolicy",
            "iam.serviceAccounts.actAs",
            "secretmanager.versions.access",
        ],
        lacks: &["iam.serviceAccounts.getAccessToken"],
    },
];

/// Objects of a bucket are reached by convenience values, not by the basic role itself.
const NOT_BASIC: &str = "storage.objects.*";

/// A role with what it includes.
#[derive(Debug)]
pub(super) struct Included<'a> {
    /// Absent for the roles of Google.
    pub record: Option<&'a Record>,
    /// Permissions, each with what must be looked up to be sure of it.
    pub clauses: Vec<Clause>,
}

/// The roles of the records by name.
#[derive(Debug)]
pub(super) struct Roles<'a>(BTreeMap<&'a Text, (&'a Record, &'a GcpRole)>);

impl<'a> Roles<'a> {
    pub fn new(roles: impl IntoIterator<Item = (&'a Record, &'a GcpRole)>) -> Self {
        Self(roles.into_iter().map(|(record, role)| (&role.name, (record, role))).collect())
    }

    pub fn included(&self, name: &Text) -> Included<'a> {
        if let Some((record, role)) = self.0.get(name) {
            let is_off = role.deleted || role.stage.as_ref().is_some_and(|it| *it == "DISABLED");
            let permissions = role.permissions.iter().filter(|_| !is_off).cloned();
            return Included { record: Some(record), clauses: vec![certain(permissions)] };
        }
        let listed = IMPERSONATION.iter().find(|(role, _)| *name == *role);
        if let Some((_, permissions)) = listed {
            let clauses = vec![certain(permissions.iter().map(|name| Text::from(*name)))];
            return Included { record: None, clauses };
        }
        let clauses = match BASIC.iter().find(|basic| *name == basic.role) {
            Some(basic) => basic.clauses(),
            None => vec![unlisted(name, everything())],
        };
        Included { record: None, clauses }
    }

    /// Whether the role includes a permission; the permissions to become a service account are in the
    /// roles that Google names for it, and in no other predefined one.
    pub fn lets_become(&self, name: &Text, permission: &str) -> bool {
        let action =
            crate::domain::Capability::Cloud { action: permission.into(), resource: "".into() };
        let layer = Layer {
            by: ObjectRef::new("role", "", name.clone()),
            place: None,
            clauses: self.included(name).clauses,
        };
        let bounds = Bounds { within: vec![layer], ..Bounds::default() };
        bounds.admit(&action) == Permitted::Yes
    }
}

impl Basic {
    fn clauses(&self) -> Vec<Clause> {
        let texts = |list: &[&str]| list.iter().map(|glob| Text::from(*glob)).collect::<Vec<_>>();
        let mut never = texts(self.lacks);
        let open = Globs::all_except(never.clone());
        never.push(NOT_BASIC.into());
        let sure = Globs { any_of: texts(self.includes), none_of: never };
        vec![clause(sure, Vec::new()), unlisted(&self.role.into(), open)]
    }
}

fn certain(permissions: impl IntoIterator<Item = Text>) -> Clause {
    clause(Globs::only(permissions), Vec::new())
}

fn unlisted(role: &Text, actions: Globs) -> Clause {
    clause(actions, vec![format!("what {} includes", role.visible()).into()])
}

fn clause(actions: Globs, depends_on: Vec<Text>) -> Clause {
    Clause { pattern: Pattern::Cloud { actions, resources: everything() }, depends_on }
}
