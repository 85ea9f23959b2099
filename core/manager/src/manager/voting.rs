//! Votes that change within a view: the right to act comes and goes without anybody's coming and
//! going.

use super::{Manager, Sync};
use crate::EventKind;
use crate::door::{Output, RequestId};
use crate::operation::Operation;
use crate::state::Replan;
use group::{GroupCommand, QuorumChange, QuorumDecision};

/// What was delivered to a node that waits for the cluster's state, in order.
#[derive(Debug)]
pub(super) enum Heard {
    Message { sender: base::NodeId, payload: Vec<u8> },
    Votes(QuorumDecision),
}

impl Manager {
    /// A client wants votes changed. The group answers, because only it knows the rules.
    pub(super) fn ask_for_votes(
        &mut self,
        id: RequestId,
        change: QuorumChange,
        out: &mut Vec<Output>,
    ) {
        self.requests.voting(self.now, id, change);
        out.push(Output::Group(GroupCommand::Quorum(change)));
    }

    pub(super) fn hear_votes(
        &mut self,
        decision: QuorumDecision,
        asked: Option<QuorumChange>,
        out: &mut Vec<Output>,
    ) {
        if let Some(view) = &mut self.view {
            view.quorum = decision.clone();
        }
        match &mut self.sync {
            Sync::Waiting { delivered, .. } => delivered.push(Heard::Votes(decision)),
            Sync::Joined | Sync::Silent | Sync::Alone => self.count_votes(&decision, out),
        }
        if let Some(change) = asked {
            self.requests.voted(change, Ok(()), out);
        }
    }

    /// All members come by here at the same place in the order (C3).
    pub(super) fn count_votes(&mut self, decision: &QuorumDecision, out: &mut Vec<Output>) {
        if self.state.has_quorum == decision.quorate {
            return;
        }
        self.state_mut().has_quorum = decision.quorate;
        // What was planned with or without the right to act is no plan any more.
        self.carry.abandon();
        self.planning = false;
        self.stale = Replan::Now;
        if !self.state.may_act() {
            self.executor.end_fencing(out); // F1
        }
        let Some(view) = self.view.clone() else { return };
        if self.note_right_to_act(&view) {
            out.push(self.store());
        }
        self.show_profile(out);
        if view.coordinator() == self.me.node {
            let kind = EventKind::Quorum { quorate: decision.quorate, why: decision.to_string() };
            self.submit(Operation::Observed { at: self.wall, events: vec![kind] }, out);
        }
    }
}
