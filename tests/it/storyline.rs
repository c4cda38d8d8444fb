//! The storyline of the incident that is planted in the sample: a web page tells an agent what to do.

use diptych::domain::{Event, StateQuestion, StorylinePath};
use diptych::view::StorylineView;
use diptych::workspace::{StorylineAsk, StorylineScope, Workspace};
use jiff::Timestamp;

use crate::sample::loaded;

fn ask(scope: &str) -> StorylineAsk {
    scope.parse::<StorylineScope>().expect(scope).into()
}

/// The mail to the outside.
fn send(workspace: &Workspace) -> Event {
    let query = "kind:tool_call AND action:send_email AND \"ledger-mirror\"";
    let page = workspace.search(query, 0, 2).expect("the search runs");
    assert_eq!(page.total, 1, "{query}");
    page.events.into_iter().next().expect("one is found")
}

fn trace(event: &Event) -> String {
    event.trace_id.as_ref().map_or("", |trace| trace.raw()).to_owned()
}

fn titles(view: &StorylineView) -> Vec<&str> {
    view.story.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn the_incident_is_told_over_all_lanes() {
    let (_home, workspace) = loaded();
    let send = send(&workspace);
    let view = workspace.storyline(&ask(&trace(&send))).expect("a story");
    assert_eq!(view.scope, format!("trace:{}", trace(&send)));
    let titles = titles(&view);
    // What the API server saw of the same pod is part of it, though it knows of no trace. Of five like
    // calls the one that the finding cites stands alone.
    for title in ["invoke_agent client-outreach-agent", "billing_get_invoices ×4"] {
        assert!(titles.contains(&title), "{title} is not in {titles:#?}");
    }
    assert!(titles.iter().any(|title| title.starts_with("get secrets")), "{titles:#?}");
    // From any of its events, and from its session, the same story is reached.
    let session = send.session.as_ref().map_or("", |session| session.raw());
    for scope in [format!("event:{}", send.id), format!("session:{session}")] {
        let same = workspace.storyline(&ask(&scope)).expect("a story");
        assert_eq!(same.story, view.story, "{scope}");
    }
}

#[test]
fn a_note_on_the_story_is_signed_and_stands_in_it() {
    let (_home, workspace) = loaded();
    let scope = ask(&trace(&send(&workspace)));
    let about: Timestamp = "2026-10-29T14:07:01.9Z".parse().expect("an instant");
    workspace.note_on_storyline(&scope.scope, about, "here it begins").expect("noted");
    assert!(workspace.note_on_storyline(&scope.scope, about, " ").is_err());
    let view = workspace.storyline(&scope).expect("a story");
    assert!(titles(&view).contains(&"here it begins"));
    assert!(workspace.storyline_report(&view).contains("here it begins"));
    assert!(workspace.verify_ledger().expect("readable").is_sound());
    workspace.undo().expect("undone");
    let view = workspace.storyline(&scope).expect("a story");
    assert!(!titles(&view).contains(&"here it begins"));
}

#[test]
fn the_run_parts_from_a_clean_one_after_the_page_was_read() {
    let (_home, workspace) = loaded();
    let send = send(&workspace);
    let query = "kind:tool_call AND action:fetch_web_page AND agent:client-outreach-agent";
    let fetched = workspace.search(query, 0, 50).expect("the search runs").events;
    let clean = fetched.iter().find(|event| event.trace_id != send.trace_id);
    let clean = clean.expect("the page was read before");
    let comparison = workspace
        .compare_runs(&ask(&trace(clean)), &ask(&trace(&send)))
        .expect("both runs are there");
    let parts = comparison.diverges_at.expect("they part");
    let last = comparison.rows[parts - 1].left.as_ref().expect("a common step");
    assert!(last.title.starts_with("fetch_web_page"), "{}", last.title);
}

#[test]
fn the_state_before_the_mail_is_reconstructed() {
    let (_home, workspace) = loaded();
    let send = send(&workspace);
    let state = workspace.state_at("client-outreach-agent", send.time, None).expect("a state");
    assert_eq!(state.scope, format!("trace:{}", trace(&send)));
    let said = |question, part: &str| {
        state.lines.iter().any(|line| line.question == question && line.what.contains(part))
    };
    assert!(said(StateQuestion::Given, "crm_get_customer"));
    assert!(said(StateQuestion::Read, "fetch_web_page"));
    assert!(said(StateQuestion::Read, "secrets customer-care/outreach-crm-token"));
    assert!(said(StateQuestion::Allowed, "RBAC: allowed by"));
    assert!(said(StateQuestion::Refused, "not recorded"));
    assert!(said(StateQuestion::Held, "i.petrov@meridian.example"));
    // Five of seven: nothing was refused, and no agent was started.
    assert_eq!((state.answered, state.asked), (5, 7));
}

#[test]
fn the_path_from_the_poisoned_page_to_the_mail_runs_unbroken() {
    let (_home, workspace) = loaded();
    let send = send(&workspace);
    let query = "kind:tool_call AND action:fetch_web_page AND agent:client-outreach-agent";
    let fetched = workspace.search(query, 0, 50).expect("the search runs").events;
    let page = fetched.iter().find(|event| event.trace_id == send.trace_id);
    let page = page.expect("the page was read in the run").id;
    let ends = Some((page, send.id));
    let view = workspace.storyline(&StorylineAsk { ends, ..ask(&trace(&send)) }).expect("a story");
    let Some(StorylinePath::Unbroken { links }) = &view.path else { panic!("{:?}", view.path) };
    let rules: Vec<&str> =
        links.iter().filter_map(|at| Some(view.story.link(*at)?.rule.as_str())).collect();
    assert_eq!(rules, ["argument /to first stood in the result of fetch_web_page"]);
    // It is also what the report tells without being asked.
    let outcome = view.outcome.and_then(|at| view.story.event(at)).map(|event| event.id);
    assert_eq!(outcome, Some(send.id));
    assert!(workspace.storyline_report(&view).contains("runs unbroken"));
    // A way back there is none: the first missing tie is named.
    let ends = Some((send.id, page));
    let view = workspace.storyline(&StorylineAsk { ends, ..ask(&trace(&send)) }).expect("a story");
    assert!(matches!(view.path, Some(StorylinePath::Broken { .. })), "{:?}", view.path);
}
