//! The firm: its agents, what they are configured to do and what they will do. The roster fills it,
//! the causes change it, the emitters write it down.

use crate::domain::configured::{Binding, Role};
use crate::domain::{AgentKey, Text};

use super::calendar::{Nanos, Window};
use super::rbac;
use super::script::Task;
use super::servers::{CatalogChange, Server};

/// The cluster whose control plane, kernel and agents are all recorded.
pub const CLUSTER: &str = "meridian-prod";
/// The sandbox cluster: agents report spans from it, nothing else does.
pub const SANDBOX: &str = "meridian-lab";

#[derive(Clone, Debug)]
pub struct Firm {
    pub seed: u64,
    pub window: Window,
    pub agents: Vec<Agent>,
    pub roles: Vec<Role>,
    pub bindings: Vec<Binding>,
    /// Bindings that were deleted before the snapshot was taken: the authorizer used them, the
    /// snapshot does not have them.
    pub withdrawn: Vec<Binding>,
    pub servers: Vec<Server>,
    pub catalog_changes: Vec<CatalogChange>,
}

#[derive(Clone, Debug)]
pub struct Agent {
    pub key: AgentKey,
    /// The cloud account it runs in.
    pub account: &'static str,
    pub team: &'static str,
    /// Empty when nobody owns it.
    pub owner: &'static str,
    pub purpose: &'static str,
    pub environment: &'static str,
    /// Whether the registry knows it.
    pub registered: bool,
    /// A remark in the registry: a documented change.
    pub notes: String,
    pub declared_tools: Vec<&'static str>,
    pub delegates_to: Vec<&'static str>,
    pub model: &'static Model,
    /// Whether it asks its model anything; some have become plain scripts.
    pub thinks: bool,
    /// From a day on, another model answers than the one that is asked.
    pub answered_by: Option<(u32, &'static str)>,
    pub service_account: String,
    /// Whether its tokens are bound to its pod, as projected tokens are.
    pub bound_tokens: bool,
    pub cadence: Cadence,
    pub runs_per_day: u32,
    /// The first day of the window on which it exists.
    pub from_day: u32,
    pub tasks: Vec<Task>,
    /// From a day on, other tasks.
    pub shift: Option<(u32, Vec<Task>)>,
    /// Single runs at given instants, besides the ordinary ones.
    pub episodes: Vec<(Nanos, Task)>,
    /// On a day, repeated tool calls are made so many times as often.
    pub surge: Option<(u32, u32)>,
    pub dialect: Dialect,
    /// Whether its spans carry prompts and arguments.
    pub records_content: bool,
    pub policy: Option<Policy>,
    /// Destinations its pods are seen to reach.
    pub reaches: Vec<Reach>,
    /// What its NetworkPolicy lets out; `None` means that no policy selects it.
    pub permitted: Option<Vec<Reach>>,
    pub profile: Profile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    Daily,
    /// Once, on this day of the month.
    Monthly(u32),
}

#[derive(Debug)]
pub struct Model {
    pub provider: &'static str,
    pub name: &'static str,
}

pub const GPT: Model = Model { provider: "openai", name: "gpt-4.1-2025-04-14" };
pub const CLAUDE: Model = Model { provider: "anthropic", name: "claude-sonnet-4-5-20250929" };
pub const GEMINI: Model = Model { provider: "gcp.vertex_ai", name: "gemini-2.5-flash" };
pub const MISTRAL: Model = Model { provider: "mistral_ai", name: "mistral-medium-2508" };

/// Which generation of the GenAI attribute names an agent's SDK writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Current,
    Legacy,
}

/// What the kernel sensor learned of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Complete,
    /// Learning began after the container did.
    Partial,
    /// The newer, one-object-per-container form.
    PerContainer,
}

/// A posture policy, in the shape of the agent posture policy files.
#[derive(Clone, Debug)]
pub struct Policy {
    pub credential_scope: &'static str,
    pub denied_tools: Vec<&'static str>,
    pub max_tool_calls_per_run: u32,
    pub max_sub_agents: u32,
    pub requires_human_approval: Vec<&'static str>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            credential_scope: "read:accounts",
            denied_tools: vec!["code_executor", "shell_access"],
            max_tool_calls_per_run: 25,
            max_sub_agents: 2,
            requires_human_approval: Vec::new(),
        }
    }
}

/// A network destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Pods { namespace: &'static str, app: &'static str, port: u16, protocol: &'static str },
    Address { cidr: &'static str, ip: &'static str, port: u16 },
}

pub const DNS: Reach =
    Reach::Pods { namespace: "kube-system", app: "kube-dns", port: 53, protocol: "UDP" };
pub const MODEL_GATEWAY: Reach =
    Reach::Pods { namespace: "ai-platform", app: "model-gateway", port: 8443, protocol: "TCP" };
pub const TOOL_GATEWAY: Reach =
    Reach::Pods { namespace: "ai-platform", app: "tool-gateway", port: 8443, protocol: "TCP" };
pub const API_SERVER: Reach = Reach::Address { cidr: "10.96.0.1/32", ip: "10.96.0.1", port: 443 };

impl Firm {
    /// The roster's agents, and as many more like them as are asked for.
    pub fn new(seed: u64, window: Window, agents: usize) -> Self {
        let mut firm = Self {
            seed,
            window,
            agents: super::roster::agents(agents),
            roles: rbac::platform_roles(),
            bindings: rbac::platform_bindings(&window),
            withdrawn: Vec::new(),
            servers: super::servers::servers(),
            catalog_changes: Vec::new(),
        };
        for agent in &firm.agents {
            let (roles, bindings) = rbac::least_privilege(agent, &window);
            firm.roles.extend(roles);
            firm.bindings.extend(bindings);
        }
        firm
    }

    /// An agent of the roster, by namespace and name.
    pub fn agent_mut(&mut self, namespace: &str, name: &str) -> Option<&mut Agent> {
        self.agents.iter_mut().find(|agent| agent.key.space == namespace && agent.key.name == name)
    }

    pub fn agent(&self, namespace: &str, name: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.key.space == namespace && agent.key.name == name)
    }

    /// The agents of the recorded cluster.
    pub fn in_cluster(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter().filter(|agent| agent.is_recorded())
    }

    /// The agents' namespaces in the recorded cluster, each once.
    pub fn namespaces(&self) -> Vec<&Text> {
        let mut names: Vec<_> = self.in_cluster().map(|agent| &agent.key.space).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Agent {
    pub fn new(namespace: &'static str, name: &'static str) -> Self {
        Self {
            key: AgentKey::new(CLUSTER, namespace, name),
            account: "meridian-internal",
            team: "",
            owner: "",
            purpose: "",
            environment: "production",
            registered: true,
            notes: String::new(),
            declared_tools: Vec::new(),
            delegates_to: Vec::new(),
            model: &GPT,
            thinks: true,
            answered_by: None,
            service_account: name.to_owned(),
            bound_tokens: true,
            cadence: Cadence::Daily,
            runs_per_day: 3,
            from_day: 0,
            tasks: Vec::new(),
            shift: None,
            episodes: Vec::new(),
            surge: None,
            dialect: Dialect::Current,
            records_content: true,
            policy: None,
            reaches: vec![DNS, MODEL_GATEWAY, TOOL_GATEWAY, API_SERVER],
            permitted: None,
            profile: Profile::Complete,
        }
    }

    pub fn owned(mut self, team: &'static str, owner: &'static str) -> Self {
        self.team = team;
        self.owner = owner;
        self
    }

    pub fn purpose(mut self, purpose: &'static str) -> Self {
        self.purpose = purpose;
        self
    }

    pub fn model(mut self, model: &'static Model) -> Self {
        self.model = model;
        self
    }

    pub fn runs(mut self, per_day: u32) -> Self {
        self.runs_per_day = per_day;
        self
    }

    pub fn legacy(mut self) -> Self {
        self.dialect = Dialect::Legacy;
        self
    }

    pub fn task(
        mut self,
        weight: u32,
        prompt: &'static str,
        steps: Vec<super::script::Step>,
    ) -> Self {
        self.tasks.push(Task::new(weight, prompt, steps));
        self
    }

    /// Declares exactly what the tasks use: tools, sub-agents, destinations. Ordinary work has no
    /// gap; every gap is planted by a cause.
    pub fn declared_as_used(mut self) -> Self {
        let mut tools: Vec<_> =
            self.tasks.iter().flat_map(Task::tools).map(|tool| tool.name).collect();
        tools.sort_unstable();
        tools.dedup();
        self.declared_tools = tools;
        let mut agents: Vec<_> = self.tasks.iter().flat_map(Task::sub_agents).collect();
        agents.sort_unstable();
        agents.dedup();
        self.delegates_to = agents;
        self.permitted = Some(self.reaches.clone());
        self
    }

    /// Whether the cluster it runs in is the recorded one.
    pub fn is_recorded(&self) -> bool {
        self.key.realm == CLUSTER
    }

    /// Whether a CronJob starts it; all others are Deployments.
    pub fn is_job(&self) -> bool {
        self.cadence != Cadence::Daily
    }

    /// `namespace/name`: names the agent's dice.
    pub fn path(&self) -> String {
        format!("{}/{}", self.key.space.raw(), self.key.name.raw())
    }
}
