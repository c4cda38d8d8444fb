//! Sub-agents, passports and hand-offs; and the sub-agents of public repositories.

use std::path::Path;

use super::super::authority::{Permission, Reach};
use super::super::testing::{REALM, agent, estate};
use super::*;
use crate::domain::configured::{Measure, SecurityRequirement};
use crate::domain::{Capability, Permitted, Plane};
use crate::scope::testing::real_data;

fn declared(kind: &str, name: &str, tools: &[&str]) -> AgentDeclaration {
    AgentDeclaration {
        kind: kind.into(),
        framework: Some("claude-code".into()),
        name: name.into(),
        tools: tools.iter().map(|name| tool(name)).collect(),
        ..AgentDeclaration::default()
    }
}

fn passport(scopes: Option<&[&str]>, decay: Vec<Decay>) -> Configured {
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| Text::from(*scope)).collect());
    Configured::Passport(Passport {
        id: "p".into(),
        workload: Some("reviewer".into()),
        scopes,
        decay,
        ..Passport::default()
    })
}

fn key(name: &str) -> AgentKey {
    AgentKey::new(REALM, "", name)
}

/// What an agent may do with a tool that only `claude-code` is permitted.
fn permitted(bodies: Vec<Configured>, who: &str, name: &str, reach: Reach) -> Permitted {
    let estate = estate(bodies);
    let agents = ["claude-code", "reviewer", "planner"].map(|name| agent(key(name)));
    let mut authority = Authority::default();
    let client = authority.agent(&key("claude-code"));
    let all = Pattern::Tool { server: None, name: "*".into() };
    authority.permit(client, Permission::new(all, Plane::Tools));
    add(&estate, &agents, &mut authority);
    let used = Capability::Tool { server: Some("crm".into()), name: name.into() };
    let grants = authority.grants_of(&key(who), reach);
    grants.iter().map(|grant| grant.permits(&used)).max().unwrap_or(Permitted::No)
}

#[test]
fn sub_agents_have_the_tools_of_their_client_unless_scoped_down() {
    use Permitted::{No, Yes};
    let sub_agent =
        |tools: &[&str]| Configured::AgentDeclaration(declared(SUB_AGENT, "reviewer", tools));
    let denied = || {
        Configured::AgentDeclaration(AgentDeclaration {
            denied_tools: vec![tool("crm/export")],
            ..declared(SUB_AGENT, "reviewer", &[])
        })
    };
    let decay = |keeps: &[&str]| Decay {
        of: Measure::Risk,
        after: 5.0,
        keeps: keeps.iter().map(|kept| Text::from(*kept)).collect(),
    };
    let used = || Permitted::Depends(vec!["risk below 5 is used".into()]);
    for (bodies, expected) in [
        (vec![], No),
        (vec![sub_agent(&[])], Yes),
        (vec![sub_agent(&["*"])], Yes),
        (vec![sub_agent(&["export"])], Yes),
        (vec![sub_agent(&["crm/export"])], Yes),
        (vec![sub_agent(&["mail/export"])], No),
        (vec![sub_agent(&["read"])], No),
        (vec![denied()], No),
        (vec![sub_agent(&[]), passport(None, vec![])], Yes),
        (vec![sub_agent(&[]), passport(Some(&["crm/export"]), vec![])], Yes),
        (vec![sub_agent(&[]), passport(Some(&["crm/read"]), vec![])], No),
        (vec![sub_agent(&[]), passport(Some(&["crm/export"]), vec![decay(&[])])], used()),
        (vec![sub_agent(&[]), passport(Some(&["crm/export"]), vec![decay(&["crm/export"])])], Yes),
    ] {
        let shown = format!("{bodies:?}");
        assert_eq!(permitted(bodies, "reviewer", "export", Reach::Own), expected, "{shown}");
    }
}

#[test]
fn what_a_delegate_can_do_is_reached_by_handing_it_work() {
    let planner = || {
        Configured::AgentDeclaration(AgentDeclaration {
            framework: None,
            delegates_to: vec!["reviewer".into()],
            ..declared("registry", "planner", &[])
        })
    };
    let reviewer = || Configured::AgentDeclaration(declared(SUB_AGENT, "reviewer", &[]));
    let card = || {
        let scheme = SecurityRequirement { scheme: "oauth".into(), ..Default::default() };
        let requirements = vec![vec![scheme]];
        let name = "reviewer".into();
        Configured::AgentCard(AgentCard { name, requirements, ..AgentCard::default() })
    };
    let asked = || Permitted::Depends(vec!["the caller authenticates by oauth".into()]);
    for (bodies, reach, expected) in [
        (vec![planner(), reviewer()], Reach::Own, Permitted::No),
        (vec![planner(), reviewer()], Reach::Derived, Permitted::Yes),
        (vec![planner(), reviewer(), card()], Reach::Derived, asked()),
        (vec![reviewer()], Reach::Derived, Permitted::No),
    ] {
        assert_eq!(permitted(bodies, "planner", "export", reach), expected);
    }
}

/// The sub-agents that are defined in public repositories, through the reader.
fn public_sub_agents(folder: &Path, found: &mut Vec<(String, Record)>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            public_sub_agents(&path, found);
        } else if path.components().any(|part| part.as_os_str() == "agents")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let name = path.to_string_lossy();
            let records = crate::ingest::configured::tests::read_text(&name, &text).records;
            found.extend(records.into_iter().map(|record| (text.clone(), record)));
        }
    }
}

/// The line of the front matter that lists tools, read without the reader.
fn tools_line(text: &str) -> Option<Vec<&str>> {
    let front = text.split("\n---").next()?;
    let line = front.lines().find_map(|line| line.strip_prefix("tools:"))?;
    Some(line.trim().trim_matches(['[', ']']).split(',').map(str::trim).collect())
}

#[test]
#[expect(clippy::print_stderr, reason = "says how many real cases ran")]
fn sub_agents_of_public_repositories_have_what_they_list() {
    let (mut found, mut cases) = (Vec::new(), 0);
    public_sub_agents(&real_data("agent-client-configs"), &mut found);
    for (text, record) in found {
        let Configured::AgentDeclaration(declared) = &record.body else { continue };
        let child = AgentKey::new(record.realm.clone(), "", declared.name.clone());
        let parent = AgentKey::new(record.realm.clone(), "", "claude-code");
        let agents = [agent(child.clone()), agent(parent.clone())];
        let mut authority = Authority::default();
        let client = authority.agent(&parent);
        let all = Pattern::Tool { server: None, name: "*".into() };
        authority.permit(client, Permission::new(all, Plane::Tools));
        add(&Estate::build(std::slice::from_ref(&record), &[], &[]), &agents, &mut authority);
        let grants = authority.grants_of(&child, Reach::Own);
        let may = |name: &str| {
            let used = Capability::Tool { server: None, name: name.into() };
            grants.iter().any(|grant| grant.permits(&used) == Permitted::Yes)
        };
        let listed = tools_line(&text);
        for name in listed.iter().flatten().filter(|name| !name.starts_with("mcp__")) {
            assert!(may(name), "{} lists {name}", declared.name.visible());
        }
        assert_eq!(may("NoSuchTool"), listed.is_none(), "{}", declared.name.visible());
        cases += 1;
    }
    eprintln!("{cases} public sub-agents compared");
}
