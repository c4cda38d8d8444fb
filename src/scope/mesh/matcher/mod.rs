//! How Istio compares the value of an attribute with what a policy lists: one file for each
//! language of patterns.

mod block;
mod host;
mod identity;
mod path;
mod token;
mod value;

pub(super) use block::Block;
pub(super) use host::Host;
pub(super) use identity::{Account, principal_matches};
pub(super) use path::Path;
pub(super) use token::RequestPrincipal;
pub(super) use value::Value;
