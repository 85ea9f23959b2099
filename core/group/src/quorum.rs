//! Votes to the right to act: one pure function, with its explanation.
//!
//! The rules are Corosync's votequorum. A majority of the expected votes may act, and:
//!
//! | mode | a view may act besides | on condition that |
//! |---|---|---|
//! | `two_node` | with one of two votes | fencing settles who survives |
//! | `auto_tie_breaker` | with half of the votes | its line had quorum, lost less than quorum at once, and has the deciding node; with odd expected votes `wait_for_all` besides |
//! | arbiter | with the arbiter's votes | it gave them to this view |
//!
//! | mode | what becomes of the expected votes |
//! |---|---|
//! | all | they rise to the votes that are here, and fall only as below or when an operator says so |
//! | `last_man_standing` | they fall to the votes here when a window has passed in a view with a majority |
//! | `allow_downscale` | they fall by the votes of a node that leaves in order, down to what is configured |
//!
//! `wait_for_all` takes away: nobody acts before all nodes have been seen once (Q6); a view that
//! is not quorate waits anew. The arbiter is not waited for.
//!
//! A change that both loses and wins members is judged as if the loss had come first: what the
//! survivors cannot keep by themselves, those who join them do not inherit. Otherwise both halves of
//! a split could take along what was theirs together, and each win with somebody new.
//!
//! The answer is a function of the configuration, the members and [`memory`], which all members of
//! a view share: it is agreed on with the view, and changes within a view by motions in the group's
//! own order.

mod decision;
mod lease;
mod memory;
mod motion;
#[cfg(test)]
mod table;
mod tally;
#[cfg(test)]
mod tests;

use crate::config::{Expectation, GroupConfig, QuorumConfig, QuorumRule, TieBreaker, WaitForAll};
use crate::planted::{self, Planted};
use base::NodeId;
pub use decision::{Arbiter, ArbiterVote, QuorumDecision, QuorumFlag, QuorumReason, Voter};
pub(crate) use memory::{Attendance, Heritage, Pending, QuorumDowry, QuorumMemory, Standing};
pub(crate) use motion::Motion;
pub use motion::{QuorumChange, QuorumRefusal};
use std::collections::BTreeMap;
pub(crate) use tally::{Tally, Terms};

/// The configuration that decides, and the configured votes of each node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) config: QuorumConfig,
    pub(crate) votes: BTreeMap<NodeId, u32>,
}

/// How a view stands to the tie-breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    /// It is none that may be broken.
    None,
    Won(NodeId),
    Lost,
}

impl Rules {
    pub(crate) fn of(config: &GroupConfig) -> Self {
        let votes = config.nodes.iter().map(|node| (node.node, node.votes)).collect();
        Self { config: config.quorum.clone(), votes }
    }

    /// Decides for a view of `members`, who together know `memory`; what they know after it is
    /// [`QuorumMemory::after`].
    pub(crate) fn decide(&self, members: &[NodeId], memory: &QuorumMemory) -> QuorumDecision {
        let voters: Vec<_> = members
            .iter()
            .map(|node| Voter { node: *node, votes: self.votes_of(*node, memory) })
            .collect();
        let of_nodes = sum(voters.iter().map(|voter| voter.votes));
        let arbiter = self.config.arbiter_votes;
        let arbiter = arbiter.map(|votes| Arbiter { votes, vote: memory.arbiter });
        let granted = arbiter.filter(|arbiter| arbiter.vote == ArbiterVote::Granted);
        let votes = of_nodes.saturating_add(granted.map_or(0, |arbiter| arbiter.votes));
        // Expected votes rise by themselves when more turn up than were announced.
        let expected = memory.expected.max(votes);
        let mut decision = QuorumDecision {
            quorate: false,
            votes,
            expected,
            highest_expected: memory.highest.max(expected),
            needed: self.needed(expected),
            reason: QuorumReason::TooFewVotes,
            flags: Vec::new(),
            voters,
            arbiter,
        };
        let tie = self.tie(members, memory, &decision);
        decision.reason = self.reason(of_nodes, tie, &decision);
        decision.quorate = permits(&decision.reason);
        // All are those of the configuration, also when fewer are expected now.
        let all = expected.max(self.configured());
        let all = all.saturating_sub(arbiter.map_or(0, |arbiter| arbiter.votes));
        let complete = memory.attendance > Attendance::Awaited || of_nodes >= all;
        if decision.quorate && self.waits_for_all() && !complete {
            decision.quorate = false;
            decision.reason = QuorumReason::WaitingForAll(self.missing(members, memory));
        }
        decision.flags = self.flags(&decision);
        decision
    }

    /// Votes of a node: as an operator has set them, or as configured; none once it leaves.
    fn votes_of(&self, node: NodeId, memory: &QuorumMemory) -> u32 {
        if memory.leaving.contains(&node) {
            return 0;
        }
        let set = memory.votes.get(&node).or_else(|| self.votes.get(&node));
        set.copied().unwrap_or(0)
    }

    /// Expected votes as configured, the arbiter's among them.
    pub(crate) fn configured(&self) -> u32 {
        let arbiter = self.config.arbiter_votes.unwrap_or(0);
        let listed = sum(self.votes.values().copied()).saturating_add(arbiter);
        self.config.expected_votes.unwrap_or(listed)
    }

    /// What a process expects that has just started, and whose disk knows of so many votes.
    fn expected_at_birth(&self, remembered: u32) -> u32 {
        match self.config.expectation {
            Expectation::Steady => self.configured(),
            Expectation::Tracked | Expectation::Downscale => self.configured().max(remembered),
        }
    }

    fn needed(&self, expected: u32) -> u32 {
        match self.config.rule {
            QuorumRule::None => 0,
            QuorumRule::TwoNode if expected <= 2 => 1,
            _ if planted::is(Planted::HalfIsEnough) => expected.div_ceil(2),
            QuorumRule::TwoNode | QuorumRule::Majority => expected / 2 + 1,
        }
    }

    fn reason(&self, of_nodes: u32, tie: Tie, decision: &QuorumDecision) -> QuorumReason {
        let QuorumDecision { votes, needed, .. } = *decision;
        let missed = |arbiter: &Arbiter| {
            arbiter.vote != ArbiterVote::Granted && votes.saturating_add(arbiter.votes) >= needed
        };
        match (self.config.rule, tie) {
            (QuorumRule::None, _) => QuorumReason::NoProvider,
            (QuorumRule::TwoNode, _) if votes >= needed && needed == 1 => QuorumReason::TwoNode,
            _ if of_nodes >= needed => QuorumReason::Majority,
            _ if votes >= needed => QuorumReason::ArbiterGranted,
            (_, Tie::Won(node)) => QuorumReason::TieWon(node),
            (_, Tie::Lost) => QuorumReason::TieLost,
            (_, Tie::None) => match decision.arbiter.filter(missed).map(|arbiter| arbiter.vote) {
                Some(ArbiterVote::Withheld) => QuorumReason::ArbiterWithheld,
                Some(_) => QuorumReason::ArbiterSilent,
                None => QuorumReason::TooFewVotes,
            },
        }
    }

    /// Half of the votes keeps the right to act, if what was lost at once cannot have it, and the
    /// node that decides is here. With odd expected votes the other half may win a node that was
    /// away before; only `wait_for_all` keeps that one from acting.
    fn tie(&self, members: &[NodeId], memory: &QuorumMemory, decision: &QuorumDecision) -> Tie {
        let QuorumDecision { votes, expected, needed, .. } = *decision;
        let Some(breaker) = &self.config.tie_breaker else { return Tie::None };
        let gone = memory.members.iter().filter(|node| !members.contains(node));
        let lost = sum(gone.map(|node| self.votes_of(*node, memory)));
        let is_even = expected.is_multiple_of(2) || self.waits_for_all();
        if self.config.rule != QuorumRule::Majority
            || memory.standing != Standing::Quorate
            || votes == 0
            || votes != expected / 2
            || !is_even
            || lost >= needed
        {
            return Tie::None;
        }
        match decider(breaker, memory) {
            Some(node) if members.contains(&node) => Tie::Won(node),
            _ => Tie::Lost,
        }
    }

    fn flags(&self, decision: &QuorumDecision) -> Vec<QuorumFlag> {
        let two_node = self.config.rule == QuorumRule::TwoNode && decision.expected <= 2;
        let flags = [
            (two_node, QuorumFlag::TwoNode),
            (decision.quorate, QuorumFlag::Quorate),
            (self.waits_for_all(), QuorumFlag::WaitForAll),
            (self.stands_alone(decision), QuorumFlag::LastManStanding),
            (self.config.tie_breaker.is_some(), QuorumFlag::AutoTieBreaker),
            (self.config.expectation == Expectation::Downscale, QuorumFlag::AllowDownscale),
            (self.config.arbiter_votes.is_some(), QuorumFlag::Arbiter),
        ];
        flags.into_iter().filter(|(in_force, _)| *in_force).map(|(_, flag)| flag).collect()
    }

    /// `last_man_standing` counts heads: it is in force while each has one vote.
    fn stands_alone(&self, decision: &QuorumDecision) -> bool {
        self.config.last_man_standing.is_some()
            && self.votes.values().all(|votes| *votes == 1)
            && decision.voters.iter().all(|voter| voter.votes == 1)
    }

    /// May expected votes fall to what is here? Not where the tie-breaker alone gives quorum.
    fn may_shrink(&self, decision: &QuorumDecision) -> bool {
        self.stands_alone(decision)
            && decision.quorate
            && decision.votes >= decision.needed
            && decision.votes < decision.expected
    }

    fn waits_for_all(&self) -> bool {
        if planted::is(Planted::SkipWaitForAll) {
            return false;
        }
        match self.config.wait_for_all {
            WaitForAll::Required => true,
            WaitForAll::Off => false,
            WaitForAll::Unset => self.config.rule == QuorumRule::TwoNode,
        }
    }

    fn missing(&self, members: &[NodeId], memory: &QuorumMemory) -> Vec<NodeId> {
        let absent = self.votes.keys().copied().filter(|node| !members.contains(node));
        absent.filter(|node| self.votes_of(*node, memory) > 0).collect()
    }
}

/// Who settles a split of the last view.
fn decider(breaker: &TieBreaker, memory: &QuorumMemory) -> Option<NodeId> {
    let before = memory.members.iter().copied();
    match breaker {
        TieBreaker::Lowest => before.min(),
        TieBreaker::Highest => before.max(),
        TieBreaker::List(nodes) => nodes.iter().copied().find(|node| memory.members.contains(node)),
    }
}

const fn permits(reason: &QuorumReason) -> bool {
    match reason {
        QuorumReason::Majority
        | QuorumReason::ArbiterGranted
        | QuorumReason::TwoNode
        | QuorumReason::TieWon(_)
        | QuorumReason::NoProvider => true,
        QuorumReason::TooFewVotes
        | QuorumReason::TieLost
        | QuorumReason::ArbiterSilent
        | QuorumReason::ArbiterWithheld
        | QuorumReason::WaitingForAll(_) => false,
    }
}

fn sum(votes: impl Iterator<Item = u32>) -> u32 {
    votes.fold(0, u32::saturating_add)
}
