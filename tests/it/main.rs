//! The one integration-test binary.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking, and say how many public cases ran"
)]

mod agents;
mod architecture;
mod cases;
mod correlation;
mod decisions;
mod docs;
mod evidence;
mod facts;
mod hostile;
mod pulls;
mod queries;
mod real_data;
mod requirements;
mod sample;
mod scope;
mod screens;
mod storyline;
mod support;
mod terminal;
