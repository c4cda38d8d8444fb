//! The configuration file: routes under listeners, and the short forms for MCP and models.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::AGENTGATEWAY;
use super::backends::provider;
use super::policies::Policies;
use super::wire::{Bind, File, Listener, Probe, Route, Short};
use crate::domain::configured::{Configured, GatewayPolicy, GatewayTarget};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "agentgateway",
    title: "agentgateway configuration",
    side: Side::Configured,
    says: &[
        (
            Discipline::Identity,
            "who may use which tools of which server, and how callers are known",
        ),
        (Discipline::Behavior, "the servers, agents and models behind a gateway"),
    ],
    coverage: "what passes through this gateway; agents may also go around it",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    /// The only keys of the file.
    const KEYS: &[&str] = &[
        "config",
        "binds",
        "gateways",
        "routes",
        "tcpRoutes",
        "listeners",
        "backends",
        "policies",
        "frontendPolicies",
        "services",
        "workloads",
        "mcp",
        "llm",
        "ui",
        "$schema",
    ];
    if shape.keys.is_empty() || !shape.keys.iter().all(|key| KEYS.contains(&key.as_ref())) {
        return false;
    }
    let Ok(file) = serde_json::from_str::<Probe<'_>>(shape.json()) else { return false };
    let is_array = |part: Option<&RawValue>| part.is_some_and(|part| part.get().starts_with('['));
    is_array(file.binds)
        || file.gateways.is_some_and(|part| part.get().starts_with('{'))
        || is_array(file.mcp.and_then(|mcp| mcp.targets))
        || is_array(file.llm.and_then(|llm| llm.models))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(file) = document.parse::<File<'_>>(sink) else { return };
    let mut reader = Reader { document, sink, says_nothing: true };
    for (index, bind) in file.binds.into_iter().enumerate() {
        reader.bind(&format!("/binds/{index}"), None, bind);
    }
    for (name, gateway) in file.gateways {
        let pointer = format!("/gateways/{}", location::step(&name));
        reader.bind(&pointer, Some(&name), gateway);
    }
    reader.routes("/routes", "", &file.routes);
    reader.routes("/tcpRoutes", "", &file.tcp_routes);
    if let Some(policies) = file.frontend_policies
        && let Some(policies) = reader.parse::<Policies>("/frontendPolicies", policies)
    {
        let mut policy = named("frontend".to_owned());
        policies.apply(None, &mut policy);
        reader.emit_if_it_says("/frontendPolicies", policy);
    }
    for (name, part) in [("mcp", file.mcp), ("llm", file.llm), ("ui", file.ui)] {
        if let Some(part) = part {
            reader.short(name, part);
        }
    }
    if reader.says_nothing {
        let message = "the configuration has neither routes nor policies";
        sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
}

fn named(route: String) -> GatewayPolicy {
    GatewayPolicy { gateway: AGENTGATEWAY.into(), route: route.into(), ..GatewayPolicy::default() }
}

struct Reader<'a> {
    document: &'a Document<'a>,
    sink: &'a mut dyn Sink,
    /// Neither a policy nor a problem has been handed on.
    says_nothing: bool,
}

impl Reader<'_> {
    fn parse<'b, T: Deserialize<'b>>(&mut self, pointer: &str, json: &'b RawValue) -> Option<T> {
        serde_json::from_str(json.get())
            .map_err(|error| {
                let at = location::beneath(&self.document.at, pointer);
                let message = error.to_string();
                self.sink.problem(self.document.problem_at(at, ProblemKind::Malformed, &message));
                self.says_nothing = false;
            })
            .ok()
    }

    fn emit(&mut self, pointer: &str, policy: GatewayPolicy) {
        let at = location::beneath(&self.document.at, pointer);
        self.sink.record(self.document.record(at, Configured::GatewayPolicy(policy)));
        self.says_nothing = false;
    }

    fn emit_if_it_says(&mut self, pointer: &str, policy: GatewayPolicy) {
        let says = !policy.rules.is_empty()
            || !policy.authentication.is_empty()
            || !policy.rate_limits.is_empty();
        if says {
            self.emit(pointer, policy);
        }
    }

    fn bind(&mut self, pointer: &str, name: Option<&str>, json: &RawValue) {
        let Some(bind) = self.parse::<Bind<'_>>(pointer, json) else { return };
        let port = match &bind.port {
            Value::Null => "*".to_owned(),
            Value::String(port) => port.clone(),
            port => port.to_string(),
        };
        let bind_name = name.map_or(port, str::to_owned);
        for (index, listener) in bind.listeners.into_iter().enumerate() {
            let pointer = format!("{pointer}/listeners/{index}");
            let Some(listener) = self.parse::<Listener<'_>>(&pointer, listener) else { continue };
            let name = listener.name.unwrap_or_else(|| index.to_string());
            let place = format!("{bind_name}/{name}");
            let mut policy = named(place.clone());
            policy.matches.extend(listener.hostname);
            listener.policies.apply(None, &mut policy);
            self.emit_if_it_says(&pointer, policy);
            self.routes(&format!("{pointer}/routes"), &format!("{place}/"), &listener.routes);
            self.routes(
                &format!("{pointer}/tcpRoutes"),
                &format!("{place}/"),
                &listener.tcp_routes,
            );
        }
    }

    fn routes(&mut self, pointer: &str, place: &str, routes: &[&RawValue]) {
        for (index, json) in routes.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            let Some(route) = self.parse::<Route>(&pointer, json) else { continue };
            let name = route.name.unwrap_or_else(|| index.to_string());
            let mut policy = named(format!("{place}{name}"));
            policy.attached_to = route.gateways.map(Vec::from).unwrap_or_default();
            policy.matches = route.hostnames;
            policy.matches.extend(route.matches.iter().map(leads_here));
            let is_a2a = route.policies.is_a2a();
            for backend in route.backends {
                backend.add_to(&mut policy, is_a2a, self.document.masker());
            }
            route.policies.apply(None, &mut policy);
            self.emit(&pointer, policy);
        }
    }

    fn short(&mut self, name: &str, json: &RawValue) {
        let pointer = format!("/{name}");
        let Some(short) = self.parse::<Short>(&pointer, json) else { return };
        let mut policy = named(name.to_owned());
        policy.attached_to = short.gateways.map(Vec::from).unwrap_or_default();
        for target in short.targets {
            target.add_to(&mut policy, self.document.masker());
        }
        for model in short.models {
            let asked = model.params.get("model").and_then(Value::as_str).unwrap_or_default();
            let endpoint = format!("{} {asked}", provider(Some(&model.provider)));
            policy.targets.push(GatewayTarget {
                name: model.name.clone(),
                kind: "model".into(),
                endpoint: endpoint.trim().into(),
                pinned: None,
            });
            model.policies.apply(Some(&model.name), &mut policy);
        }
        short.policies.apply(None, &mut policy);
        self.emit(&pointer, policy);
    }
}

/// One match in a word or two: `GET /mcp`, `/api*`, `~ regular expression`.
fn leads_here(matched: &Value) -> Text {
    let path = |key: &str| matched.pointer(&format!("/path/{key}")).and_then(Value::as_str);
    let path = match (path("exact"), path("pathPrefix"), path("regex")) {
        (Some(exact), ..) => exact.to_owned(),
        (_, Some(prefix), _) => format!("{prefix}*"),
        (.., Some(regex)) => format!("~ {regex}"),
        _ => "*".to_owned(),
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(matched.get("method").and_then(Value::as_str).map(str::to_owned));
    words.push(path);
    for kind in ["headers", "query"] {
        let named = matched.get(kind).and_then(Value::as_array).into_iter().flatten();
        let names = named.filter_map(|condition| condition.get("name")?.as_str());
        words.extend(names.map(|name| format!("{kind}:{name}")));
    }
    words.join(" ").into()
}
