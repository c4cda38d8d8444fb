//! The questions that are under way. Of one kind, one runs and the newest waits: a late answer to an
//! old question is dropped, and typing fast never queues up work.

use std::collections::BTreeMap;

use super::effect::{Effect, Request, Slot, Ticket};

#[derive(Clone, Debug, Default)]
pub struct Requests {
    generation: u64,
    reads: BTreeMap<Slot, Flight>,
    writes: Vec<Ticket>,
}

#[derive(Clone, Debug)]
struct Flight {
    generation: u64,
    waiting: Option<Request>,
}

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Whether the answer is to the newest question of its kind.
    pub fresh: bool,
    /// The question that waited for this answer.
    pub next: Option<Effect>,
}

impl Requests {
    /// Asks at once, or as soon as the question of this kind that is under way is answered. An entry
    /// for the ledger always goes out.
    pub fn ask(&mut self, request: Request) -> Option<Effect> {
        let slot = Slot::from(&request);
        if request.writes() {
            let ticket = self.ticket(slot);
            self.writes.push(ticket);
            return Some(Effect::Ask(ticket, request));
        }
        if let Some(flight) = self.reads.get_mut(&slot) {
            flight.waiting = Some(request);
            return None;
        }
        Some(self.send(slot, request))
    }

    /// Notes an answer.
    pub fn settle(&mut self, ticket: Ticket) -> Settled {
        if let Some(index) = self.writes.iter().position(|write| *write == ticket) {
            self.writes.remove(index);
            return Settled { fresh: true, next: None };
        }
        match self.reads.remove(&ticket.slot) {
            Some(flight) if flight.generation == ticket.generation => {
                let fresh = flight.waiting.is_none();
                let next = flight.waiting.map(|request| self.send(ticket.slot, request));
                Settled { fresh, next }
            }
            Some(other) => {
                self.reads.insert(ticket.slot, other);
                Settled { fresh: false, next: None }
            }
            None => Settled { fresh: false, next: None },
        }
    }

    /// Whether an answer of this kind is awaited.
    pub fn awaits(&self, slot: Slot) -> bool {
        self.reads.contains_key(&slot)
    }

    /// The oldest question that is under way.
    pub fn oldest(&self) -> Option<u64> {
        let reads = self.reads.values().map(|flight| flight.generation);
        reads.chain(self.writes.iter().map(|ticket| ticket.generation)).min()
    }

    /// Entries that are not on disk yet.
    pub fn writing(&self) -> usize {
        self.writes.len()
    }

    fn send(&mut self, slot: Slot, request: Request) -> Effect {
        let ticket = self.ticket(slot);
        self.reads.insert(slot, Flight { generation: ticket.generation, waiting: None });
        Effect::Ask(ticket, request)
    }

    fn ticket(&mut self, slot: Slot) -> Ticket {
        self.generation += 1;
        Ticket { slot, generation: self.generation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &str) -> Request {
        Request::Search { query: query.to_owned(), offset: 0, limit: 10 }
    }

    fn ticket(effect: Option<Effect>) -> Ticket {
        let Some(Effect::Ask(ticket, _)) = effect else {
            unreachable!("a question goes out: {effect:?}")
        };
        ticket
    }

    #[test]
    fn one_question_runs_and_only_the_newest_waits() {
        let mut requests = Requests::default();
        let first = ticket(requests.ask(search("a")));
        assert_eq!(requests.ask(search("ab")), None);
        assert_eq!(requests.ask(search("abc")), None);

        let settled = requests.settle(first);
        assert!(!settled.fresh, "the answer to an old question is dropped");
        let Some(Effect::Ask(second, request)) = settled.next else {
            unreachable!("the waiting question goes out")
        };
        assert_eq!(request, search("abc"));
        assert_eq!(requests.settle(second), Settled { fresh: true, next: None });
        assert_eq!(requests.settle(second), Settled { fresh: false, next: None });
        assert_eq!(requests.oldest(), None);
    }

    #[test]
    fn entries_for_the_ledger_are_never_superseded() {
        let mut requests = Requests::default();
        let first = ticket(requests.ask(Request::Undo));
        let second = ticket(requests.ask(Request::Undo));
        assert_eq!(requests.writing(), 2);
        assert!(requests.settle(second).fresh && requests.settle(first).fresh);
        assert_eq!(requests.writing(), 0);
    }
}
