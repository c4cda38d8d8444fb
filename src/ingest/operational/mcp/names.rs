//! What a file's name says of a capture: the server, and the version label.

/// What the tool list or session log of a server is called after the server's own name.
const KINDS: &[&str] = &["tools-list", "tools_list", "toolslist", "stdio", "frames", "mcp-log"];
const EXTENSIONS: &[&str] = &[".gz", ".zst", ".jsonl", ".ndjson", ".json", ".log"];

/// The file's base name without its extensions.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    EXTENSIONS.iter().fold(name, |name, extension| name.strip_suffix(extension).unwrap_or(name))
}

/// `docs.tools-list.3.json` → `docs`; a name that begins with the kind says nothing, so the folder's
/// name stands in.
pub fn server(file: &str) -> &str {
    let stem = stem(file);
    let end = KINDS.iter().filter_map(|kind| stem.find(kind)).min().unwrap_or(stem.len());
    let name = stem[..end].trim_end_matches(['.', '-', '_']);
    if !name.is_empty() {
        return name;
    }
    let folder =
        file.rsplit(['/', '\\']).nth(1).filter(|folder| !matches!(*folder, "" | "." | ".."));
    folder.unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_labels_from_file_names() {
        let check = |file: &str, expected: (&str, &str)| {
            assert_eq!((server(file), stem(file)), expected, "{file}");
        };
        check("mcp/legacy.tools-list.0.json", ("legacy", "legacy.tools-list.0"));
        check("npm.server-memory.stdio.jsonl", ("npm.server-memory", "npm.server-memory.stdio"));
        check("github/tools-list.v1.9.0.json", ("github", "tools-list.v1.9.0"));
        check("tools-list.json.gz", ("tools-list", "tools-list"));
        check("C:\\x\\docs.json", ("docs", "docs"));
        check("-", ("-", "-"));
        check("", ("", ""));
    }
}
