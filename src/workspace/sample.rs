//! The bundled sample: a synthetic firm, in the program itself.

use include_dir::{Dir, include_dir};

use super::{Error, Given, LoadOptions, Workspace, load};

static SAMPLE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sample-data");

/// What says what is in the sample; it is about the evidence, not of it.
const GROUND_TRUTH: &str = "ground-truth.json";

impl Workspace {
    /// Whether nothing was loaded yet.
    pub fn is_empty(&self) -> bool {
        self.case().manifest().generation == 0
    }

    /// Loads the bundled sample.
    pub fn load_sample(&self, report: load::Report<'_>) -> Result<(), Error> {
        let mut given = Vec::new();
        collect(&SAMPLE, &mut given);
        self.load(&given, LoadOptions::default(), report)?;
        Ok(())
    }
}

fn collect(folder: &Dir<'_>, given: &mut Vec<Given>) {
    for file in folder.files() {
        let name = format!("sample-data/{}", file.path().display());
        if !name.ends_with(GROUND_TRUTH) && !name.ends_with("README.md") {
            given.push(Given::Bytes { name, bytes: file.contents().to_vec() });
        }
    }
    folder.dirs().for_each(|inner| collect(inner, given));
}
