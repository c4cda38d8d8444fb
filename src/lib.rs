//! Diptych: the terminal workbench in which an analyst decides what an AI agent did, whether it was
//! allowed to, and which of two records to believe.
//!
//! The map of the house. Lower floors know nothing of the floors above them; `tests/it` holds them
//! to it.
//!
//! | floor | room | what it turns into what |
//! |---|---|---|
//! | 0 | [`domain`] | the words, as pure types |
//! | 1 | [`ingest`] | bytes → records, events and problems |
//! | 1 | [`scope`] | configured records → grants with routes |
//! | 1 | [`profile`] | events → exercises, baselines, convergence, deviation |
//! | 1 | [`lineage`] | events → delegation tree, identity chain |
//! | 2 | [`reconcile`] | grants × exercises × deviation → findings |
//! | 2 | [`ledger`] | decisions → a signed, hash-linked log |
//! | 3 | [`arbitrate`] | findings and rulings → disputes |
//! | 3 | [`assess`] | findings and tags → maturity |
//! | 3 | [`case`] | the case folder: evidence, event columns, search, settings, locks |
//! | 3 | [`pull`] | live sensors → evidence |
//! | 3 | [`catalog`] | `views/` and `queries/`, loaded and validated |
//! | 3 | [`view`] | the rows and summaries that both faces draw, as pure types |
//! | 4 | [`workspace`] | what both faces ask for, composed from the floors below |
//! | 4 | [`simulate`] | a synthetic estate with its ground truth (uses [`domain`] words only) |
//! | 5 | [`tui`], [`cli`] | the two faces |
#![forbid(unsafe_code)]

pub mod arbitrate;
pub mod assess;
pub mod case;
pub mod catalog;
pub mod cli;
pub mod domain;
pub mod ingest;
pub mod ledger;
pub mod lineage;
pub mod profile;
pub mod pull;
pub mod reconcile;
pub mod scope;
pub mod simulate;
pub mod tui;
pub mod view;
pub mod workspace;
