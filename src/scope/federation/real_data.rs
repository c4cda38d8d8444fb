//! Roles and sessions as a mock of AWS recorded them: a service account became a role, which became
//! the next; a machine has a role of its own.

use std::ops::ControlFlow;
use std::path::Path;

use super::testing::{node, pod};
use super::trust::Trusts;
use super::*;
use crate::domain::configured::{CloudPrincipal, Configured, ServiceAccount, WorkloadFederation};
use crate::domain::{Digest, Record};
use crate::ingest::{Collected, Source, read};
use crate::scope::testing::real_data;
use crate::scope::testing::{meta, record};

fn records(file: &Path) -> Option<Vec<Record>> {
    let bytes = std::fs::read(file).ok()?;
    let mut found = Collected::default();
    let source = Source::new(Digest::of(&bytes), file.to_string_lossy().as_ref());
    read(&source, &mut bytes.as_slice(), &mut found, &mut |_| ControlFlow::Continue(()));
    Some(found.records)
}

/// The role in `arn:aws:sts::…:assumed-role/ROLE/SESSION`.
fn assumed(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let (_, rest) = text.split_once(":assumed-role/")?;
    rest.split('/').next().map(str::to_owned)
}

fn planner(namespace: &str) -> Configured {
    let role = "arn:aws:iam::123456789012:role/agents/irsa-planner-agent";
    Configured::ServiceAccount(ServiceAccount {
        meta: meta(namespace, "planner", &[]),
        cloud: vec![CloudPrincipal {
            by: WorkloadFederation::AwsIrsa,
            principal: Some(role.into()),
            ..CloudPrincipal::default()
        }],
        ..ServiceAccount::default()
    })
}

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn recorded_sessions_went_over_links_that_are_found() {
    let folder = real_data("produced-by-sdks/aws-iam-moto");
    let dump = folder.join("get-account-authorization-details.all.json.gz");
    let Some(roles) = records(&dump) else { return };
    let with = |bodies: Vec<Configured>| {
        let all: Vec<Record> =
            roles.iter().cloned().chain(bodies.into_iter().map(record)).collect();
        Estate::build(&all, &[], &[])
    };
    let found =
        |estate: &Estate| links(estate, &gcp::Iam::read(estate), &entra::Directory::read(estate));
    let first = assumed(&folder.join("sts.assume-role-with-web-identity.json")).expect("a session");
    let second = assumed(&folder.join("sts.assume-role.hop2.json")).expect("a session");

    let by_annotation = found(&with(vec![planner("agents")]));
    let names: Vec<&str> = by_annotation.iter().map(|link| link.to.1.name.raw()).collect();
    assert_eq!(names, [first.as_str()]);
    assert!(by_annotation.iter().all(|link| link.missing.is_empty()));
    assert_eq!(found(&with(vec![planner("elsewhere")])), []);

    let estate = with(Vec::new());
    let trusts = Trusts::read(&estate);
    let arn = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let target = aws_role(&arn(&second)).expect("a role");
    let step = |role: &str| {
        let from = arn(role);
        let link = Link::federated(aws_role(&from)?, target.clone(), "in turn");
        link.chained(&from.into(), &trusts)
    };
    // The name of the session, which the trust policy restricts, is given when it is assumed.
    let chained = step(&format!("agents/{first}")).expect("a link");
    assert_eq!(chained.missing, [Text::from("sts:RoleSessionName")]);
    assert_eq!(step("eks-node"), None);

    let machine = || vec![pod("crawler", "n", false), node("n", "aws:///eu-west-1a/i-1")];
    let fallback = found(&with(machine()));
    let names: Vec<&str> = fallback.iter().map(|link| link.to.1.name.raw()).collect();
    assert_eq!(names, ["n", "eks-node"]);
    eprintln!("5 recorded hops compared");
}
