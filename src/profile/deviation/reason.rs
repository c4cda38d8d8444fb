//! Why a run is surprising: by its features, or by what such a request leads to.

use crate::profile::baseline::{Subject, Surprise};
use crate::profile::features::{Amount, Feature, Item};
use crate::profile::kind::KindId;
use crate::profile::session::{self, Act};
use crate::profile::settings::Settings;

/// Terms below this are not worth a reader's time.
const NOTABLE_NATS: f64 = 0.7;

/// Why a run is surprising.
pub enum Reason<'a> {
    Feature(Surprise<'a>),
    Session(session::Term, &'a Act),
}

impl Reason<'_> {
    pub fn nats(&self) -> f64 {
        match self {
            Self::Feature(surprise) => surprise.nats,
            Self::Session(term, _) => term.nats,
        }
    }

    pub fn is_notable(&self) -> bool {
        self.nats() >= NOTABLE_NATS
    }

    pub fn lead(&self) -> Lead {
        match self {
            Self::Feature(surprise) => lead(surprise),
            Self::Session(_, act) => Lead::Kind(act.kind),
        }
    }
}

/// What is left to the features where sessions are compared by what they were asked: tools and their
/// order are the business of the terms there, and only an unprecedented volume tells more.
pub fn is_beside_sessions(surprise: &Surprise<'_>, settings: &Settings) -> bool {
    match &surprise.subject {
        Subject::Item(item) => !matches!(item.feature, Feature::Kind(_)) && !is_order(item),
        Subject::Amount { value, mean, .. } => *value >= mean * settings.volume_factor,
        Subject::Hour(_) | Subject::Weekday(_) => true,
    }
}

/// What is the business of the session's terms whatever the baseline says.
pub fn is_order(item: &Item) -> bool {
    matches!(item.feature, Feature::Next(..) | Feature::Later(..))
}

/// What alerts have to share to be alike: the same novelty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lead {
    Kind(KindId),
    Amount(Amount),
    Schedule,
}

fn lead(surprise: &Surprise<'_>) -> Lead {
    match &surprise.subject {
        Subject::Item(item) => Lead::Kind(item.feature.kind()),
        Subject::Amount { amount, .. } => Lead::Amount(*amount),
        Subject::Hour(_) | Subject::Weekday(_) => Lead::Schedule,
    }
}
