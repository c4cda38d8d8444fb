//! MCP: what clients are configured to use, what was pinned, what servers advertised.

use serde_json::{Value, json};

use super::super::SimulateError;
use super::super::calendar::{Nanos, date, seconds};
use super::super::firm::Firm;
use super::super::servers::Tool;
use super::Folder;

pub fn write(folder: &Folder, firm: &Firm) -> Result<(), SimulateError> {
    for server in &firm.servers {
        let tools: Vec<_> = server.tools.iter().map(definition).collect();
        let pin = json!({ "diptychPin": 1, "server": server.name, "tools": tools });
        folder.json(&format!("mcp/pins/{}.json", server.name), &pin)?;
        advertise(folder, firm.window.at(1, 6, 0), server.name, &server.tools)?;
    }
    for change in &firm.catalog_changes {
        advertise(folder, change.at, change.server, &change.tools)?;
    }
    folder.json("mcp/clients/claude_desktop_config.json", &claude_desktop())?;
    folder.json("mcp/clients/d-costa.vscode/mcp.json", &vscode())?;
    folder.json("mcp/clients/n-castillo.cursor/mcp.json", &cursor())
}

fn advertise(
    folder: &Folder,
    at: Nanos,
    server: &str,
    tools: &[Tool],
) -> Result<(), SimulateError> {
    let tools: Vec<_> = tools.iter().map(definition).collect();
    let catalog =
        json!({ "capturedAt": seconds(at), "server": server, "result": { "tools": tools } });
    folder.json(&format!("mcp/catalogs/{server}.{}.json", date(at)), &catalog)
}

fn definition(tool: &Tool) -> Value {
    let properties: serde_json::Map<_, _> = tool
        .parameters
        .iter()
        .map(|&name| (name.to_owned(), json!({ "type": "string" })))
        .collect();
    let required: Vec<_> = tool.parameters.iter().take(1).collect();
    json!({
        "name": tool.name,
        "description": tool.description,
        "inputSchema": { "type": "object", "properties": properties, "required": required },
        "annotations": { "readOnlyHint": tool.read_only },
    })
}

fn claude_desktop() -> Value {
    json!({ "mcpServers": {
        "vcs": {
            "command": "npx",
            "args": ["-y", "@meridian/mcp-vcs@3.2.1"],
            "env": { "VCS_TOKEN": "${VCS_TOKEN}" },
        },
        "documents": { "command": "uvx", "args": ["meridian-mcp-documents"] },
    } })
}

fn vscode() -> Value {
    json!({
        "inputs": [
            { "type": "promptString", "id": "vcs-token", "description": "Token", "password": true },
        ],
        "servers": {
            "vcs": {
                "type": "http",
                "url": "https://tool-gateway.meridian.example/vcs/mcp",
                "headers": { "Authorization": "Bearer ${input:vcs-token}" },
            },
        },
    })
}

fn cursor() -> Value {
    json!({ "mcpServers": {
        "vcs": { "url": "https://tool-gateway.meridian.example/vcs/mcp" },
        "warehouse": { "command": "npx", "args": ["-y", "@meridian/mcp-warehouse@1.8.0"] },
    } })
}
