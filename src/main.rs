//! Arguments → library → exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    ExitCode::from(diptych::cli::main(diptych::cli::Cli::parse()))
}
