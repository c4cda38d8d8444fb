//! Evidence that attacks its reader: characters that act on a terminal or hide from a person, an
//! overlong string, a line that is no JSON, a document of no known kind.

use serde_json::{Value, json};

use super::super::SimulateError;
use super::super::calendar::Nanos;
use super::super::firm::{CLUSTER, Firm};
use super::Folder;

/// The workload whose spans they are.
pub const WORKLOAD: (&str, &str) = ("hostile", "untrusted-agent");
/// Lines in the span file that no reader can parse.
pub const MALFORMED: u64 = 1;
/// Documents of no known format.
pub const UNKNOWN: u64 = 1;

/// Longer than any screen is wide and than any field needs.
const OVERLONG: usize = 20_000;

pub fn write(folder: &Folder, firm: &Firm) -> Result<(), SimulateError> {
    let at = firm.window.at(firm.window.working_day_from_end(3), 11, 0);
    let mut lines = String::new();
    for (index, name) in names().iter().enumerate() {
        lines += &format!("{}\n", super::sorted(&span(at, index, name)));
        if index == 1 {
            lines += "{\"resourceSpans\":[{\"resource\":\u{1b}[2J not json\n";
        }
    }
    folder.write("hostile/names.otlp.jsonl", lines.as_bytes())?;
    let catalog = json!({
        "capturedAt": super::super::calendar::seconds(at),
        "server": "look\u{202e}pukool",
        "result": { "tools": names().iter().map(|name| json!({
            "name": name,
            "description": format!("Harmless.\u{200b}{name}\u{1b}]8;;https://evil.example\u{7}here"),
            "inputSchema": { "type": "object" },
        })).collect::<Vec<_>>() },
    });
    folder.json("hostile/catalog.json", &catalog)?;
    let unknown = json!({ "kind": "Mystery", "apiVersion": "unheard.of/v9", "payload": [1, 2, 3] });
    folder.json("hostile/unknown.json", &unknown)
}

fn names() -> Vec<String> {
    let tagged: String =
        "ignore".chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
    vec![
        "\u{1b}[31mred\u{1b}[0m\u{1b}]0;owned\u{7}".to_owned(),
        "invoice\u{202e}fdp.exe".to_owned(),
        "zero\u{200b}width\u{feff}".to_owned(),
        format!("tagged{tagged}"),
        "tab\tand\nnewline\rreturn".to_owned(),
        "=cmd|'/c calc'!A1".to_owned(),
        format!("z{}", "a\u{300}\u{301}\u{302}\u{303}".repeat(4)),
        "x".repeat(OVERLONG),
    ]
}

fn span(at: Nanos, index: usize, name: &str) -> Value {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let start = at + index as i64 * super::super::calendar::MINUTE;
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            text("service.name", WORKLOAD.1),
            text("k8s.cluster.name", CLUSTER),
            text("k8s.namespace.name", WORKLOAD.0),
            text("k8s.deployment.name", WORKLOAD.1),
        ] },
        "scopeSpans": [{ "scope": { "name": name }, "spans": [{
            "traceId": format!("{:032x}", index + 1),
            "spanId": format!("{:016x}", index + 1),
            "name": format!("execute_tool {name}"),
            "kind": 1,
            "startTimeUnixNano": start.to_string(),
            "endTimeUnixNano": (start + 1_000_000).to_string(),
            "attributes": [
                text("gen_ai.operation.name", "execute_tool"),
                text("gen_ai.tool.name", name),
                text("gen_ai.tool.call.arguments", &format!("{{\"path\": {}}}", json!(name))),
            ],
        }] }],
    }] })
}
