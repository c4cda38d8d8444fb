//! Arguments → library → exit code.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// A load reads on threads that come and go, and frees what they found on the one that writes. With the
/// allocator of glibc the fragments of that add up the longer it lasts, though what is in use stays
/// level; this one takes back what another thread frees.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(diptych::cli::main(diptych::cli::Cli::parse()))
}
