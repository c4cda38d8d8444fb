//! The identity chains behind one credential or one event.

use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::{EventId, IdentityChain, Text};
use crate::lineage;
use crate::lineage::chain::{ChainFocus, Chains};
use crate::lineage::spans::{Span, SpanReader};

impl Workspace {
    /// The chains that go over a credential, by its id.
    pub fn chains_over(&self, credential: &Text) -> Result<Vec<IdentityChain>, Error> {
        self.focused(ChainFocus::Credential(credential.clone()), None)
    }

    /// The chains behind one event: several where the records leave a choice.
    pub fn chains_behind(&self, event: EventId) -> Result<Vec<IdentityChain>, Error> {
        let found = self.event(event)?.ok_or_else(|| {
            Error::usage(format!("no event {event} in this case"))
                .with_hint("`diptych search` lists events with their ids.")
        })?;
        self.focused(ChainFocus::Event(event), found.trace_id)
    }

    /// A credential may have been issued long before, so that every event is looked at; of spans only
    /// those of one trace.
    fn focused(&self, focus: ChainFocus, trace: Option<Text>) -> Result<Vec<IdentityChain>, Error> {
        let estate = self.latest()?;
        let mut chains = Chains::new(&estate, focus);
        let mut reader = SpanReader::new(&estate);
        let mut spans: Vec<Span> = Vec::new();
        for event in self.case().events(EventFilter::default()) {
            let event = event?;
            chains.observe(&event);
            if trace.is_some() && event.trace_id == trace {
                spans.extend(reader.read(&event));
            }
        }
        chains.add_traces(&lineage::forest(spans, reader.names()));
        Ok(chains.finish())
    }
}
