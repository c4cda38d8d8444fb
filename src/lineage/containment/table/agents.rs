//! What agents hold of each other: MCP servers and sessions, tokens, conversations, sub-agents.

use super::{INCIDENT_RESPONSE, Row, line};
use crate::domain::containment::AccessKind;

pub(super) const ROWS: &[Row] = &[
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
];
