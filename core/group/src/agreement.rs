//! Agreeing on a view: ballots in two phases.
//!
//! A proposer asks every process of its candidate (`Propose`). Who has promised no higher ballot
//! and knows of no better set stops delivering in its old view and says what it brings along
//! (`Accept`). When all have, the proposer works out the view and how the survivors of each old
//! view get level (`Install`). Nobody who has accepted goes back to its old view: it either installs
//! that ballot or joins a higher one, so no two nodes go on from one view with different messages
//! in the belief that they go together (G6).
//!
//! This file holds the state and the arithmetic; the machine does the talking.

use crate::frame::{Dowry, History, Installation, Process, Source, Span};
use crate::quorum::{Heritage, Tally};
use crate::types::{Member, ViewId};
use base::{Instant, NodeId};
use std::collections::{BTreeMap, BTreeSet};

/// No honest counter gets here: a thousand views a second for a hundred million years.
pub(crate) const COUNTER_END: u64 = 1 << 62;

/// Where this node stands.
#[derive(Debug, Default)]
pub(crate) enum Phase {
    /// No ballot is under way here.
    #[default]
    Idle,
    /// Own ballot, waiting for its members.
    Proposing(Proposal),
    /// Another's ballot is accepted; waiting for its installation.
    Accepted { ballot: ViewId, until: Instant },
    /// The view is agreed; fetching what is missing of the old one.
    Levelling { installation: Box<Installation>, until: Instant, fetch_at: Instant },
}

/// A ballot of this node.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(crate) ballot: ViewId,
    pub(crate) members: Vec<Process>,
    pub(crate) accepts: BTreeMap<NodeId, Dowry>,
    pub(crate) repeat_at: Instant,
    pub(crate) until: Instant,
}

impl Proposal {
    /// Those who have not accepted yet.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = Process> {
        let open = self.members.iter().filter(|process| !self.accepts.contains_key(&process.node));
        open.copied()
    }
}

/// An installation that some of its members have not confirmed yet.
#[derive(Debug)]
pub(crate) struct Announcement {
    pub(crate) installation: Installation,
    pub(crate) waiting: BTreeSet<NodeId>,
    pub(crate) repeat_at: Instant,
    pub(crate) until: Instant,
}

/// What this node would like to be a view, and since when.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) members: Vec<Process>,
    pub(crate) since: Instant,
}

/// Everything about views that are not installed yet.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    pub(crate) phase: Phase,
    /// The highest ballot accepted.
    pub(crate) promised: ViewId,
    /// The highest counter heard of.
    pub(crate) counter: u64,
    /// The old view has been given up.
    pub(crate) given_up: bool,
    pub(crate) wish: Option<Wish>,
    pub(crate) announcement: Option<Announcement>,
    /// Since when somebody of this view is in another one.
    pub(crate) discord_since: Option<Instant>,
}

impl Agreement {
    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Notes a counter somebody speaks of; one that cannot have come about by counting is ignored.
    pub(crate) fn see(&mut self, counter: u64) {
        if counter < COUNTER_END {
            self.counter = self.counter.max(counter);
        }
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Idle => None,
            Phase::Proposing(proposal) => Some(proposal.repeat_at.min(proposal.until)),
            Phase::Accepted { until, .. } => Some(*until),
            Phase::Levelling { until, fetch_at, .. } => Some(*(until.min(fetch_at))),
        };
        let announcement = self.announcement.as_ref();
        let announcement = announcement.map(|a| a.repeat_at.min(a.until));
        phase.into_iter().chain(announcement).min()
    }
}

/// Works out the view that `accepts` make; the members' votes are counted by `tally`'s rules.
pub(crate) fn installation(proposal: &Proposal, tally: &Tally) -> Installation {
    let view = proposal.ballot;
    let line = line(&proposal.accepts);
    let histories = histories(&proposal.accepts);
    let lines: Vec<_> = histories.iter().map(|old| heritage(old, &proposal.accepts)).collect();
    let dowries: Vec<_> = proposal.accepts.values().map(|dowry| &dowry.quorum).collect();
    let nodes: Vec<_> = proposal.members.iter().map(|process| process.node).collect();
    let member = |process: &Process| {
        let dowry = proposal.accepts.get(&process.node)?;
        let continues = dowry.came_from.is_some() && dowry.came_from == line;
        Some(Member {
            node: process.node,
            incarnation: process.incarnation,
            boot: dowry.boot,
            since: if continues { dowry.since } else { view.counter },
            came_from: dowry.came_from,
            profile: dowry.profile.0.to_vec(),
        })
    };
    Installation {
        view,
        members: proposal.members.iter().filter_map(member).collect(),
        quorum: tally.merge(&dowries, (&lines, line), &nodes),
        histories,
    }
}

/// What the survivors of an old view tell of its votes.
fn heritage<'a>(history: &History, accepts: &'a BTreeMap<NodeId, Dowry>) -> Heritage<'a> {
    let survivor = |node: &NodeId| Some((*node, &accepts.get(node)?.quorum));
    let survivors = history.survivors.iter().filter_map(survivor).collect();
    Heritage { view: history.view, target: history.target, survivors }
}

/// Members by the view they come from; fresh processes come from none.
fn by_old_view(accepts: &BTreeMap<NodeId, Dowry>) -> BTreeMap<ViewId, Vec<NodeId>> {
    let mut groups: BTreeMap<ViewId, Vec<NodeId>> = BTreeMap::new();
    for (node, dowry) in accepts {
        if let Some(view) = dowry.came_from {
            groups.entry(view).or_default().push(*node);
        }
    }
    groups
}

/// The old view whose line goes on: the one that held the right to act last; on a tie the one with
/// more members here; then the one with the lowest id.
fn line(accepts: &BTreeMap<NodeId, Dowry>) -> Option<ViewId> {
    let groups = by_old_view(accepts);
    let weight = |(_, nodes): &(&ViewId, &Vec<NodeId>)| {
        let acted =
            nodes.iter().filter_map(|node| accepts.get(node)).map(|dowry| dowry.acted).max();
        (acted, nodes.len(), std::cmp::Reverse(nodes.first().copied()))
    };
    groups.iter().max_by_key(weight).map(|(view, _)| *view)
}

fn histories(accepts: &BTreeMap<NodeId, Dowry>) -> Vec<History> {
    let history = |(view, survivors): (ViewId, Vec<NodeId>)| {
        let (target, sources) = coverage(&survivors, accepts);
        History { view, survivors, target, sources }
    };
    by_old_view(accepts).into_iter().map(history).collect()
}

/// How far the survivors together have everything, and who has what. What lies beyond the first
/// position that none of them has ends with the old view; its senders say it again.
fn coverage(survivors: &[NodeId], accepts: &BTreeMap<NodeId, Dowry>) -> (u64, Vec<Source>) {
    let dowries = || survivors.iter().filter_map(|node| Some((*node, accepts.get(node)?)));
    let Some((holder, most)) = dowries().max_by_key(|(_, dowry)| dowry.aru) else {
        return (0, Vec::new());
    };
    let mut target = most.aru;
    let mut sources = vec![Source { holder, span: Span { first: 1, last: target } }];
    loop {
        let runs =
            dowries().flat_map(|(node, dowry)| dowry.beyond.iter().map(move |run| (node, run)));
        let next =
            runs.filter(|(_, run)| run.first <= target.saturating_add(1) && run.last > target);
        let Some((holder, run)) = next.max_by_key(|(_, run)| run.last) else {
            return (target, sources);
        };
        sources.push(Source { holder, span: Span { first: target + 1, last: run.last } });
        target = run.last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        Admission, Cipher, ClusterKey, GroupConfig, LinkPolicy, QuorumConfig, Timing,
    };
    use crate::frame::Blob;
    use crate::quorum::{QuorumDowry, QuorumMemory};
    use base::BootId;

    fn dowry(came_from: u64, acted: u64, aru: u64, beyond: &[(u64, u64)]) -> Dowry {
        let id = |counter| ViewId { counter, proposer: NodeId(1) };
        Dowry {
            boot: BootId(1),
            came_from: (came_from > 0).then(|| id(came_from)),
            acted: id(acted),
            since: 1,
            quorum: QuorumDowry {
                memory: QuorumMemory::fresh(3),
                delivered: 0,
                pending: Vec::new(),
            },
            aru,
            beyond: beyond
                .iter()
                .map(|(first, last)| Span { first: *first, last: *last })
                .collect(),
            profile: Blob::default(),
        }
    }

    fn install(dowries: Vec<Dowry>) -> Installation {
        let accepts: BTreeMap<_, _> = (1..).map(NodeId).zip(dowries).collect();
        let members = accepts.keys().map(|node| Process { node: *node, incarnation: 7 }).collect();
        let ballot = ViewId { counter: 20, proposer: NodeId(1) };
        let (repeat_at, until) = (Instant::default(), Instant::default());
        let config = GroupConfig {
            cluster_name: String::new(),
            nodes: Vec::new(),
            admission: Admission::default(),
            policy: LinkPolicy::default(),
            priorities: BTreeMap::new(),
            datagram_limit: None,
            timing: Timing::default(),
            quorum: QuorumConfig::default(),
            key: ClusterKey::new([1; 32]).expect("a key"),
            other_keys: Vec::new(),
            cipher: Cipher::default(),
        };
        let tally = Tally::new(&config, NodeId(1), 0);
        installation(&Proposal { ballot, members, accepts, repeat_at, until }, &tally)
    }

    #[test]
    fn the_survivors_together_know_more_than_each() {
        let made = install(vec![
            dowry(9, 9, 4, &[(6, 7)]),
            dowry(9, 9, 5, &[(9, 9)]),
            dowry(9, 9, 3, &[(5, 6), (8, 8)]),
        ]);
        let history = &made.histories[0];
        assert_eq!(history.target, 9);
        let holders: Vec<_> = history.sources.iter().map(|source| source.holder.0).collect();
        assert_eq!(holders, [2, 1, 3, 2]);
    }

    #[test]
    fn a_gap_nobody_can_fill_ends_the_old_view() {
        let made = install(vec![dowry(9, 9, 4, &[(6, 7)]), dowry(9, 9, 3, &[])]);
        assert_eq!(made.histories[0].target, 4);
    }

    #[test]
    fn the_line_that_acted_last_goes_on() {
        let since = |made: Installation| -> Vec<u64> {
            made.members.iter().map(|member| member.since).collect()
        };
        let stories = [
            (vec![dowry(9, 9, 0, &[]), dowry(8, 8, 0, &[]), dowry(8, 8, 0, &[])], vec![1, 20, 20]),
            (vec![dowry(9, 5, 0, &[]), dowry(8, 5, 0, &[]), dowry(8, 5, 0, &[])], vec![20, 1, 1]),
            (vec![dowry(0, 0, 0, &[]), dowry(8, 0, 0, &[])], vec![20, 1]),
            (vec![dowry(0, 0, 0, &[]), dowry(0, 0, 0, &[])], vec![20, 20]),
        ];
        for (dowries, expected) in stories {
            assert_eq!(since(install(dowries)), expected);
        }
    }
}
