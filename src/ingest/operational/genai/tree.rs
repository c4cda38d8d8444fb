//! The spans of one document by their parents: many facts (which agent, which session, is this the echo
//! of a call already seen) stand on an ancestor and not on the span itself.

use rustc_hash::FxHashMap;

use super::Span;
use super::operation::{self, Operation};

/// Longer chains of ancestors are not followed; cycles end here too.
const DEEPEST: usize = 64;

pub struct Tree<'s, 'a> {
    spans: &'s [Span<'a>],
    by_id: FxHashMap<(&'s str, &'s str), usize>,
}

impl<'s, 'a> Tree<'s, 'a> {
    pub fn of(spans: &'s [Span<'a>]) -> Self {
        let key = |span: &'s Span<'a>| {
            Some((span.trace_id.as_ref()?.raw(), span.span_id.as_ref()?.raw()))
        };
        let by_id = spans
            .iter()
            .enumerate()
            .filter_map(|(index, span)| Some((key(span)?, index)))
            .collect();
        Self { spans, by_id }
    }

    /// The span, its parent, and so on, as far as this document holds them.
    pub fn upwards(&self, span: &'s Span<'a>) -> impl Iterator<Item = &'s Span<'a>> {
        std::iter::successors(Some(span), |span| self.parent(span)).take(DEEPEST)
    }

    /// The first fact that the span or its nearest ancestor states.
    pub fn nearest<T>(
        &self,
        span: &'s Span<'a>,
        fact: impl FnMut(&'s Span<'a>) -> Option<T>,
    ) -> Option<T> {
        self.upwards(span).find_map(fact)
    }

    /// Whether an ancestor in this document is the framework's own record of calling `tool`.
    pub fn echoes(&self, span: &'s Span<'a>, tool: &str) -> bool {
        self.upwards(span).skip(1).any(|ancestor| {
            ancestor.operation == Operation::Tool
                && operation::tool(ancestor).is_some_and(|name| name == tool)
        })
    }

    fn parent(&self, span: &Span<'a>) -> Option<&'s Span<'a>> {
        let key = (span.trace_id.as_ref()?.raw(), span.parent_span_id.as_ref()?.raw());
        // The map's keys live as long as the spans, the looked-up key only as long as this call.
        self.by_id.get(&key).and_then(|index| self.spans.get(*index))
    }
}
