//! What all readers of Kubernetes objects share in tests: none panics on a document of its shape.

use crate::ingest::altered::{altered, check_stored};

const SEEDS: &[&str] = &[
    r#"{"kind":"CronJob","apiVersion":"batch/v1","metadata":{"name":"c","namespace":"n","labels":{"a":"b"},"ownerReferences":[{"kind":"K","name":"o","controller":true}]},"spec":{"schedule":"0 * * * *","suspend":true,"jobTemplate":{"spec":{"parallelism":2,"template":{"metadata":{"labels":{"x":"y"}},"spec":{"serviceAccountName":"sa","hostPID":true,"securityContext":{"runAsUser":7,"seccompProfile":{"type":"Localhost","localhostProfile":"p"}},"imagePullSecrets":[{"name":"r"}],"initContainers":[{"name":"i","restartPolicy":"Always"}],"containers":[{"name":"m","image":"i:1","command":["a"],"args":["--token","t"],"securityContext":{"privileged":true,"capabilities":{"add":["ALL"],"drop":[]}},"env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},{"name":"P","value":"v"}],"envFrom":[{"configMapRef":{"name":"m"}}],"volumeMounts":[{"name":"v","mountPath":"/v","readOnly":true}],"ports":[{"name":"web","containerPort":80,"hostPort":81}]}],"volumes":[{"name":"v","hostPath":{"path":"/"}},{"name":"p","projected":{"sources":[{"serviceAccountToken":{"audience":"a","expirationSeconds":600}},{"secret":{"name":"s","items":[{"key":"k"}]}}]}},{"name":"c","csi":{"driver":"d","volumeAttributes":{"secretProviderClass":"k"}}},{"name":"e","emptyDir":{}}]}}}}}}"#,
    r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","uid":"u"},"spec":{"nodeName":"n","containers":[{"name":"m"}]},"status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"containerStatuses":[{"name":"m","imageID":"i@sha256:0","containerID":"c://1"}]}}"#,
    r#"{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"a","annotations":{"eks.amazonaws.com/role-arn":"r","azure.workload.identity/client-id":"c"}},"secrets":[{"name":"s"}]}"#,
    r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{"selector":{"a":"b"},"clusterIPs":["10.0.0.1"],"ports":[{"port":80,"targetPort":"web","nodePort":3}]},"status":{"loadBalancer":{"ingress":[{"ip":"1"}]}}}"#,
    r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"n"},"spec":{"podCIDRs":["10.0.0.0/24"],"providerID":"p"},"status":{"addresses":[{"address":"a"}]}}"#,
    r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"type":"Opaque","data":{"k":"dg=="}}"#,
    r#"{"kind":"Widget","apiVersion":"shop.example/v1","metadata":{"name":"w"},"spec":{"env":[{"name":"K","value":"v"}],"headers":{"A":"b"}},"status":{}}"#,
    r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[{"versions":[{"groupVersion":"a/v1"}],"preferredVersion":{"groupVersion":"a/v1"}}]}"#,
    r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{"metadata":{"name":"g"},"versions":[{"version":"v1","resources":[{"resource":"r","responseKind":{"kind":"R"},"scope":"Namespaced","verbs":["get"],"subresources":[{"subresource":"s"}]}]}]}]}"#,
    r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"m","reason":"r","code":403}"#,
    r#"{"type":"DELETED","object":{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"r","managedFields":[{"time":"2026-01-01T00:00:00Z"}]},"rules":[{"verbs":["get"]}]}}"#,
    r#"{"kind":"Policy","apiVersion":"audit.k8s.io/v1","rules":[{"level":"Metadata","users":["u"],"resources":[{"group":"","resources":["pods/*"],"resourceNames":["n"]}],"nonResourceURLs":["/x*"]}],"omitStages":["Panic"]}"#,
    r#"{"kind":"ValidatingAdmissionPolicy","apiVersion":"admissionregistration.k8s.io/v1","metadata":{"name":"p"},"spec":{"failurePolicy":"Fail","paramKind":{"kind":"K"},"matchConstraints":{"resourceRules":[{"apiGroups":["*"],"operations":["*"],"resources":["*"]}],"namespaceSelector":{"matchLabels":{"a":"b"}}},"variables":[{"name":"v","expression":"1"}],"validations":[{"expression":"true","message":"m"}]}}"#,
    r#"{"kind":"ValidatingAdmissionPolicyBinding","apiVersion":"admissionregistration.k8s.io/v1","metadata":{"name":"b"},"spec":{"policyName":"p","validationActions":["Deny"],"paramRef":{"name":"x"}}}"#,
    r#"{"kind":"MutatingWebhookConfiguration","apiVersion":"admissionregistration.k8s.io/v1","metadata":{"name":"w"},"webhooks":[{"name":"h","clientConfig":{"url":"https://h/","service":{"namespace":"n","name":"s","path":"/p"}},"rules":[{"resources":["pods"]}],"matchConditions":[{"name":"c","expression":"true"}]}]}"#,
    r#"{"kind":"ClusterPolicy","apiVersion":"kyverno.io/v1","metadata":{"name":"k"},"spec":{"validationFailureAction":"Enforce","rules":[{"name":"r","match":{"any":[{"resources":{"kinds":["Pod"],"selector":{"matchLabels":{"a":"b"}}},"subjects":[{"kind":"User","name":"u"}],"clusterRoles":["c"]}]},"exclude":{"resources":{"namespaces":["n"]}},"validate":{"message":"m","pattern":{}},"mutate":{}}]}}"#,
    r#"{"kind":"ConstraintTemplate","apiVersion":"templates.gatekeeper.sh/v1","metadata":{"name":"t"},"spec":{"crd":{"spec":{"names":{"kind":"T"}}},"targets":[{"rego":"package t","code":[{"engine":"Rego","source":{}}]}]}}"#,
    r#"{"kind":"T","apiVersion":"constraints.gatekeeper.sh/v1beta1","metadata":{"name":"c"},"spec":{"enforcementAction":"warn","match":{"kinds":[{"apiGroups":[""],"kinds":["Pod"]}],"labelSelector":{"matchExpressions":[{"key":"k","operator":"In","values":["v"]}]}},"parameters":{"a":1}}}"#,
];

proptest::proptest! {
    #[test]
    fn any_object_of_a_known_shape_is_read_or_set_aside(document in altered(SEEDS, &["kind", "apiVersion"])) {
        check_stored(&document)?;
    }
}
