//! What was declared of catalogs, models and other artifacts, held against what was observed.

mod artifact;
mod declared;
#[cfg(test)]
mod real_data;

pub use artifact::{Artifact, ArtifactKind, Resolution, is_release_of, resolved};
pub use declared::{DeclaredArtifact, declared_artifacts};

use super::Estate;
use crate::domain::catalog_diff::{Comparison, Listing, compare};

/// An advertised listing against what is declared for its server; `None` when nothing is.
pub fn against_declaration(estate: &Estate, advertised: Listing<'_>) -> Option<Comparison> {
    let (declared, _) = estate.declared_catalog(advertised.server)?;
    Some(compare(Listing::declared(declared), advertised))
}
