//! CloudTrail of attacks that Stratus Red Team carried out: what is still live at chosen instants, as
//! read from the records by hand.

use super::*;
use crate::ingest::{Collected, Source, read};
use crate::scope::testing::real_data;

/// Who, when, the credentials that are live then, and how many sessions are over.
///
/// The log of `discovery.ec2-download-user-data` has two sessions, issued at 19:52:33 until 20:07:33,
/// and two requests before that were refused. That of `execution.ec2-launch-unusual-instances` has
/// one until 11:45:21 and one until 11:45:22; that of `defense-evasion.organizations-leave` one issued
/// at 08:29:59 and one at 08:30:00, for fifteen minutes. Of the session of
/// `impact.bedrock-invoke-model` no issue is recorded; its first use is at 20:09:50, so that it is over
/// 36 hours later at the latest.
const EXPECTED: &[(&str, &str, &[&str], usize)] = &[
    (
        "arn:aws:iam::321848314756:user/christophe",
        "2024-07-31T19:52:32Z",
        &["AKIAMJ2320ZAXACWCPJI"],
        0,
    ),
    (
        "arn:aws:iam::321848314756:user/christophe",
        "2024-07-31T20:07:32Z",
        &["AKIAMJ2320ZAXACWCPJI", "ASIA4URVX2JM5MT0ZGK8", "ASIA74KS09ZFFBFV9E6K"],
        0,
    ),
    (
        "arn:aws:iam::321848314756:user/christophe",
        "2024-07-31T20:07:33Z",
        &["AKIAMJ2320ZAXACWCPJI"],
        2,
    ),
    (
        "arn:aws:iam::900138736586:user/christophe",
        "2024-08-01T11:45:21Z",
        &["AKIAR7ISFR69YWROPYAN", "ASIA9F6MXE9HSYOXYQOS"],
        1,
    ),
    (
        "arn:aws:iam::307578594326:user/christophe",
        "2024-08-02T08:29:59Z",
        &["AKIADVISM0T50G52IF0D", "ASIAMOWPWQJ1QHWCWJXJ"],
        0,
    ),
    (
        "arn:aws:iam::307578594326:user/christophe",
        "2024-08-02T08:44:59Z",
        &["AKIADVISM0T50G52IF0D", "ASIA36EV31F1RB3OA8IG"],
        1,
    ),
    (
        "arn:aws:iam::494659789341:role/test-role",
        "2024-10-19T08:09:49Z",
        &["ASIA6FTSFH98XNF7DFZB"],
        0,
    ),
    ("arn:aws:iam::494659789341:role/test-role", "2024-10-19T08:09:50Z", &[], 1),
];

fn events() -> Vec<Event> {
    let folder = real_data("cloudtrail-stratus/docs/detonation-logs");
    let mut sink = Collected::default();
    for file in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
        if file.path().extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let Ok(bytes) = std::fs::read(file.path()) else { continue };
        let name = file.path().to_string_lossy();
        let source = Source::new(crate::domain::Digest::of(&bytes), name.as_ref());
        read(&source, &mut bytes.as_slice(), &mut sink, &mut |_| {
            std::ops::ControlFlow::Continue(())
        });
    }
    sink.events
}

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn live_sessions_of_real_attacks() {
    let events = events();
    if events.is_empty() {
        return;
    }
    for (who, when, live, over) in EXPECTED {
        let second = when.parse::<Timestamp>().expect("a time").as_second();
        let sheet = sheet_of(&[], &[], &events, second, &[who]);
        let mut found: Vec<&str> = sheet
            .steps
            .iter()
            .filter(|step| {
                matches!(step.access.kind, AccessKind::AwsAccessKey | AccessKind::AwsSession)
            })
            .map(|step| step.access.id.raw())
            .collect();
        found.sort_unstable();
        let ended: usize = sheet
            .ended
            .iter()
            .filter(|ended| ended.kind == AccessKind::AwsSession)
            .map(|ended| ended.count)
            .sum();
        assert_eq!((found.as_slice(), ended), (*live, *over), "{who} at {when}");
    }
    eprintln!("{} instants of {} CloudTrail events", EXPECTED.len(), events.len());
}
