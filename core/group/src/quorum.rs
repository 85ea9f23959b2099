//! Votes to the right to act: one pure function, with its explanation.
//!
//! The rules are Corosync's votequorum: a majority of the expected votes; `two_node`, where one of
//! two is enough because fencing settles who survives; `wait_for_all`, where nobody acts after a
//! cold start before all have been seen once (Q6). Further rules are further variants of
//! [`QuorumRule`].

use crate::config::{NodeConfig, QuorumConfig, QuorumRule, WaitForAll};
use crate::planted::{self, Planted};
use base::NodeId;
use std::fmt;

/// Has everybody been seen once since the last cold start? Passed from member to member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// All were in one view once, or a member that joined knew so.
    Complete,
    /// Not yet.
    Awaited,
}

/// May a view act, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumDecision {
    /// The answer.
    pub quorate: bool,
    /// Votes of the view's members.
    pub votes: u32,
    /// Votes there could be.
    pub expected: u32,
    /// Votes that are needed.
    pub needed: u32,
    /// The rule that decided.
    pub reason: QuorumReason,
    /// The modes in force, as `corosync-quorumtool` names them.
    pub flags: QuorumFlags,
}

/// Modes in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuorumFlags {
    /// `2Node`.
    pub two_node: bool,
    /// `WaitForAll`.
    pub wait_for_all: bool,
}

/// The rule that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuorumReason {
    /// Enough votes.
    Majority,
    /// One of two is enough.
    TwoNode,
    /// No provider is configured, so every view may act.
    NoProvider,
    /// Too few votes.
    TooFewVotes,
    /// These nodes have not been seen since the cluster started.
    WaitingForAll(Vec<NodeId>),
}

impl fmt::Display for QuorumReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Majority => f.write_str("a majority of the votes is here"),
            Self::TwoNode => f.write_str("two_node: one of two nodes is enough, fencing decides"),
            Self::NoProvider => f.write_str("no quorum provider is configured"),
            Self::TooFewVotes => f.write_str("fewer votes than needed are here"),
            Self::WaitingForAll(missing) => {
                f.write_str("wait_for_all: not seen since the start:")?;
                missing.iter().try_for_each(|node| write!(f, " {node}"))
            }
        }
    }
}

impl fmt::Display for QuorumDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.quorate { "quorate" } else { "not quorate" };
        let Self { votes, expected, needed, reason, .. } = self;
        write!(f, "{state}: {votes} of {expected} votes, {needed} needed; {reason}")
    }
}

/// Decides for a view of `members`. `attendance` is what the members knew before it; what they
/// know after it is [`attendance_after`].
pub fn decide(
    config: &QuorumConfig,
    voters: &[NodeConfig],
    members: &[NodeId],
    attendance: Attendance,
) -> QuorumDecision {
    let votes = sum(voters.iter().filter(|voter| members.contains(&voter.node)));
    let configured = config.expected_votes.unwrap_or_else(|| sum(voters));
    // Expected votes rise by themselves when more turn up than were announced.
    let expected = configured.max(votes);
    let flags = QuorumFlags {
        two_node: config.rule == QuorumRule::TwoNode && expected <= 2,
        wait_for_all: waits_for_all(config),
    };
    let needed = match config.rule {
        QuorumRule::None => 0,
        QuorumRule::TwoNode if flags.two_node => 1,
        QuorumRule::TwoNode | QuorumRule::Majority if planted::is(Planted::HalfIsEnough) => {
            expected.div_ceil(2)
        }
        QuorumRule::TwoNode | QuorumRule::Majority => expected / 2 + 1,
    };
    let complete = attendance == Attendance::Complete || votes >= expected;
    let (quorate, reason) = if config.rule == QuorumRule::None {
        (true, QuorumReason::NoProvider)
    } else if votes < needed {
        (false, QuorumReason::TooFewVotes)
    } else if flags.wait_for_all && !complete {
        (false, QuorumReason::WaitingForAll(missing(voters, members)))
    } else if flags.two_node {
        (true, QuorumReason::TwoNode)
    } else {
        (true, QuorumReason::Majority)
    };
    QuorumDecision { quorate, votes, expected, needed, reason, flags }
}

/// What the members of a view know after `decision`: a view that lost quorum waits for all anew.
pub fn attendance_after(decision: &QuorumDecision) -> Attendance {
    if decision.quorate { Attendance::Complete } else { Attendance::Awaited }
}

fn waits_for_all(config: &QuorumConfig) -> bool {
    if planted::is(Planted::SkipWaitForAll) {
        return false;
    }
    match config.wait_for_all {
        WaitForAll::Required => true,
        WaitForAll::Off => false,
        WaitForAll::Unset => config.rule == QuorumRule::TwoNode,
    }
}

fn sum<'a>(voters: impl IntoIterator<Item = &'a NodeConfig>) -> u32 {
    voters.into_iter().fold(0, |total, voter| total.saturating_add(voter.votes))
}

fn missing(voters: &[NodeConfig], members: &[NodeId]) -> Vec<NodeId> {
    let absent = voters.iter().filter(|voter| voter.votes > 0 && !members.contains(&voter.node));
    absent.map(|voter| voter.node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(nodes: u32) -> Vec<NodeConfig> {
        let node = |id| NodeConfig { node: NodeId(id), links: Vec::new(), votes: 1 };
        (1..=nodes).map(node).collect()
    }

    fn say(nodes: u32, config: &QuorumConfig, here: &[u32], attendance: Attendance) -> String {
        let here: Vec<_> = here.iter().copied().map(NodeId).collect();
        decide(config, &cluster(nodes), &here, attendance).to_string()
    }

    #[test]
    fn majority() {
        let config = QuorumConfig::default();
        let stories = [
            (3, vec![1, 2], "quorate: 2 of 3 votes, 2 needed; a majority of the votes is here"),
            (
                4,
                vec![1, 2],
                "not quorate: 2 of 4 votes, 3 needed; fewer votes than needed are here",
            ),
            (2, vec![1], "not quorate: 1 of 2 votes, 2 needed; fewer votes than needed are here"),
            (1, vec![1], "quorate: 1 of 1 votes, 1 needed; a majority of the votes is here"),
        ];
        for (nodes, here, expected) in stories {
            assert_eq!(say(nodes, &config, &here, Attendance::Awaited), expected);
        }
    }

    #[test]
    fn two_nodes_wait_for_all_unless_told_otherwise() {
        let mut config = QuorumConfig { rule: QuorumRule::TwoNode, ..QuorumConfig::default() };
        assert_eq!(
            say(2, &config, &[2], Attendance::Awaited),
            "not quorate: 1 of 2 votes, 1 needed; wait_for_all: not seen since the start: 1"
        );
        let alone = "quorate: 1 of 2 votes, 1 needed; \
                     two_node: one of two nodes is enough, fencing decides";
        assert_eq!(say(2, &config, &[2], Attendance::Complete), alone);
        config.wait_for_all = WaitForAll::Off;
        assert_eq!(say(2, &config, &[2], Attendance::Awaited), alone);
    }

    #[test]
    fn no_provider_and_more_votes_than_announced() {
        let none = QuorumConfig { rule: QuorumRule::None, ..QuorumConfig::default() };
        assert!(say(3, &none, &[1], Attendance::Awaited).starts_with("quorate"));
        let few = QuorumConfig { expected_votes: Some(1), ..QuorumConfig::default() };
        assert!(say(3, &few, &[1, 2, 3], Attendance::Awaited).contains("3 of 3 votes, 2 needed"));
    }
}
