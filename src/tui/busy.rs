//! When to show that the workspace is at work: not before 250 ms, so that quick answers do not
//! flicker, and never while nothing is asked.

use std::time::Duration;

use super::effect::Effect;
use super::event::Timer;

const PATIENCE: Duration = Duration::from_millis(250);

#[derive(Clone, Debug, Default)]
pub struct Busy {
    /// The oldest question when the wait began.
    waiting_for: Option<u64>,
    /// Steps of the sign that is shown; none while it is not.
    steps: Option<usize>,
}

impl Busy {
    /// Starts a wait if there is a question under way and no wait yet; ends with the last answer.
    pub fn watch(&mut self, oldest: Option<u64>) -> Option<Effect> {
        match (oldest, self.waiting_for) {
            (None, _) => {
                self.steps = None;
                None
            }
            (Some(_), Some(_)) => None,
            (Some(oldest), None) => Some(self.wait(oldest)),
        }
    }

    /// A wait is over.
    pub fn tick(&mut self, generation: u64, oldest: Option<u64>) -> Option<Effect> {
        if self.waiting_for.take() != Some(generation) {
            return None;
        }
        let oldest = oldest?;
        // The same question as a while ago is still open.
        if oldest == generation || self.steps.is_some() {
            self.steps = Some(self.steps.map_or(0, |steps| steps + 1));
        }
        Some(self.wait(oldest))
    }

    /// The sign to show; a still one where motion is not wanted.
    pub fn sign(&self, motion: bool) -> Option<&'static str> {
        const SIGNS: [&str; 4] = ["working |", "working /", "working -", "working \\"];
        let steps = self.steps?;
        match motion {
            true => SIGNS.get(steps % SIGNS.len()).copied(),
            false => Some("working"),
        }
    }

    fn wait(&mut self, oldest: u64) -> Effect {
        self.waiting_for = Some(oldest);
        Effect::Wake(Timer::Busy(oldest), PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_answers_show_nothing_and_slow_ones_do() {
        let mut busy = Busy::default();
        assert!(busy.watch(Some(1)).is_some());
        assert!(busy.watch(Some(1)).is_none(), "one wait at a time");
        assert!(busy.watch(None).is_none());
        assert!(busy.tick(1, None).is_none(), "answered in time");
        assert_eq!(busy.sign(true), None);

        busy.watch(Some(2));
        assert!(busy.tick(2, Some(2)).is_some());
        assert_eq!(busy.sign(false), Some("working"));
        busy.watch(None);
        assert_eq!(busy.sign(true), None);
    }
}
