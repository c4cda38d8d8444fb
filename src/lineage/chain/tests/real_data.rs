//! Chains of real records.

use super::records::read_file;
use super::{build, shown};
use crate::domain::{Event, EventId, EventKind, HopState, IdentityChain};
use crate::lineage::chain::ChainFocus;
use crate::scope::testing::{estate, real_data};

/// What `jq` says of a file: `group_by([.userIdentity.type,.userIdentity.accessKeyId])` and
/// `select(.eventName=="AssumeRole")|[.eventID,.responseElements.credentials.accessKeyId]`.
struct Detonation {
    file: &'static str,
    /// Records of the user with the key that lives long.
    by_user: u64,
    session: Option<Session>,
}

/// The records of a session of a role.
struct Session {
    records: u64,
    key: &'static str,
    /// The record that issued the key, when the file has it.
    issued_by: Option<&'static str>,
}

const fn by_user(file: &'static str, by_user: u64) -> Detonation {
    Detonation { file, by_user, session: None }
}

const fn with_session(
    file: &'static str,
    by_user: u64,
    records: u64,
    key: &'static str,
    issued_by: Option<&'static str>,
) -> Detonation {
    Detonation { file, by_user, session: Some(Session { records, key, issued_by }) }
}

const DETONATIONS: &[Detonation] = &[
    by_user("aws.credential-access.secretsmanager-batch-retrieve-secrets", 5),
    by_user("aws.credential-access.ssm-retrieve-securestring-parameters", 10),
    by_user("aws.defense-evasion.cloudtrail-delete", 1),
    by_user("aws.defense-evasion.cloudtrail-stop", 1),
    by_user("aws.defense-evasion.dns-delete-logs", 1),
    with_session(
        "aws.defense-evasion.organizations-leave",
        2,
        1,
        "ASIA36EV31F1RB3OA8IG",
        Some("099bfd30-232c-4dff-9998-3821921063ca"),
    ),
    with_session(
        "aws.discovery.ec2-download-user-data",
        4,
        15,
        "ASIA4URVX2JM5MT0ZGK8",
        Some("eebae605-3664-4560-a248-17d33f9ef6ef"),
    ),
    with_session(
        "aws.execution.ec2-launch-unusual-instances",
        2,
        1,
        "ASIA9F6MXE9HSYOXYQOS",
        Some("04c882a5-7652-40d1-b44c-83535fc19268"),
    ),
    by_user("aws.exfiltration.ec2-share-ami", 1),
    by_user("aws.exfiltration.ec2-share-ebs-snapshot", 1),
    by_user("aws.exfiltration.rds-share-snapshot", 1),
    with_session("aws.impact.bedrock-invoke-model", 0, 15, "ASIA6FTSFH98XNF7DFZB", None),
    by_user("aws.persistence.iam-backdoor-role", 1),
    by_user("aws.persistence.iam-backdoor-user", 1),
    by_user("aws.persistence.iam-create-backdoor-role", 2),
    by_user("aws.privilege-escalation.iam-update-user-login-profile", 1),
];

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn detonations_reproduce_by_access_key() {
    let mut all: Vec<Event> = Vec::new();
    let mut files = 0;
    for Detonation { file, by_user, session } in DETONATIONS {
        let folder = real_data("cloudtrail-stratus/docs/detonation-logs");
        let Ok(bytes) = std::fs::read(folder.join(format!("{file}.json"))) else { continue };
        let events = read_file(file, &bytes);
        let chains = build(&events, &estate([]), ChainFocus::All);
        let (alone, in_turn): (Vec<_>, Vec<_>) =
            chains.iter().partition(|chain| chain.links.len() == 1);
        let sum = |chains: &[&IdentityChain]| chains.iter().map(|chain| chain.events).sum::<u64>();
        let records = session.as_ref().map_or(0, |session| session.records);
        assert_eq!((sum(&alone), sum(&in_turn)), (*by_user, records), "{file}");
        assert!(chains.iter().all(|chain| chain.agent.is_none()), "{file}");
        if let Some(session) = session {
            let [chain] = in_turn.as_slice() else { unreachable!("one session in {file}") };
            let [root, role] = chain.links.as_slice() else { unreachable!("two links") };
            assert_eq!(role.credentials, [session.key], "{file}");
            assert_eq!(role.hop, HopState::Verified, "{file}");
            let id = session.issued_by.map(|record| EventId::of("cloudtrail", &[record]));
            assert_eq!(root.hop == HopState::Verified, id.is_some(), "{file}");
            if let Some(id) = id {
                assert_eq!(role.events, [id], "{file}");
            }
        }
        all.extend(events);
        files += 1;
    }
    if files == 0 {
        return;
    }
    // No file has an account or a key of another.
    let chains = build(&all, &estate([]), ChainFocus::All);
    let counted: u64 = chains.iter().map(|chain| chain.events).sum();
    assert_eq!(counted, all.len() as u64);
    eprintln!("{} chains of {counted} records in {files} files compared", chains.len());
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
