//! Chains of real records.

use super::records::read_file;
use super::{build, shown};
use crate::domain::{Event, EventKind};
use crate::lineage::chain::ChainFocus;
use crate::scope::testing::{estate, real_data};

/// What `jq` says of each file: records of users with the key that lives long, and of sessions with
/// the key that was issued to them, and the id of the record that issued it.
/// `group_by([.userIdentity.type,.userIdentity.accessKeyId])` and
/// `select(.eventName=="AssumeRole")|[.eventID,.responseElements.credentials.accessKeyId]`.
const DETONATIONS: &[(&str, u64, u64, Option<(&str, Option<&str>)>)] = &[
    ("aws.credential-access.secretsmanager-batch-retrieve-secrets", 5, 0, None),
    ("aws.credential-access.ssm-retrieve-securestring-parameters", 10, 0, None),
    ("aws.defense-evasion.cloudtrail-delete", 1, 0, None),
    ("aws.defense-evasion.cloudtrail-stop", 1, 0, None),
    ("aws.defense-evasion.dns-delete-logs", 1, 0, None),
    (
        "aws.defense-evasion.organizations-leave",
        2,
        1,
        Some(("ASIA36EV31F1RB3OA8IG", Some("099bfd30-232c-4dff-9998-3821921063ca"))),
    ),
    (
        "aws.discovery.ec2-download-user-data",
        4,
        15,
        Some(("ASIA4URVX2JM5MT0ZGK8", Some("eebae605-3664-4560-a248-17d33f9ef6ef"))),
    ),
    (
        "aws.execution.ec2-launch-unusual-instances",
        2,
        1,
        Some(("ASIA9F6MXE9HSYOXYQOS", Some("04c882a5-7652-40d1-b44c-83535fc19268"))),
    ),
    ("aws.exfiltration.ec2-share-ami", 1, 0, None),
    ("aws.exfiltration.ec2-share-ebs-snapshot", 1, 0, None),
    ("aws.exfiltration.rds-share-snapshot", 1, 0, None),
    ("aws.impact.bedrock-invoke-model", 0, 15, Some(("ASIA6FTSFH98XNF7DFZB", None))),
    ("aws.persistence.iam-backdoor-role", 1, 0, None),
    ("aws.persistence.iam-backdoor-user", 1, 0, None),
    ("aws.persistence.iam-create-backdoor-role", 2, 0, None),
    ("aws.privilege-escalation.iam-update-user-login-profile", 1, 0, None),
];

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn detonations_reproduce_by_access_key() {
    let mut all: Vec<Event> = Vec::new();
    let mut files = 0;
    for (file, by_user, by_session, key) in DETONATIONS {
        let path =
            real_data("cloudtrail-stratus/docs/detonation-logs").join(format!("{file}.json"));
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let events = read_file(file, &bytes);
        let chains = build(&events, &estate([]), ChainFocus::All);
        let of_length = |length: usize| {
            chains.iter().filter(|chain| chain.links.len() == length).collect::<Vec<_>>()
        };
        let sum = |length| of_length(length).iter().map(|chain| chain.events).sum::<u64>();
        assert_eq!((sum(1), sum(2)), (*by_user, *by_session), "{file}");
        assert!(chains.iter().all(|chain| chain.agent.is_none()), "{file}");
        if let Some((key, issued_by)) = key {
            let [chain] = of_length(2)[..] else { unreachable!("one session in {file}") };
            let [root, role] = chain.links.as_slice() else { unreachable!("two links") };
            assert_eq!(role.credentials, [*key], "{file}");
            let root_hop = if issued_by.is_some() { "verified" } else { "broken" };
            assert_eq!(
                (root.hop.to_string().as_str(), role.hop.to_string().as_str()),
                (root_hop, "verified")
            );
            if let Some(record) = issued_by {
                let id = crate::domain::EventId::of("cloudtrail", &[record]);
                assert_eq!(role.events, [id], "{file}");
            }
        }
        all.extend(events);
        files += 1;
    }
    if files == 0 {
        return;
    }
    // Together they are the same chains: accounts and keys do not meet.
    let chains = build(&all, &estate([]), ChainFocus::All);
    assert_eq!(chains.iter().map(|chain| chain.events).sum::<u64>(), all.len() as u64);
    eprintln!("{} chains of {} records in {files} files compared", chains.len(), all.len());
}

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn impersonations_of_a_real_api_server() {
    let Ok(bytes) = std::fs::read(real_data("kube-apiserver/audit.log")) else { return };
    let events = read_file("audit.log", &bytes);
    let chains = build(&events, &estate([]), ChainFocus::All);
    // jq 'select(.impersonatedUser)|[.user.username,.impersonatedUser.username]'
    let impersonated: Vec<String> =
        chains.iter().filter(|chain| chain.agent.is_none()).map(shown).collect();
    let expected = [
        "2: human admin (verified) → service account agents/tool-runner (verified)",
        "1: human admin (verified) → human bob@example.com (verified)",
    ];
    assert_eq!(impersonated, expected);
    let requests = events.iter().filter(|event| event.kind == EventKind::K8sApi).count();
    eprintln!("3 impersonations in {requests} requests compared");
}
