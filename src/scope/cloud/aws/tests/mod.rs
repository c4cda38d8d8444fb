//! The evaluator against AWS's documentation, a peer's expected results, and its own laws.

mod iam_simulate;
