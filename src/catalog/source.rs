//! Where catalog files come from: embedded in the program, or a user's folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::CatalogError;
use super::error::nearest;

/// One file of the catalog.
#[derive(Clone, Debug)]
pub struct File {
    /// `views/queue.toml`, or the full path of a user's file.
    pub name: String,
    pub text: String,
}

/// The files in force, by their name inside the catalog.
#[derive(Clone, Debug, Default)]
pub struct Files {
    builtin: BTreeMap<String, File>,
    user: BTreeMap<String, File>,
}

/// A larger file is a mistake, not a view.
const LARGEST: u64 = 1 << 20;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../", $name)))),+]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded![
    "queries/activity.toml",
    "queries/identity.toml",
    "queries/questions.toml",
    "views/agents.toml",
    "views/chains.toml",
    "views/scope.toml",
    "views/disputes.toml",
    "views/events.toml",
    "views/help.toml",
    "views/keymap.toml",
    "views/problems.toml",
    "views/queue.toml",
    "views/timeline.toml",
    "views/traces.toml",
    "views/tree.toml",
    "views/themes/dark.toml",
    "views/themes/high-contrast.toml",
    "views/themes/light.toml",
    "views/themes/mono.toml",
];

/// The files as shipped.
pub fn builtin() -> Files {
    let file = |name: &str, text: &str| File { name: name.to_owned(), text: text.to_owned() };
    let builtin =
        EMBEDDED.iter().map(|(name, text)| ((*name).to_owned(), file(name, text))).collect();
    Files { builtin, user: BTreeMap::new() }
}

/// Adds the files of a user's folder. What cannot be read, or replaces nothing, is a problem.
pub fn overlay(files: &mut Files, folder: &Path, problems: &mut Vec<CatalogError>) {
    for below in ["queries", "views"] {
        let root = folder.join(below);
        // Most users have no overrides: that is no problem.
        if !root.is_dir() {
            continue;
        }
        for entry in walkdir::WalkDir::new(&root).sort_by_file_name().max_depth(3) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    if entry.path().extension().is_some_and(|extension| extension == "toml") {
                        add(files, folder, entry.path(), problems);
                    }
                }
                Ok(_) => {}
                Err(error) => problems.push(whole(&root, &error.to_string())),
            }
        }
    }
}

fn add(files: &mut Files, folder: &Path, path: &Path, problems: &mut Vec<CatalogError>) {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let name = parts.join("/");
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGEST) {
        problems.push(whole(path, "larger than 1 MiB"));
        return;
    }
    let adds = name.starts_with("queries/") || name.starts_with("views/themes/");
    if !adds && !files.builtin.contains_key(&name) {
        let mut problem = whole(path, "replaces no built-in view");
        problem.hint = nearest(&name, files.builtin.keys().map(String::as_str))
            .map(|name| format!("did you mean `{name}`?"));
        problems.push(problem);
        return;
    }
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let file = File { name: path.to_string_lossy().into_owned(), text };
            files.user.insert(name, file);
        }
        Err(error) => problems.push(whole(path, &error.to_string())),
    }
}

fn whole(path: &Path, message: &str) -> CatalogError {
    let file = File { name: path.to_string_lossy().into_owned(), text: String::new() };
    CatalogError::at(&file, None, message)
}

impl Files {
    /// The names under a folder of the catalog, from both sources.
    pub fn names_under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let names: std::collections::BTreeSet<&str> =
            self.builtin.keys().chain(self.user.keys()).map(String::as_str).collect();
        names.into_iter().filter(move |name| name.starts_with(folder))
    }

    pub fn builtin(&self, name: &str) -> Option<&File> {
        self.builtin.get(name)
    }

    /// Reads a file: the user's if it passes, else, with the problem noted, the built-in one.
    pub fn read<T>(
        &self,
        name: &str,
        problems: &mut Vec<CatalogError>,
        parse: fn(&File) -> Result<T, CatalogError>,
    ) -> Result<T, CatalogError> {
        let Some(user) = self.user.get(name) else {
            return self.builtin.get(name).map_or_else(|| Err(missing(name)), parse);
        };
        match (parse(user), self.builtin.get(name)) {
            (Ok(value), _) => Ok(value),
            (Err(problem), Some(builtin)) => {
                problems.push(problem);
                parse(builtin)
            }
            (Err(problem), None) => Err(problem),
        }
    }
}

fn missing(name: &str) -> CatalogError {
    whole(Path::new(name), "not in the catalog")
}
