//! The catalog: views, keys, themes and queries as data.
//!
//! Built-in files are embedded in the program and never written to a user's folder. A user's folder
//! may hold files of the same name: each replaces the built-in one as a whole, so that what is on
//! the screen can always be read from one file. A file that does not pass is reported with its
//! line and column, and the built-in one stays in force.

pub mod error;
pub mod fields;
pub mod keys;
pub mod query;
pub mod source;
pub mod theme;
pub mod view;

use std::collections::BTreeMap;
use std::path::Path;

pub use error::CatalogError;
pub use keys::{Binding, KeyFile};
pub use query::{Analysis, Search};
pub use theme::{Color, Modifier, Role, ThemeFile};
pub use view::{Align, Column, View, Views, Width};

use source::{File, Files};

/// Everything that is data rather than code, checked.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub views: Views,
    pub keys: KeyFile,
    /// The keys as shipped, in force when the user's own do not pass.
    pub builtin_keys: KeyFile,
    pub themes: BTreeMap<String, ThemeFile>,
    pub searches: Vec<Search>,
    pub analyses: Vec<Analysis>,
    /// What did not pass. The built-in file stays in force for each.
    pub problems: Vec<CatalogError>,
}

impl Catalog {
    /// The catalog as shipped.
    pub fn builtin() -> Result<Self, CatalogError> {
        let mut problems = Vec::new();
        let catalog = build(&source::builtin(), &mut problems)?;
        match problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(catalog),
        }
    }

    /// The catalog with the files under `folder` (`views/…`, `queries/…`) in place of the built-in
    /// files of the same name. Fails only if the built-in files themselves do not pass.
    pub fn load(folder: Option<&Path>) -> Result<Self, CatalogError> {
        let mut problems = Vec::new();
        let mut files = source::builtin();
        if let Some(folder) = folder {
            source::overlay(&mut files, folder, &mut problems);
        }
        let mut catalog = build(&files, &mut problems)?;
        catalog.problems = problems;
        Ok(catalog)
    }
}

fn build(files: &Files, problems: &mut Vec<CatalogError>) -> Result<Catalog, CatalogError> {
    let views = Views::read(files, problems)?;
    let keys = files.read("views/keymap.toml", problems, KeyFile::parse)?;
    let builtin_keys = match files.builtin("views/keymap.toml") {
        Some(file) => KeyFile::parse(file)?,
        None => keys.clone(),
    };
    let mut themes = BTreeMap::new();
    for theme in read_all(files, "views/themes/", problems, ThemeFile::parse)? {
        themes.insert(theme.id.clone(), theme);
    }
    let mut searches = Vec::new();
    let mut analyses = Vec::new();
    for queries in read_all(files, "queries/", problems, query::QueryFile::parse)? {
        searches.extend(queries.search);
        analyses.extend(queries.analysis);
    }
    Ok(Catalog { views, keys, builtin_keys, themes, searches, analyses, problems: Vec::new() })
}

/// Every file under a folder of the catalog, in the order of their names.
fn read_all<T>(
    files: &Files,
    folder: &str,
    problems: &mut Vec<CatalogError>,
    parse: fn(&File) -> Result<T, CatalogError>,
) -> Result<Vec<T>, CatalogError> {
    let mut read = Vec::new();
    for name in files.names_under(folder) {
        match files.read(name, problems, parse) {
            Ok(value) => read.push(value),
            // A file that only the user has and that does not pass has nothing to fall back to.
            Err(error) if files.builtin(name).is_none() => problems.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_passes() {
        let catalog = Catalog::builtin().expect("the shipped catalog passes");
        assert!(catalog.themes.len() >= 4);
        assert!(catalog.searches.len() >= 8);
        assert_eq!(catalog.analyses.len(), 5);
    }

    #[test]
    fn a_file_replaces_the_shipped_one_and_a_bad_one_is_reported() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let views = folder.path().join("views");
        std::fs::create_dir_all(&views).expect("writable");
        let queue = "title = \"Mine\"\nsort = \"agent\"\n[[column]]\ntitle = \"A\"\n\
                     field = \"agent\"\nwidth = { min = 4, fill = true }\n";
        std::fs::write(views.join("queue.toml"), queue).expect("writable");
        let bad = queue.replace("field = \"agent\"", "field = \"agnet\"");
        std::fs::write(views.join("agents.toml"), bad).expect("writable");
        std::fs::write(views.join("quue.toml"), "").expect("writable");

        let catalog = Catalog::load(Some(folder.path())).expect("the shipped catalog passes");
        assert_eq!(catalog.views.queue.title, "Mine");
        assert_ne!(catalog.views.agents.title, "Mine");
        let problems: Vec<String> = catalog.problems.iter().map(ToString::to_string).collect();
        let problems = problems.join("\n");
        assert!(problems.contains("agents.toml:5:9"), "{problems}");
        assert!(problems.contains("did you mean `agent`?"), "{problems}");
        assert!(problems.contains("did you mean `views/queue.toml`?"), "{problems}");
    }
}
