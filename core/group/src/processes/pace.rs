//! Who reads too slowly slows down those who speak to it, instead of losing what is said: each node
//! says in the order in which groups a process of its own has fallen behind, and until it takes that
//! back nobody says anything more to them. Advice, not agreement: what is said all the same is
//! delivered like everything else.

use super::machine::Processes;
use super::message::Ordered;
use super::types::{GroupName, Output, Process};
use base::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of slow readers.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Processes of this node that have fallen behind.
    laggards: BTreeSet<Process>,
    /// What this node has said last.
    told: BTreeSet<GroupName>,
    /// What each node has said last, if that was anything.
    behind: BTreeMap<NodeId, BTreeSet<GroupName>>,
}

impl Processes {
    /// Has a member of this group fallen behind? Then its speakers are not read from.
    pub fn is_slow(&self, group: &GroupName) -> bool {
        self.pace.behind.values().any(|groups| groups.contains(group))
    }

    /// A process of this node falls behind, or catches up, or goes.
    pub(super) fn follow(&mut self, process: Process, behind: bool, out: &mut Vec<Output>) {
        let changed = match behind {
            true => self.pace.laggards.insert(process),
            false => self.pace.laggards.remove(&process),
        };
        if changed {
            let groups = self.pace.laggards.iter().filter_map(|process| self.wanted.get(process));
            let groups: BTreeSet<GroupName> = groups.flatten().cloned().collect();
            if groups != self.pace.told {
                self.pace.told = groups;
                self.tell_pace(out);
            }
        }
    }

    fn tell_pace(&mut self, out: &mut Vec<Output>) {
        let groups = self.pace.told.iter().cloned().collect();
        self.send(&Ordered::Behind { groups }, &[], out);
    }

    /// A node says in which groups its processes are behind; no more than this counts.
    pub(super) fn hear_pace(&mut self, node: NodeId, groups: Vec<GroupName>) {
        self.pace.behind.remove(&node);
        if !groups.is_empty() {
            self.pace.behind.insert(node, groups.into_iter().collect());
        }
    }

    /// Nodes that are not known any more slow nobody down; those who come are told what they missed.
    pub(super) fn keep_pace(&mut self, out: &mut Vec<Output>) {
        self.pace.behind.retain(|node, _| self.known.contains(node));
        if !self.pace.told.is_empty() && !self.is_level() {
            self.tell_pace(out);
        }
    }
}
