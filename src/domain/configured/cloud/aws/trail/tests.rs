//! What trails record.

use super::*;

fn trail(selectors: Vec<EventSelector>) -> Trail {
    Trail { arn: "t".into(), selectors: Some(selectors), ..Trail::default() }
}

fn read(name: &str) -> TrailedEvent<'_> {
    TrailedEvent {
        source: "s3.amazonaws.com",
        name,
        read_only: Some(true),
        ..TrailedEvent::default()
    }
}

fn object(arn: &str) -> TrailedEvent<'_> {
    TrailedEvent {
        category: EventCategory::Data,
        resource_type: Some("AWS::S3::Object"),
        resource: Some(arn),
        ..read("GetObject")
    }
}

fn basic(reads: bool, data: &[(&str, &str)]) -> EventSelector {
    let data = data.iter().map(|(resource_type, arn)| DataResources {
        resource_type: (*resource_type).into(),
        arns: vec![(*arn).into()],
    });
    EventSelector::Basic {
        reads,
        writes: true,
        management: true,
        without_sources: vec!["kms.amazonaws.com".into()],
        data: data.collect(),
    }
}

fn advanced(fields: &[(&str, FieldOperator, &str)]) -> EventSelector {
    let field = |(field, operator, value): &(&str, FieldOperator, &str)| FieldSelector {
        field: (*field).into(),
        tests: vec![FieldTest { operator: *operator, values: vec![(*value).into()] }],
    };
    EventSelector::Advanced { fields: fields.iter().map(field).collect() }
}

#[track_caller]
fn check(selector: EventSelector, event: &TrailedEvent<'_>, expected: bool) {
    assert_eq!(trail(vec![selector.clone()]).records(event), expected, "{selector:?} {event:?}");
}

#[test]
fn management_events_by_direction_and_source() {
    check(EventSelector::standard(), &read("ListBuckets"), true);
    check(basic(false, &[]), &read("ListBuckets"), false);
    check(basic(false, &[]), &TrailedEvent { read_only: None, ..read("x") }, false);
    check(basic(false, &[]), &TrailedEvent { read_only: Some(false), ..read("x") }, true);
    let decrypt = TrailedEvent { source: "kms.amazonaws.com", ..read("Decrypt") };
    check(basic(true, &[]), &decrypt, false);
}

#[test]
fn data_events_only_where_they_are_asked_for() {
    let all = &[("AWS::S3::Object", "arn:aws:s3")];
    let one = &[("AWS::S3::Object", "arn:aws:s3:::b/in/")];
    check(EventSelector::standard(), &object("arn:aws:s3:::b/in/x"), false);
    check(basic(true, all), &object("arn:aws:s3:::b/in/x"), true);
    check(basic(true, one), &object("arn:aws:s3:::b/in/x"), true);
    check(basic(true, one), &object("arn:aws:s3:::b/out/x"), false);
    check(basic(true, all), &TrailedEvent { resource: None, ..object("") }, false);
    let invoke = TrailedEvent {
        resource_type: Some("AWS::Lambda::Function"),
        ..object("arn:aws:lambda:eu-west-1:1:function:f")
    };
    check(basic(true, &[("AWS::Lambda::Function", "arn:aws:lambda")]), &invoke, true);
    let other = "arn:aws:lambda:eu-west-1:1:function:fun";
    check(basic(true, &[("AWS::Lambda::Function", other)]), &invoke, false);
}

#[test]
fn advanced_selectors_need_every_field() {
    use FieldOperator::{Equals, NotStartsWith, StartsWith};
    let data = ("eventCategory", Equals, "Data");
    let kind = ("resources.type", Equals, "AWS::S3::Object");
    let event = object("arn:aws:s3:::b/k");
    check(advanced(&[data, kind]), &event, true);
    check(advanced(&[data, kind, ("readOnly", Equals, "false")]), &event, false);
    check(advanced(&[data, ("resources.ARN", StartsWith, "arn:aws:s3:::b/")]), &event, true);
    check(advanced(&[data, ("resources.ARN", NotStartsWith, "arn:aws:s3:::b/")]), &event, false);
    check(advanced(&[data, ("resources.ARN", NotStartsWith, "arn:aws:s3:::c/")]), &event, true);
    check(advanced(&[data, ("vpcEndpointId", NotStartsWith, "vpce-1")]), &event, false);
    check(advanced(&[("eventCategory", Equals, "Management")]), &event, false);
}

#[test]
fn positive_tests_are_alternatives_and_negative_ones_are_not() {
    let test = |operator, value: &str| FieldTest { operator, values: vec![value.into()] };
    let selector = |tests| EventSelector::Advanced {
        fields: vec![FieldSelector { field: "eventName".into(), tests }],
    };
    let alternatives =
        vec![test(FieldOperator::Equals, "PutObject"), test(FieldOperator::StartsWith, "Get")];
    check(selector(alternatives.clone()), &read("GetObject"), true);
    check(selector(alternatives.clone()), &read("ListObjects"), false);
    let mut without = alternatives;
    without.push(test(FieldOperator::NotEndsWith, "Acl"));
    check(selector(without.clone()), &read("GetObjectAcl"), false);
    check(selector(without), &read("GetObject"), true);
}

#[test]
fn a_trail_that_is_off_or_elsewhere_records_nothing() {
    let event = TrailedEvent { region: Some("us-east-1"), ..read("ListBuckets") };
    let on = trail(vec![EventSelector::standard()]);
    assert!(on.records(&event));
    let off = Trail { logging: Some(Logging::default()), ..Trail::default() };
    assert!(!on.clone().with(off).records(&event));
    let settings = |multi_region| Trail {
        settings: Some(TrailSettings {
            home_region: Some("eu-west-1".into()),
            multi_region,
            ..TrailSettings::default()
        }),
        ..Trail::default()
    };
    assert!(!on.clone().with(settings(false)).records(&event));
    assert!(on.with(settings(true)).records(&event));
    assert!(!settings(true).records(&event), "nothing is known of its selectors");
}
