//! What coding agents leave on their user's machine: whose it is, and how a refused call reads.

use crate::ingest::members::Members;

/// How the results of calls begin that the user, a rule or a hook refused.
pub const REFUSALS: &[&str] = &[
    "Permission to use ",
    "Permission for this ",
    "The user doesn't want to ",
    "Claude requested permissions to ",
    "Hook PreToolUse",
    "PreToolUse:",
    "exec command rejected by user",
    "patch rejected by user",
    "rejected by user",
    "aborted by user",
];

/// The user in whose home a path lies: that of the file, else that of the working directory.
pub fn user<'a>(file: &'a str, directory: Option<&'a str>) -> &'a str {
    const HOMES: &[&str] = &["/Users/", "/home/", "\\Users\\"];
    let of_path = |path: &'a str| {
        let rest = HOMES.iter().find_map(|home| Some(path.split_once(home)?.1))?;
        rest.split(['/', '\\']).next().filter(|user| !user.is_empty())
    };
    of_path(file).or_else(|| of_path(directory?)).unwrap_or_default()
}

/// Circumstances of a line under their own names.
pub fn context(line: &Members<'_>, keys: &[&str]) -> serde_json::Map<String, serde_json::Value> {
    let value = |key: &str| serde_json::from_str(line.raw(&[key])?.get()).ok();
    keys.iter().filter_map(|key| Some(((*key).to_owned(), value(key)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, directory: Option<&str>, expected: &str) {
        assert_eq!(user(file, directory), expected, "{file}");
    }

    #[test]
    fn the_file_names_its_user_before_the_directory_does() {
        check("/home/ana/.claude/projects/x/s.jsonl", Some("/home/bob/x"), "ana");
        check("evidence/s.jsonl", Some("/Users/bob/code"), "bob");
        check("C:\\Users\\eve\\.codex\\sessions\\r.jsonl", None, "eve");
        check("s.jsonl", Some("/workspace"), "");
    }
}
