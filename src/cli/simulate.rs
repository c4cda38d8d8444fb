//! `diptych simulate`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{load, output};
use crate::simulate::{self, Request};
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  diptych simulate ./estate --agents 200 --days 21 --events 1000000 --seed 7")]
pub struct Args {
    /// The folder to write; created, and refused when it is not empty.
    folder: PathBuf,
    #[arg(long, default_value_t = 44)]
    agents: usize,
    #[arg(long, default_value_t = 21)]
    days: u32,
    /// About how many operational events.
    #[arg(long, default_value_t = 20_000)]
    events: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The first day.
    #[arg(long, default_value = "2026-10-11", value_name = "YYYY-MM-DD")]
    start: Date,
}

pub fn run(args: &Args) -> Result<u8, Error> {
    let occupied =
        std::fs::read_dir(&args.folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Error::usage(format!("{} is not empty", args.folder.display()))
            .with_hint("Name a new folder; nothing is overwritten."));
    }
    let start = args.start.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).map_err(|error| {
        Error::usage(format!("{} cannot be the first day: {error}", args.start))
    })?;
    let request = Request {
        agents: args.agents,
        days: args.days,
        events: args.events,
        seed: args.seed,
        start,
    };
    let bar = load::spinner();
    let truth = simulate::write(&args.folder, &request, &mut |done, total| {
        bar.set_message(format!("{done} of {total} events"));
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let truth = truth.map_err(|error| Error::data(error.to_string()).with_hint(error.hint()))?;
    output::note(&format!(
        "{} causes planted in {}; ground-truth.json says which",
        truth.causes.len(),
        args.folder.display()
    ));
    Ok(0)
}
