//! The rooms that are fuzzed, without the rest of the house.
#![forbid(unsafe_code)]

#[path = "../src/domain/mod.rs"]
pub mod domain;
#[path = "../src/ingest/mod.rs"]
pub mod ingest;
