//! Microsoft Entra ID: sign-ins of users, services and agents, and changes to the directory.

mod audit;
mod sign_in;
mod wire;

pub use audit::FORMAT as AUDIT;
pub use sign_in::FORMAT as SIGN_IN;

use serde::Deserialize;

use self::wire::Streamed;
use crate::ingest::json::{Part, Word};
use crate::ingest::{Document, Shape, Sink};

/// Whether diagnostic settings streamed the document under a category with this ending.
fn is_streamed(shape: &Shape<'_>, category: &str) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Category<'a> {
        #[serde(borrow)]
        category: Word<'a>,
    }
    shape.has("category")
        && shape.has("properties")
        && serde_json::from_str::<Category<'_>>(shape.json())
            .is_ok_and(|it| it.category.get().is_some_and(|name| name.ends_with(category)))
}

/// The record, whether streamed or as Graph lists it.
fn parse<'d, T: Deserialize<'d> + Default>(
    document: &'d Document<'_>,
    sink: &mut dyn Sink,
) -> Option<Streamed<'d, T>> {
    let Streamed { time, category, tenant_id, properties: Part(record) } =
        document.parse::<Streamed<'d, Option<T>>>(sink)?;
    let record = match record {
        Some(record) => record,
        None => document.parse(sink)?,
    };
    Some(Streamed { time, category, tenant_id, properties: Part(record) })
}

#[cfg(test)]
mod tests;
