//! One member's count: the rules, what it knows, and what it last decided.

use super::lease::Lease;
use super::{
    ArbiterVote, Heritage, Motion, QuorumChange, QuorumDecision, QuorumDowry, QuorumMemory,
    QuorumRefusal, Rules, memory,
};
use crate::config::{Expectation, GroupConfig};
use crate::types::{GroupEvent, Refusal, ViewId};
use base::{Instant, NodeId};

/// Kept by each member over all views.
#[derive(Debug)]
pub(crate) struct Tally {
    me: NodeId,
    rules: Rules,
    memory: QuorumMemory,
    view: ViewId,
    decision: Option<QuorumDecision>,
    /// Has `decision` changed since somebody looked?
    is_news: bool,
    /// Until when `last_man_standing` waits in this view.
    window: Option<Instant>,
    /// Own changes that were delivered while the view was ending: they are answered by what the
    /// next one decides.
    owed: Vec<QuorumChange>,
    persisted: u32,
    /// What the arbiter said to this node.
    lease: Lease,
}

/// Under which terms the order is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// In a view that goes on: what is safe waits for everybody.
    Regular,
    /// The view is over and its survivors are level, which is all that safe can mean now. What they
    /// know of votes is part of the next view already.
    Transitional,
}

impl Tally {
    /// `remembered`: the highest expected votes that this node's disk knows of.
    pub(crate) fn new(config: &GroupConfig, me: NodeId, remembered: u32) -> Self {
        let rules = Rules::of(config);
        Self {
            me,
            memory: QuorumMemory::fresh(rules.expected_at_birth(remembered)),
            view: ViewId::default(),
            decision: None,
            is_news: false,
            window: None,
            owed: Vec::new(),
            persisted: remembered,
            lease: Lease::default(),
            rules,
        }
    }

    /// The configuration has changed here, as it does on the others. What is expected changes for
    /// all at one place in the order; what to put to them for it.
    pub(crate) fn configure(&mut self, config: &GroupConfig) -> Option<Motion> {
        let before = self.rules.configured();
        self.rules = Rules::of(config);
        let now = self.rules.configured();
        if self.rules.config.arbiter_votes.is_none() {
            // Whoever configures one again hears it anew.
            self.memory.arbiter = ArbiterVote::Unknown;
        }
        if self.decision.is_none() {
            self.memory = QuorumMemory::fresh(self.rules.expected_at_birth(self.persisted));
        }
        (before != now && self.decision.is_some()).then_some(Motion::Configured { before, now })
    }

    pub(crate) const fn memory(&self) -> &QuorumMemory {
        &self.memory
    }

    /// What the members of a ballot know together.
    pub(crate) fn merge<'a>(
        &self,
        dowries: &[&'a QuorumDowry],
        lines: (&[Heritage<'a>], Option<ViewId>),
        members: &[NodeId],
    ) -> QuorumMemory {
        memory::merge(&self.rules, dowries, lines, members)
    }

    /// May the new view act? All its members know the same and come to the same answer.
    pub(crate) fn judge(
        &mut self,
        (now, view): (Instant, ViewId),
        members: &[NodeId],
        known: &QuorumMemory,
    ) -> QuorumDecision {
        let decision = self.rules.decide(members, known);
        self.memory = known.clone().after(&decision, members);
        self.view = view;
        let window = self.rules.config.last_man_standing;
        self.window = window.filter(|_| self.rules.may_shrink(&decision)).map(|wait| now + wait);
        self.is_news = false;
        self.decision = Some(decision.clone());
        decision
    }

    /// Would this be allowed now?
    pub(crate) fn check(&self, change: QuorumChange) -> Result<(), QuorumRefusal> {
        if self.decision.is_none() {
            return Err(QuorumRefusal::NoView);
        }
        self.rules.put(&self.memory, self.view, self.me, &Motion::Asked(change)).map(|_| ())
    }

    /// A motion stands here in the order.
    pub(crate) fn deliver(
        &mut self,
        terms: Terms,
        by: NodeId,
        motion: &Motion,
    ) -> Option<GroupEvent> {
        let asked = match motion {
            Motion::Asked(change) if by == self.me => Some(*change),
            _ => None,
        };
        let passed = self.rules.put(&self.memory, self.view, by, motion);
        self.lease.note(by == self.me, motion, passed.is_ok());
        let (memory, decision) = match passed {
            Ok(passed) => passed,
            Err(reason) => {
                let refusal = |change| Refusal::Quorum { change, reason };
                return asked.map(refusal).map(GroupEvent::Refused);
            }
        };
        self.memory = memory;
        self.decision = Some(decision.clone());
        self.is_news = true;
        match terms {
            Terms::Regular => Some(GroupEvent::Quorum { decision, asked }),
            Terms::Transitional => {
                self.owed.extend(asked);
                None
            }
        }
    }

    /// Answers to what was asked for in the old view, after the new one was announced.
    pub(crate) fn answers(&mut self) -> Vec<GroupEvent> {
        let Some(decision) = &self.decision else { return Vec::new() };
        let answer =
            |change| GroupEvent::Quorum { decision: decision.clone(), asked: Some(change) };
        self.owed.drain(..).map(answer).collect()
    }

    /// The decision, if a motion has changed it since the last call.
    pub(crate) fn news(&mut self) -> Option<QuorumDecision> {
        std::mem::take(&mut self.is_news).then(|| self.decision.clone()).flatten()
    }

    /// When the window of `last_man_standing` is over.
    pub(crate) const fn window(&self) -> Option<Instant> {
        self.window
    }

    /// What to put to the members when the window is over.
    pub(crate) fn close_window(&mut self, now: Instant) -> Option<Motion> {
        self.window.filter(|until| *until <= now)?;
        self.window = None;
        Some(Motion::WindowOver { view: self.view })
    }

    /// The arbiter has said this to this node, and it is good until `until`: what to put to the
    /// members. A view that is over is not spoken to.
    pub(crate) fn hear_arbiter(
        &mut self,
        (view, vote): (ViewId, ArbiterVote),
        now: Instant,
        until: Instant,
    ) -> Option<Motion> {
        let is_asked = self.rules.config.arbiter_votes.is_some() && self.decision.is_some();
        (is_asked && view == self.view && now < until).then_some(())?;
        let renewed = self.lease.renew(until) && vote == self.memory.arbiter;
        if renewed || vote == ArbiterVote::Unknown && self.memory.arbiter == vote {
            return None;
        }
        self.lease.put();
        Some(Motion::ArbiterSpoke { view, vote })
    }

    /// When what the arbiter said is not good any more; `None` where another member answers for it.
    pub(crate) fn lease(&self) -> Option<Instant> {
        self.lease.ends(self.view, self.memory.arbiter)
    }

    /// What to put to the members when that is over.
    pub(crate) fn let_lapse(&mut self, now: Instant) -> Option<Motion> {
        self.lease().filter(|until| *until <= now)?;
        self.lease.lapse(self.view);
        Some(Motion::ArbiterLapsed)
    }

    /// What to put to the members before leaving in order.
    pub(crate) fn parting(&self) -> Option<Motion> {
        let counts = self.rules.config.expectation == Expectation::Downscale;
        (counts && self.decision.is_some()).then_some(Motion::Leaving)
    }

    /// The highest expected votes, when they are to be kept and have risen.
    pub(crate) fn take_to_persist(&mut self) -> Option<u32> {
        let highest = self.memory.highest;
        if self.rules.config.expectation == Expectation::Steady || highest <= self.persisted {
            return None;
        }
        self.persisted = highest;
        Some(highest)
    }
}
