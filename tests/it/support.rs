//! The program in a home of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home folder with one case in it, and the program on that case.
pub struct Home {
    folder: TempDir,
}

/// What one command did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn case(&self) -> PathBuf {
        self.folder.path().join("case")
    }

    /// The program with this home, on this case.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_diptych"));
        command
            .env_clear()
            .env("DIPTYCH_HOME", self.folder.path())
            .env("DIPTYCH_CASE", self.case())
            .env("DIPTYCH_AUTHOR", "ada")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        let output = self.command(arguments).output().expect("the program starts");
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command that has to succeed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Done {
        let done = self.run(arguments);
        assert_eq!(done.code, 0, "{arguments:?}\n{}\n{}", done.stdout, done.stderr);
        done
    }

    /// Runs a command that has to succeed and prints JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let done = self.ok(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&done.stdout).expect("the output is JSON")
    }

    /// Writes a file into the home and loads it.
    #[track_caller]
    pub fn load(&self, name: &str, content: &str) -> Done {
        let path = self.write(name, content);
        self.ok(&["load", path.to_str().expect("a plain path")])
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("the home can be written");
        path
    }
}

/// A small case: an agent with a role of three verbs, one of them used through the audit log.
pub const ROLE: &str = r#"{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"agents"}},
{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"billing","namespace":"agents"},"spec":{"selector":{"matchLabels":{"app":"billing"}},"template":{"metadata":{"labels":{"app":"billing"}},"spec":{"serviceAccountName":"billing","containers":[{"name":"agent","image":"example/billing:1"}]}}}},
{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"billing","namespace":"agents"}},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"reader","namespace":"agents"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","delete","update"]}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"billing-reader","namespace":"agents"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},"subjects":[{"kind":"ServiceAccount","name":"billing","namespace":"agents"}]}
]}
"#;

/// The registry that makes the workload an agent.
pub const REGISTRY: &str = "apiVersion: diptych/v1
kind: AgentRegistry
agents:
  - {namespace: agents, workload: billing, name: billing, owner: payments}
";

/// One audit event of that agent: a read of a configmap.
pub fn audit_event(number: u32) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"00000000-0000-0000-0000-{number:012}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/agents/configmaps/prices","verb":"get","user":{{"username":"system:serviceaccount:agents:billing","groups":["system:serviceaccounts","system:serviceaccounts:agents","system:authenticated"]}},"sourceIPs":["10.0.0.9"],"userAgent":"python","objectRef":{{"resource":"configmaps","namespace":"agents","name":"prices","apiVersion":"v1"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-10-{:02}T09:00:00.000000Z","stageTimestamp":"2026-10-{:02}T09:00:00.010000Z","annotations":{{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by RoleBinding \"billing-reader/agents\" of Role \"reader\" to ServiceAccount \"billing/agents\""}}}}"#,
        number % 28 + 1,
        number % 28 + 1,
    ) + "\n"
}
