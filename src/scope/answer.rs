//! Three-valued answers: yes, no, or a question that configuration alone does not settle.
//!
//! The connectives are those of Kleene's strong logic: what is certain whatever the open question
//! turns out to be is certain.

use std::collections::BTreeSet;

use crate::domain::{Permitted, Text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// It depends on whether these hold, in words (`request.method is GET`). Never empty.
    Depends(BTreeSet<Text>),
}

impl Answer {
    /// It depends on whether `question` holds.
    pub fn on(question: impl Into<Text>) -> Self {
        Self::Depends(BTreeSet::from([question.into()]))
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

    /// The questions stay: to depend on whether something holds is to depend on whether it does not.
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            depends @ Self::Depends(_) => depends,
        }
    }

    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::Yes, Self::and)
    }

    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::No, Self::or)
    }

    /// The answer when `question` is open, from the answers for either case of it.
    pub fn whether(question: &str, holds: Self, does_not: Self) -> Self {
        match holds == does_not {
            true => holds,
            false => [holds, does_not].into_iter().fold(Self::on(question), |open, case| {
                // Only the questions of a case matter here: which case it is stays open.
                match case {
                    Self::Depends(_) => open.and(case),
                    Self::Yes | Self::No => open,
                }
            }),
        }
    }
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
            Answer::Depends(questions) => Self::Depends(questions.into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer over three open questions.
    fn answers() -> impl Strategy<Value = Answer> {
        prop_oneof![
            Just(Answer::Yes),
            Just(Answer::No),
            (0..3_u8).prop_map(|question| Answer::on(question.to_string())),
        ]
    }

    /// What is left of an answer once every open question is answered with `known`.
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
    fn an_open_question_is_kept_only_where_it_matters() {
        let open = || Answer::on("q");
        for (found, expected) in [
            (Answer::whether("q", Answer::Yes, Answer::Yes), Answer::Yes),
            (Answer::whether("q", Answer::Yes, Answer::No), open()),
            (Answer::whether("q", open(), open()), open()),
            (Answer::whether("q", Answer::No, Answer::on("r")), open().and(Answer::on("r"))),
            (Answer::all([]), Answer::Yes),
            (Answer::any([]), Answer::No),
            (Answer::any([open(), Answer::Yes]), Answer::Yes),
            (Answer::all([open(), Answer::No]), Answer::No),
        ] {
            assert_eq!(found, expected);
        }
    }
}
