//! Kubernetes objects: accounts, roles, bindings and the selectors that join them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CloudPrincipal;
use crate::domain::Text;

/// Name, namespace and labels of a Kubernetes object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub namespace: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<Text, Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccount {
    pub meta: Meta,
    /// `false` when pods do not mount its token unless they say so themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounts_token: Option<bool>,
    /// Names of the secrets that pods of the account may mount; long-lived tokens among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Text>,
    /// Names of the secrets with which images are pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<Text>,
    /// The cloud principals that its annotations let it become.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cloud: Vec<CloudPrincipal>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    pub meta: Meta,
    pub rules: Vec<Rule>,
    /// Label selectors of an aggregated ClusterRole; a ClusterRole that matches any adds its rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aggregates: Vec<Selector>,
}

/// One RBAC policy rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub verbs: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    pub meta: Meta,
    /// `Role` or `ClusterRole`.
    pub role_kind: Text,
    pub role: Text,
    pub subjects: Vec<Subject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: Text,
    pub name: Text,
    /// Of a ServiceAccount; may be empty.
    pub namespace: Text,
}

/// A Kubernetes label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<Expression>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expression {
    pub key: Text,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: Text,
    pub values: Vec<Text>,
}

impl Selector {
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether the labels satisfy every requirement. An unknown operator matches nothing.
    pub fn matches(&self, labels: &BTreeMap<Text, Text>) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|expression| {
                let value = labels.get(&expression.key);
                let listed = value.is_some_and(|value| expression.values.contains(value));
                match expression.operator.raw() {
                    "In" => listed,
                    "NotIn" => !listed,
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}
