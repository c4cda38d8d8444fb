//! How each kind of access is revoked: one row each, with what the command does, what it does not do,
//! and the page of the official documentation that says so.
//!
//! A word of a command may have one `<name>` in it, which a fact from the evidence takes the place of;
//! with `|url` percent-encoded for the path of a URL. Values are never read again: whatever stands in
//! them stays inside its word. Of several rows for one kind the first counts whose facts are known.

use serde_json::json;

use super::Question;
use super::found::{Facts, Found};
use crate::domain::Text;
use crate::domain::containment::{AccessKind, Command, Phase, Reference, Revocation};
use crate::domain::shell::is_expressible;

/// One way to revoke.
pub(super) struct Row {
    pub kind: AccessKind,
    /// Facts that must be known, each with its value where only one will do.
    pub needs: &'static [(&'static str, Option<&'static str>)],
    pub commands: &'static [Line],
    pub does: &'static str,
    pub does_not: &'static str,
    pub title: &'static str,
    pub url: &'static str,
}

/// A command line.
pub(super) struct Line {
    pub words: &'static [&'static str],
    /// The fact that it reads from standard input.
    pub input: Option<&'static str>,
}

const fn line(words: &'static [&'static str]) -> Line {
    Line { words, input: None }
}

const SERVICE_ACCOUNTS: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/";
const INCIDENT_RESPONSE: &str = "https://csrc.nist.gov/pubs/sp/800/61/r3/final";

pub(super) const ROWS: &[Row] = &[
    Row {
        kind: AccessKind::NetworkReach,
        needs: &[("quarantine", None)],
        commands: &[Line {
            words: &["kubectl", "apply", "--namespace=<namespace>", "--filename=-"],
            input: Some("quarantine"),
        }],
        does: "isolates the pods of the workload in both directions, where the network plug-in of \
               the cluster enforces NetworkPolicy",
        does_not: "take away what another policy that selects the same pods allows (policies add \
                   up); reach pods on the network of their node; for certain end connections that \
                   stand already",
        title: "Kubernetes: Network Policies",
        url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    },
    Row {
        kind: AccessKind::NetworkReach,
        needs: &[],
        commands: &[],
        does: "nothing: the pods have no labels that are on record, and a policy without a selector \
               would isolate the whole namespace",
        does_not: "apply here; isolate the node, or stop the workload",
        title: "Kubernetes: Network Policies",
        url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    },
    Row {
        kind: AccessKind::McpSession,
        needs: &[],
        commands: &[line(&[
            "curl",
            "--request",
            "DELETE",
            "--header",
            "Mcp-Session-Id: <id>",
            "--url",
            "<endpoint>",
        ])],
        does: "asks the server to end the session; the client's requests in it are then answered \
               with 404",
        does_not: "keep the client from opening another one; bind the server, which may answer 405; \
                   apply to servers of revision 2026-07-28, which have no sessions",
        title: "MCP 2025-11-25: Transports, Session Management",
        url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management",
    },
    Row {
        kind: AccessKind::McpConnection,
        needs: &[("client", Some("claude-code"))],
        commands: &[line(&["claude", "mcp", "remove", "<server>"])],
        does: "takes the server out of the client's configuration in the scope in which it is found",
        does_not: "end a client that runs; revoke the credentials that the server holds at its \
                   service; undo a managed setting",
        title: "Claude Code: Connect to tools via MCP",
        url: "https://code.claude.com/docs/en/mcp",
    },
    Row {
        kind: AccessKind::McpConnection,
        needs: &[("client", Some("codex"))],
        commands: &[line(&["codex", "mcp", "remove", "<server>"])],
        does: "takes the server out of config.toml",
        does_not: "end a client that runs; revoke the credentials that the server holds at its \
                   service",
        title: "Codex: Model Context Protocol",
        url: "https://developers.openai.com/codex/mcp",
    },
    Row {
        kind: AccessKind::McpConnection,
        needs: &[],
        commands: &[],
        does: "taking the server out of the configuration or declaration of the agent keeps its next \
               start from connecting",
        does_not: "end a connection that stands; revoke the credentials that the server holds at its \
                   service",
        title: "MCP 2025-11-25: Security Best Practices",
        url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices",
    },
    Row {
        kind: AccessKind::PodToken,
        needs: &[],
        commands: &[line(&["kubectl", "delete", "pod", "--namespace=<namespace>", "--", "<pod>"])],
        does: "the API server refuses every token that is bound to the pod, some 60 seconds after \
               its deletion began at the latest",
        does_not: "revoke cloud sessions that were got with the token; keep its controller from \
                   starting another pod with another token: stop the workload in the same breath; \
                   affect those who check the token without asking the API server",
        title: "Kubernetes: Managing Service Accounts, bound service account tokens",
        url: SERVICE_ACCOUNTS,
    },
    Row {
        kind: AccessKind::RequestedToken,
        needs: &[],
        commands: &[
            line(&[
                "kubectl",
                "delete",
                "serviceaccount",
                "--namespace=<namespace>",
                "--",
                "<account>",
            ]),
            line(&[
                "kubectl",
                "create",
                "serviceaccount",
                "--namespace=<namespace>",
                "--",
                "<account>",
            ]),
        ],
        does: "every token of the old account is refused, since the new one has another uid; \
               bindings, which name it, hold for the new one",
        does_not: "revoke cloud sessions that were got with the token; spare the other workloads of \
                   the account, whose tokens go too; bring back its annotations",
        title: "Kubernetes: Managing Service Accounts",
        url: SERVICE_ACCOUNTS,
    },
    Row {
        kind: AccessKind::TokenSecret,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "delete",
            "secret",
            "--namespace=<namespace>",
            "--",
            "<name>",
        ])],
        does: "the token in the Secret, which has no end of its own, is refused",
        does_not: "revoke tokens that are bound to pods; help if something makes the Secret anew",
        title: "Kubernetes: Managing Service Accounts, delete a ServiceAccount token",
        url: SERVICE_ACCOUNTS,
    },
    Row {
        kind: AccessKind::MountedSecret,
        needs: &[],
        commands: &[],
        does: "the value has to be revoked where it is valid; that place is not on record",
        does_not: "end with the Secret: a deleted Secret stays in the memory, the environment and \
                   the files of those who read it",
        title: "Kubernetes: Secrets",
        url: "https://kubernetes.io/docs/concepts/configuration/secret/",
    },
    Row {
        kind: AccessKind::AwsSession,
        needs: &[],
        commands: &[line(&[
            "aws",
            "iam",
            "put-role-policy",
            "--role-name=<role>",
            "--policy-name=AWSRevokeOlderSessions",
            "--policy-document=<older_sessions>",
        ])],
        does: "denies everything to every session of the role that was issued before the time in the \
               policy: put the time at which you run it",
        does_not: "keep anybody from assuming the role again; spare the role's other users, whose \
                   sessions are denied too; work on service-linked roles; revoke sessions of other \
                   roles that were got from this one",
        title: "AWS IAM: Revoke IAM role temporary security credentials",
        url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
    },
    Row {
        kind: AccessKind::AwsAccessKey,
        needs: &[],
        commands: &[line(&[
            "aws",
            "iam",
            "update-access-key",
            "--user-name=<user>",
            "--access-key-id=<id>",
            "--status=Inactive",
        ])],
        does: "requests that are signed with the key are refused; it can be made active again",
        does_not: "revoke sessions of roles that were got with it, which go on until they expire; \
                   take a console password",
        title: "AWS CLI: iam update-access-key",
        url: "https://docs.aws.amazon.com/cli/latest/reference/iam/update-access-key.html",
    },
    Row {
        kind: AccessKind::AwsRole,
        needs: &[("association", None)],
        commands: &[line(&[
            "aws",
            "eks",
            "delete-pod-identity-association",
            "--cluster-name=<cluster>",
            "--association-id=<association>",
        ])],
        does: "pods of the service account get no new credentials of the role",
        does_not: "revoke sessions that were issued already, which go on until they expire: deny \
                   older sessions of the role as well",
        title: "AWS CLI: eks delete-pod-identity-association",
        url: "https://docs.aws.amazon.com/cli/latest/reference/eks/delete-pod-identity-association.html",
    },
    Row {
        kind: AccessKind::AwsRole,
        needs: &[],
        commands: &[
            line(&["aws", "iam", "get-role", "--role-name=<role>"]),
            line(&[
                "aws",
                "iam",
                "update-assume-role-policy",
                "--role-name=<role>",
                "--policy-document=<nobody>",
            ]),
            line(&[
                "aws",
                "iam",
                "put-role-policy",
                "--role-name=<role>",
                "--policy-name=AWSRevokeOlderSessions",
                "--policy-document=<older_sessions>",
            ]),
        ],
        does: "shows the trust policy to be kept, lets nobody assume the role, and denies everything \
               to its older sessions",
        does_not: "end with the pod or its token: a session that was got by them outlives both; spare \
                   others who assume the role; take the annotation from the service account",
        title: "AWS CLI: iam update-assume-role-policy",
        url: "https://docs.aws.amazon.com/cli/latest/reference/iam/update-assume-role-policy.html",
    },
    Row {
        kind: AccessKind::GoogleKey,
        needs: &[],
        commands: &[line(&[
            "gcloud",
            "iam",
            "service-accounts",
            "keys",
            "disable",
            "<key>",
            "--iam-account=<email>",
        ])],
        does: "the key is no longer accepted; it can be enabled again",
        does_not: "revoke access tokens that were got with it, which last an hour by default: disable \
                   the account for that",
        title: "Google Cloud IAM: Disable and enable service account keys",
        url: "https://cloud.google.com/iam/docs/keys-disable-enable",
    },
    Row {
        kind: AccessKind::GoogleToken,
        needs: &[],
        commands: &[line(&["gcloud", "iam", "service-accounts", "disable", "<email>"])],
        does: "access tokens of the account that exist are rejected, and no new ones are given out, \
               as long as it is disabled",
        does_not: "revoke one token by itself: that cannot be done, and it would last an hour by \
                   default; spare others who use the account; hold once the account is enabled again",
        title: "Google Cloud IAM: projects.serviceAccounts.disable",
        url: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/disable",
    },
    Row {
        kind: AccessKind::GoogleServiceAccount,
        needs: &[],
        commands: &[line(&["gcloud", "iam", "service-accounts", "disable", "<email>"])],
        does: "access tokens of the account that exist are rejected, and no new ones are given out, \
               as long as it is disabled",
        does_not: "spare others who use the account; take away roles that are bound to the Kubernetes \
                   service account itself",
        title: "Google Cloud IAM: projects.serviceAccounts.disable",
        url: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/disable",
    },
    Row {
        kind: AccessKind::EntraToken,
        needs: &[],
        commands: &[line(&[
            "az",
            "rest",
            "--method=POST",
            "--url=https://graph.microsoft.com/v1.0/users/<principal|url>/revokeSignInSessions",
        ])],
        does: "refresh tokens and browser sessions of the user are no longer accepted",
        does_not: "revoke access tokens, which last an hour or so; but for services with continuous \
                   access evaluation; apply to service principals, which are disabled instead",
        title: "Microsoft Graph: user: revokeSignInSessions",
        url: "https://learn.microsoft.com/en-us/graph/api/user-revokesigninsessions",
    },
    Row {
        kind: AccessKind::EntraServicePrincipal,
        needs: &[("client", None)],
        commands: &[line(&[
            "az",
            "rest",
            "--method=PATCH",
            "--url=https://graph.microsoft.com/v1.0/servicePrincipals(appId='<client|url>')",
            "--body={\"accountEnabled\":false}",
        ])],
        does: "no new tokens are given to the service principal",
        does_not: "revoke access tokens that were issued, which last an hour or so; spare others who \
                   use it",
        title: "Microsoft Graph: Update servicePrincipal",
        url: "https://learn.microsoft.com/en-us/graph/api/serviceprincipal-update",
    },
    Row {
        kind: AccessKind::EntraServicePrincipal,
        needs: &[],
        commands: &[line(&[
            "az",
            "rest",
            "--method=PATCH",
            "--url=https://graph.microsoft.com/v1.0/servicePrincipals/<principal|url>",
            "--body={\"accountEnabled\":false}",
        ])],
        does: "no new tokens are given to the service principal",
        does_not: "revoke access tokens that were issued, which last an hour or so; remove the \
                   credential, which works again once the principal is enabled",
        title: "Microsoft Graph: Update servicePrincipal",
        url: "https://learn.microsoft.com/en-us/graph/api/serviceprincipal-update",
    },
    Row {
        kind: AccessKind::OauthToken,
        needs: &[],
        commands: &[line(&[
            "curl",
            "--request",
            "POST",
            "--user",
            "<client_credentials>",
            "--data-urlencode",
            "token=<token>",
            "--url",
            "<revocation_endpoint>",
        ])],
        does: "the authorization server invalidates the token, and tokens of the same grant where it \
               supports that; the token itself is never in the evidence",
        does_not: "reach services that check a signed token by themselves and never ask: for them it \
                   holds until it expires; revoke tokens that were exchanged for it elsewhere",
        title: "RFC 7009: OAuth 2.0 Token Revocation, section 2.1",
        url: "https://www.rfc-editor.org/rfc/rfc7009#section-2.1",
    },
    Row {
        kind: AccessKind::Passport,
        needs: &[],
        commands: &[],
        does: "has to be withdrawn where it was issued; there is no public protocol for it",
        does_not: "end by itself before its expiry, unless a budget of it is used up",
        title: "NIST SP 800-61r3: Incident Response Recommendations",
        url: INCIDENT_RESPONSE,
    },
    Row {
        kind: AccessKind::Credential,
        needs: &[],
        commands: &[],
        does: "has to be revoked by whoever issued it; the record does not tell its kind",
        does_not: "end with the process that used it",
        title: "NIST SP 800-61r3: Incident Response Recommendations",
        url: INCIDENT_RESPONSE,
    },
    Row {
        kind: AccessKind::AgentSession,
        needs: &[],
        commands: &[],
        does: "ends when its runtime deletes the conversation or stops the process that holds it",
        does_not: "lose what it was told: whoever goes on with it goes on with the injected \
                   instructions too",
        title: "OpenTelemetry: GenAI attributes, gen_ai.conversation.id",
        url: "https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/",
    },
    Row {
        kind: AccessKind::SubAgent,
        needs: &[("inside", None)],
        commands: &[],
        does: "ends with the workload of the agent that started it",
        does_not: "end tasks that it handed on to others",
        title: "Kubernetes: kubectl scale",
        url: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_scale/",
    },
    Row {
        kind: AccessKind::SubAgent,
        needs: &[("resource", None)],
        commands: &[line(&[
            "kubectl",
            "scale",
            "--replicas=0",
            "--namespace=<namespace>",
            "--",
            "<resource>",
            "<name>",
        ])],
        does: "stops every copy of the sub-agent's workload",
        does_not: "revoke cloud sessions and keys that it holds; hold against an autoscaler or a \
                   reconciler that sets the number again",
        title: "Kubernetes: kubectl scale",
        url: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_scale/",
    },
    Row {
        kind: AccessKind::SubAgent,
        needs: &[],
        commands: &[line(&[
            "curl",
            "--request",
            "POST",
            "--header",
            "Content-Type: application/json",
            "--data",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"CancelTask\",\"params\":{\"id\":\"<task>\"}}",
            "--url",
            "<endpoint>",
        ])],
        does: "asks a remote agent to stop one task",
        does_not: "bind it: the agent may answer that the task cannot be cancelled; undo what the task \
                   did; stop its other tasks",
        title: "A2A: Cancel Task",
        url: "https://a2a-protocol.org/latest/specification/",
    },
    Row {
        kind: AccessKind::Workload,
        needs: &[("resource", None)],
        commands: &[line(&[
            "kubectl",
            "scale",
            "--replicas=0",
            "--namespace=<namespace>",
            "--",
            "<resource>",
            "<name>",
        ])],
        does: "stops every copy; the tokens bound to their pods go with them",
        does_not: "revoke cloud sessions and keys that it holds; keep what was in memory; hold \
                   against an autoscaler or a reconciler that sets the number again",
        title: "Kubernetes: kubectl scale",
        url: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_scale/",
    },
    Row {
        kind: AccessKind::Workload,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "delete",
            "--namespace=<namespace>",
            "--",
            "<controller>",
            "<name>",
        ])],
        does: "removes the workload with its pods: this kind cannot be scaled to nothing",
        does_not: "keep the object: save it first; revoke cloud sessions and keys that it holds",
        title: "Kubernetes: kubectl delete",
        url: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_delete/",
    },
    Row {
        kind: AccessKind::CronJob,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "patch",
            "cronjob",
            "--namespace=<namespace>",
            "--patch={\"spec\":{\"suspend\":true}}",
            "--",
            "<name>",
        ])],
        does: "no further run is started",
        does_not: "stop runs that have begun: suspend their Jobs too; revoke cloud sessions and keys",
        title: "Kubernetes: CronJob, schedule suspension",
        url: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension",
    },
    Row {
        kind: AccessKind::Job,
        needs: &[],
        commands: &[line(&[
            "kubectl",
            "patch",
            "job",
            "--namespace=<namespace>",
            "--patch={\"spec\":{\"suspend\":true}}",
            "--",
            "<name>",
        ])],
        does: "terminates its pods and starts no others until it is resumed",
        does_not: "revoke cloud sessions and keys; keep what was in memory",
        title: "Kubernetes: Jobs, suspending a Job",
        url: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job",
    },
];

/// When a kind is taken away.
pub(super) fn phase(kind: AccessKind) -> Phase {
    use AccessKind::{
        AgentSession, CronJob, Job, McpConnection, McpSession, NetworkReach, SubAgent, Workload,
    };
    match kind {
        NetworkReach | McpConnection | McpSession => Phase::CutOutwardPaths,
        AgentSession | SubAgent | Workload | CronJob | Job => Phase::StopTheWork,
        _ => Phase::RevokeCredentials,
    }
}

/// The revocation of one access.
pub(super) fn revocation(question: &Question<'_>, found: &Found) -> Revocation {
    let mut facts = found.facts.clone();
    facts.insert("older_sessions", older_sessions(question.at).into());
    facts.insert("nobody", NOBODY.into());
    let cluster = &question.subject.agent.realm;
    if !cluster.is_empty() {
        facts.insert("cluster", cluster.clone());
    }
    let applies = |row: &&Row| {
        row.kind == found.access.kind
            && row.needs.iter().all(|(name, value)| {
                facts.get(name).is_some_and(|fact| value.is_none_or(|value| *fact == value))
            })
    };
    let Some(row) = ROWS.iter().find(applies) else {
        return Revocation {
            commands: Vec::new(),
            does: "nothing is known of how it is revoked".to_owned(),
            does_not: "end by itself, as far as is known".to_owned(),
            reference: reference("NIST SP 800-61r3", INCIDENT_RESPONSE),
        };
    };
    let commands: Option<Vec<Command>> =
        row.commands.iter().map(|line| command(line, &facts)).collect();
    let withheld = match commands {
        None => {
            "be shown as a command: a name in the evidence begins like an option or cannot be \
                 written as an argument; "
        }
        Some(_) => "",
    };
    Revocation {
        commands: commands.unwrap_or_default(),
        does: row.does.to_owned(),
        does_not: format!("{withheld}{}", row.does_not),
        reference: reference(row.title, row.url),
    }
}

fn reference(title: &str, url: &str) -> Reference {
    Reference { title: title.to_owned(), url: url.to_owned() }
}

/// The inline policy that the console makes of "Revoke active sessions".
fn older_sessions(before: jiff::Timestamp) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": before.to_string()}},
        }],
    })
    .to_string()
}

/// A trust policy by which nobody can assume the role.
const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity","sts:AssumeRoleWithSAML","sts:TagSession"]}]}"#;

/// A command with its facts; `None` when a value could not be passed on as what it is.
fn command(line: &Line, facts: &Facts) -> Option<Command> {
    let mut words = Vec::with_capacity(line.words.len());
    let mut options_ended = false;
    for word in line.words {
        let filled = filled(word, facts)?;
        // A value that stands alone must not be read as an option.
        let is_value = word.starts_with('<');
        if is_value && !options_ended && filled.starts_with('-') {
            return None;
        }
        options_ended |= *word == "--";
        words.push(Text::from(filled));
    }
    let input = line.input.map(|name| facts.get(name).cloned().unwrap_or_default());
    Some(Command { words, input })
}

/// A word with the fact in place of its name. What is not on record says so in its place.
fn filled(word: &str, facts: &Facts) -> Option<String> {
    let Some((before, rest)) = word.split_once('<') else { return Some(word.to_owned()) };
    let Some((name, after)) = rest.split_once('>') else { return Some(word.to_owned()) };
    let (name, in_url) = name.split_once('|').map_or((name, false), |(name, _)| (name, true));
    let value = match facts.get(name).map(Text::raw).filter(|value| !value.is_empty()) {
        None => format!("<{}: not recorded>", name.replace('_', " ")),
        Some(value) if in_url => percent_encoded(value),
        Some(value) => value.to_owned(),
    };
    is_expressible(&value).then(|| format!("{before}{value}{after}"))
}

/// For one segment of a URL's path (RFC 3986 section 2.1): all but the unreserved characters.
fn percent_encoded(value: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    value.bytes().map(encode).collect()
}
