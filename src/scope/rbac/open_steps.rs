//! Which steps a set of permissions lets its holder take, and where.

use std::collections::BTreeSet;

use super::need::{Scope, met};
use super::steps::{Gives, STEPS, Step};
use crate::domain::{Pattern, Text};

/// The verbs of requests that constrained impersonation allows.
const ON_BEHALF: &str = "impersonate-on:";

/// One step that can be taken, where it can be taken, for which requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    pub step: &'static Step,
    pub scope: Scope,
    /// What can be asked for after the step; `None`: whatever the identity that is reached may do.
    pub only: Option<Vec<Pattern>>,
}

/// Every step that these permissions let their holder take.
pub fn open_steps<'a>(held: impl IntoIterator<Item = &'a Pattern> + Clone) -> Vec<OpenStep> {
    let mut open = Vec::new();
    for step in STEPS {
        let only = step.mode.map(|mode| requests(mode, held.clone()));
        if only.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let scopes = scopes(step, held.clone());
        open.extend(scopes.into_iter().map(|scope| OpenStep { step, scope, only: only.clone() }));
    }
    open
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

/// Where an object lies in both, for steps that give the same whatever its name. Scopes meet by
/// look-up, so the cost stays linear in their number.
fn on_same_object(scopes: &BTreeSet<Scope>, others: &BTreeSet<Scope>) -> BTreeSet<Scope> {
    let inside = |inner: &BTreeSet<Scope>, outer: &BTreeSet<Scope>| {
        let lies_in = |scope: &&Scope| outer.contains(scope) || is_contained(scope, outer);
        inner.iter().filter(lies_in).cloned().collect::<BTreeSet<_>>()
    };
    // Every object of a namespace here, one name in every namespace there.
    let across = |scopes: &BTreeSet<Scope>, others: &BTreeSet<Scope>| {
        let named = others.iter().any(|other| other.namespace.is_none() && other.name.is_some());
        let whole = scopes.iter().filter(move |scope| named && scope.name.is_none());
        whole.cloned().collect::<BTreeSet<_>>()
    };
    let mut common = inside(scopes, others);
    common.extend(inside(others, scopes));
    common.extend(across(scopes, others));
    common.extend(across(others, scopes));
    common
}

/// Whether the scope lies in a wider one of these.
fn is_contained(scope: &Scope, among: &BTreeSet<Scope>) -> bool {
    let wider = [
        Scope { namespace: None, name: None },
        Scope { namespace: None, ..scope.clone() },
        Scope { name: None, ..scope.clone() },
    ];
    wider.iter().any(|wider| wider != scope && among.contains(wider))
}

/// Whether a step gives the same whatever the name of its object.
fn is_nameless(gives: Gives) -> bool {
    matches!(gives, Gives::Accounts | Gives::OwnNodes | Gives::Anyone | Gives::AnyRule)
}

/// Drops names that make no difference to what is given, and scopes inside others.
fn without_contained(scopes: BTreeSet<Scope>, gives: Gives) -> BTreeSet<Scope> {
    let scopes: BTreeSet<Scope> = match is_nameless(gives) {
        true => scopes.into_iter().map(|scope| Scope { name: None, ..scope }).collect(),
        false => scopes,
    };
    scopes.iter().filter(|scope| !is_contained(scope, &scopes)).cloned().collect()
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
    use crate::domain::Capability;

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
        let mut given: Vec<String> = open_steps(&held(permissions))
            .iter()
            .map(|open| {
                let scope = &open.scope;
                format!("{:?} {}/{}", open.step.gives, show(&scope.namespace), show(&scope.name))
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
        let reached = open_steps(&held(&[who, "n: impersonate-on:serviceaccount:list pods p"]));
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
            open_steps(&held(&["* *.*"])).iter().map(|open| open.step.rule).collect();
        // The wildcard names no node, and the authorizer is asked for the literal `*`.
        let all: BTreeSet<&str> = STEPS.iter().map(|step| step.rule).collect();
        assert_eq!(steps, all);
    }

    #[test]
    fn steps_on_the_same_object_give_the_same_whatever_its_name() {
        for step in STEPS.iter().filter(|step| step.same_object) {
            assert!(is_nameless(step.gives), "{}", step.rule);
        }
    }

    /// Permissions over few names, so that they meet often.
    const PERMISSION: &str = "(n: |m: )?(create|get|patch|impersonate|bind) \
         (pods|secrets|users|groups|serviceaccounts|pods/exec)( a| b)?";

    proptest! {
        /// A step on the same object can be taken in a namespace exactly when there is an object on
        /// which single requests permit both.
        #[test]
        fn the_same_object_is_found_as_by_trying_all(
            texts in proptest::collection::vec("(n: |m: )?(create|patch) pods( a| b)?", 0..5),
        ) {
            let held = held(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let step = STEPS.iter().find(|step| step.rule.starts_with("applies a pod"));
            let scopes = scopes(step.expect("it is there"), &held);
            let permits = |verb: &str, namespace: &str, name: &str| {
                held.iter().any(|pattern| pattern.permits(&Capability::Kubernetes {
                    verb: verb.into(),
                    group: "".into(),
                    resource: "pods".into(),
                    namespace: Some(namespace.into()),
                    name: Some(name.into()),
                }))
            };
            for namespace in ["n", "m", "another"] {
                let found = scopes.iter().any(|scope| {
                    scope.namespace.as_ref().is_none_or(|only| *only == namespace)
                });
                let tried = ["a", "b", "another"].iter().any(|name| {
                    permits("patch", namespace, name) && permits("create", namespace, name)
                });
                prop_assert_eq!(found, tried, "{} in {:?}", namespace, &texts);
            }
        }

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
            for open in open_steps(&all) {
                wide.entry(std::ptr::from_ref(open.step)).or_default().push(open.scope);
            }
            for open in open_steps(&fewer) {
                let scopes = wide.get(&std::ptr::from_ref(open.step)).cloned().unwrap_or_default();
                let contained = scopes.iter().any(|outer| {
                    outer.namespace.as_ref().is_none_or(|_| outer.namespace == open.scope.namespace)
                        && outer.name.as_ref().is_none_or(|_| outer.name == open.scope.name)
                });
                prop_assert!(contained, "{open:?}");
            }
        }
    }
}
