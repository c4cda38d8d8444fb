//! What an agent does in one run: a task is a list of steps, a step is a tool call (with the
//! Kubernetes requests that the tool makes) or a sub-agent with steps of its own.

/// One kind of task and how often it comes up, relative to the agent's other tasks.
#[derive(Clone, Debug)]
pub struct Task {
    pub weight: u32,
    pub prompt: &'static str,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Tool(ToolUse),
    Agent { name: &'static str, steps: Vec<ToolUse> },
}

#[derive(Clone, Debug)]
pub struct ToolUse {
    pub name: &'static str,
    /// JSON text; empty means that the arguments are drawn.
    pub arguments: &'static str,
    /// What the tool returned, where the text matters.
    pub result: &'static str,
    pub requests: Vec<Access>,
    /// Called at least and at most so often in a row.
    pub times: (u32, u32),
}

/// One kind of Kubernetes request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    pub verb: &'static str,
    /// `resource[/subresource][.group]`, or a path that starts with `/`.
    pub resource: &'static str,
    /// Empty for requests that name no object.
    pub name: &'static str,
    /// Empty means the caller's own namespace.
    pub namespace: &'static str,
}

/// Resources that live in no namespace.
const CLUSTER_SCOPED: &[&str] = &["nodes", "namespaces", "persistentvolumes", "clusterroles"];

impl Access {
    pub fn is_path(&self) -> bool {
        self.resource.starts_with('/')
    }

    pub fn is_cluster_scoped(&self) -> bool {
        self.is_path() || CLUSTER_SCOPED.contains(&self.plain())
    }

    pub fn group(&self) -> &'static str {
        match self.resource.split_once('.') {
            Some((_, group)) if !self.is_path() => group,
            _ => "",
        }
    }

    /// The resource with its subresource, without the group.
    pub fn resource_name(&self) -> &'static str {
        match self.resource.split_once('.') {
            Some((resource, _)) if !self.is_path() => resource,
            _ => self.resource,
        }
    }

    /// The resource without subresource and group.
    pub fn plain(&self) -> &'static str {
        self.resource_name().split_once('/').map_or(self.resource_name(), |(plain, _)| plain)
    }

    pub fn subresource(&self) -> Option<&'static str> {
        match self.is_path() {
            true => None,
            false => self.resource_name().split_once('/').map(|(_, subresource)| subresource),
        }
    }

    pub const fn in_namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }
}

const fn access(verb: &'static str, resource: &'static str, name: &'static str) -> Access {
    Access { verb, resource, name, namespace: "" }
}

pub const fn get(resource: &'static str, name: &'static str) -> Access {
    access("get", resource, name)
}

pub const fn list(resource: &'static str) -> Access {
    access("list", resource, "")
}

pub const fn watch(resource: &'static str) -> Access {
    access("watch", resource, "")
}

pub const fn create(resource: &'static str) -> Access {
    access("create", resource, "")
}

pub const fn update(resource: &'static str, name: &'static str) -> Access {
    access("update", resource, name)
}

pub const fn patch(resource: &'static str, name: &'static str) -> Access {
    access("patch", resource, name)
}

pub const fn delete(resource: &'static str, name: &'static str) -> Access {
    access("delete", resource, name)
}

pub const fn delete_all(resource: &'static str) -> Access {
    access("deletecollection", resource, "")
}

pub fn tool(name: &'static str) -> ToolUse {
    ToolUse { name, arguments: "", result: "", requests: Vec::new(), times: (1, 1) }
}

pub fn sub_agent(name: &'static str, steps: Vec<ToolUse>) -> Step {
    Step::Agent { name, steps }
}

impl ToolUse {
    pub fn requests(mut self, accesses: &[Access]) -> Self {
        self.requests.extend_from_slice(accesses);
        self
    }

    pub fn arguments(mut self, json: &'static str) -> Self {
        self.arguments = json;
        self
    }

    pub fn returns(mut self, text: &'static str) -> Self {
        self.result = text;
        self
    }

    pub fn times(mut self, least: u32, most: u32) -> Self {
        self.times = (least, most);
        self
    }
}

impl From<ToolUse> for Step {
    fn from(tool: ToolUse) -> Self {
        Self::Tool(tool)
    }
}

impl Task {
    pub fn new(weight: u32, prompt: &'static str, steps: Vec<Step>) -> Self {
        Self { weight, prompt, steps }
    }

    /// Every tool call of the task, sub-agents' included.
    pub fn tools(&self) -> impl Iterator<Item = &ToolUse> {
        self.steps.iter().flat_map(Step::tools)
    }

    pub fn sub_agents(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Agent { name, .. } => Some(*name),
            Step::Tool(_) => None,
        })
    }
}

impl Step {
    fn tools(&self) -> &[ToolUse] {
        match self {
            Self::Tool(tool) => std::slice::from_ref(tool),
            Self::Agent { steps, .. } => steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_knows_its_parts() {
        for (access, group, resource, plain, subresource, cluster) in [
            (get("secrets", "a"), "", "secrets", "secrets", None, false),
            (get("pods/log", "p"), "", "pods/log", "pods", Some("log"), false),
            (list("deployments.apps"), "apps", "deployments", "deployments", None, false),
            (
                patch("deployments/scale.apps", "d"),
                "apps",
                "deployments/scale",
                "deployments",
                Some("scale"),
                false,
            ),
            (list("nodes"), "", "nodes", "nodes", None, true),
            (get("/version", ""), "", "/version", "/version", None, true),
        ] {
            assert_eq!(access.group(), group);
            assert_eq!(access.resource_name(), resource);
            assert_eq!(access.subresource(), subresource, "{access:?}");
            assert_eq!(access.is_cluster_scoped(), cluster, "{access:?}");
            if !access.is_path() {
                assert_eq!(access.plain(), plain);
            }
        }
    }
}
