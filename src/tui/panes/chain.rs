//! Identity chains: from the root outwards, each hop with how it is known.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, draw_empty, hop_role, with_detail};
use crate::catalog::fields::ChainField;
use crate::catalog::{Role, View};
use crate::domain::{AgentKey, HopState, IdentityChain, Text};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;

#[derive(Debug)]
pub struct Chains {
    pub rows: Rows<Item>,
    pub fetched: Fetched,
    /// Whose chains; all when absent.
    pub agent: Option<AgentKey>,
}

/// A chain by its number: two chains of one agent may have the same ends.
#[derive(Debug)]
pub struct Item {
    number: usize,
    pub chain: IdentityChain,
}

impl Chains {
    pub fn new(view: Arc<View<ChainField>>) -> Self {
        Self { rows: Rows::new(view), fetched: Fetched::Never, agent: None }
    }

    pub fn set(&mut self, chains: Vec<IdentityChain>) {
        let items = chains.into_iter().enumerate();
        self.rows.set(items.map(|(number, chain)| Item { number, chain }).collect());
        self.fetched = Fetched::Ready;
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            let sentence = "No identity chain: no record ties an activity to an identity.";
            return draw_empty(sentence, area, buffer, theme);
        }
        let wanted = self.rows.current().map_or(0, |item| item.chain.links.len() * 3 + 2);
        let (list, detail) = with_detail(area, self.rows.count().0, wanted);
        self.rows.draw(list, buffer, theme);
        if let (Some(item), Some(area)) = (self.rows.current(), detail) {
            hops(&item.chain, area.width, theme).draw(area, buffer, &Scroll::default());
        }
    }
}

fn hops<'t>(chain: &IdentityChain, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    document.heading("FROM THE ROOT OUTWARDS", Role::Heading);
    for link in &chain.links {
        let sentence = format!("{} · {}", link.principal.visible(), hop_sentence(&link.hop));
        document.status(hop_role(&link.hop), &link.hop.to_string(), 16, &sentence);
        document.text(&link.because, Role::Quiet, 16);
        if !link.credentials.is_empty() {
            let ids: Vec<_> = link.credentials.iter().map(Text::visible).collect();
            document.text(&format!("with {}", ids.join(", ")), Role::Quiet, 16);
        }
    }
    if let Some(resource) = &chain.resource {
        document.text(&format!("last on {}", resource.visible()), Role::Quiet, 16);
    }
    document
}

fn hop_sentence(hop: &HopState) -> String {
    match hop {
        HopState::Verified => "authenticated or told by two recorders".to_owned(),
        HopState::Asserted => "self-reported".to_owned(),
        HopState::Inferred { rule, confidence } => format!("by {rule}, {confidence} %"),
        HopState::Ambiguous { candidates } => {
            let candidates: Vec<String> =
                candidates.iter().map(crate::domain::Principal::visible).collect();
            format!("one of {}", candidates.join(", "))
        }
        HopState::Contradicted { by } => format!("contradicted by {by}"),
        HopState::Broken { missing } => format!("missing: {missing}"),
    }
}

impl Listed for Item {
    type Field = ChainField;
    type Id = usize;

    fn id(&self) -> usize {
        self.number
    }

    fn show(&self, field: ChainField) -> Shown<'_> {
        let chain = &self.chain;
        let principal = |link: Option<&crate::domain::IdentityLink>| match link {
            Some(link) => Shown::text(link.principal.visible()),
            None => Shown::missing(),
        };
        match field {
            ChainField::Agent => match &chain.agent {
                Some(agent) => Shown::text(agent.visible()),
                None => Shown::missing(),
            },
            ChainField::Root => principal(chain.links.first()),
            ChainField::Acting => principal(chain.links.last()),
            ChainField::Hops => Shown::number(chain.links.len() as u64),
            ChainField::Weakest => match chain.weakest() {
                Some(link) => Shown::status(hop_role(&link.hop), link.hop.to_string())
                    .rank(i64::from(link.hop.strength())),
                None => Shown::missing(),
            },
            ChainField::Events => Shown::number(chain.events),
        }
    }
}
