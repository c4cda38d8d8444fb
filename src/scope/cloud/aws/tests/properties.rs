//! Laws of the evaluator, on small policies; and that the graph of authority says the same.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::context::Context;
use super::super::decision::{Decision, Policies, Request};
use super::super::evaluate::evaluate;
use super::super::principal::{Principal, PrincipalKind};
use super::policy;
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::{
    Attachments, Condition, Holder, IamIdentity, IamKind, IamPolicy, Listed, PolicyDocument,
    PolicyFunction, Statement, StatementEffect,
};
use crate::domain::{AgentKey, Attachment, Capability, ObjectRef, Permitted, Text};
use crate::scope::authority::{Authority, Edge, Reach};
use crate::scope::testing::estate;

const ACTIONS: [&str; 3] = ["s3:GetObject", "s3:PutObject", "iam:CreateUser"];
const RESOURCES: [&str; 3] = ["arn:aws:s3:::a/x", "arn:aws:s3:::b/blue", "*"];
const ROLE: &str = "arn:aws:iam::111122223333:role/planner";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/limit";

fn listed(patterns: &'static [&'static str]) -> impl Strategy<Value = Listed<Text>> {
    let some = proptest::collection::vec(select(patterns).prop_map(Text::from), 1..3);
    (some, any::<bool>()).prop_map(|(some, only)| match only {
        true => Listed::Only(some),
        false => Listed::AllExcept(some),
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let operators: &[&str] = &[
        "StringEquals",
        "StringNotEquals",
        "StringLikeIfExists",
        "StringNotEqualsIfExists",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLike",
        "ForAnyValue:StringNotEquals",
        "Null",
    ];
    let keys: &[&str] = &["x:one", "x:two", "aws:PrincipalTag/team", "aws:username"];
    let values: &[&str] = &["a", "b", "*", "${x:two}", "blue", "true"];
    (select(operators), select(keys), proptest::collection::vec(select(values), 1..3)).prop_map(
        |(operator, key, values)| Condition {
            operator: operator.into(),
            key: key.into(),
            values: values.into_iter().map(Text::from).collect(),
        },
    )
}

fn statement(effect: StatementEffect) -> impl Strategy<Value = Statement> {
    let resources = listed(&[
        "*",
        "arn:aws:s3:::a/*",
        "arn:aws:s3:::b/${aws:PrincipalTag/team}",
        "arn:aws:s3:::b/${x:one}",
    ]);
    let conditions = proptest::collection::vec(condition(), 0..2);
    (listed(&["*", "s3:*", "S3:get*", "iam:CreateUser"]), resources, conditions).prop_map(
        move |(actions, resources, conditions)| Statement {
            sid: None,
            effect,
            principals: None,
            actions,
            resources: Some(resources),
            conditions,
        },
    )
}

fn any_statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        2 => statement(StatementEffect::Allow),
        1 => statement(StatementEffect::Deny),
    ]
}

fn document() -> impl Strategy<Value = PolicyDocument> {
    proptest::collection::vec(any_statement(), 0..4).prop_map(of)
}

fn of(statements: Vec<Statement>) -> PolicyDocument {
    PolicyDocument { version: Some("2012-10-17".into()), id: None, statements }
}

fn planner() -> Principal {
    Principal {
        tags: BTreeMap::from([("team".into(), "blue".into())]),
        ..Principal::new(PrincipalKind::Role { session: None }, ROLE)
    }
}

fn request(action: &str, resource: &str, context: Context) -> Request {
    Request {
        principal: planner(),
        action: action.into(),
        resource: resource.into(),
        resource_account: None,
        context,
    }
}

fn any_request() -> impl Strategy<Value = (&'static str, &'static str)> {
    (select(ACTIONS.as_slice()), select(RESOURCES.as_slice()))
}

fn decide(
    identity: &[PolicyDocument],
    boundary: Option<&PolicyDocument>,
    request: &Request,
) -> Decision {
    let policies = Policies {
        identity: identity.iter().map(|one| policy("identity", one)).collect(),
        boundary: boundary.map(|one| policy("boundary", one)),
        ..Policies::default()
    };
    evaluate(request, &policies)
}

/// How much is permitted.
fn rank(decision: &Decision) -> u8 {
    match decision {
        Decision::Denied(_) => 0,
        Decision::Depends { .. } => 1,
        Decision::Allowed(_) => 2,
    }
}

/// Every way in which the two keys that a request may have can be filled.
fn completions() -> impl Iterator<Item = Context> {
    let values = [&[][..], &["a"], &["b"], &["blue"]];
    values.into_iter().flat_map(move |one| {
        values.into_iter().map(move |two| {
            let mut context = Context::complete();
            context.set("x:one", one.iter().copied());
            context.set("x:two", two.iter().copied());
            context
        })
    })
}

/// The agent that acts as a role with these policies.
fn authority(
    identity: &[PolicyDocument],
    boundary: Option<&PolicyDocument>,
) -> (Authority, AgentKey) {
    let role = IamIdentity {
        kind: IamKind::Role,
        arn: ROLE.into(),
        id: None,
        trust: Some(PolicyDocument::default()),
        groups: None,
        boundary: boundary.map(|_| BOUNDARY.into()),
        instance_profiles: None,
        last_used: None,
        longest_session: None,
        tags: planner().tags,
    };
    let managed = |arn: &str, document: &PolicyDocument| {
        Configured::Aws(Aws::Policy(IamPolicy {
            name: arn.into(),
            arn: Some(arn.into()),
            function: PolicyFunction::Identity,
            document: document.clone(),
            ..IamPolicy::default()
        }))
    };
    let arns: Vec<String> =
        (0..identity.len()).map(|n| format!("arn:aws:iam::111122223333:policy/p{n}")).collect();
    let attachments = Attachments {
        holder: Holder::Identity(IamKind::Role),
        of: ROLE.into(),
        with: arns.iter().map(|arn| arn.as_str().into()).collect(),
        complete: true,
    };
    let records =
        [Configured::Aws(Aws::Identity(role)), Configured::Aws(Aws::Attachments(attachments))]
            .into_iter()
            .chain(arns.iter().zip(identity).map(|(arn, document)| managed(arn, document)))
            .chain(boundary.map(|document| managed(BOUNDARY, document)));
    let mut authority = Authority::of(&estate(records), &[]);
    let key = AgentKey::new("111122223333", "", "agent");
    let role = ObjectRef::new("AWS::IAM::Role", "111122223333", "planner");
    let (from, to) = (authority.agent(&key), authority.principal(&"111122223333".into(), role));
    authority.give(from, to, Edge::held(Attachment::Own, "acts as"));
    (authority, key)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_denial_never_allows_more(
        own in document(), more in statement(StatementEffect::Deny), (action, resource) in any_request(),
    ) {
        let request = request(action, resource, Context::default());
        let with = of(own.statements.iter().cloned().chain([more]).collect());
        prop_assert!(rank(&decide(&[with], None, &request)) <= rank(&decide(&[own], None, &request)));
    }

    #[test]
    fn an_allowance_never_denies_more(
        own in document(), more in statement(StatementEffect::Allow), (action, resource) in any_request(),
    ) {
        let request = request(action, resource, Context::default());
        let with = of(own.statements.iter().cloned().chain([more]).collect());
        prop_assert!(rank(&decide(&[with], None, &request)) >= rank(&decide(&[own], None, &request)));
    }

    #[test]
    fn a_boundary_never_widens(
        own in document(), boundary in document(), (action, resource) in any_request(),
    ) {
        let request = request(action, resource, Context::default());
        let within = decide(std::slice::from_ref(&own), Some(&boundary), &request);
        prop_assert!(rank(&within) <= rank(&decide(&[own], None, &request)));
    }

    #[test]
    fn what_does_not_depend_holds_in_every_context(
        own in document(), boundary in proptest::option::of(document()), (action, resource) in any_request(),
    ) {
        let decide = |context| {
            let request = request(action, resource, context);
            decide(std::slice::from_ref(&own), boundary.as_ref(), &request)
        };
        let open = rank(&decide(Context::default()));
        for context in completions() {
            let complete = rank(&decide(context));
            prop_assert!(complete != 1, "a complete context decides");
            prop_assert!(open == 1 || open == complete);
        }
    }

    #[test]
    fn the_graph_permits_what_the_evaluator_allows(
        identity in proptest::collection::vec(document(), 0..3),
        boundary in proptest::option::of(document()),
    ) {
        let (authority, key) = authority(&identity, boundary.as_ref());
        let grants = authority.grants_of(&key, Reach::Own);
        for (action, resource) in ACTIONS.iter().flat_map(|action| RESOURCES.map(|it| (*action, it))) {
            let used = Capability::Cloud { action: action.into(), resource: resource.into() };
            let permitted = grants.iter().map(|grant| grant.permits(&used)).max();
            let permitted = match permitted {
                None | Some(Permitted::No) => 0,
                Some(Permitted::Depends(_)) => 1,
                Some(Permitted::Yes) => 2,
            };
            let request = request(action, resource, Context::default());
            let decided = rank(&decide(&identity, boundary.as_ref(), &request));
            prop_assert_eq!(permitted, decided, "{} on {}", action, resource);
        }
    }
}
