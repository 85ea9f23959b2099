//! Changes without a new view. They stand in the group's own order, so that all members apply them
//! at the same place and come to the same answer.

use super::{ArbiterVote, Attendance, QuorumDecision, QuorumMemory, Rules};
use crate::config::{Expectation, QuorumRule};
use crate::types::ViewId;
use base::{NodeId, codec_enum};

/// What an operator may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumChange {
    /// So many votes are expected from now on.
    Expect(u32),
    /// A node has so many votes from now on.
    Weigh {
        /// Which node.
        node: NodeId,
        /// Its votes.
        votes: u32,
    },
    /// Do not wait for those who were not seen since the start.
    CancelWaitForAll,
    /// What the arbiter has said does not count until it speaks again.
    ForgetArbiter,
}
codec_enum!(QuorumChange {
    0 = Expect(votes),
    1 = Weigh { node, votes },
    2 = CancelWaitForAll,
    3 = ForgetArbiter,
});

/// What is put to the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    Asked(QuorumChange),
    /// `last_man_standing`: the window of this view is over.
    WindowOver {
        view: ViewId,
    },
    /// `allow_downscale`: the sender is leaving in order.
    Leaving,
    /// The sender's configuration expects `now` votes instead of `before`. All say so; the first
    /// counts.
    Configured {
        before: u32,
        now: u32,
    },
    /// The arbiter has spoken to this view, of which the sender is. Of no effect in any other.
    ArbiterSpoke {
        view: ViewId,
        vote: ArbiterVote,
    },
    /// What the arbiter has said to the sender is not good any more. In whatever view this arrives:
    /// to forget harms nobody.
    ArbiterLapsed,
}
codec_enum!(Motion {
    0 = Asked(change),
    1 = WindowOver { view },
    2 = Leaving,
    3 = Configured { before, now },
    4 = ArbiterSpoke { view, vote },
    5 = ArbiterLapsed,
});

/// Why a change was not made. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumRefusal {
    /// There are no votes.
    #[error("no quorum provider is configured, so there are no votes to change; configure one")]
    NoProvider,
    /// There is no view to change.
    #[error("this node is not in any view yet; try again in a moment")]
    NoView,
    /// More votes are here already.
    #[error("{votes} votes are here; expect at least as many, not {asked}")]
    BelowTotal {
        /// What was asked for.
        asked: u32,
        /// What is here.
        votes: u32,
    },
    /// This view would not be quorate then.
    #[error("{needed} votes would be needed then and {votes} are here; choose smaller numbers")]
    TakesQuorum {
        /// Votes needed after the change.
        needed: u32,
        /// Votes here after the change.
        votes: u32,
    },
    /// Somebody else counts them.
    #[error("the votes are counted by Corosync on this node; ask it to change them")]
    NotOurs,
    /// No such node.
    #[error("there is no node {0} in the nodelist; use one of its node ids")]
    UnknownNode(NodeId),
    /// No arbiter.
    #[error("no arbiter is configured; add `device` to the section `quorum`")]
    NoArbiter,
    /// It was meant for another view.
    #[error("it was meant for view {0}, which is over; ask again for the view that is")]
    Stale(ViewId),
    /// The rule that it belongs to is not in force now.
    #[error("the rule that it belongs to does not apply now")]
    NotInForce,
}

impl Rules {
    /// What the members of `view` know after `motion`, put by `by`, and how they are judged then.
    ///
    /// # Errors
    /// When the motion is not allowed; the same on all members, because they know the same.
    pub(crate) fn put(
        &self,
        memory: &QuorumMemory,
        view: ViewId,
        by: NodeId,
        motion: &Motion,
    ) -> Result<(QuorumMemory, QuorumDecision), QuorumRefusal> {
        if self.config.rule == QuorumRule::None {
            return Err(QuorumRefusal::NoProvider);
        }
        let members = memory.members.clone();
        let before = self.decide(&members, memory);
        let mut next = memory.clone();
        match *motion {
            Motion::Asked(change) => self.change(&mut next, &before, change)?,
            Motion::WindowOver { view: of } if of != view => return Err(QuorumRefusal::Stale(of)),
            Motion::WindowOver { .. } if !self.may_shrink(&before) => {
                return Err(QuorumRefusal::NotInForce);
            }
            Motion::WindowOver { .. } => self.lower(&mut next, before.votes),
            Motion::Leaving => self.give_up(&mut next, by)?,
            Motion::Configured { before, .. } if before != next.expected => {
                return Err(QuorumRefusal::NotInForce);
            }
            Motion::Configured { now, .. } => self.lower(&mut next, now),
            Motion::ArbiterSpoke { view: of, .. } if of != view => {
                return Err(QuorumRefusal::Stale(of));
            }
            Motion::ArbiterSpoke { .. } if self.config.arbiter_votes.is_none() => {
                return Err(QuorumRefusal::NoArbiter);
            }
            Motion::ArbiterSpoke { vote, .. } => next.arbiter = vote,
            Motion::ArbiterLapsed => next.arbiter = ArbiterVote::Unknown,
        }
        let after = self.decide(&members, &next);
        let is_short = after.votes < after.needed && !after.quorate;
        let asks_votes = match motion {
            Motion::Asked(QuorumChange::Expect(_)) => true,
            Motion::Asked(QuorumChange::Weigh { .. }) => before.quorate,
            _ => false,
        };
        if asks_votes && is_short {
            let QuorumDecision { needed, votes, .. } = after;
            return Err(QuorumRefusal::TakesQuorum { needed, votes });
        }
        Ok((next.after(&after, &members), after))
    }

    fn change(
        &self,
        next: &mut QuorumMemory,
        before: &QuorumDecision,
        change: QuorumChange,
    ) -> Result<(), QuorumRefusal> {
        match change {
            QuorumChange::Expect(asked) if asked < before.votes => {
                return Err(QuorumRefusal::BelowTotal { asked, votes: before.votes });
            }
            QuorumChange::Expect(asked) => {
                self.lower(next, asked);
                if asked == before.votes {
                    // These are all there are, says the operator: nobody is left to wait for.
                    next.attendance = next.attendance.max(Attendance::Waived);
                }
            }
            QuorumChange::Weigh { node, .. } if !self.votes.contains_key(&node) => {
                return Err(QuorumRefusal::UnknownNode(node));
            }
            QuorumChange::Weigh { node, votes } => {
                next.votes.insert(node, votes);
            }
            QuorumChange::CancelWaitForAll => {
                next.attendance = next.attendance.max(Attendance::Waived);
            }
            QuorumChange::ForgetArbiter if self.config.arbiter_votes.is_none() => {
                return Err(QuorumRefusal::NoArbiter);
            }
            QuorumChange::ForgetArbiter => next.arbiter = ArbiterVote::Unknown,
        }
        Ok(())
    }

    /// Sets expected votes, down as well. Only what is tracked remembers that there were more.
    fn lower(&self, next: &mut QuorumMemory, expected: u32) {
        next.expected = expected;
        next.highest = match self.config.expectation {
            Expectation::Steady => expected,
            Expectation::Tracked | Expectation::Downscale => next.highest.max(expected),
        };
    }

    /// Who leaves in order takes its votes along, down to what was configured.
    fn give_up(&self, next: &mut QuorumMemory, by: NodeId) -> Result<(), QuorumRefusal> {
        let is_member = next.members.contains(&by) && !next.leaving.contains(&by);
        if self.config.expectation != Expectation::Downscale || !is_member {
            return Err(QuorumRefusal::NotInForce);
        }
        let left = next.expected.saturating_sub(self.votes_of(by, next));
        let barrier = self.configured().min(next.expected);
        self.lower(next, left.max(barrier));
        next.leaving.insert(by);
        Ok(())
    }
}
