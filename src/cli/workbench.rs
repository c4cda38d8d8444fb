//! `diptych` without a subcommand: the workbench, or its summary where there is no terminal.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::output::{self, Format};
use super::{Global, load};
use crate::catalog::Catalog;
use crate::tui::{self, Desk, DeskError, LoadProgress, LoadingHandle};
use crate::workspace::{Error, ErrorKind, Paths, Workspace};

/// The case named, else the one opened last, else the bundled sample.
pub fn run(global: &Global) -> Result<u8, Error> {
    let paths = global.paths()?;
    let named = global.case.clone().or_else(|| paths.last_case());
    let workspace = match named {
        Some(path) => Workspace::open(&path, global.identity()?)?,
        None => Workspace::open_or_create(&paths.sample_case(), global.identity()?)?,
    };
    let workspace = Arc::new(workspace);
    let is_sample = workspace.path() == paths.sample_case();
    let interactive = io::stdout().is_terminal() && io::stdin().is_terminal();
    match interactive {
        true => workbench(&workspace, is_sample, &paths),
        false => summary(global, &workspace, is_sample),
    }
}

/// Views, queries and themes, with the user's overrides.
pub fn catalog(paths: &Paths) -> Result<Catalog, Error> {
    Catalog::load(Some(paths.catalog())).map_err(|error| {
        Error::usage(error.to_string()).with_hint("Mend or remove the file named.")
    })
}

/// Without a terminal: the case, then its findings.
fn summary(global: &Global, workspace: &Workspace, is_sample: bool) -> Result<u8, Error> {
    if is_sample && workspace.is_empty() {
        let bar = load::LoadBar::new();
        let loaded = workspace.load_sample(&mut |progress| bar.show(progress));
        bar.finish();
        loaded?;
    }
    let summary = workspace.summary()?;
    let findings = workspace.findings()?;
    match global.format {
        Format::Table => {
            output::line(&load::describe(&summary))?;
            output::line("")?;
            output::rows(global.format, &findings)?;
        }
        Format::Csv | Format::Jsonl => output::rows(global.format, &findings)?,
        Format::Json => {
            let both = serde_json::json!({ "summary": summary, "findings": findings });
            output::value(global.format, &both, |_| String::new())?;
        }
    }
    Ok(0)
}

fn workbench(workspace: &Arc<Workspace>, is_sample: bool, paths: &Paths) -> Result<u8, Error> {
    let catalog = catalog(paths)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Error::new(ErrorKind::Internal, format!("cannot start the runtime: {error}"))
        })?;
    let loading = (is_sample && workspace.is_empty()).then(|| load_sample(&runtime, workspace));
    let options = tui::Options { loading, ..tui::Options::default() };
    let desk: Arc<dyn Desk> = workspace.clone();
    let outcome = runtime.block_on(tui::run(desk, catalog, options));
    runtime.shutdown_background();
    outcome.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    Ok(0)
}

/// Loads the sample on a worker, its progress and outcome at the workbench's disposal.
fn load_sample(runtime: &tokio::runtime::Runtime, workspace: &Arc<Workspace>) -> LoadingHandle {
    let (progress, shown) = watch::channel(LoadProgress::default());
    let (done, outcome) = oneshot::channel::<Result<Arc<dyn Desk>, DeskError>>();
    let cancel = CancellationToken::new();
    let (workspace, cancelled) = (workspace.clone(), cancel.clone());
    runtime.spawn_blocking(move || {
        let loaded = workspace.load_sample(&mut |at| {
            progress.send_replace(LoadProgress {
                stage: at.label(),
                done: at.done,
                total: at.total,
                unit: at.unit,
            });
            match cancelled.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        let desk: Arc<dyn Desk> = workspace;
        // A workbench that was closed meanwhile does not wait for the outcome.
        drop(done.send(loaded.map(|()| desk).map_err(DeskError::from)));
    });
    LoadingHandle { progress: shown, outcome, cancel }
}
