//! EKS Pod Identity associations, as `aws eks describe-pod-identity-association` and
//! `list-pod-identity-associations` print them.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::configured::{
    CloudIdentity, CloudPrincipal, Configured, Provisioning, WorkloadFederation,
};
use crate::domain::text::visible;
use crate::domain::{Discipline, Place, Problem, ProblemKind, Record, Text};
use crate::ingest::json::{lenient, nullable};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "eks-pod-identity",
    title: "EKS Pod Identity associations",
    side: Side::Configured,
    says: &[(Discipline::Identity, "which cloud role the pods of a service account become")],
    coverage: "a list names no roles: describe each association for those",
    recognises,
    read,
};

/// `association` is a word of other AWS answers too.
fn recognises(shape: &Shape<'_>) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "nullable")]
        associations: Vec<Signs>,
        #[serde(default)]
        association: Option<Signs>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Signs {
        #[serde(rename = "clusterName")]
        _cluster: String,
        #[serde(rename = "serviceAccount")]
        _account: String,
    }
    shape.kind.is_none()
        && (shape.has("association") || shape.has("associations"))
        && serde_json::from_str::<Answer>(shape.json())
            .is_ok_and(|answer| answer.association.is_some() || !answer.associations.is_empty())
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "nullable")]
    associations: Vec<Value>,
    #[serde(default)]
    association: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    cluster_name: Text,
    namespace: Text,
    service_account: Text,
    #[serde(default)]
    role_arn: Option<Text>,
    #[serde(default)]
    target_role_arn: Option<Text>,
    #[serde(default)]
    association_id: Option<Text>,
    #[serde(default)]
    disable_session_tags: Option<bool>,
    #[serde(default)]
    owner_arn: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    created_at: Option<Instant>,
    #[serde(default, deserialize_with = "lenient")]
    modified_at: Option<Instant>,
}

/// As the client was told to print times: ISO 8601, or seconds since the epoch.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Instant {
    Written(Timestamp),
    Seconds(f64),
}

impl Instant {
    fn time(self) -> Option<Timestamp> {
        match self {
            Self::Written(time) => Some(time),
            Self::Seconds(seconds) => Timestamp::from_millisecond((seconds * 1e3) as i64).ok(),
        }
    }
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer>(sink) else { return };
    let several = answer.associations.into_iter().enumerate();
    let several = several.map(|(index, value)| (format!("/associations/{index}"), value));
    let one = answer.association.map(|value| ("/association".to_owned(), value));
    for (pointer, value) in one.into_iter().chain(several) {
        let at = location::beneath(&document.at, &pointer);
        match serde_json::from_str::<Association>(&value.to_string()) {
            Ok(association) => {
                let place = Place { at, ..document.place() };
                sink.record(association.into_record(place));
            }
            Err(error) => {
                let message = visible(&error.to_string()).into_owned();
                let problem = document.problem(ProblemKind::Malformed, message);
                sink.problem(Problem { at, ..problem });
            }
        }
    }
}

impl Association {
    fn into_record(self, place: Place) -> Record {
        let created = self.created_at.and_then(Instant::time);
        Record {
            realm: self.cluster_name,
            at: self.modified_at.and_then(Instant::time).or(created),
            provisioning: Provisioning {
                // The add-on that made it.
                owner: self.owner_arn,
                granted_at: created,
                ..Provisioning::default()
            },
            place,
            body: Configured::CloudIdentity(CloudIdentity {
                namespace: self.namespace,
                service_account: self.service_account,
                association: self.association_id,
                becomes: CloudPrincipal {
                    by: WorkloadFederation::AwsPodIdentity,
                    principal: self.role_arn,
                    // The fixed audience of the tokens that the agent on the node exchanges.
                    audience: Some("pods.eks.amazonaws.com".into()),
                    tenant: None,
                },
                target_role: self.target_role_arn,
                session_tags: self.disable_session_tags.map(|disabled| !disabled),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use super::*;
    use crate::ingest::altered::{altered, check_read};

    /// Each record as `realm namespace/account role at`, then the problems.
    #[track_caller]
    fn check(json: &str, expected: &[&str]) {
        let found = read_text("f.json", json);
        let records = found.records.iter().map(|record| {
            let Configured::CloudIdentity(identity) = &record.body else {
                unreachable!("identity")
            };
            let role = identity.becomes.principal.as_ref().map_or("-", |role| role.raw());
            let at = record.at.map_or_else(|| "-".to_owned(), |at| at.to_string());
            let (namespace, account) = (identity.namespace.raw(), identity.service_account.raw());
            format!("{} {namespace}/{account} {role} {at}", record.realm.raw())
        });
        let problems =
            found.problems.iter().map(|problem| format!("{} {}", problem.at, problem.kind));
        assert_eq!(records.chain(problems).collect::<Vec<_>>(), expected, "{json}");
    }

    #[test]
    fn described_and_listed() {
        check(
            r#"{"association":{"clusterName":"c","namespace":"desk","serviceAccount":"bot",
            "roleArn":"arn:aws:iam::111122223333:role/bot","associationId":"a-1","disableSessionTags":false,
            "createdAt":"2026-02-03T04:05:06.789000+01:00","modifiedAt":1770091506.5}}"#,
            &["c desk/bot arn:aws:iam::111122223333:role/bot 2026-02-03T04:05:06.5Z"],
        );
        check(
            r#"{"associations":[{"clusterName":"c","namespace":"desk","serviceAccount":"bot"},
            {"clusterName":"c","serviceAccount":"half"}]}"#,
            &["c desk/bot - -", ":/associations/1 malformed"],
        );
    }

    #[test]
    fn other_associations_are_left_alone() {
        check(r#"{"associations":[{"subnetId":"s"}]}"#, &[" unknown-format"]);
        check(r#"{"associations":[]}"#, &[" unknown-format"]);
    }

    const SEEDS: &[&str] = &[
        r#"{"association":{"clusterName":"c","namespace":"n","serviceAccount":"a","roleArn":"r","associationId":"i","disableSessionTags":true,"createdAt":1.5e9,"modifiedAt":"2026-01-01T00:00:00Z"}}"#,
        r#"{"associations":[{"clusterName":"c","namespace":"n","serviceAccount":"a","ownerArn":"o"},{"clusterName":"d","namespace":"n","serviceAccount":"b"}]}"#,
    ];

    proptest::proptest! {
        #[test]
        fn any_answer_of_this_shape_is_read_or_set_aside(document in altered(SEEDS, &[])) {
            check_read(&document)?;
        }
    }
}
