//! Transcripts of conversations between users, models and tools.
//!
//! `message` and `block` read a message in the shape of any provider into steps (`step`), `run` maps the
//! steps of one conversation to events and `origins` says where the arguments of its calls come from.
//! Around them stand thin readers: `chat` for requests, answers and dumps of conversations,
//! `agentdojo` and `tau_bench` for runs of benchmarks, `claude_code` and `codex` for what coding agents
//! keep on disk, line by line.
//!
//! Most transcripts have no times. Their order is kept as seconds since the epoch, and a problem says
//! so.

mod agentdojo;
mod block;
mod chat;
mod claude_code;
mod codex;
mod disk;
mod message;
mod origins;
mod run;
mod step;
mod tau_bench;
#[cfg(test)]
mod tests;

use self::chat::{Placed, numbered};
use self::step::Step;
use crate::domain::ProblemKind;
use crate::ingest::{Document, Sink, location};

pub use agentdojo::FORMAT as AGENTDOJO;
pub use chat::FORMAT as CHAT;
pub use claude_code::FORMAT as CLAUDE_CODE;
pub use codex::FORMAT as CODEX;
pub use tau_bench::FORMAT as TAU_BENCH;

/// The steps of messages; one that cannot be read costs itself alone.
fn messages<'a>(
    placed: &[Placed<'a>],
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    for (pointer, raw) in placed {
        if !message::read(raw, pointer, &mut steps) {
            let mut problem = document.problem(
                ProblemKind::Malformed,
                "a message without a role or a type that is known",
            );
            problem.at = location::beneath(&problem.at, pointer);
            sink.problem(problem);
        }
    }
    steps
}

/// The file's base name up to its first dot.
fn stem<'d>(document: &'d Document<'_>) -> &'d str {
    let file = document.source.file.raw();
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.split('.').next().unwrap_or(name)
}

/// A part of a key: `none` when it is missing.
fn part_of_key(part: &str) -> String {
    match part {
        "" => "none".to_owned(),
        part => part.replace('/', "%2F"),
    }
}
