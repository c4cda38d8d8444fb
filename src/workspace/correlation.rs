//! Correlation over layers: the ties of an incident, and the join rate of the open case.

use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::{CorrelationReport, Correlations, Event};
use crate::lineage::correlate::{Correlator, correlate};

impl Workspace {
    /// The ties between the records of one incident's scope, with their parameters.
    pub fn correlate(&self, events: &[Event]) -> Result<Correlations, Error> {
        Ok(correlate(events, &self.latest()?))
    }

    /// How many records of each layer are tied to what and why the rest is not, and which acts have
    /// no counterpart in a log of credentials; over all events, in one pass.
    pub fn correlation(&self) -> Result<CorrelationReport, Error> {
        let estate = self.latest()?;
        let mut correlator = Correlator::new(&estate);
        for event in self.case().events(EventFilter::default()) {
            correlator.observe(&event?);
        }
        Ok(correlator.finish(&self.posture()?.coverage))
    }
}
