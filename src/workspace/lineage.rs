//! The delegation trees and the identity chains of the open case.

use std::sync::Arc;

use super::trees::Trees;
use super::{Error, Workspace};
use crate::domain::{DelegationTree, IdentityChain};
use crate::lineage::tree::agents_only;
use crate::view::{TraceList, TreeFocus};

/// How to draw a delegation tree.
#[derive(Clone, Copy, Debug)]
pub struct TreeOptions {
    /// Plumbing spans too, in place of agents, tools and models only.
    pub all_spans: bool,
    /// No more traces are read when so many nodes are there.
    pub most: usize,
}

impl Workspace {
    /// The delegation trees of the traces in focus, by their start. The last field says how many
    /// nodes there are in all.
    pub fn tree(
        &self,
        focus: &TreeFocus,
        options: TreeOptions,
    ) -> Result<(DelegationTree, u64), Error> {
        let trees = self.trees()?;
        let case = self.case();
        let traces = match focus {
            TreeFocus::All => trees.traces.iter().collect(),
            TreeFocus::AgentContaining(part) => trees.traces_of(part),
            TreeFocus::Trace(trace) => trees.trace(trace).into_iter().collect(),
        };
        let all = traces.iter().map(|row| u64::from(row.nodes)).sum();
        let mut nodes = Vec::new();
        for trace in traces {
            let read = trees.nodes(&case, trace)?;
            nodes.extend(if options.all_spans { read } else { agents_only(read) });
            if nodes.len() >= options.most {
                break;
            }
        }
        let tree =
            DelegationTree { nodes, names: trees.names.clone(), repairs: trees.repairs.clone() };
        Ok((tree, all))
    }

    /// The traces in focus, by their start.
    pub fn traces(&self, focus: &TreeFocus) -> Result<TraceList, Error> {
        let trees = self.trees()?;
        let traces = match focus {
            TreeFocus::All => trees.traces.clone(),
            TreeFocus::AgentContaining(part) => {
                trees.traces_of(part).into_iter().copied().collect()
            }
            TreeFocus::Trace(trace) => trees.trace(trace).into_iter().copied().collect(),
        };
        Ok(TraceList { traces, names: trees.names.clone(), repairs: trees.repairs.clone() })
    }

    /// The identity chains, the busiest first.
    pub fn chains(&self) -> Result<Vec<IdentityChain>, Error> {
        Ok(self.posture()?.chains.clone())
    }

    /// The kept trees of this generation.
    fn trees(&self) -> Result<Arc<Trees>, Error> {
        self.posture()?;
        self.read_once(|opened| &mut opened.trees, Trees::of)
    }
}
