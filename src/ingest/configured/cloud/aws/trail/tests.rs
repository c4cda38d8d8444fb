//! Trails and their parts.

use super::super::super::tests::{body, check};
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::{EventCategory, Trail, TrailedEvent};

const ARN: &str = "arn:aws:cloudtrail:eu-west-1:1:trail/main";

fn trail(file: &str, text: &str) -> Trail {
    match serde_json::from_value(body(file, text)).expect("a record's body") {
        Configured::Aws(Aws::Trail(trail)) => trail,
        other => unreachable!("a trail, not {other:?}"),
    }
}

fn described(custom: bool) -> String {
    format!(
        r#"{{"trailList":[{{"Name":"main","TrailARN":"{ARN}","HomeRegion":"eu-west-1","IsMultiRegionTrail":true,
        "IsOrganizationTrail":false,"HasCustomEventSelectors":{custom},"S3BucketName":"logs"}}]}}"#
    )
}

fn selectors(rest: &str) -> String {
    format!(r#"{{"TrailARN":"{ARN}",{rest}}}"#)
}

fn event(category: EventCategory) -> TrailedEvent<'static> {
    TrailedEvent {
        category,
        source: "s3.amazonaws.com",
        name: "GetObject",
        read_only: Some(true),
        region: Some("us-east-1"),
        resource_type: Some("AWS::S3::Object"),
        resource: Some("arn:aws:s3:::corpus/a"),
    }
}

#[track_caller]
fn check_records(trail: &Trail, management: bool, data: bool) {
    let recorded = [EventCategory::Management, EventCategory::Data]
        .map(|category| trail.records(&event(category)));
    assert_eq!(recorded, [management, data], "{trail:?}");
}

#[test]
fn parts_of_a_trail_are_objects_of_their_own() {
    let status = r#"{"IsLogging":true,"StartLoggingTime":1790812800.5,"LatestDeliveryTime":"2026-11-01T00:00:00Z"}"#;
    for (file, text, expected) in [
        ("f.json", described(true), "1 AWS::CloudTrail::Trail 1/main"),
        (
            "f.json",
            selectors(r#""EventSelectors":[]"#),
            "1 AWS::CloudTrail::Trail selectors 1/main",
        ),
        (
            "f.json",
            selectors(r#""InsightSelectors":[]"#),
            "1 AWS::CloudTrail::Trail insights 1/main",
        ),
        ("get-trail-status.main.json", status.to_owned(), " AWS::CloudTrail::Trail status /main"),
        ("status.json", status.to_owned(), " missing-field"),
    ] {
        check(file, &text, &[expected]);
    }
    let on = trail("get-trail-status.main.json", status).logging.expect("stated");
    assert!(
        on.on && on.since.map(|since| since.to_string()) == Some("2026-10-01T00:00:00.5Z".into())
    );
}

#[test]
fn standard_selectors_are_known_from_the_description() {
    check_records(&trail("f.json", &described(false)), true, false);
    check_records(&trail("f.json", &described(true)), false, false);
}

#[test]
fn selectors_of_both_kinds() {
    let described = trail("f.json", &described(true));
    for (rest, management, data) in [
        (r#""EventSelectors":[{"ReadWriteType":"WriteOnly"}]"#, false, false),
        (r#""EventSelectors":[{"ReadWriteType":"ReadOnly"}]"#, true, false),
        (
            r#""EventSelectors":[{"IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::corpus/"]}]}]"#,
            false,
            true,
        ),
        (
            r#""EventSelectors":null,"AdvancedEventSelectors":[{"Name":"n","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},
                {"Field":"resources.type","Equals":["AWS::S3::Object"],"NotEquals":null}]}]"#,
            false,
            true,
        ),
    ] {
        let selected = trail("f.json", &selectors(rest));
        check_records(&described.clone().with(selected), management, data);
    }
}

#[test]
fn an_unknown_operator_does_not_widen_a_selector() {
    let text = selectors(
        r#""AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Resembles":["Data"]}]},{}]"#,
    );
    let found = check(
        "f.json",
        &text,
        &[
            "1 AWS::CloudTrail::Trail selectors 1/main",
            ":/AdvancedEventSelectors/1 malformed",
            ":/AdvancedEventSelectors/0 unsupported",
        ],
    );
    let bodies = serde_json::to_value(&found.records).expect("serialises");
    assert_eq!(bodies[0]["body"]["selectors"], serde_json::json!([]));
}

#[test]
fn an_event_data_store_that_has_stopped() {
    let store = |status: &str| {
        format!(
            r#"{{"EventDataStoreArn":"arn:aws:cloudtrail:us-east-1:1:eventdatastore/e","Name":"lake","Status":"{status}","MultiRegionEnabled":false,
            "AdvancedEventSelectors":[{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["Management"]}}]}}],"UpdatedTimestamp":"2026-11-01T00:00:00Z"}}"#
        )
    };
    check("f.json", &store("ENABLED"), &["1 AWS::CloudTrail::EventDataStore 1/e"]);
    check_records(&trail("f.json", &store("ENABLED")), true, false);
    check_records(&trail("f.json", &store("STOPPED_INGESTION")), false, false);
}
