//! What members know of quorum beyond who is here, and how they make one knowledge of it.
//!
//! Every member brings its memory into the agreement on a view; the proposer merges all of them
//! and hands the result out with the installation, so that all members judge the view alike.

use super::{ArbiterVote, Motion, QuorumDecision, Rules};
use crate::types::ViewId;
use base::{NodeId, codec_enum, codec_struct};
use std::collections::{BTreeMap, BTreeSet};

/// Has everybody been seen once since the last cold start? Passed from member to member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attendance {
    /// Not yet, or quorum was lost since.
    Awaited,
    /// Not yet, but an operator said by name not to wait.
    Waived,
    /// All were in one view once, or a member that joined knew so.
    Complete,
}
codec_enum!(Attendance { 0 = Awaited, 1 = Waived, 2 = Complete });

/// Had the last view the right to act?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Barred,
    Quorate,
}
codec_enum!(Standing { 0 = Barred, 1 = Quorate });

/// What one member knows; equal on all members of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuorumMemory {
    pub(crate) attendance: Attendance,
    pub(crate) standing: Standing,
    /// Expected votes now. They rise by themselves and fall by a [`Motion`] alone, and with them
    /// the votes that are needed.
    pub(crate) expected: u32,
    pub(crate) highest: u32,
    /// Votes that an operator has set.
    pub(crate) votes: BTreeMap<NodeId, u32>,
    /// The members of the last view.
    pub(crate) members: Vec<NodeId>,
    /// Those of them who have said that they are leaving, and whose votes are given up.
    pub(crate) leaving: BTreeSet<NodeId>,
    pub(crate) arbiter: ArbiterVote,
}
codec_struct!(QuorumMemory {
    attendance,
    standing,
    expected,
    highest,
    votes,
    members,
    leaving,
    arbiter
});

impl QuorumMemory {
    /// Of a process that has just started and expects so many votes.
    pub(crate) const fn fresh(expected: u32) -> Self {
        Self {
            attendance: Attendance::Awaited,
            standing: Standing::Barred,
            expected,
            highest: expected,
            votes: BTreeMap::new(),
            members: Vec::new(),
            leaving: BTreeSet::new(),
            arbiter: ArbiterVote::Unknown,
        }
    }

    /// What `members` know after they were judged. A view that is not quorate waits for all anew.
    pub(crate) fn after(mut self, decision: &QuorumDecision, members: &[NodeId]) -> Self {
        let waived = self.attendance == Attendance::Waived && self.standing == Standing::Barred;
        (self.standing, self.attendance) = match decision.quorate {
            true => (Standing::Quorate, Attendance::Complete),
            false if waived => (Standing::Barred, Attendance::Waived),
            false => (Standing::Barred, Attendance::Awaited),
        };
        self.expected = decision.expected;
        self.highest = decision.highest_expected;
        self.members = members.to_vec();
        self
    }
}

/// What one member brings into the agreement on a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuorumDowry {
    pub(crate) memory: QuorumMemory,
    /// The position of the old view's order up to which `memory` has it.
    pub(crate) delivered: u64,
    /// What it has of that order beyond: survivors deliver it before the new view begins.
    pub(crate) pending: Vec<Pending>,
}
codec_struct!(QuorumDowry { memory, delivered, pending });

/// A motion in the order that has not been delivered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) position: u64,
    pub(crate) by: NodeId,
    pub(crate) motion: Motion,
}
codec_struct!(Pending { position, by, motion });

/// An old view, as those of its members tell of it who come into the new one.
#[derive(Clone, Debug)]
pub(crate) struct Heritage<'a> {
    pub(crate) view: ViewId,
    /// Up to where the survivors deliver its order.
    pub(crate) target: u64,
    pub(crate) survivors: Vec<(NodeId, &'a QuorumDowry)>,
}

impl Heritage<'_> {
    /// What the survivors will know at the old view's end: the knowledge of the one who is furthest,
    /// and what any of them has beyond that.
    fn at_the_end(&self, rules: &Rules) -> Option<QuorumMemory> {
        let dowries = || self.survivors.iter().map(|(_, dowry)| *dowry);
        let furthest = dowries().max_by_key(|dowry| dowry.delivered)?;
        let ahead = |pending: &&Pending| {
            pending.position > furthest.delivered && pending.position <= self.target
        };
        let pending: BTreeMap<u64, &Pending> = dowries()
            .flat_map(|dowry| dowry.pending.iter().filter(ahead))
            .map(|pending| (pending.position, pending))
            .collect();
        let mut memory = furthest.memory.clone();
        for Pending { by, motion, .. } in pending.into_values() {
            if let Ok((next, _)) = rules.put(&memory, self.view, *by, motion) {
                memory = next;
            }
        }
        Some(memory)
    }

    /// What they bring into a view of `members`. Where others join them, they are judged by
    /// themselves first: what they have lost by a split, nobody gives back to them.
    fn bequest(&self, rules: &Rules, members: &[NodeId]) -> Option<QuorumMemory> {
        let mut memory = self.at_the_end(rules)?;
        let here: Vec<NodeId> = self.survivors.iter().map(|(node, _)| *node).collect();
        // Whoever comes back as another process has not left.
        memory.leaving.retain(|node| here.contains(node));
        // The arbiter speaks to one partition: when somebody is gone, it may have chosen another.
        if !memory.members.iter().all(|node| here.contains(node)) {
            memory.arbiter = ArbiterVote::Unknown;
        }
        if here.len() == members.len() {
            return Some(memory);
        }
        let decision = rules.decide(&here, &memory);
        Some(memory.after(&decision, &here))
    }
}

/// What `members` know together before they are judged: `lines` are the old views they come from,
/// `line` is the one that goes on.
///
/// Expected votes are those of the line that goes on if it has the right to act: who joins it
/// learns from it what became of the cluster meanwhile. Without such an authority they are the
/// highest that anybody expects.
pub(crate) fn merge<'a>(
    rules: &Rules,
    dowries: &[&'a QuorumDowry],
    (lines, line): (&[Heritage<'a>], Option<ViewId>),
    members: &[NodeId],
) -> QuorumMemory {
    let highest = |value: fn(&QuorumMemory) -> u32| {
        dowries.iter().map(|dowry| value(&dowry.memory)).max().unwrap_or(0)
    };
    let bequests: BTreeMap<ViewId, QuorumMemory> =
        lines.iter().filter_map(|line| Some((line.view, line.bequest(rules, members)?))).collect();
    let expected = highest(|memory| memory.expected);
    let line = line.and_then(|line| bequests.get(&line));
    let mut merged = line.map_or_else(|| QuorumMemory::fresh(expected), Clone::clone);
    if merged.standing == Standing::Barred {
        merged.expected = merged.expected.max(expected);
    }
    merged.highest = highest(|memory| memory.highest).max(merged.expected);
    let known = bequests.values().map(|memory| memory.attendance);
    merged.attendance = known.fold(merged.attendance, Ord::max);
    merged
}
