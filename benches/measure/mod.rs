//! Contestants in processes of their own, so that the peak memory is each one's own: anonymous
//! resident memory, looked at every few milliseconds.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;

/// The allocator of the program: what is measured here is what it takes there.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Which contestant a process is, and on what, handed to it by its parent.
pub const CONTESTANT: &str = "DIPTYCH_BENCH_CONTESTANT";
pub const ESTATE: &str = "DIPTYCH_BENCH_ESTATE";

/// What a contestant says of its run.
pub struct Figures {
    pub events: f64,
    pub seconds: f64,
    /// Megabytes.
    pub peak: f64,
}

impl Figures {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        self.events / self.seconds
    }
}

/// Runs a contestant.
pub fn contest(name: &str, estate: &Path) -> Option<Figures> {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program);
    let output = child.env(CONTESTANT, name).env(ESTATE, estate).output().expect("starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let mut figures = said.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let (events, seconds, peak) = (figures.next()?, figures.next()?, figures.next()?);
    let figures = Figures { events, seconds, peak };
    let rate = figures.rate();
    println!(
        "  {name:<22}{rate:>9.0} events/s  {events:>9.0} events in {seconds:.1} s, peak {peak:.0} MB anonymous"
    );
    Some(figures)
}

/// Runs `work`, which returns the events it took, and prints events, seconds and peak megabytes.
pub fn measured(work: impl FnOnce() -> u64) {
    let (peak, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watch = {
        let (peak, over) = (Arc::clone(&peak), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(anonymous(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        })
    };
    let began = Instant::now();
    let events = work();
    let seconds = began.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    watch.join().expect("the watch ends");
    println!("{events} {seconds} {}", peak.load(Ordering::Relaxed) / 1000);
}

/// Kilobytes of anonymous resident memory.
fn anonymous() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
