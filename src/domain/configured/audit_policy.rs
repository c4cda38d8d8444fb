//! The audit policy of a Kubernetes API server: which requests it records, and how much of each.

use serde::{Deserialize, Serialize};

use crate::domain::{Pattern, Text};

/// `kind: Policy` of `audit.k8s.io`. The first rule that matches a request decides; a request that
/// no rule matches is not recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPolicy {
    /// `metadata.name`, mostly absent: the file is an argument of the API server.
    pub name: Text,
    pub rules: Vec<AuditRule>,
    /// Stages that no request is recorded at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit_stages: Vec<Text>,
}

/// One rule. An empty list matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRule {
    pub level: AuditLevel,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<AuditResources>,
    /// The empty name stands for resources outside namespaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<Text>,
    /// Paths outside the resource tree; one may end in `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit_stages: Vec<Text>,
}

/// Resources of one API group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditResources {
    /// Empty for the core group.
    pub group: Text,
    /// `pods`, `pods/log`, `pods/*`, `*/scale` or `*`; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Text>,
}

/// How much of a request is recorded, each level holding the one before.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumString,
)]
pub enum AuditLevel {
    #[default]
    None,
    Metadata,
    Request,
    RequestResponse,
}

/// A request as the policy sees it: the attributes that the authorizer is asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditedRequest<'a> {
    /// Absent before authentication.
    pub user: Option<&'a str>,
    pub groups: &'a [&'a str],
    pub verb: &'a str,
    pub of: AuditedTarget<'a>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub enum AuditedTarget<'a> {
    Path(&'a str),
    Resource {
        group: &'a str,
        resource: &'a str,
        /// Empty when there is none.
        subresource: &'a str,
        /// Empty outside namespaces.
        namespace: &'a str,
        /// Empty when the request names no object.
        name: &'a str,
    },
}

impl Default for AuditedTarget<'_> {
    fn default() -> Self {
        Self::Path("")
    }
}

impl AuditPolicy {
    /// The level at which the request is recorded, as the API server decides it:
    /// `EvaluatePolicyRule` in `k8s.io/apiserver/pkg/audit/policy/checker.go`.
    pub fn level(&self, request: &AuditedRequest<'_>) -> AuditLevel {
        self.rule(request).map_or(AuditLevel::None, |rule| rule.level)
    }

    /// Whether a service account's use of what `pattern` permits would be recorded, whatever it is used
    /// on: tried on all that the pattern names and on all that rules of level `None` name.
    pub fn records_every(&self, pattern: &Pattern, namespace: &str, account: &str) -> bool {
        const VERBS: &[&str] =
            &["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
        let user = format!("system:serviceaccount:{namespace}:{account}");
        let of_namespace = format!("system:serviceaccounts:{namespace}");
        let groups = ["system:serviceaccounts", &of_namespace, "system:authenticated"];
        let recorded = |verb: &str, of: AuditedTarget<'_>| {
            let request = AuditedRequest { user: Some(&user), groups: &groups, verb, of };
            self.level(&request) > AuditLevel::None
        };
        let silent = || self.rules.iter().filter(|rule| rule.level == AuditLevel::None);
        match pattern {
            Pattern::Kubernetes { verb, group, resource, namespace, name } => {
                let listed = || silent().flat_map(|rule| &rule.resources);
                let verbs = named_or(verb, VERBS.to_vec());
                let groups = named_or(group, listed().map(|of| of.group.raw()).collect());
                let names_of = listed().flat_map(|of| &of.resources).map(Text::raw);
                let resources = named_or(resource, names_of.chain(["pods"]).collect());
                let spaces = match namespace {
                    Some(namespace) => vec![namespace.raw()],
                    None => silent()
                        .flat_map(|rule| &rule.namespaces)
                        .map(Text::raw)
                        .chain(["", "default"])
                        .collect(),
                };
                let names = match name {
                    Some(name) => vec![name.raw()],
                    None => listed().flat_map(|of| &of.names).map(Text::raw).chain([""]).collect(),
                };
                verbs.iter().all(|verb| {
                    groups.iter().all(|group| {
                        resources.iter().all(|resource| {
                            let (resource, subresource) =
                                resource.split_once('/').unwrap_or((resource, ""));
                            spaces.iter().all(|namespace| {
                                names.iter().all(|name| {
                                    recorded(
                                        verb,
                                        AuditedTarget::Resource {
                                            group,
                                            resource,
                                            subresource,
                                            namespace,
                                            name,
                                        },
                                    )
                                })
                            })
                        })
                    })
                })
            }
            Pattern::NonResource { verb, path } => {
                let paths = silent().flat_map(|rule| &rule.paths).map(Text::raw);
                let paths = named_or(path, paths.chain([path.raw()]).collect());
                named_or(verb, VERBS.to_vec())
                    .iter()
                    .all(|verb| paths.iter().all(|path| recorded(verb, AuditedTarget::Path(path))))
            }
            _ => true,
        }
    }

    /// The rule that decides about the request.
    pub fn rule(&self, request: &AuditedRequest<'_>) -> Option<&AuditRule> {
        self.rules.iter().find(|rule| rule.matches(request))
    }
}

/// What a pattern names, or, where it ends in a star, all of these.
fn named_or<'a>(named: &'a Text, otherwise: Vec<&'a str>) -> Vec<&'a str> {
    match named.raw().ends_with('*') {
        true => otherwise,
        false => vec![named.raw()],
    }
}

impl AuditRule {
    /// `ruleMatches` of the API server.
    fn matches(&self, request: &AuditedRequest<'_>) -> bool {
        let user = request.user;
        if !self.users.is_empty() && !user.is_some_and(|user| holds(&self.users, user)) {
            return false;
        }
        if !self.groups.is_empty()
            && (user.is_none() || !request.groups.iter().any(|group| holds(&self.groups, group)))
        {
            return false;
        }
        if !self.verbs.is_empty() && !holds(&self.verbs, request.verb) {
            return false;
        }
        let about_resources = !self.namespaces.is_empty() || !self.resources.is_empty();
        match request.of {
            AuditedTarget::Resource { group, resource, subresource, namespace, name } => {
                match about_resources {
                    true => {
                        (self.namespaces.is_empty() || holds(&self.namespaces, namespace))
                            && (self.resources.is_empty()
                                || self.resources.iter().any(|resources| {
                                    resources.matches(group, resource, subresource, name)
                                }))
                    }
                    false => self.paths.is_empty(),
                }
            }
            AuditedTarget::Path(path) => {
                !about_resources
                    && (self.paths.is_empty()
                        || self.paths.iter().any(|pattern| path_matches(path, pattern.raw())))
            }
        }
    }
}

impl AuditResources {
    /// `ruleMatchesResource` of the API server, for one group. A list of names without resources
    /// limits nothing.
    fn matches(&self, group: &str, resource: &str, subresource: &str, name: &str) -> bool {
        let named = self.names.is_empty() || holds(&self.names, name);
        let matches = |pattern: &str| {
            pattern == "*"
                || pattern.strip_suffix("/*") == Some(resource)
                || match subresource {
                    "" => pattern == resource,
                    below => {
                        let above = pattern.strip_suffix(below).and_then(|a| a.strip_suffix('/'));
                        above.is_some_and(|above| above == resource || above == "*")
                    }
                }
        };
        self.group == group
            && (self.resources.is_empty()
                || named && self.resources.iter().any(|pattern| matches(pattern.raw())))
    }
}

/// `pathMatches` of the API server.
fn path_matches(path: &str, pattern: &str) -> bool {
    pattern == path || (pattern.ends_with('*') && path.starts_with(pattern.trim_end_matches('*')))
}

fn holds(list: &[Text], wanted: &str) -> bool {
    list.iter().any(|item| *item == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<Text> {
        list.iter().map(|text| Text::from(*text)).collect()
    }

    /// A request for `resource[/subresource]` of the core group in namespace `n`.
    fn about(resource: &'static str, name: &'static str) -> AuditedRequest<'static> {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        AuditedRequest {
            user: Some("eve"),
            groups: &["devs", "system:authenticated"],
            verb: "get",
            of: AuditedTarget::Resource { group: "", resource, subresource, namespace: "n", name },
        }
    }

    fn at(path: &'static str) -> AuditedRequest<'static> {
        AuditedRequest { of: AuditedTarget::Path(path), ..about("pods", "") }
    }

    #[track_caller]
    fn check(rule: AuditRule, request: AuditedRequest<'_>, matches: bool) {
        let policy = AuditPolicy {
            rules: vec![AuditRule { level: AuditLevel::Request, ..rule }],
            ..AuditPolicy::default()
        };
        let expected = if matches { AuditLevel::Request } else { AuditLevel::None };
        assert_eq!(policy.level(&request), expected, "{policy:?} {request:?}");
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rule = |level, verbs: &[&str]| AuditRule {
            level,
            verbs: texts(verbs),
            ..AuditRule::default()
        };
        let mut policy = AuditPolicy {
            rules: vec![
                rule(AuditLevel::None, &["watch"]),
                rule(AuditLevel::RequestResponse, &["get", "watch"]),
                rule(AuditLevel::Metadata, &[]),
            ],
            ..AuditPolicy::default()
        };
        let level = |policy: &AuditPolicy, verb: &'static str| {
            policy.level(&AuditedRequest { verb, ..about("pods", "") })
        };
        assert_eq!(level(&policy, "watch"), AuditLevel::None);
        assert_eq!(level(&policy, "get"), AuditLevel::RequestResponse);
        assert_eq!(level(&policy, "list"), AuditLevel::Metadata);
        policy.rules.pop();
        assert_eq!(level(&policy, "list"), AuditLevel::None, "no rule, no record");
    }

    #[test]
    fn users_groups_and_namespaces() {
        let none = AuditRule::default;
        let nobody = AuditedRequest { user: None, ..about("pods", "") };
        let outside = AuditedRequest {
            of: AuditedTarget::Resource {
                group: "",
                resource: "nodes",
                subresource: "",
                namespace: "",
                name: "",
            },
            ..about("nodes", "")
        };
        check(none(), nobody, true);
        check(AuditRule { users: texts(&["adam", "eve"]), ..none() }, about("pods", ""), true);
        check(AuditRule { users: texts(&["adam"]), ..none() }, about("pods", ""), false);
        check(AuditRule { users: texts(&["eve"]), ..none() }, nobody, false);
        check(AuditRule { groups: texts(&["ops", "devs"]), ..none() }, about("pods", ""), true);
        check(AuditRule { groups: texts(&["ops"]), ..none() }, about("pods", ""), false);
        check(AuditRule { groups: texts(&["devs"]), ..none() }, nobody, false);
        check(AuditRule { namespaces: texts(&["n"]), ..none() }, about("pods", ""), true);
        check(AuditRule { namespaces: texts(&["m"]), ..none() }, about("pods", ""), false);
        check(AuditRule { namespaces: texts(&[""]), ..none() }, outside, true);
        check(AuditRule { namespaces: texts(&[""]), ..none() }, at("/healthz"), false);
    }

    #[test]
    fn resources_with_wildcards() {
        for (patterns, requested, matches) in [
            (&["pods"][..], "pods", true),
            (&["pods"], "pods/log", false),
            (&["pods/log"], "pods/log", true),
            (&["pods/log"], "pods", false),
            (&["pods/*"], "pods/exec", true),
            (&["pods/*"], "pods", true),
            (&["pods/*"], "services", false),
            (&["*/scale"], "deployments/scale", true),
            (&["*/scale"], "deployments/status", false),
            (&["*/scale"], "scale", false),
            (&["*"], "pods/exec", true),
            (&[], "pods/exec", true),
            (&["xpods"], "pods", false),
        ] {
            let resources = AuditResources { resources: texts(patterns), ..Default::default() };
            let rule = AuditRule { resources: vec![resources], ..AuditRule::default() };
            check(rule, about(requested, ""), matches);
        }
    }

    #[test]
    fn names_limit_only_named_resources() {
        let rule = |group: &str, resources: &[&str], names: &[&str]| AuditRule {
            resources: vec![AuditResources {
                group: group.into(),
                resources: texts(resources),
                names: texts(names),
            }],
            ..AuditRule::default()
        };
        check(rule("", &["secrets"], &["a"]), about("secrets", "a"), true);
        check(rule("", &["secrets"], &["a"]), about("secrets", "b"), false);
        check(rule("", &["secrets"], &["a"]), about("secrets", ""), false);
        check(rule("", &[], &["a"]), about("secrets", "b"), true);
        check(rule("apps", &[], &[]), about("secrets", "b"), false);
    }

    #[test]
    fn paths_outside_the_resource_tree() {
        let rule = |paths: &[&str]| AuditRule { paths: texts(paths), ..AuditRule::default() };
        check(rule(&["/healthz*"]), at("/healthz/etcd"), true);
        check(rule(&["/healthz"]), at("/healthz/etcd"), false);
        check(rule(&["/version"]), at("/version"), true);
        check(rule(&["*"]), at("/anything"), true);
        check(rule(&["*"]), about("pods", ""), false);
        check(AuditRule::default(), at("/anything"), true);
        let resources = vec![AuditResources::default()];
        check(AuditRule { resources, ..rule(&["*"]) }, at("/anything"), false);
    }

    #[test]
    fn what_a_grant_permits_is_recorded_or_not() {
        let rule = |level: AuditLevel, group: &str, resources: &[&str]| AuditRule {
            level,
            resources: match resources {
                [] => Vec::new(),
                some => vec![AuditResources {
                    group: group.into(),
                    resources: some.iter().map(|name| Text::from(*name)).collect(),
                    names: Vec::new(),
                }],
            },
            ..AuditRule::default()
        };
        let policy = AuditPolicy {
            rules: vec![
                AuditRule {
                    verbs: vec!["get".into()],
                    ..rule(AuditLevel::None, "", &["configmaps"])
                },
                rule(AuditLevel::Metadata, "", &[]),
            ],
            ..AuditPolicy::default()
        };
        let check = |verb: &str, resource: &str, expected: bool| {
            let pattern = Pattern::Kubernetes {
                verb: verb.into(),
                group: "".into(),
                resource: resource.into(),
                namespace: None,
                name: None,
            };
            assert_eq!(policy.records_every(&pattern, "n", "a"), expected, "{verb} {resource}");
        };
        check("get", "secrets", true);
        check("get", "configmaps", false);
        check("delete", "configmaps", true);
        check("*", "configmaps", false);
        check("get", "*", false);
        check("delete", "*", true);
    }
}
