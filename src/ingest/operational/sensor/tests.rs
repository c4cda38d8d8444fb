use super::super::tests::lines;
use crate::domain::{Decision, Event, Outcome, Text};
use crate::ingest::Collected;
use crate::ingest::configured::tests::read_text;

/// Reads lines of a sensor and compares `kind action target` of every event.
#[track_caller]
fn check(text: &str, expected: &[&str]) -> Collected {
    let found = read_text("events.json", text);
    assert_eq!(lines(&found.events), expected, "{:?}", found.problems);
    found
}

#[track_caller]
fn only(found: &Collected) -> &Event {
    let [event] = found.events.as_slice() else { unreachable!("one event: {found:?}") };
    event
}

fn agent(event: &Event) -> String {
    event.agent.as_ref().map(|agent| agent.visible()).unwrap_or_default()
}

/// A Tetragon event of a pod of the deployment `desk`.
fn tetragon(kind: &str, rest: &str) -> String {
    format!(
        r#"{{"{kind}":{{"process":{{"exec_id":"e2","pid":7,"uid":0,"binary":"/usr/bin/curl","arguments":"-H x","parent_exec_id":"e1","pod":{{"namespace":"agents","name":"desk-5d8f-abcde","pod_labels":{{"pod-template-hash":"5d8f"}}}}}}{rest}}},"node_name":"n1","cluster_name":"prod","time":"2026-10-01T00:00:01Z"}}"#
    ) + "\n"
}

#[test]
fn tetragon_processes_files_and_connections() {
    let text = tetragon("process_exec", "")
        + &tetragon(
            "process_connect",
            r#","destination_ip":"1.2.3.4","destination_port":443,"protocol":"TCP""#,
        )
        + &tetragon(
            "process_kprobe",
            r#","function_name":"security_file_permission","args":[{"file_arg":{"path":"/etc/shadow"}},{"int_arg":2}],"action":"KPROBE_ACTION_SIGKILL","policy_name":"no-shadow""#,
        )
        + &tetragon(
            "process_kprobe",
            r#","function_name":"tcp_connect","args":[{"sock_arg":{"daddr":"fd00::1","dport":80,"protocol":"IPPROTO_TCP"}}]"#,
        )
        + &tetragon(
            "process_kprobe",
            r#","function_name":"__x64_sys_read","args":[{"file_arg":{"path":"etc/passwd"}}]"#,
        )
        + &tetragon(
            "process_kprobe",
            r#","function_name":"cap_capable","args":[{"capability_arg":{"value":21,"name":"CAP_SYS_ADMIN"}}]"#,
        )
        + &tetragon("process_tracepoint", r#","event":"sys_enter_ptrace""#)
        + &tetragon("process_exit", "");
    let found = check(
        &text,
        &[
            "exec exec /usr/bin/curl",
            "egress connect 1.2.3.4:443/tcp",
            "file write /etc/shadow",
            "egress connect [fd00::1]:80/tcp",
            "file read /etc/passwd",
            "syscall CAP_SYS_ADMIN -",
            "syscall ptrace -",
            "other exit /usr/bin/curl",
        ],
    );
    for event in &found.events {
        assert_eq!(agent(event), "prod/agents/desk");
        assert_eq!(event.call_id, Some("e2".into()));
    }
    let [_, _, stopped, ..] = found.events.as_slice() else { unreachable!("eight events") };
    assert_eq!((stopped.decision, stopped.outcome), (Some(Decision::Deny), Some(Outcome::Failure)));
    assert_eq!(stopped.justification, Some("no-shadow".into()));
    assert!(
        !found.coverage.is_empty()
            && found.coverage.iter().all(|covered| covered.source == "tetragon")
    );
}

#[test]
fn tetragon_says_when_it_was_blind() {
    let text = tetragon("process_exec", "")
        + r#"{"process_throttle":{"type":"THROTTLE_START","cgroup":"c"},"node_name":"n1","time":"2026-10-01T00:00:02Z"}"#;
    let found = check(&text, &["exec exec /usr/bin/curl"]);
    assert!(found.coverage.iter().all(|coverage| coverage.partial), "{:?}", found.coverage);
    assert!(found.coverage.iter().any(|coverage| !coverage.missed.is_empty()));
}

#[test]
fn falco_alerts() {
    let found = check(
        r#"{"hostname":"n1","output":"Shell in a container","priority":"Notice","rule":"Terminal shell in container","source":"syscall","tags":["T1059"],"time":"2026-10-01T00:00:00Z","output_fields":{"k8s.ns.name":"agents","k8s.pod.name":"desk-0","proc.cmdline":"bash -i","fd.name":"<NA>","user.name":"root"}}"#,
        &["alert Terminal shell in container bash -i"],
    );
    let event = only(&found);
    assert_eq!(
        (agent(event).as_str(), &event.principal),
        ("-/agents/desk-0", &Some("root".into()))
    );
    assert!(found.coverage.is_empty(), "alerts cover nothing");
}

#[test]
fn falco_says_when_it_dropped_events() {
    let found = read_text(
        "falco.json",
        r#"{"output":"drops","priority":"Debug","rule":"Falco internal: syscall event drop","time":"2026-10-01T00:00:00Z","output_fields":{"n_drops":"13"}}"#,
    );
    let missed: Vec<&Text> = found.coverage.iter().flat_map(|coverage| &coverage.missed).collect();
    assert_eq!(missed, ["13 system calls dropped"]);
}

#[test]
fn tracee_in_both_shapes() {
    let flat = |event: &str, arguments: &str| {
        format!(
            r#"{{"timestamp":1790000000000000000,"processName":"a-long-name-cut","hostName":"n1","userId":0,"eventName":"{event}","returnValue":0,"kubernetes":{{"podName":"desk-0","podNamespace":"agents"}},"container":{{"id":"c","name":"agent"}},"args":[{arguments}]}}"#
        ) + "\n"
    };
    let found = check(
        &(flat(
            "sched_process_exec",
            r#"{"name":"pathname","type":"const char*","value":"/usr/bin/a-long-name-cut-by-nobody"}"#,
        ) + &flat(
            "security_file_open",
            r#"{"name":"pathname","value":"/etc/passwd"},{"name":"flags","value":"O_RDONLY"}"#,
        ) + &flat(
            "openat",
            r#"{"name":"pathname","value":"/tmp/x"},{"name":"flags","value":577}"#,
        ) + &flat(
            "security_socket_connect",
            r#"{"name":"remote_addr","value":{"sa_family":"AF_INET","sin_addr":"1.2.3.4","sin_port":"443"}}"#,
        ) + &flat(
            "net_packet_dns_request",
            r#"{"name":"dns_questions","value":[{"query":"www.example.com"}]}"#,
        ) + &flat("ptrace", "")
            + r#"{"timestamp":"2026-10-01T00:00:00Z","name":"execve","policies":{"matched":["p"]},"workload":{"process":{"thread":{"name":"sh"},"hostPid":4},"k8s":{"pod":{"name":"desk-0"},"namespace":{"name":"agents"}}},"data":[{"name":"pathname","str":"/bin/sh"}]}"#),
        &[
            "exec exec /usr/bin/a-long-name-cut-by-nobody",
            "file read /etc/passwd",
            "file write /tmp/x",
            "egress connect 1.2.3.4:443/tcp",
            "other resolve www.example.com",
            "syscall ptrace -",
            "exec exec /bin/sh",
        ],
    );
    assert!(found.events.iter().all(|event| agent(event) == "-/agents/desk-0"));
}

#[test]
fn executions_are_spans_under_the_process_that_started_them() {
    #[track_caller]
    fn check(file: &str, json: &str, span: Option<&str>, parent: Option<&str>) {
        let found = read_text(file, json);
        let event = only(&found);
        let raw = |text: &Option<Text>| text.as_ref().map(|text| text.raw().to_owned());
        let expected = (span.map(str::to_owned), parent.map(str::to_owned));
        assert_eq!((raw(&event.span_id), raw(&event.parent_span_id)), expected, "{json}");
    }
    check("t.json", &tetragon("process_exec", ""), Some("e2"), Some("e1"));
    check("t.json", &tetragon("process_exit", ""), None, Some("e2"));
    // The runtime outside of the container started it.
    let process = |docker: &str, parent: &str| {
        format!(
            r#"{{"process_exec":{{"process":{{"exec_id":"e2","binary":"/x","parent_exec_id":"e1"{docker}}},"parent":{{"exec_id":"e1"{parent}}}}},"node_name":"n1","time":"2026-10-01T00:00:01Z"}}"#
        )
    };
    let (one, other) = (r#","docker":"c1""#, r#","docker":"c2""#);
    check("t.json", &process(one, ""), Some("e2"), None);
    check("t.json", &process(one, other), Some("e2"), None);
    check("t.json", &process(one, one), Some("e2"), Some("e1"));
    check("t.json", &process("", ""), Some("e2"), Some("e1"));
    let falco = |fields: &str| {
        format!(
            r#"{{"hostname":"n1","output":"o","priority":"Notice","rule":"r","time":"2026-10-01T00:00:00Z","output_fields":{{"container.id":"c",{fields}}}}}"#
        )
    };
    let numbers = r#""proc.pid":12,"proc.ppid":10"#;
    let exec = falco(&format!(r#""evt.type":"execve",{numbers}"#));
    check("f.json", &exec, Some("n1/c/12"), Some("n1/c/10"));
    check("f.json", &falco(&format!(r#""evt.type":"open",{numbers}"#)), None, Some("n1/c/12"));
    let starts = r#""proc.pid.ts":7,"proc.ppid.ts":3"#;
    let exec = falco(&format!(r#""evt.type":"execve",{numbers},{starts}"#));
    check("f.json", &exec, Some("n1/c/12@7"), Some("n1/c/10@3"));
    check("f.json", &falco(r#""evt.type":"execve""#), None, None);
    let tracee = |rest: &str| {
        format!(
            r#"{{"timestamp":1790000000000000000,"processName":"p","hostName":"n1","eventName":"sched_process_exec","args":[{{"name":"pathname","value":"/x"}}]{rest}}}"#
        )
    };
    let entities = r#","processEntityId":5,"parentEntityId":4"#;
    check("e.json", &tracee(entities), Some("n1:5"), Some("n1:4"));
    check("e.json", &tracee(""), None, None);
}

/// A Hubble flow from a pod of `desk` to a database.
fn hubble(verdict: &str, rest: &str) -> String {
    format!(
        r#"{{"flow":{{"time":"2026-10-01T00:00:00Z","uuid":"{verdict}","verdict":"{verdict}","IP":{{"source":"10.0.0.1","destination":"10.0.0.2"}},"l4":{{"TCP":{{"source_port":4000,"destination_port":5432}}}},"source":{{"namespace":"agents","pod_name":"desk-5d8f-abcde","cluster_name":"prod","labels":["k8s:app=desk"],"workloads":[{{"name":"desk","kind":"Deployment"}}]}},"destination":{{"namespace":"data","pod_name":"db-0","labels":["k8s:app=db"]}},"traffic_direction":"EGRESS"{rest}}},"node_name":"n1","time":"2026-10-01T00:00:00Z"}}"#
    ) + "\n"
}

#[test]
fn hubble_flows_with_their_verdict() {
    let found = check(
        &(hubble("FORWARDED", "")
            + &hubble(
                "DROPPED",
                r#","drop_reason_desc":"POLICY_DENY","egress_denied_by":[{"name":"deny-db","namespace":"agents","kind":"CiliumNetworkPolicy"}]"#,
            )
            + &hubble("AUDIT", r#","l7":{"dns":{"query":"db.data.svc."}}"#)
            + &hubble("REDIRECTED", r#","is_reply":true"#)),
        &[
            "egress connect data/db:5432/tcp",
            "egress connect data/db:5432/tcp",
            "other resolve db.data.svc",
        ],
    );
    let [_, dropped, audited] = found.events.as_slice() else { unreachable!("three events") };
    assert_eq!((dropped.decision, dropped.outcome), (Some(Decision::Deny), Some(Outcome::Failure)));
    assert_eq!(
        dropped.justification,
        Some("POLICY_DENY; egress denied by: CiliumNetworkPolicy agents/deny-db".into())
    );
    assert_eq!(audited.decision, Some(Decision::Monitor));
    assert!(found.events.iter().all(|event| agent(event) == "prod/agents/desk"));
    assert!(found.coverage.iter().all(|coverage| !coverage.partial));
    let lossy = hubble("FORWARDED", "")
        + r#"{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"42"},"node_name":"n1","time":"2026-10-01T00:00:03Z"}"#;
    let found = read_text("flows.json", &lossy);
    assert!(found.coverage.iter().all(|coverage| coverage.partial), "{:?}", found.coverage);
}

proptest::proptest! {
    #[test]
    fn no_shape_of_a_sensor_panics(
        kind in proptest::sample::select(vec!["process_exec", "process_kprobe", "flow", "lost_events", "eventName", "rule"]),
        value in "[\\[\\]{}\":,a-z0-9 ]{0,80}",
    ) {
        let text = format!(r#"{{"{kind}":{value},"verdict":"x","processName":"p","priority":"p","output":"o","time":"2026-10-01T00:00:00Z"}}"#);
        read_text("x.json", &text);
    }
}
