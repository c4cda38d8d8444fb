//! Performing a run: a task becomes spans and Kubernetes requests, with their times and ids.

use super::calendar::{DAY, Nanos};
use super::dice::Dice;
use super::firm::{Agent, Cadence, Dialect, Firm};
use super::plan::Run;
use super::script::{Access, Step, ToolUse, get};
use super::servers;

/// What one run leaves behind.
pub struct Performance<'a> {
    pub agent: &'a Agent,
    pub pod: Pod,
    pub trace_id: String,
    pub spans: Vec<Span>,
    pub requests: Vec<Request>,
}

/// The instance that performs it.
#[derive(Clone, Debug)]
pub struct Pod {
    pub name: String,
    pub uid: String,
    pub node: String,
    pub ip: String,
    /// Of the ReplicaSet or Job that owns the pod.
    pub owner: String,
    /// Identifies the token mounted into it.
    pub token: String,
}

pub struct Span {
    pub id: String,
    pub parent: Option<String>,
    pub name: String,
    pub kind: u8,
    pub start: Nanos,
    pub end: Nanos,
    pub attributes: Vec<(&'static str, Value)>,
}

pub enum Value {
    Text(String),
    Number(i64),
    List(Vec<String>),
}

/// One Kubernetes request.
pub struct Request {
    pub at: Nanos,
    pub access: Access,
}

const MILLI: Nanos = 1_000_000;
/// What every run begins with.
pub const STARTUP: &[Access] = &[get("configmaps", "agent-settings")];
/// Pods are replaced this often.
const RELEASE_DAYS: Nanos = 7;
const PEOPLE: &[&str] = &["e.brandt", "f.oduya", "g.marino", "i.petrov", "n.castillo", "y.tanaka"];
const NODES: &[(&str, &str)] = &[
    ("ip-10-20-1-14.eu-central-1.compute.internal", "10.20.1.14"),
    ("ip-10-20-2-31.eu-central-1.compute.internal", "10.20.2.31"),
    ("ip-10-20-3-17.eu-central-1.compute.internal", "10.20.3.17"),
];

/// The agent's pod at an instant.
pub fn pod(firm: &Firm, agent: &Agent, at: Nanos) -> Pod {
    let path = agent.path();
    let release = (at - firm.window.start).div_euclid(RELEASE_DAYS * DAY);
    let mut dice = Dice::new(firm.seed, &["pod", &path, &release.to_string()]);
    let name = agent.key.name.raw();
    let owner = match agent.is_job() {
        true => format!("{name}-{}", at.div_euclid(DAY) * 1440 + 180),
        false => format!("{name}-{}", Dice::new(firm.seed, &["rs", &path]).suffix(10)),
    };
    let (node, ip) = dice.pick(NODES).copied().unwrap_or_default();
    Pod {
        name: format!("{owner}-{}", dice.suffix(5)),
        uid: dice.uuid(),
        node: node.to_owned(),
        ip: ip.to_owned(),
        owner,
        token: dice.uuid(),
    }
}

pub fn perform<'a>(firm: &Firm, run: &Run<'a>) -> Performance<'a> {
    let agent = run.agent;
    let mut dice = Dice::new(firm.seed, &["run", &agent.path(), &run.ordinal.to_string()]);
    let mut recorder = Recorder {
        agent,
        model: responding_model(firm, run),
        now: run.at,
        trace_id: dice.hex(32),
        conversation: format!("conv-{}", dice.hex(12)),
        times: run.times,
        dice,
        spans: Vec::new(),
        requests: Vec::new(),
    };
    recorder.invoke(run);
    Performance {
        agent,
        pod: pod(firm, agent, run.at),
        trace_id: recorder.trace_id,
        spans: recorder.spans,
        requests: recorder.requests,
    }
}

fn responding_model(firm: &Firm, run: &Run<'_>) -> &'static str {
    match run.agent.answered_by {
        Some((from, other)) if run.at >= firm.window.day(from) => other,
        _ => run.agent.model.name,
    }
}

struct Recorder<'a> {
    agent: &'a Agent,
    model: &'static str,
    now: Nanos,
    trace_id: String,
    conversation: String,
    times: u32,
    dice: Dice,
    spans: Vec<Span>,
    requests: Vec<Request>,
}

impl Recorder<'_> {
    fn invoke(&mut self, run: &Run<'_>) {
        let name = run.agent.key.name.raw();
        let mut attributes = self.agent_attributes(name);
        let person = self.dice.pick(PEOPLE).copied().unwrap_or_default();
        let asker = match run.agent.cadence {
            Cadence::Daily => format!("{person}@meridian.example"),
            Cadence::Monthly(_) => "schedule:monthly".to_owned(),
        };
        attributes.push(("enduser.id", Value::Text(asker)));
        let root = self.open(None, format!("invoke_agent {name}"), 1, attributes);
        self.requests.extend(STARTUP.iter().map(|&access| Request { at: self.now, access }));
        self.chat(&root, run.task.prompt, "", "tool_calls");
        for step in &run.task.steps {
            match step {
                Step::Tool(tool) => {
                    self.tool(&root, name, tool);
                    if !tool.result.is_empty() {
                        // A result worth keeping went back to the model before the next step.
                        self.chat(&root, run.task.prompt, tool.result, "tool_calls");
                    }
                }
                Step::Agent { name, steps } => self.delegate(&root, name, steps, run.task.prompt),
            }
        }
        self.chat(&root, run.task.prompt, "", "stop");
        self.close(&root);
    }

    /// Agents are handed to one another as tools are called; the span says to whom.
    fn delegate(&mut self, parent: &str, to: &'static str, steps: &[ToolUse], prompt: &str) {
        let tool = format!("delegate_to_{to}");
        let call = format!("call_{}", self.dice.hex(12));
        let transfer = vec![
            ("gen_ai.operation.name", "execute_tool".into()),
            ("gen_ai.tool.name", tool.as_str().into()),
            ("gen_ai.tool.type", "function".into()),
            ("gen_ai.tool.call.id", Value::Text(call)),
            ("gen_ai.transfer.mode", "return_to_caller".into()),
            ("gen_ai.transfer.target.name", to.into()),
        ];
        let handoff = self.open(Some(parent), format!("execute_tool {tool} {to}"), 1, transfer);
        let attributes = self.agent_attributes(to);
        let span = self.open(Some(&handoff), format!("invoke_agent {to}"), 1, attributes);
        self.chat(&span, prompt, "", "tool_calls");
        for tool in steps {
            self.tool(&span, to, tool);
        }
        self.close(&span);
        self.close(&handoff);
    }

    fn agent_attributes(&self, name: &str) -> Vec<(&'static str, Value)> {
        vec![
            ("gen_ai.operation.name", "invoke_agent".into()),
            (self.provider_key(), self.agent.model.provider.into()),
            ("gen_ai.agent.name", name.into()),
            ("gen_ai.conversation.id", self.conversation.as_str().into()),
        ]
    }

    fn provider_key(&self) -> &'static str {
        match self.agent.dialect {
            Dialect::Current => "gen_ai.provider.name",
            Dialect::Legacy => "gen_ai.system",
        }
    }

    /// `returned` is what a tool gave back to the model, where the text matters.
    fn chat(&mut self, parent: &str, prompt: &str, returned: &str, finish: &str) {
        if !self.agent.thinks {
            return;
        }
        let (tokens_in, tokens_out) = (self.dice.between(380, 620), self.dice.between(40, 140));
        let (input, output) = match self.agent.dialect {
            Dialect::Current => ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
            Dialect::Legacy => ("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"),
        };
        let mut attributes = vec![
            ("gen_ai.operation.name", "chat".into()),
            (self.provider_key(), self.agent.model.provider.into()),
            ("gen_ai.request.model", self.agent.model.name.into()),
            ("gen_ai.response.model", self.model.into()),
            ("gen_ai.response.finish_reasons", Value::List(vec![finish.to_owned()])),
            ("gen_ai.conversation.id", self.conversation.as_str().into()),
            (input, Value::Number(tokens_in)),
            (output, Value::Number(tokens_out)),
        ];
        if self.agent.records_content && finish != "stop" {
            attributes.extend(self.messages(prompt, returned));
        }
        let name = format!("chat {}", self.agent.model.name);
        let span = self.open(Some(parent), name, 3, attributes);
        self.pass(700, 2_400);
        self.close(&span);
    }

    fn messages(&self, prompt: &str, returned: &str) -> Vec<(&'static str, Value)> {
        if self.agent.dialect == Dialect::Legacy {
            return vec![
                ("gen_ai.prompt.0.role", "user".into()),
                ("gen_ai.prompt.0.content", prompt.into()),
            ];
        }
        let prompt = serde_json::Value::from(prompt);
        let mut messages =
            format!(r#"[{{"role":"user","parts":[{{"type":"text","content":{prompt}}}]}}"#);
        if !returned.is_empty() {
            let returned = serde_json::Value::from(returned);
            messages += &format!(
                r#",{{"role":"tool","parts":[{{"type":"tool_call_response","result":{returned}}}]}}"#
            );
        }
        messages.push(']');
        vec![("gen_ai.input.messages", Value::Text(messages))]
    }

    fn tool(&mut self, parent: &str, agent: &str, tool: &ToolUse) {
        let (least, most) = tool.times;
        // A surge is more of what was repeated anyway: the order of calls stays the usual one.
        let surge = if most > 1 { self.times } else { 1 };
        let times = self.dice.between(least.into(), most.into()) * i64::from(surge);
        for _ in 0..times {
            let call = format!("call_{}", self.dice.hex(12));
            let mut attributes = vec![
                ("gen_ai.operation.name", "execute_tool".into()),
                ("gen_ai.agent.name", agent.into()),
                ("gen_ai.tool.name", tool.name.into()),
                ("gen_ai.tool.type", "function".into()),
                ("gen_ai.tool.call.id", Value::Text(call)),
            ];
            if self.agent.records_content {
                let arguments = self.arguments(tool);
                attributes.push(("gen_ai.tool.call.arguments", Value::Text(arguments)));
                if !tool.result.is_empty() {
                    attributes.push(("gen_ai.tool.call.result", tool.result.into()));
                }
            }
            let span =
                self.open(Some(parent), format!("execute_tool {}", tool.name), 1, attributes);
            for &access in &tool.requests {
                self.pass(5, 40);
                self.requests.push(Request { at: self.now, access });
            }
            self.pass(80, 900);
            self.close(&span);
        }
    }

    fn arguments(&mut self, tool: &ToolUse) -> String {
        if !tool.arguments.is_empty() {
            return tool.arguments.to_owned();
        }
        let parameters = servers::find(tool.name).map_or(&[][..], |(_, found)| found.parameters);
        let drawn: Vec<_> = parameters
            .iter()
            .map(|name| {
                format!(
                    r#""{name}":"{}-{}""#,
                    name.get(..1).unwrap_or_default(),
                    self.dice.between(100, 999)
                )
            })
            .collect();
        format!("{{{}}}", drawn.join(","))
    }

    fn open(
        &mut self,
        parent: Option<&str>,
        name: String,
        kind: u8,
        attributes: Vec<(&'static str, Value)>,
    ) -> String {
        let id = self.dice.hex(16);
        self.pass(2, 12);
        self.spans.push(Span {
            id: id.clone(),
            parent: parent.map(str::to_owned),
            name,
            kind,
            start: self.now,
            end: self.now,
            attributes,
        });
        id
    }

    fn close(&mut self, id: &str) {
        self.pass(1, 6);
        if let Some(span) = self.spans.iter_mut().rev().find(|span| span.id == id) {
            span.end = self.now;
        }
    }

    fn pass(&mut self, least: i64, most: i64) {
        self.now += self.dice.between(least, most) * MILLI + self.dice.between(0, MILLI - 1);
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
