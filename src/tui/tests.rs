//! The workbench as a whole, driven by keys, without a terminal.

use ratatui::style::Modifier;

use super::effect::Request;
use super::event::Event;
use super::fixture;
use super::headless::Headless;
use super::screen::Screen;
use crate::domain::Verdict;

/// The workbench under test: its keys are known to be keys.
struct Bench(Headless);

fn bench() -> Bench {
    sized("dark", 120, 40)
}

fn sized(theme: &str, width: u16, height: u16) -> Bench {
    Bench(fixture::bench(theme, width, height))
}

impl Bench {
    fn keys(&mut self, keys: &str) -> &mut Self {
        self.0.keys(keys).expect("the test writes keys");
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.0.text(text);
        self
    }

    fn wait(&mut self) -> &mut Self {
        self.0.wait();
        self
    }
}

impl std::ops::Deref for Bench {
    type Target = Headless;

    fn deref(&self) -> &Headless {
        &self.0
    }
}

impl std::ops::DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut Headless {
        &mut self.0
    }
}

/// The tags that were asked for: how many findings, the verdict, the reason.
fn tags(bench: &Bench) -> Vec<(usize, Verdict, Option<&str>)> {
    bench
        .asked
        .iter()
        .filter_map(|request| match request {
            Request::Tag { findings, verdict, reason } => {
                Some((findings.len(), *verdict, reason.as_deref()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn one_key_tags_a_finding_and_goes_to_the_next() {
    let mut bench = bench();
    assert_eq!(bench.state.queue.open(), 6);
    bench.keys("a");
    assert_eq!(tags(&bench), [(1, Verdict::Gap2, None)]);
    bench.keys("3 1");
    assert_eq!(tags(&bench).len(), 3);
    assert_eq!(tags(&bench)[1], (1, Verdict::Gap3, None));
    assert_eq!(tags(&bench)[2], (1, Verdict::Gap1, None));
    assert_eq!(bench.state.queue.open(), 3);
}

#[test]
fn a_differing_tag_needs_its_own_reason() {
    let mut bench = bench();
    bench.keys("1");
    assert_eq!(tags(&bench), []);
    bench.keys("enter");
    assert!(bench.screen().contains("cannot be empty"), "{}", bench.screen());
    bench.text("the group is its own").keys("enter");
    assert_eq!(tags(&bench), [(1, Verdict::Gap1, Some("the group is its own"))]);
    bench.keys("1 esc");
    assert_eq!(tags(&bench).len(), 1);
}

#[test]
fn marked_findings_are_tagged_together() {
    let mut bench = bench();
    bench.keys("* a");
    assert_eq!(bench.state.queue.open(), 1, "a breach is no gap type");
    assert!(bench.screen().contains("1 breach or compound not tagged"), "{}", bench.screen());
    bench.keys("2").text("known").keys("enter");
    assert_eq!(bench.state.queue.open(), 0);
    assert!(bench.screen().contains("every finding is tagged"));
}

#[test]
fn undo_takes_the_last_tag_back() {
    let mut bench = bench();
    bench.keys("a a u");
    assert_eq!(bench.state.queue.open(), 5);
    assert!(bench.screen().contains("retracted Gap 3"), "{}", bench.screen());
    bench.keys("u u");
    assert!(bench.screen().contains("nothing to undo"));
}

#[test]
fn tagging_never_waits_for_the_case() {
    let mut bench = bench();
    bench.hold = true;
    bench.keys("a a a");
    assert_eq!(tags(&bench).len(), 3, "entries are never superseded");
    assert!(bench.screen().contains("saving Gap"), "{}", bench.screen());
    bench.wait().wait();
    assert!(bench.screen().contains("working"), "{}", bench.screen());
    bench.answer_held();
    assert!(!bench.screen().contains("saving"), "{}", bench.screen());
    assert!(!bench.screen().contains("working"));
    assert_eq!(bench.state.queue.open(), 3);
}

#[test]
fn the_diptych_is_tagged_and_walked_without_leaving_it() {
    let mut bench = bench();
    bench.keys("enter");
    assert_eq!(bench.state.screen, Screen::Diptych);
    let first = bench.state.diptych.finding;
    bench.keys("enter");
    assert_eq!(tags(&bench), [(1, Verdict::Gap2, None)]);
    assert_ne!(bench.state.diptych.finding, first);
    bench.keys("[");
    assert_eq!(bench.state.diptych.finding, first);
    bench.keys("v");
    assert!(bench.screen().contains("Event 1 of 2"), "{}", bench.screen());
    bench.keys("] ] esc esc");
    assert_eq!(bench.state.screen, Screen::Queue);
    bench.keys("y");
    assert_eq!(bench.copied.len(), 1);
}

#[test]
fn esc_never_quits_and_q_does() {
    let mut bench = bench();
    bench.keys("space / esc esc esc esc");
    assert!(!bench.quit);
    bench.keys("t q");
    assert!(!bench.quit, "back from the tree");
    assert_eq!(bench.state.screen, Screen::Queue);
    bench.keys("? q q");
    assert!(bench.quit);
}

#[test]
fn ctrl_c_quits_only_twice() {
    let mut bench = bench();
    bench.keys("/ ctrl-c ctrl-c");
    assert!(!bench.quit, "the first left the filter");
    bench.wait();
    bench.keys("ctrl-c");
    assert!(!bench.quit, "too late to be the second");
    bench.keys("ctrl-c");
    assert!(bench.quit);
}

#[test]
fn a_search_is_asked_after_a_pause_and_old_answers_are_dropped() {
    let searches = |bench: &Bench| {
        let asked = bench.asked.iter().filter(|r| matches!(r, Request::Search { .. }));
        asked.count()
    };
    let mut bench = bench();
    bench.keys("g s /").text("kind:exec");
    assert_eq!(searches(&bench), 0);
    bench.wait();
    assert_eq!(searches(&bench), 1, "nine keys, one question");
    bench.keys("enter");
    assert!(bench.screen().contains("1 to 6 of 412"), "{}", bench.screen());

    bench.hold = true;
    bench.keys("/").text(" x").wait().text("y").wait();
    bench.answer_held();
    assert_eq!(bench.state.search.query, "kind:exec xy");
    let last = bench.asked.iter().rev().find_map(|request| match request {
        Request::Search { query, .. } => Some(query.as_str()),
        _ => None,
    });
    assert_eq!(last, Some("kind:exec xy"));
}

#[test]
fn what_fails_is_said_where_it_was_asked() {
    let mut bench = bench();
    bench.keys("g s /").text("((").keys("enter");
    let screen = bench.screen();
    assert!(
        screen.contains("not well-formed") && screen.contains("Close what is open"),
        "{screen}"
    );
}

#[test]
fn a_ruling_is_not_saved_while_an_output_is_blank() {
    let rulings =
        |bench: &Bench| bench.asked.iter().filter(|r| matches!(r, Request::Rule(_))).count();
    let mut bench = bench();
    bench.keys("g d r enter");
    let screen = bench.screen();
    assert!(
        screen.contains("a ruling needs: governing record, resolver, accountability"),
        "{screen}"
    );
    bench.text("p").keys("tab").text("CISO").keys("enter");
    assert!(bench.screen().contains("a ruling needs: accountability"), "{}", bench.screen());
    bench.text("head of finance, for the grant").keys("tab tab").text("re-baseline; revoke");
    bench.keys("tab").text("soon").keys("enter");
    assert!(bench.screen().contains("not a date"), "{}", bench.screen());
    bench.keys("ctrl-u").text("2026-06-01").keys("enter");
    assert_eq!(rulings(&bench), 1);
    let Some(Request::Rule(draft)) =
        bench.asked.iter().rev().find(|r| matches!(r, Request::Rule(_)))
    else {
        unreachable!("counted above")
    };
    assert_eq!(draft.conditions, ["re-baseline", "revoke"]);
    assert_eq!(draft.missing(), [""; 0]);
}

#[test]
fn the_palette_runs_commands_and_named_searches() {
    let mut bench = bench();
    bench.keys(":").text("matur").keys("enter");
    assert_eq!(bench.state.screen, Screen::Maturity);
    bench.keys("ctrl-p").text("refused req").keys("enter");
    assert_eq!(bench.state.screen, Screen::Search);
    assert_eq!(bench.state.search.query, "decision:deny");
}

#[test]
fn pivots_lead_to_the_same_agent_and_back() {
    let mut bench = bench();
    bench.keys("x");
    assert_eq!(bench.state.search.query, "agent:\"prod/agents/billing\"");
    bench.keys("t");
    assert!(bench.screen().contains("trace 5b8efff7"), "{}", bench.screen());
    bench.keys("esc esc i");
    assert!(bench.screen().contains("FROM THE ROOT OUTWARDS"), "{}", bench.screen());
    bench.keys("esc");
    assert_eq!(bench.state.screen, Screen::Queue);
}

#[test]
fn every_screen_is_reached_by_keys_and_draws_at_every_size() {
    let keys = [
        "g q", "enter", "g a", "g t", "enter", "w", "g w", "g c", "g s", "g d", "r", "esc g m",
        "g p", "?", "esc :",
    ];
    for (width, height) in [(40, 12), (80, 24), (200, 50), (20, 5), (1, 1)] {
        let mut bench = sized("dark", width, height);
        for keys in keys {
            bench.keys(keys);
            let _ = bench.buffer();
        }
    }
}

#[test]
fn hostile_text_is_seen_and_does_nothing() {
    let mut bench = bench();
    for keys in ["g q", "g t enter", "g s / a enter"] {
        bench.keys(keys);
        let screen = bench.screen();
        let hidden = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!screen.chars().any(|c| c != '\n' && hidden(c)), "{screen}");
        assert!(screen.contains("\\u{202e}") || screen.contains("\\e[2J"), "{screen}");
    }
    bench.keys("/");
    bench.event(Event::Paste("x\u{202e}y\nz".to_owned()));
    assert!(bench.screen().contains("x\\u{202e}y z"), "{}", bench.screen());
}

#[test]
fn the_selection_is_visible_without_colour() {
    let bench = sized("mono", 80, 24);
    let buffer = bench.buffer();
    let reversed =
        |y: u16| (0..80).filter(|x| buffer[(*x, y)].modifier.contains(Modifier::REVERSED)).count();
    assert_eq!(reversed(2), 80, "the first row");
    assert_eq!(reversed(3), 0);
    assert_eq!(buffer[(0, 2)].symbol(), ">");
}

#[test]
fn a_load_is_shown_can_be_stopped_and_becomes_the_queue() {
    use super::desk::LoadProgress;
    use super::effect::Effect;
    use super::state::State;
    use super::theme::Theme;
    use super::update::update;
    let catalog = crate::catalog::Catalog::builtin().expect("the shipped catalog passes");
    let theme = Theme::of(&catalog, "dark");
    let (mut state, effects) = State::new(catalog, theme, true, true);
    assert_eq!(effects, [], "nothing is asked while it loads");
    let progress =
        LoadProgress { stage: "reading".to_owned(), done: 5, total: Some(10), unit: "files" };
    update(&mut state, Event::Progress(progress));
    let area = ratatui::layout::Rect::new(0, 0, 80, 24);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    super::render::render(&state, area, &mut buffer);
    let screen: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
    assert!(screen.contains("50 %") && screen.contains("5 of 10 files"), "{screen}");

    let esc = "esc".parse::<super::keys::Key>().expect("a key").event();
    assert_eq!(update(&mut state, Event::Key(esc)), [Effect::CancelLoading]);
    let effects = update(&mut state, Event::Loaded(Ok(())));
    assert!(matches!(effects.first(), Some(Effect::Ask(_, Request::Summary))), "{effects:?}");
}

/// Snapshots hold the glyphs and the style runs.
#[test]
fn screens_look_as_they_should() {
    let shots: &[(&str, &str, u16, u16, &str)] = &[
        ("queue", "dark", 80, 24, ""),
        ("queue", "mono", 40, 12, "space"),
        ("diptych", "dark", 120, 40, "enter"),
        ("diptych", "light", 80, 24, "enter"),
        ("scope", "dark", 80, 24, "g a p j"),
        ("scope", "light", 200, 50, "g a p enter"),
        ("traces", "dark", 80, 24, "g t"),
        ("tree", "light", 80, 24, "g t enter j j"),
        ("census", "light", 120, 40, "g a"),
        ("containment", "dark", 80, 24, "g a K"),
        ("baseline", "dark", 80, 24, "g a B"),
        ("baseline-wide", "mono", 160, 50, "g a B"),
        ("timeline", "dark", 80, 24, "g t w"),
        ("timeline-mono", "mono", 120, 40, "w ["),
        ("chain", "dark", 80, 24, "g c"),
        ("maturity", "mono", 80, 24, "g m"),
        ("disputes", "dark", 200, 50, "g d"),
        ("agents", "light", 120, 40, "g a"),
    ];
    for (name, theme, width, height, keys) in shots {
        let mut bench = sized(theme, *width, *height);
        if !keys.is_empty() {
            bench.keys(keys);
        }
        insta::assert_debug_snapshot!(format!("{name}_{theme}_{width}x{height}"), bench.buffer());
    }
}
