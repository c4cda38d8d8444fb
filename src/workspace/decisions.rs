//! What people decide: tags, notes, rulings and their retraction, into the ledger and out of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::posture::Posture;
use super::{Error, ErrorKind, StorylineScope, Workspace};
use crate::arbitrate::{self, Charter, Precedent};
use crate::assess::{self, Assessment};
use crate::domain::{
    Digest, DisputeState, Finding, FindingId, GoverningRecord, StorylineNote, Text, Verdict,
};
use crate::ledger::{
    self, AuthorKey, Body, Context, Ledger, LedgerError, Recorded, Standing, Verification,
};
use crate::reconcile::ENGINE_VERSION;
use crate::view::{DisputeRow, QueueRow};

/// A ruling as a form or a command line gives it: any field may still be blank.
#[derive(Clone, Debug)]
pub struct RulingDraft {
    pub finding: FindingId,
    /// Who brought the dispute forward; blank when nobody in particular did.
    pub proposer: String,
    pub governing: Option<GoverningRecord>,
    pub resolver: String,
    pub accountability: String,
    pub rationale: String,
    pub conditions: Vec<String>,
    /// `YYYY-MM-DD`, or blank.
    pub review_by: String,
}

impl Workspace {
    /// The queue: every finding with what the ledger says of it, highest priority first.
    pub fn findings(&self) -> Result<Vec<QueueRow>, Error> {
        let posture = self.posture()?;
        let standing = self.standing(&posture)?;
        Ok(posture
            .findings
            .iter()
            .map(|finding| {
                let said = standing.findings.get(&finding.id);
                QueueRow {
                    finding: finding.clone(),
                    tag: said.map_or_else(Default::default, |said| said.tag.clone()),
                    notes: said
                        .into_iter()
                        .flat_map(|said| &said.notes)
                        .map(|note| format!("{}: {}", note.author.visible(), note.text.visible()))
                        .collect(),
                }
            })
            .collect())
    }

    /// Tags findings, durable when it returns. All of them or none.
    pub fn tag(
        &self,
        findings: &[FindingId],
        verdict: Verdict,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let posture = self.posture()?;
        let mut decisions = Vec::with_capacity(findings.len());
        for id in findings {
            let finding = self.finding(&posture, *id)?;
            let tag = ledger::tag(finding, verdict, reason.map(Text::new))?;
            decisions.push((self.context(&posture, Some(finding)), Body::Tag(tag)));
        }
        self.append(decisions)
    }

    /// Adds a note to a finding.
    pub fn note(&self, finding: FindingId, text: &str) -> Result<(), Error> {
        if text.trim().is_empty() {
            return Err(Error::usage("the note is empty")
                .with_hint("Write what the next analyst should know."));
        }
        let posture = self.posture()?;
        let finding = self.finding(&posture, finding)?;
        let body = Body::Note { finding: finding.id, text: Text::new(text) };
        self.append(vec![(self.context(&posture, Some(finding)), body)])
    }

    /// Adds a note to the storyline of a scope, about an instant of it.
    pub fn note_on_storyline(
        &self,
        scope: &StorylineScope,
        about: Timestamp,
        text: &str,
    ) -> Result<(), Error> {
        if text.trim().is_empty() {
            return Err(Error::usage("the note is empty")
                .with_hint("Write what the next analyst should know."));
        }
        let posture = self.posture()?;
        let scope = Text::new(self.note_scope(scope)?);
        let body = Body::StorylineNote { scope, about, text: Text::new(text) };
        self.append(vec![(self.context(&posture, None), body)])
    }

    /// The notes on storylines that stand, each with the scope that it was written on.
    pub(super) fn storyline_notes(&self) -> Result<Vec<(Text, StorylineNote)>, Error> {
        Ok(self.standing(&*self.posture()?)?.storyline_notes)
    }

    /// Retracts the author's latest action. Says what it was.
    pub fn undo(&self) -> Result<String, Error> {
        let posture = self.posture()?;
        let standing = self.standing(&posture)?;
        let key = self.verification_key()?;
        let bodies = standing.undo(&key, &Text::new("undone"));
        if bodies.is_empty() {
            return Err(Error::usage("there is nothing of yours to undo"));
        }
        let count = bodies.len();
        let context = self.context(&posture, None);
        self.append(bodies.into_iter().map(|body| (context.clone(), body)).collect())?;
        Ok(match count {
            1 => "retracted your latest entry".to_owned(),
            _ => format!("retracted your latest {count} entries"),
        })
    }

    /// The disputes of the case, with their rulings and precedents.
    pub fn disputes(&self) -> Result<Vec<DisputeRow>, Error> {
        let posture = self.posture()?;
        let standing = self.standing(&posture)?;
        let findings: BTreeMap<FindingId, &Finding> =
            posture.findings.iter().map(|finding| (finding.id, finding)).collect();
        let rulings: Vec<_> = posture
            .findings
            .iter()
            .filter_map(|finding| {
                let ruling = standing.findings.get(&finding.id)?.ruling()?;
                Some((finding.clone(), ruling.clone()))
            })
            .collect();
        Ok(arbitrate::disputes(&posture.findings)
            .into_iter()
            .filter(|dispute| dispute.state == DisputeState::Dispute)
            .filter_map(|dispute| {
                let finding = findings.get(&dispute.finding)?;
                let ruling = standing.findings.get(&finding.id).and_then(|said| said.ruling());
                Some(DisputeRow {
                    title: finding.title.clone(),
                    agent: finding.agent.visible(),
                    ruling: ruling.cloned(),
                    precedents: arbitrate::precedents(finding, &rulings)
                        .iter()
                        .map(Precedent::line)
                        .collect(),
                    dispute,
                })
            })
            .collect())
    }

    /// Decides a dispute. Refused while one of the three outputs is blank.
    pub fn rule(&self, draft: &RulingDraft) -> Result<(), Error> {
        let posture = self.posture()?;
        let finding = self.finding(&posture, draft.finding)?;
        let dispute = arbitrate::dispute(finding);
        let ruling = arbitrate::ruling(&dispute, draft_of(draft)?, &self.charter()?)?;
        let standing = self.standing(&posture)?;
        let supersedes = standing
            .findings
            .get(&finding.id)
            .map(|said| said.rulings.iter().map(|earlier| earlier.entry).collect())
            .unwrap_or_default();
        let body = Body::Ruling { ruling, supersedes };
        self.append(vec![(self.context(&posture, Some(finding)), body)])
    }

    /// Maturity over the last `last` findings.
    pub fn assess(&self, last: usize) -> Result<Assessment, Error> {
        let posture = self.posture()?;
        let rows = self.findings()?;
        Ok(assess::assess(&assess::Input {
            rows: &rows,
            last,
            agents: &posture.agents,
            coverage: &posture.coverage,
            configured: &posture.configured,
        }))
    }

    /// Checks the ledger against itself and against the checkpoints kept outside the case.
    pub fn verify_ledger(&self) -> Result<Verification, Error> {
        Ok(ledger::verify(&self.ledger_folder(), Some(&self.witness()))?)
    }

    /// All soundly signed entries, oldest first.
    pub fn entries(&self) -> Result<Vec<Recorded>, Error> {
        Ok(ledger::read(&self.ledger_folder(), Some(&self.witness()))?.0)
    }

    /// The author's public key, in its text form.
    pub fn verification_key(&self) -> Result<String, Error> {
        let mut ledger = self.ledger()?;
        Ok(self.opened_ledger(&mut ledger)?.author().verifier().to_string())
    }

    /// The rules of arbitration: `charter.toml` in the case, else the default.
    fn charter(&self) -> Result<Charter, Error> {
        let path = self.path.join("charter.toml");
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Charter::default());
            }
            Err(error) => return Err(Error::data(format!("{}: {error}", path.display()))),
            Ok(text) => text,
        };
        Charter::parse(&text).map_err(|error| {
            Error::usage(format!("{}: {error}", path.display())).with_hint(error.hint())
        })
    }

    pub(super) fn finding<'p>(
        &self,
        posture: &'p Posture,
        id: FindingId,
    ) -> Result<&'p Finding, Error> {
        posture.findings.iter().find(|finding| finding.id == id).ok_or_else(|| {
            Error::usage(format!("the case has no finding {id}")).with_hint(
                "It may have been settled by a later load; `diptych findings` lists them.",
            )
        })
    }

    fn context(&self, posture: &Posture, finding: Option<&Finding>) -> Context {
        Context {
            generation: self.case().manifest().generation,
            snapshot: Some(posture.snapshot),
            finding: finding.map(Finding::reading_digest),
            engine: ENGINE_VERSION.to_owned(),
        }
    }

    fn standing(&self, posture: &Posture) -> Result<Standing, Error> {
        let current: BTreeMap<FindingId, Digest> =
            posture.findings.iter().map(|finding| (finding.id, finding.reading_digest())).collect();
        let folder = self.ledger_folder();
        let entries = match folder.is_dir() {
            true => ledger::read(&folder, None)?.0,
            false => Vec::new(),
        };
        Ok(ledger::standing(&entries, &current))
    }

    fn append(&self, decisions: Vec<(Context, Body)>) -> Result<(), Error> {
        let mut ledger = self.ledger()?;
        let appended = self.opened_ledger(&mut ledger)?.append_all(Timestamp::now(), decisions)?;
        match appended.unsealed {
            // The entries are durable; the next append seals them.
            Some(error) => {
                Err(Error::data(format!("written, but the checkpoint could not be moved: {error}")))
            }
            None => Ok(()),
        }
    }

    fn ledger(&self) -> Result<MutexGuard<'_, Option<Ledger>>, Error> {
        Ok(self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn opened_ledger<'l>(&self, slot: &'l mut Option<Ledger>) -> Result<&'l mut Ledger, Error> {
        if let Some(ledger) = slot {
            return Ok(ledger);
        }
        let key =
            AuthorKey::load_or_create(&self.identity.paths.author_key(), &self.identity.author)?;
        Ok(slot.insert(Ledger::open(&self.ledger_folder(), key, Some(&self.witness()))?))
    }

    fn ledger_folder(&self) -> PathBuf {
        self.path.join("ledger")
    }

    /// Checkpoints of this case, outside of it.
    fn witness(&self) -> PathBuf {
        self.identity.paths.witness().join(self.case().manifest().id.clone())
    }
}

fn draft_of(draft: &RulingDraft) -> Result<arbitrate::Draft, Error> {
    let review_by = match draft.review_by.trim() {
        "" => None,
        date => Some(date.parse().map_err(|_| {
            Error::usage(format!("{date} is not a date")).with_hint("Write it as YYYY-MM-DD.")
        })?),
    };
    Ok(arbitrate::Draft {
        proposer: Text::new(&draft.proposer),
        governing: draft.governing,
        resolver: Text::new(&draft.resolver),
        accountability: Text::new(&draft.accountability),
        rationale: Text::new(&draft.rationale),
        conditions: draft.conditions.iter().map(Text::new).collect(),
        review_by,
        on: Timestamp::now().to_zoned(TimeZone::UTC).date(),
    })
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        Self::new(ErrorKind::Data, error.to_string()).with_hint(error.hint())
    }
}

impl From<arbitrate::Refused> for Error {
    fn from(refused: arbitrate::Refused) -> Self {
        let hints: Vec<&str> = refused.objections.iter().map(arbitrate::Objection::hint).collect();
        Self::usage(refused.to_string()).with_hint(hints.join(" "))
    }
}
