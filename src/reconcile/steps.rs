//! The decision path (design §3.3): six steps, in order, recorded on every finding.

use crate::domain::Step;

/// The questions of the six steps. A finding records the ones that were asked, in this order.
const QUESTIONS: [&str; 6] = [
    "Are the records there?",
    "Was a declared rule broken?",
    "Whose activity is it?",
    "By which route was it permitted?",
    "Is the pattern normal for this agent?",
    "Was it never used, or never seen?",
];

/// The names of the steps, as used in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Records = 1,
    Breach = 2,
    Attribution = 3,
    Scope = 4,
    Pattern = 5,
    Absence = 6,
}

/// The recorded path of one decision. Steps can only be added in order; a skipped one is recorded as
/// not asked, so that a reader sees all six.
#[derive(Clone, Debug, Default)]
pub struct Path {
    steps: Vec<Step>,
}

impl Path {
    /// Records the answer of a step. `because` must be visible text.
    pub fn step(mut self, stage: Stage, verdict: &str, because: impl Into<String>) -> Self {
        while self.steps.len() + 1 < stage as usize {
            self.skip();
        }
        let number = stage as u8;
        let question = QUESTIONS[stage as usize - 1].to_owned();
        self.steps.push(Step {
            number,
            question,
            verdict: verdict.to_owned(),
            because: because.into(),
        });
        self
    }

    fn skip(&mut self) {
        let index = self.steps.len();
        self.steps.push(Step {
            number: index as u8 + 1,
            question: QUESTIONS[index.min(5)].to_owned(),
            verdict: "not asked".to_owned(),
            because: "an earlier or a later step decides this reading".to_owned(),
        });
    }

    /// The six steps.
    pub fn finish(mut self) -> Vec<Step> {
        while self.steps.len() < QUESTIONS.len() {
            self.skip();
        }
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_six_steps_are_there_in_order() {
        let steps = Path::default()
            .step(Stage::Records, "loaded", "complete snapshot")
            .step(Stage::Scope, "immediate", "one route")
            .finish();
        let numbers: Vec<u8> = steps.iter().map(|step| step.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        assert_eq!(steps[1].verdict, "not asked");
        assert_eq!(steps[3].verdict, "immediate");
    }
}
