//! The loop: events in, `update`, effects out, and one frame for everything that has arrived.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use crossterm::event::{Event as TerminalEvent, EventStream, KeyEventKind};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::TuiError;
use super::desk::{Desk, DeskError, LoadingHandle};
use super::effect::{Answer, Effect, Request, Ticket};
use super::event::Event;
use super::state::State;
use super::terminal::{Screen, answering_panics};
use super::update::update;
use crate::domain::text::visible;

/// Events that may wait; whoever has more to say waits itself.
const WAITING: usize = 256;
/// Events that are taken before a frame is drawn, so that held keys cannot outrun the drawing and a
/// flood of events cannot stop it.
const BATCH: usize = 512;

/// Runs the workbench until it quits. Entries on their way to the ledger are written before it
/// returns.
pub async fn run(
    mut state: State,
    effects: Vec<Effect>,
    mut screen: Screen,
    desk: Arc<dyn Desk>,
    loading: Option<LoadingHandle>,
) -> Result<(), TuiError> {
    let (sender, mut events) = mpsc::channel(WAITING);
    let cancel = loading.as_ref().map(|loading| loading.cancel.clone());
    let mut outside = Outside::new(desk, sender.clone(), cancel);
    let mut watchers =
        vec![tokio::spawn(terminate(sender.clone())), tokio::spawn(input(sender.clone()))];
    if let Some(loading) = loading {
        watchers.push(tokio::spawn(watch(loading, outside.desk.clone(), sender)));
    }
    state.size = screen.size()?;
    let mut going = outside.perform(effects, &mut screen)?;
    screen.draw(&state)?;
    while going {
        let Some(first) = events.recv().await else { break };
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(event) = next.take() {
            going = outside.perform(update(&mut state, event), &mut screen)?;
            taken += 1;
            if going && taken < BATCH {
                next = events.try_recv().ok();
            }
        }
        if going {
            screen.draw(&state)?;
        }
    }
    drop(screen);
    for watcher in watchers {
        watcher.abort();
    }
    drop(events);
    outside.finish().await;
    Ok(())
}

/// The desk in force: another one once a load is over.
type SharedDesk = Arc<RwLock<Arc<dyn Desk>>>;

/// What does the effects.
struct Outside {
    desk: SharedDesk,
    sender: mpsc::Sender<Event>,
    cancel: Option<CancellationToken>,
    /// Questions that run at the same time: one core is left for drawing.
    permits: Arc<Semaphore>,
    /// Entries for the ledger, made one after the other. A person's keys fill it, so it has no bound:
    /// a full one would have to lose an entry or stop the drawing.
    writes: mpsc::UnboundedSender<(Ticket, Request)>,
    writer: JoinHandle<()>,
}

impl Outside {
    fn new(
        desk: Arc<dyn Desk>,
        sender: mpsc::Sender<Event>,
        cancel: Option<CancellationToken>,
    ) -> Self {
        let desk: SharedDesk = Arc::new(RwLock::new(desk));
        let (writes, queue) = mpsc::unbounded_channel();
        let writer = tokio::spawn(write(queue, desk.clone(), sender.clone()));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let permits = Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)));
        Self { desk, sender, cancel, permits, writes, writer }
    }

    /// Does the effects in order. Whether to go on.
    fn perform(&mut self, effects: Vec<Effect>, screen: &mut Screen) -> io::Result<bool> {
        for effect in effects {
            match effect {
                Effect::Ask(ticket, request) if request.writes() => {
                    // The writer ends only with the workbench.
                    let _ = self.writes.send((ticket, request));
                }
                Effect::Ask(ticket, request) => self.ask(ticket, request),
                Effect::Wake(timer, after) => {
                    let sender = self.sender.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        let _ = sender.send(Event::Timer(timer)).await;
                    });
                }
                Effect::Copy(text) => screen.copy(&text)?,
                Effect::CancelLoading => {
                    if let Some(cancel) = &self.cancel {
                        cancel.cancel();
                    }
                }
                Effect::Quit => return Ok(false),
            }
        }
        Ok(true)
    }

    fn ask(&self, ticket: Ticket, request: Request) {
        let (desk, sender, permits) =
            (self.desk.clone(), self.sender.clone(), self.permits.clone());
        tokio::spawn(async move {
            let _permit = permits.acquire_owned().await;
            let answer = answered(desk, request).await;
            let _ = sender.send(Event::Answer(ticket, Box::new(answer))).await;
        });
    }

    async fn finish(self) {
        drop(self.writes);
        let _ = self.writer.await;
    }
}

async fn write(
    mut queue: mpsc::UnboundedReceiver<(Ticket, Request)>,
    desk: SharedDesk,
    sender: mpsc::Sender<Event>,
) {
    while let Some((ticket, request)) = queue.recv().await {
        let answer = answered(desk.clone(), request).await;
        // Nobody listens once the workbench has quit; the entries are written all the same.
        let _ = sender.send(Event::Answer(ticket, Box::new(answer))).await;
    }
}

async fn answered(desk: SharedDesk, request: Request) -> Result<Answer, DeskError> {
    let desk = desk.read().unwrap_or_else(PoisonError::into_inner).clone();
    let work = move || answering_panics(|| request.put_to(desk.as_ref()));
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(DeskError {
            message: format!("the program failed on this question: {}", why(error)),
            hint: Some("The case is unharmed; please report this.".to_owned()),
        }),
    }
}

/// What a panic said, escaped: it may quote evidence.
fn why(error: tokio::task::JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cancelled".to_owned() };
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or(panic.downcast_ref::<&str>().copied());
    visible(said.unwrap_or("without a reason")).into_owned()
}

/// What is typed, pasted and resized. A task of its own: the stream of the terminal must always be
/// polled with the same waker, or a key is noticed only with the next one.
async fn input(sender: mpsc::Sender<Event>) {
    let mut stream = EventStream::new();
    while let Some(Ok(event)) = stream.next().await {
        let event = match event {
            // Windows reports the release of a key too.
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => Event::Key(key),
            TerminalEvent::Paste(text) => Event::Paste(text),
            TerminalEvent::Resize(width, height) => Event::Resize { width, height },
            _ => continue,
        };
        if sender.send(event).await.is_err() {
            return;
        }
    }
    // The terminal is gone.
    let _ = sender.send(Event::Terminate).await;
}

/// The progress and the outcome of a load.
async fn watch(mut loading: LoadingHandle, desk: SharedDesk, sender: mpsc::Sender<Event>) {
    let mut reporting = true;
    let outcome = loop {
        tokio::select! {
            biased;
            outcome = &mut loading.outcome => break outcome,
            changed = loading.progress.changed(), if reporting => {
                reporting = changed.is_ok();
                let progress = loading.progress.borrow_and_update().clone();
                if sender.send(Event::Progress(progress)).await.is_err() {
                    return;
                }
            }
        }
    };
    let loaded = match outcome {
        Ok(Ok(loaded)) => {
            *desk.write().unwrap_or_else(PoisonError::into_inner) = loaded;
            Ok(())
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(DeskError::new("the load ended without an outcome")),
    };
    let _ = sender.send(Event::Loaded(loaded)).await;
}

/// The system's requests to end.
#[cfg(unix)]
async fn terminate(sender: mpsc::Sender<Event>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    let _ = sender.send(Event::Terminate).await;
}

#[cfg(not(unix))]
async fn terminate(sender: mpsc::Sender<Event>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        let _ = sender.send(Event::Terminate).await;
    }
}
