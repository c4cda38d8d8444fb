//! Pulling from a cluster and from an address, against a server on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Home, audit_event};

/// A server that answers each `GET path?query` by a function, until it is dropped.
struct Server {
    address: String,
}

type Answer = fn(path: &str, query: &str, requests: usize) -> (u16, String);

impl Server {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("it is bound").to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        // Ends with the test process; it only ever answers this test.
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let requests = requests.clone();
                std::thread::spawn(move || serve(stream, answer, &requests));
            }
        });
        Self { address }
    }
}

fn serve(stream: TcpStream, answer: Answer, requests: &AtomicUsize) {
    let mut writer = stream.try_clone().expect("a socket can be cloned");
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(request)) = lines.next() {
        // Headers end with an empty line; a GET has no body.
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let target = request.split(' ').nth(1).unwrap_or("/");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (status, body) = answer(path, query, requests.fetch_add(1, Ordering::SeqCst));
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if writer
            .write_all(head.as_bytes())
            .and_then(|()| writer.write_all(body.as_bytes()))
            .is_err()
        {
            return;
        }
    }
}

fn status(code: u16, reason: &str) -> (u16, String) {
    let body = format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"{reason}","reason":"{reason}","code":{code}}}"#
    );
    (code, body)
}

fn list(kind: &str, version: &str, items: &str, next: &str) -> (u16, String) {
    (
        200,
        format!(
            r#"{{"kind":"{kind}List","apiVersion":"{version}","metadata":{{"resourceVersion":"7","continue":"{next}"}},"items":[{items}]}}"#
        ),
    )
}

/// A cluster with two namespaces over two pages, one binding, a refused list, a busy moment, and a
/// Kubescape profile whose list is empty of content.
fn cluster(path: &str, query: &str, requests: usize) -> (u16, String) {
    const SPDX: &str = "/apis/spdx.softwarecomposition.kubescape.io/v1beta1";
    const RBAC: &str = "rbac.authorization.k8s.io/v1";
    if requests == 1 {
        return status(429, "TooManyRequests");
    }
    match path {
        "/api/v1/namespaces" if query.contains("continue=more") => {
            list("Namespace", "v1", r#"{"metadata":{"name":"agents"}}"#, "")
        }
        "/api/v1/namespaces" => list("Namespace", "v1", r#"{"metadata":{"name":"default"}}"#, "more"),
        "/api/v1/pods" => status(403, "Forbidden"),
        "/apis/rbac.authorization.k8s.io/v1/rolebindings" => list(
            "RoleBinding",
            RBAC,
            r#"{"metadata":{"name":"b","namespace":"agents"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[]}"#,
            "",
        ),
        _ if path == format!("{SPDX}/applicationprofiles") => list(
            "ApplicationProfile",
            "spdx.softwarecomposition.kubescape.io/v1beta1",
            r#"{"metadata":{"name":"p","namespace":"agents"},"spec":{}}"#,
            "",
        ),
        _ if path == format!("{SPDX}/namespaces/agents/applicationprofiles/p") => (
            200,
            r#"{"apiVersion":"spdx.softwarecomposition.kubescape.io/v1beta1","kind":"ApplicationProfile","metadata":{"name":"p","namespace":"agents","creationTimestamp":"2026-10-01T00:00:00Z","annotations":{"kubescape.io/status":"completed","kubescape.io/completion":"complete","kubescape.io/wlid":"wlid://cluster-prod/namespace-agents/deployment-billing"},"labels":{"kubescape.io/workload-name":"billing","kubescape.io/workload-namespace":"agents","kubescape.io/workload-kind":"Deployment"}},"spec":{"containers":[{"name":"agent","execs":[{"path":"/usr/bin/python3","args":["python3"]}]}]}}"#.to_owned(),
        ),
        _ => status(404, "NotFound"),
    }
}

#[test]
fn a_cluster_is_pulled_into_evidence_and_read() {
    let home = Home::new();
    let server = Server::start(cluster);
    let kubeconfig = home.write(
        "kubeconfig",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: t\nclusters:\n- {{name: c, cluster: {{server: \"http://{}\"}}}}\nusers:\n- {{name: u, user: {{}}}}\ncontexts:\n- {{name: t, context: {{cluster: c, user: u}}}}\n",
            server.address
        ),
    );
    let output = home
        .command(&["pull", "kube"])
        .env("KUBECONFIG", kubeconfig)
        .output()
        .expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("not had: /api/v1/pods: 403"), "{stderr}");
    let case = home.json(&["case", "--files"]);
    // Two namespaces from two pages, one binding.
    assert_eq!(case["summary"]["records"], 3, "{case:#}");
    // The profile's content came from its own GET.
    assert_eq!(case["summary"]["events"], 1, "{case:#}");
}

#[test]
fn an_address_is_pulled_and_refusals_are_explained() {
    let home = Home::new();
    let server = Server::start(|path, _, _| match path {
        "/export.jsonl" => (200, (0..4).map(audit_event).collect()),
        _ => (401, String::new()),
    });
    home.ok(&[
        "pull",
        "http",
        &format!("http://user:secret@{}/export.jsonl?token=t", server.address),
    ]);
    let case = home.json(&["case", "--files"]);
    assert_eq!(case["summary"]["events"], 4);
    let name = case["files"][0]["file"].as_str().expect("a name");
    assert!(!name.contains("secret") && !name.contains("token"), "{name}");
    let refused = home.run(&["pull", "http", &format!("http://{}/other", server.address)]);
    assert_eq!(refused.code, 5);
    assert!(
        refused.stderr.contains("401") && refused.stderr.contains("DIPTYCH_HTTP_TOKEN"),
        "{}",
        refused.stderr
    );
}
