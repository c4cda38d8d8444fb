//! Workloads, from the manifest to what holds for each container.

use super::super::super::tests::{body, only, read_text};
use super::*;
use crate::domain::ProblemKind;
use crate::domain::configured::{
    Container, ContainerRole, PodStatus, SecurityContext, ValueHolder, VariableSource, VolumeSource,
};

#[track_caller]
fn check(json: &str) -> Workload {
    match body(only(json)) {
        Configured::Workload(workload) => workload,
        other => unreachable!("a workload, not {other:?}"),
    }
}

#[test]
fn a_pod_stands_by_itself() {
    let pod = check(
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a-1","namespace":"n",
        "labels":{"app":"a"},"ownerReferences":[{"kind":"Node","name":"x"},
        {"kind":"ReplicaSet","name":"a-5","controller":true}]},
        "spec":{"serviceAccountName":"sa","hostNetwork":true,"initContainers":null,
        "containers":[{"image":"i:1"}],"automountServiceAccountToken":false}}"#,
    );
    assert_eq!(pod.owner, Some(("ReplicaSet".into(), "a-5".into())));
    assert_eq!((pod.service_account.raw(), pod.host_network), ("sa", true));
    assert_eq!(pod.images().collect::<Vec<_>>(), [&Text::from("i:1")]);
    assert_eq!(pod.mounts_token, Some(false));
    assert_eq!(pod.pod_labels, pod.meta.labels);
}

#[test]
fn templates_are_followed_to_the_pod() {
    let cron = check(
        r#"{"kind":"CronJob","apiVersion":"batch/v1","metadata":{"name":"c"},
        "spec":{"schedule":"0 * * * *","jobTemplate":{"spec":{"template":{
        "metadata":{"labels":{"job":"c"}},"spec":{"serviceAccount":"old"}}}}}}"#,
    );
    assert_eq!(cron.schedule, Some("0 * * * *".into()));
    assert_eq!(cron.service_account, "old");
    assert_eq!(cron.pod_labels.get("job"), Some(&"c".into()));
    assert_eq!(cron.meta.namespace, "default");
}

#[test]
fn a_part_of_a_workload_is_said_to_be_one() {
    let text =
        r#"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"d"},"status":{}}"#;
    let found = read_text("assert.json", text);
    let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Incomplete]));
}

/// The containers of a pod with this spec.
#[track_caller]
fn containers(spec: &str) -> Vec<Container> {
    let pod = format!(
        r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"p"}},"spec":{{{spec}}}}}"#
    );
    check(&pod).containers
}

#[test]
fn the_settings_of_a_pod_hold_unless_its_container_says_otherwise() {
    let found = containers(
        r#""securityContext":{"runAsUser":1000,"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
        "containers":[{"name":"a"},{"name":"b","securityContext":{"runAsUser":0,"privileged":true,
        "readOnlyRootFilesystem":true,"allowPrivilegeEscalation":false,
        "capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]},
        "seccompProfile":{"type":"Localhost","localhostProfile":"x.json"}}}]"#,
    );
    let of_pod = SecurityContext {
        run_as_user: Some(1000),
        run_as_non_root: Some(true),
        seccomp: Some("RuntimeDefault".into()),
        ..SecurityContext::default()
    };
    let own = SecurityContext {
        run_as_user: Some(0),
        privileged: Some(true),
        read_only_root: Some(true),
        allow_privilege_escalation: Some(false),
        added: vec!["NET_ADMIN".into()],
        dropped: vec!["ALL".into()],
        seccomp: Some("Localhost/x.json".into()),
        ..of_pod.clone()
    };
    let security: Vec<_> = found.into_iter().map(|container| container.security).collect();
    assert_eq!(security, [of_pod, own]);
}

#[test]
fn roles_of_containers() {
    let found = containers(
        r#""containers":[{"name":"m"}],"ephemeralContainers":[{"name":"e"}],
        "initContainers":[{"name":"i"},{"name":"s","restartPolicy":"Always"}]"#,
    );
    let roles: Vec<_> = found.iter().map(|c| (c.name.raw(), c.role)).collect();
    assert_eq!(
        roles,
        [
            ("i", ContainerRole::Init),
            ("s", ContainerRole::Sidecar),
            ("m", ContainerRole::Main),
            ("e", ContainerRole::Ephemeral),
        ]
    );
}

#[test]
fn names_of_secrets_are_kept_and_values_are_not() {
    let found = containers(
        r#""containers":[{"name":"m","command":["run"],"args":["--token","t0"],"env":[
        {"name":"LEVEL","value":"hunter2"},
        {"name":"KEY","valueFrom":{"secretKeyRef":{"name":"llm","key":"k"}}},
        {"name":"NODE","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}],
        "envFrom":[{"prefix":"X_","configMapRef":{"name":"common"}},{"secretRef":{"name":"db"}}]}]"#,
    );
    let [container] = found.as_slice() else { unreachable!("one container") };
    assert_eq!(container.environment, ["LEVEL", "KEY", "NODE"]);
    let source = |holder, name: &str, key: Option<&str>, variable: Option<&str>| VariableSource {
        holder,
        name: name.into(),
        key: key.map(Text::from),
        variable: variable.map(Text::from),
    };
    assert_eq!(
        container.variable_sources,
        [
            source(ValueHolder::Secret, "llm", Some("k"), Some("KEY")),
            source(ValueHolder::ConfigMap, "common", None, None),
            source(ValueHolder::Secret, "db", None, None),
        ]
    );
    let json = serde_json::to_string(&found).expect("JSON");
    assert!(!json.contains("hunter2") && !json.contains("t0"), "{json}");
    assert!(
        container.command.as_ref().is_some_and(|line| line.raw().starts_with("run --token ***"))
    );
}

#[test]
fn volumes_mounts_and_ports() {
    let pod = check(
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"volumes":[
        {"name":"k","secret":{"secretName":"s","items":[{"key":"tls.key","path":"x"}]}},
        {"name":"t","projected":{"sources":[{"serviceAccountToken":{"audience":"vault","expirationSeconds":600,"path":"t"}},
        {"configMap":{"name":"ca"}},{"downwardAPI":{}}]}},
        {"name":"h","hostPath":{"path":"/var/run","type":"Directory"}},
        {"name":"d","persistentVolumeClaim":{"claimName":"data"}},
        {"name":"c","csi":{"driver":"secrets-store.csi.k8s.io","volumeAttributes":{"secretProviderClass":"aws"}}},
        {"name":"e","emptyDir":{}}],"containers":[{"name":"m",
        "volumeMounts":[{"name":"h","mountPath":"/host","readOnly":true,"subPath":"docker"}],
        "ports":[{"name":"web","containerPort":8080},{"containerPort":53,"protocol":"UDP","hostPort":5353}]}]}}"#,
    );
    let sources: Vec<_> = pod.volumes.iter().map(|volume| volume.sources.as_slice()).collect();
    assert_eq!(
        sources,
        [
            &[VolumeSource::Secret { name: "s".into(), keys: vec!["tls.key".into()] }][..],
            &[
                VolumeSource::ServiceAccountToken {
                    audience: Some("vault".into()),
                    expires_after: Some(600)
                },
                VolumeSource::ConfigMap { name: "ca".into(), keys: vec![] },
                VolumeSource::Other { kind: "downwardAPI".into() },
            ],
            &[VolumeSource::HostPath { path: "/var/run".into() }],
            &[VolumeSource::PersistentVolumeClaim { name: "data".into() }],
            &[VolumeSource::Csi {
                driver: "secrets-store.csi.k8s.io".into(),
                provider_class: Some("aws".into())
            }],
            &[VolumeSource::Other { kind: "emptyDir".into() }],
        ]
    );
    let [container] = pod.containers.as_slice() else { unreachable!("one container") };
    let mounts: Vec<_> = container.mounts.iter().map(|m| (m.path.raw(), m.read_only)).collect();
    assert_eq!(mounts, [("/host", true)]);
    let ports: Vec<_> = container
        .ports
        .iter()
        .map(|p| (p.name.as_ref().map(Text::raw), p.number, p.protocol.raw(), p.host))
        .collect();
    assert_eq!(ports, [(Some("web"), 8080, "TCP", None), (None, 53, "UDP", Some(5353))]);
}

#[test]
fn what_the_cluster_reports_of_a_pod() {
    let pod = check(
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","uid":"u-1"},
        "spec":{"nodeName":"n1","hostPID":true,"shareProcessNamespace":true,"imagePullSecrets":[{"name":"r"}],
        "containers":[{"name":"m","image":"i:latest"}]},
        "status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],
        "containerStatuses":[{"name":"m","imageID":"i@sha256:ab","containerID":"containerd://cd"}]}}"#,
    );
    let status = PodStatus {
        uid: Some("u-1".into()),
        phase: Some("Running".into()),
        addresses: vec!["10.0.0.1".into(), "fd00::1".into()],
    };
    assert_eq!((pod.status, pod.node), (Some(status), Some("n1".into())));
    assert!(pod.host_pid && pod.shares_processes && !pod.host_ipc);
    assert_eq!(pod.pull_secrets, ["r"]);
    let ids: Vec<_> = pod.containers.iter().map(|c| (c.image_id.clone(), c.id.clone())).collect();
    assert_eq!(ids, [(Some("i@sha256:ab".into()), Some("containerd://cd".into()))]);
}

#[test]
fn jobs_and_controllers() {
    let of = |kind: &str, group: &str, spec: &str| {
        check(&format!(
            r#"{{"kind":"{kind}","apiVersion":"{group}v1","metadata":{{"name":"w"}},"spec":{spec}}}"#
        ))
    };
    let job = of("Job", "batch/", r#"{"parallelism":3,"suspend":true,"template":{"spec":{}}}"#);
    assert_eq!((job.replicas, job.suspended, job.status), (Some(3), Some(true), None));
    let cron = of(
        "CronJob",
        "batch/",
        r#"{"suspend":false,"jobTemplate":{"spec":{"suspend":true,"template":{"spec":{"nodeName":"n"}}}}}"#,
    );
    assert_eq!((cron.suspended, cron.node), (Some(false), Some("n".into())));
    let set = of(
        "StatefulSet",
        "apps/",
        r#"{"volumeClaimTemplates":[{"metadata":{"name":"data"}}],"template":{"spec":{"volumes":[{"name":"v"}]}}}"#,
    );
    let volumes: Vec<_> = set.volumes.iter().map(|v| (v.name.raw(), v.sources.len())).collect();
    assert_eq!(volumes, [("data", 1), ("v", 0)]);
    let controller = of(
        "ReplicationController",
        "",
        r#"{"replicas":2,"template":{"spec":{"containers":[{"name":"m"}]}}}"#,
    );
    assert_eq!((controller.replicas, controller.containers.len()), (Some(2), 1));
}
