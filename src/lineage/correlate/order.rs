//! Ties by the order in one trace or session: the prompt before a model call, the model's answer
//! before a tool call.

use rustc_hash::FxHashMap;

use super::exact::when;
use super::row::{Mark, Row, Rows};
use super::rules::RuleId;
use super::spans::Spans;
use super::ties::Ties;
use crate::domain::RecordLayer;

/// What happens at a moment, in the order in which it counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Prompt,
    Asked,
    Answered,
    ToolCall,
}

/// The last answer of an agent's model, and the one before it when both were awaited at once.
#[derive(Clone, Copy)]
struct Answer {
    call: u32,
    beside: Option<u32>,
}

pub(super) fn tie(rows: &Rows, spans: &Spans, ties: &mut Ties<'_>) {
    let mut order: Vec<_> = (0_u32..)
        .zip(&rows.rows)
        .filter(|(number, row)| {
            row.conversation != 0 && !row.is(Mark::NoMoment) && !spans.is_echo(*number)
        })
        .flat_map(|(number, row)| {
            let steps = steps(row).into_iter().flatten();
            steps.map(move |(step, at)| (row.conversation, at, step, row.id, number))
        })
        .collect();
    order.sort_unstable();
    for conversation in order.chunk_by(|a, b| a.0 == b.0) {
        let steps = conversation.iter().map(|(_, _, step, _, number)| (*step, *number));
        follow(steps, rows, spans, ties);
    }
    for (number, row) in (0_u32..).zip(&rows.rows).filter(|(_, row)| row.is(Mark::Prompt)) {
        if row.layer == Some(RecordLayer::ModelCall) {
            ties.holds(number, RuleId::PromptInRecord, RecordLayer::Prompt);
        }
    }
}

fn steps(row: &Row) -> [Option<(Step, i64)>; 2] {
    match row.layer {
        Some(RecordLayer::Prompt) => [Some((Step::Prompt, row.start)), None],
        Some(RecordLayer::ModelCall) => {
            [Some((Step::Asked, row.start)), Some((Step::Answered, row.end))]
        }
        Some(RecordLayer::ToolCall) => [Some((Step::ToolCall, row.start)), None],
        _ => [None, None],
    }
}

/// Goes through one conversation.
fn follow(
    steps: impl Iterator<Item = (Step, u32)>,
    rows: &Rows,
    spans: &Spans,
    ties: &mut Ties<'_>,
) {
    let mut prompt = None;
    let mut answers: FxHashMap<u32, Answer> = FxHashMap::default();
    for (step, number) in steps {
        let Some(row) = rows.get(number) else { continue };
        match step {
            Step::Prompt => {
                prompt = Some(number);
                answers.clear();
            }
            Step::Asked if row.is(Mark::Prompt) => prompt = Some(number),
            Step::Asked => {
                if let Some(prompt) = prompt.filter(|_| !ties.is_joined(number)) {
                    ties.tie(prompt, number, RuleId::PromptBefore, false);
                    // The prompt may be held by the record of an earlier model call.
                    ties.holds(number, RuleId::PromptBefore, RecordLayer::Prompt);
                }
            }
            Step::Answered => {
                let last = answers.get(&row.inner).map(|last| last.call);
                let beside = last.filter(|last| {
                    let overlaps = rows.get(*last).is_some_and(|last| last.end > row.start);
                    // A call told by two layers of one library is one call.
                    overlaps && !spans.is_nested(*last, number)
                });
                answers.insert(row.inner, Answer { call: number, beside });
            }
            Step::ToolCall if ties.is_joined(number) => {}
            Step::ToolCall => match answers.get(&row.inner) {
                Some(Answer { call, beside: None }) => {
                    ties.tie(*call, number, RuleId::AskedByModel, false);
                }
                Some(Answer { call, beside: Some(other) }) => {
                    let mut both = vec![*call, *other];
                    both.sort_by_key(|call| rows.get(*call).map(when));
                    ties.several(number, both, RuleId::AskedByModel);
                }
                None => {}
            },
        }
    }
}
