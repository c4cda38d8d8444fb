//! Which steps a set of permissions lets its holder take, and where.

use std::collections::BTreeSet;

use super::need::{Scope, met};
use super::steps::{Gives, STEPS, Step};
use crate::domain::{Pattern, Text};

/// The verbs of requests that constrained impersonation allows.
const ON_BEHALF: &str = "impersonate-on:";

/// One step that can be taken, where it can be taken, for which requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub step: &'static Step,
    pub scope: Scope,
    /// What can be asked for after the step; `None`: whatever the identity that is reached may do.
    pub only: Option<Vec<Pattern>>,
}

/// Every step that these permissions let their holder take.
pub fn reach<'a>(held: impl IntoIterator<Item = &'a Pattern> + Clone) -> Vec<Reach> {
    let mut reached = Vec::new();
    for step in STEPS {
        let only = step.mode.map(|mode| requests(mode, held.clone()));
        if only.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let scopes = scopes(step, held.clone());
        reached.extend(scopes.into_iter().map(|scope| Reach { step, scope, only: only.clone() }));
    }
    reached
}

/// Whether any step takes this permission.
pub fn can_matter(pattern: &Pattern) -> bool {
    let verb = match pattern {
        Pattern::Kubernetes { verb, .. } | Pattern::NonResource { verb, .. } => verb.raw(),
        _ => return false,
    };
    let needs =
        STEPS.iter().flat_map(|step| step.by.iter().chain(step.with.iter().copied().flatten()));
    verb == "*"
        || verb.starts_with(ON_BEHALF)
        || needs.into_iter().any(|need| need.met_by(pattern).is_some())
}

/// Where a step can be taken: where it is permitted together with all that it takes beside.
pub fn scopes<'a>(
    step: &Step,
    held: impl IntoIterator<Item = &'a Pattern> + Clone,
) -> BTreeSet<Scope> {
    let mut scopes = met(step.by, held.clone());
    for needs in step.with {
        if scopes.is_empty() {
            break;
        }
        let beside = met(needs, held.clone());
        scopes = match step.same_object {
            true => on_same_object(&scopes, &beside),
            false => in_same_namespace(&scopes, &beside),
        };
    }
    without_contained(scopes, step.gives)
}

/// The parts of the scopes that lie in a namespace of the others.
fn in_same_namespace(scopes: &BTreeSet<Scope>, others: &BTreeSet<Scope>) -> BTreeSet<Scope> {
    let namespaces: BTreeSet<&Option<Text>> = others.iter().map(|other| &other.namespace).collect();
    let everywhere = namespaces.contains(&None);
    let mut common = BTreeSet::new();
    for scope in scopes {
        match &scope.namespace {
            _ if everywhere => {
                common.insert(scope.clone());
            }
            None => common.extend(namespaces.iter().map(|namespace| Scope {
                namespace: (*namespace).clone(),
                name: scope.name.clone(),
            })),
            one if namespaces.contains(one) => {
                common.insert(scope.clone());
            }
            Some(_) => {}
        }
    }
    common
}

/// The objects that lie in both. A scope of many names on both sides meets by look-up, so the cost
/// stays linear.
fn on_same_object(scopes: &BTreeSet<Scope>, others: &BTreeSet<Scope>) -> BTreeSet<Scope> {
    let wider = |scope: &Scope, among: &BTreeSet<Scope>| {
        let namespaces = [scope.namespace.clone(), None];
        namespaces.into_iter().any(|namespace| {
            [scope.name.clone(), None]
                .into_iter()
                .any(|name| among.contains(&Scope { namespace: namespace.clone(), name }))
        })
    };
    let within = |inner: &BTreeSet<Scope>, outer: &BTreeSet<Scope>| {
        inner.iter().filter(|scope| wider(scope, outer)).cloned().collect::<BTreeSet<_>>()
    };
    let mut common = within(scopes, others);
    common.extend(within(others, scopes));
    common.extend(crossing(scopes, others));
    common.extend(crossing(others, scopes));
    common
}

/// Every object of a namespace here, one name in every namespace there: that name in that namespace.
fn crossing(scopes: &BTreeSet<Scope>, others: &BTreeSet<Scope>) -> BTreeSet<Scope> {
    let whole = scopes.iter().filter(|scope| scope.namespace.is_some() && scope.name.is_none());
    let named: Vec<&Scope> =
        others.iter().filter(|other| other.namespace.is_none() && other.name.is_some()).collect();
    whole
        .flat_map(|scope| {
            named
                .iter()
                .map(|other| Scope { namespace: scope.namespace.clone(), name: other.name.clone() })
        })
        .collect()
}

/// Drops scopes inside others, and names that make no difference to what is given.
fn without_contained(scopes: BTreeSet<Scope>, gives: Gives) -> BTreeSet<Scope> {
    let nameless =
        matches!(gives, Gives::Accounts | Gives::OwnNodes | Gives::Anyone | Gives::AnyRule);
    let scopes: BTreeSet<Scope> = match nameless {
        true => scopes.into_iter().map(|scope| Scope { name: None, ..scope }).collect(),
        false => scopes,
    };
    let contained = |scope: &Scope| {
        let outer = [
            Scope { namespace: None, name: None },
            Scope { namespace: None, ..scope.clone() },
            Scope { name: None, ..scope.clone() },
        ];
        outer.iter().any(|outer| outer != scope && scopes.contains(outer))
    };
    scopes.iter().filter(|scope| !contained(scope)).cloned().collect()
}

/// What `impersonate-on:MODE:VERB` permits, with the verb of the request itself.
fn requests<'a>(mode: &str, held: impl IntoIterator<Item = &'a Pattern>) -> Vec<Pattern> {
    let prefix = format!("{ON_BEHALF}{mode}:");
    let underlying = |verb: &Text| match verb.raw() {
        "*" => Some(verb.clone()),
        raw => raw.strip_prefix(&prefix).map(Text::from),
    };
    let request = |pattern: &Pattern| match pattern.clone() {
        Pattern::Kubernetes { verb, group, resource, namespace, name } => {
            let verb = underlying(&verb)?;
            Some(Pattern::Kubernetes { verb, group, resource, namespace, name })
        }
        Pattern::NonResource { verb, path } => {
            Some(Pattern::NonResource { verb: underlying(&verb)?, path })
        }
        _ => None,
    };
    held.into_iter().filter_map(request).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::super::testing::rule;
    use super::super::rules::patterns;
    use super::*;

    /// Permissions as `namespace: rule`, or a rule alone for the whole cluster.
    fn held(permissions: &[&str]) -> Vec<Pattern> {
        let of = |text: &&str| match text.split_once(": ") {
            Some((namespace, text)) => patterns(&rule(text), Some(&namespace.into())),
            None => patterns(&rule(text), None),
        };
        permissions.iter().flat_map(of).collect()
    }

    /// What is given as `Gives namespace/name`, `*` for every, sorted.
    #[track_caller]
    fn check(permissions: &[&str], expected: &[&str]) {
        let show = |part: &Option<Text>| part.as_ref().map_or("*", Text::raw).to_owned();
        let mut given: Vec<String> = reach(&held(permissions))
            .iter()
            .map(|reach| {
                let scope = &reach.scope;
                format!("{:?} {}/{}", reach.step.gives, show(&scope.namespace), show(&scope.name))
            })
            .collect();
        given.sort();
        assert_eq!(given, expected, "{permissions:?}");
    }

    #[test]
    fn workloads_run_as_any_account_of_their_namespace() {
        check(&["n: create pods"], &["Accounts n/*"]);
        check(&["create pods"], &["Accounts */*"]);
        check(&["create pods p"], &[]);
        check(&["n: create pods p", "n: patch pods p"], &["AccountOfPod n/p", "Accounts n/*"]);
        check(&["n: create pods p", "n: patch pods q"], &["AccountOfPod n/q"]);
        check(&["n: patch deployments.apps d"], &["Accounts n/*"]);
        check(&["n: create cronjobs.apps"], &[]);
        check(&["n: create cronjobs.batch", "n: update jobs.batch"], &["Accounts n/*"]);
        check(&["n: create pods/exec a"], &["AccountOfPod n/a"]);
        check(&["get nodes/proxy"], &["AccountsOfNode */*"]);
        check(&["n: get nodes/proxy"], &[]);
    }

    #[test]
    fn tokens_are_read_made_and_requested() {
        check(&["n: get secrets s"], &["AccountOfSecret n/s"]);
        check(&["n: watch secrets"], &["AccountOfSecret n/*"]);
        check(&["n: create secrets"], &[]);
        check(&["n: create secrets", "n: get secrets s"], &["AccountOfSecret n/s", "Accounts n/*"]);
        check(&["n: create secrets", "m: get secrets s"], &["AccountOfSecret m/s"]);
        check(&["create secrets", "m: get secrets s"], &["AccountOfSecret m/s", "Accounts m/*"]);
        check(&["n: create serviceaccounts/token ci"], &["Account n/ci"]);
        check(&["n: * */token"], &["Account n/*"]);
        check(&["n: create serviceaccounts"], &[]);
    }

    #[test]
    fn users_are_cluster_scoped_and_accounts_are_not() {
        check(&["impersonate users,groups"], &["Group */*", "User */*"]);
        check(&["n: impersonate users,groups,serviceaccounts"], &["Account n/*"]);
        check(&["impersonate groups system:masters"], &[]);
        check(
            &["impersonate users a", "impersonate groups system:masters"],
            &["Group */system:masters", "User */a"],
        );
        check(&["impersonate userextras/scopes,uids.authentication.k8s.io"], &[]);
    }

    #[test]
    fn constrained_impersonation_takes_both_permissions() {
        let who = "impersonate:serviceaccount serviceaccounts.authentication.k8s.io ci";
        check(&[who], &[]);
        check(&[who, "impersonate-on:user-info:list pods"], &[]);
        check(&[who, "n: impersonate-on:serviceaccount:list pods"], &["Account */ci"]);
        check(
            &[
                "impersonate:associated-node nodes.authentication.k8s.io *",
                "impersonate-on:associated-node:get pods",
            ],
            &["OwnNodes */*"],
        );
        let reached = reach(&held(&[who, "n: impersonate-on:serviceaccount:list pods p"]));
        let only = reached.first().and_then(|reach| reach.only.clone());
        assert_eq!(only, Some(held(&["n: list pods p"])));
    }

    #[test]
    fn roles_are_bound_or_rewritten() {
        let group = "rbac.authorization.k8s.io";
        let on = |text: &str| format!("{text}.{group}");
        let (bind, create, everywhere) =
            (on("bind clusterroles"), on("create rolebindings"), on("create clusterrolebindings"));
        check(&[&bind, &create], &["ClusterRole */*"]);
        check(&[&bind, &everywhere], &["ClusterRole */*"]);
        check(&[&bind, &format!("n: {create}")], &["ClusterRole n/*"]);
        check(&[&format!("n: {bind}"), &format!("n: {create}")], &["ClusterRole n/*"]);
        check(&[&format!("n: {bind}"), &everywhere], &[]);
        check(&[&on("bind roles"), &everywhere], &[]);
        check(&[&on("escalate clusterroles")], &[]);
        check(&[&on("escalate clusterroles"), &on("patch clusterroles")], &["AnyRule */*"]);
        check(&[&format!("n: {}", on("* roles"))], &["AnyRule n/*"]);
    }

    #[test]
    fn whoever_may_do_everything_may_take_every_step() {
        let steps: BTreeSet<&str> =
            reach(&held(&["* *.*"])).iter().map(|reach| reach.step.rule).collect();
        // The wildcard names no node, and the authorizer is asked for the literal `*`.
        let all: BTreeSet<&str> = STEPS.iter().map(|step| step.rule).collect();
        assert_eq!(steps, all);
    }

    /// Permissions over few names, so that they meet often.
    const PERMISSION: &str = "(n: |m: )?(create|get|patch|impersonate|bind) \
         (pods|secrets|users|groups|serviceaccounts|pods/exec)( a| b)?";

    proptest! {
        /// More permissions never reach less.
        #[test]
        fn reach_grows_with_what_is_held(
            some in proptest::collection::vec(PERMISSION, 0..4),
            more in proptest::collection::vec(PERMISSION, 0..4),
        ) {
            let texts = |list: &[String]| {
                held(&list.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let fewer = texts(&some);
            let all = [fewer.clone(), texts(&more)].concat();
            let mut wide: BTreeMap<*const Step, Vec<Scope>> = BTreeMap::new();
            for reach in reach(&all) {
                wide.entry(std::ptr::from_ref(reach.step)).or_default().push(reach.scope);
            }
            for reach in reach(&fewer) {
                let scopes = wide.get(&std::ptr::from_ref(reach.step)).cloned().unwrap_or_default();
                let contained = scopes.iter().any(|outer| {
                    outer.namespace.as_ref().is_none_or(|_| outer.namespace == reach.scope.namespace)
                        && outer.name.as_ref().is_none_or(|_| outer.name == reach.scope.name)
                });
                prop_assert!(contained, "{reach:?}");
            }
        }
    }
}
