//! What the events show of an agent itself: why it counts as one, and whom it calls.

use std::collections::BTreeSet;

use super::recent::{Recent, key};
use super::tally::remember;
use crate::domain::coverage::AGENT_FORMATS;
use crate::domain::{AgentKey, Attribution, Event, EventKind, EvidenceOfAgency, SeenAgent, Text};

/// Sources that record MCP traffic.
const MCP_SOURCES: &[&str] = &["mcp"];

/// Hosts of model APIs: exact, or a prefix and a suffix around what varies.
const MODEL_APIS: &[(&str, &str)] = &[
    ("api.anthropic.com", ""),
    ("api.cohere.com", ""),
    ("api.deepseek.com", ""),
    ("api.fireworks.ai", ""),
    ("api.groq.com", ""),
    ("api.mistral.ai", ""),
    ("api.moonshot.ai", ""),
    ("api.openai.com", ""),
    ("api.perplexity.ai", ""),
    ("api.together.xyz", ""),
    ("api.x.ai", ""),
    ("generativelanguage.googleapis.com", ""),
    ("openrouter.ai", ""),
    ("bedrock-runtime.", ".amazonaws.com"),
    ("", "-aiplatform.googleapis.com"),
    ("", ".inference.ai.azure.com"),
    ("", ".openai.azure.com"),
];

/// Packages whose import makes a program an agent.
const FRAMEWORKS: &[&str] = &[
    "agent-framework",
    "autogen",
    "autogen-agentchat",
    "claude-agent-sdk",
    "crewai",
    "google-adk",
    "haystack-ai",
    "langchain",
    "langchain-core",
    "langgraph",
    "llama-index",
    "llama-index-core",
    "mcp",
    "openai-agents",
    "pydantic-ai",
    "semantic-kernel",
    "smolagents",
    "strands-agents",
];

/// Spans whose agent is remembered for the parentage of sub-agents.
const SPANS: usize = 200_000;

/// What one event alone proves about its agent.
pub fn evidence(event: &Event) -> Option<EvidenceOfAgency> {
    let source = event.source.raw();
    match event.kind {
        EventKind::AgentInvoke | EventKind::ModelCall if AGENT_FORMATS.contains(&source) => {
            Some(EvidenceOfAgency::GenAiSpan)
        }
        EventKind::Catalog if MCP_SOURCES.contains(&source) => {
            Some(EvidenceOfAgency::McpConnection)
        }
        EventKind::Egress if event.target.as_ref().is_some_and(is_model_api) => {
            Some(EvidenceOfAgency::ModelEgress)
        }
        EventKind::Import if event.target.as_ref().is_some_and(is_framework) => {
            Some(EvidenceOfAgency::FrameworkImport)
        }
        _ => None,
    }
}

/// What tool calls from this source prove about the agent that made them.
pub fn evidence_of_tools(source: &Text) -> Option<EvidenceOfAgency> {
    match source.raw() {
        source if AGENT_FORMATS.contains(&source) => Some(EvidenceOfAgency::GenAiSpan),
        source if MCP_SOURCES.contains(&source) => Some(EvidenceOfAgency::McpConnection),
        _ => None,
    }
}

fn is_model_api(target: &Text) -> bool {
    let host = target.raw().split(['/', ':']).next().unwrap_or_default().trim_end_matches('.');
    MODEL_APIS.iter().any(|&(start, end)| match (start, end) {
        (exact, "") => host == exact,
        (start, end) => {
            host.len() > start.len() + end.len() && host.starts_with(start) && host.ends_with(end)
        }
    })
}

/// `pkg:pypi/langchain@0.3` names the package `langchain`.
fn is_framework(purl: &Text) -> bool {
    let package = purl.raw().split(['@', '?', '#']).next().unwrap_or_default();
    let name = package.rsplit('/').next().unwrap_or_default().replace('_', "-");
    FRAMEWORKS.contains(&name.as_str())
}

/// Adds one event to what is known of its agent.
pub fn include(seen: &mut SeenAgent, event: &Event) {
    seen.events += 1;
    seen.first = Some(seen.first.map_or(event.time, |first| first.min(event.time)));
    seen.last = Some(seen.last.map_or(event.time, |last| last.max(event.time)));
    remember(&mut seen.principals, event.principal.as_ref());
    if seen.environment.is_none() {
        seen.environment.clone_from(&event.environment);
    }
}

/// Who called whom, from the parentage of spans and from hand-offs. Only direct parents are looked
/// at: the whole tree is the business of `lineage`.
pub struct Parentage {
    agents: Recent<u64, AgentKey>,
    /// Agents invoked under a span that has not been seen yet.
    waiting: Recent<u64, Vec<AgentKey>>,
    pub edges: BTreeSet<(AgentKey, AgentKey)>,
}

impl Parentage {
    pub fn new() -> Self {
        Self { agents: Recent::new(SPANS), waiting: Recent::new(SPANS), edges: BTreeSet::new() }
    }

    pub fn observe(&mut self, event: &Event, agent: &AgentKey, attribution: &dyn Attribution) {
        if event.kind == EventKind::Handoff
            && let Some(target) = &event.target
        {
            let target = attribution.canonical(&agent.host().with_inner(target.clone()));
            self.link(agent, &target);
        }
        let span_key = |span: &Text| key(&(&event.trace_id, span));
        if let Some(span) = event.span_id.as_ref().map(span_key) {
            for child in self.waiting.remove(&span).unwrap_or_default() {
                self.link(agent, &child);
            }
            self.agents.insert(span, agent.clone());
        }
        if event.kind == EventKind::AgentInvoke
            && let Some(parent) = event.parent_span_id.as_ref().map(span_key)
        {
            match (self.agents.get(&parent).cloned(), self.waiting.get_mut(&parent)) {
                (Some(parent), _) => self.link(&parent, agent),
                (None, Some(waiting)) => remember(waiting, Some(agent)),
                (None, None) => self.waiting.insert(parent, vec![agent.clone()]),
            }
        }
    }

    fn link(&mut self, parent: &AgentKey, child: &AgentKey) {
        // A workload that runs its own inner agent does not delegate to it.
        if parent != child && *parent != child.host() {
            self.edges.insert((parent.clone(), child.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_apis_and_frameworks_are_known_by_name() {
        for target in [
            "api.openai.com:443/tcp",
            "bedrock-runtime.eu-west-1.amazonaws.com:443/tcp",
            "corp.openai.azure.com",
        ] {
            assert!(is_model_api(&target.into()), "{target}");
        }
        for target in ["openai.com", "evil-api.openai.com.example", "bedrock-runtime.amazonaws.com"]
        {
            assert!(!is_model_api(&target.into()), "{target}");
        }
        assert!(is_framework(&"pkg:pypi/llama_index@0.12".into()));
        assert!(!is_framework(&"pkg:pypi/langchain-unrelated@1".into()));
    }
}
