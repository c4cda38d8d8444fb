//! What the policies of the clouds give to their principals. One folder for each provider.

pub(super) mod aws;
pub(super) mod azure;
pub(super) mod gcp;
#[cfg(test)]
mod tests;

use crate::domain::{Globs, LooseTrust};
use crate::scope::Estate;

/// Every statement of trust, in any cloud, that lets in more than one would think.
pub fn loose_trust(estate: &Estate) -> Vec<LooseTrust> {
    let mut found: Vec<LooseTrust> = aws::loose_trust(estate).collect();
    found.extend(gcp::loose_trust(&gcp::Iam::read(estate)));
    found.extend(azure::loose_trust(&azure::Directory::read(estate)));
    found
}

fn everything() -> Globs {
    Globs::all_except([])
}
