//! What the policies of the clouds give to their principals. One folder for each provider.

pub(super) mod aws;
pub(super) mod azure;
pub(super) mod gcp;

use crate::domain::Globs;

fn everything() -> Globs {
    Globs::all_except([])
}
