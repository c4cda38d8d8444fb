//! Three-valued answers: yes, no, or yes under conditions that configuration alone does not settle.
//!
//! The connectives are those of Kleene's strong logic: what is certain whatever the open conditions
//! turn out to be is certain. Which of several conditions suffice is not kept.

use std::collections::BTreeSet;

use crate::domain::{Permitted, Text, opposite};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// Yes where these hold, in words (`request.method is GET`, `not: it is POST`). Never empty.
    Depends(BTreeSet<Text>),
}

impl Answer {
    /// Yes where `condition` holds.
    pub fn on(condition: impl Into<Text>) -> Self {
        Self::Depends(BTreeSet::from([condition.into()]))
    }

    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, answer) | (answer, Self::Yes) => answer,
            (Self::Depends(mut one), Self::Depends(other)) => {
                one.extend(other);
                Self::Depends(one)
            }
        }
    }

    pub fn or(self, other: Self) -> Self {
        self.negated().and(other.negated()).negated()
    }

    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Depends(conditions) => Self::Depends(opposites(conditions)),
        }
    }

    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::Yes, Self::and)
    }

    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::No, Self::or)
    }

    /// The answer where `condition` is open, from the answers for either case of it.
    pub fn whether(condition: &str, holds: Self, does_not: Self) -> Self {
        let open = Self::on(condition);
        match (holds, does_not) {
            (holds, does_not) if holds == does_not => holds,
            (Self::Yes, does_not) => open.or(does_not),
            (Self::No, does_not) => open.negated().and(does_not),
            (holds, Self::Yes) => open.negated().or(holds),
            (holds, Self::No) => open.and(holds),
            (holds, does_not) => open.and(holds).and(does_not),
        }
    }
}

/// Each condition turned into its opposite.
pub fn opposites(conditions: BTreeSet<Text>) -> BTreeSet<Text> {
    conditions.iter().map(opposite).collect()
}

impl From<bool> for Answer {
    fn from(known: bool) -> Self {
        match known {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

impl From<Answer> for Permitted {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => Self::Yes,
            Answer::No => Self::No,
            Answer::Depends(conditions) => Self::Depends(conditions.into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer over three open conditions.
    fn answers() -> impl Strategy<Value = Answer> {
        prop_oneof![
            Just(Answer::Yes),
            Just(Answer::No),
            (0..3_u8).prop_map(|condition| Answer::on(condition.to_string())),
        ]
    }

    /// What is left of an answer once every open condition is known to hold, or not to.
    fn settled(answer: &Answer, known: bool) -> bool {
        match answer {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Depends(_) => known,
        }
    }

    proptest! {
        #[test]
        fn the_connectives_agree_with_two_valued_logic(
            one in answers(), other in answers(), known: bool,
        ) {
            let both = one.clone().and(other.clone());
            prop_assert_eq!(settled(&both, known), settled(&one, known) && settled(&other, known));
            let either = one.clone().or(other.clone());
            prop_assert_eq!(settled(&either, known), settled(&one, known) || settled(&other, known));
            prop_assert_eq!(one.clone().negated().negated(), one);
        }
    }

    #[test]
    fn an_open_condition_is_kept_only_where_it_matters() {
        let (open, other) = (|| Answer::on("q"), || Answer::on("r"));
        for (found, expected) in [
            (Answer::whether("q", Answer::Yes, Answer::Yes), Answer::Yes),
            (Answer::whether("q", Answer::Yes, Answer::No), open()),
            (Answer::whether("q", Answer::No, Answer::Yes), Answer::on("not: q")),
            (Answer::whether("q", other(), other()), other()),
            (Answer::whether("q", other(), Answer::No), open().and(other())),
            (Answer::whether("q", Answer::No, other()), Answer::on("not: q").and(other())),
            (Answer::all([]), Answer::Yes),
            (Answer::any([]), Answer::No),
            (Answer::any([open(), Answer::Yes]), Answer::Yes),
            (Answer::all([open(), Answer::No]), Answer::No),
        ] {
            assert_eq!(found, expected);
        }
    }
}
