//! What the group layer says: views and messages.

use super::{HEAD_START, Heard, INTRODUCTION, Leaving, Manager, RETRY, Sync};
use crate::door::{Output, Refused};
use crate::membership::Line;
use crate::operation::{Message, Operation};
use crate::state::Replan;
use crate::{Event, EventKind, Kept, State};
use base::planted::{self, Planted};
use base::{Decode, Encode, NodeId};
use group::{Channel, GroupCommand, GroupEvent, QuorumFlag, Refusal, View};
use scheduler::plan::ActionKey;
use std::sync::Arc;

impl Manager {
    pub(super) fn hear(&mut self, event: GroupEvent, out: &mut Vec<Output>) {
        match event {
            GroupEvent::View { view, .. } => self.enter(view, out),
            GroupEvent::Deliver { channel: Channel::Cluster, sender, payload } => {
                self.deliver(sender, payload, out);
            }
            GroupEvent::Suspected { node, after } => {
                let node = self.state.node_name(node);
                let kind = EventKind::Suspected { node, silent: after };
                out.push(Output::Event(Event { number: 0, at: self.wall, kind: kind.clone() }));
                self.suspected.push((self.wall, kind));
            }
            GroupEvent::Quorum { decision, asked } => self.hear_votes(decision, asked, out),
            GroupEvent::Refused(Refusal::Quorum { change, reason }) => {
                self.requests.voted(change, Err(reason), out);
            }
            GroupEvent::Refused(_) => self.retry = Some(self.now + RETRY),
            GroupEvent::Left => {
                self.leaving = Leaving::Gone;
                out.push(Output::Finished);
            }
            GroupEvent::Discovered { node } => {
                self.me.nodes.entry(node).or_insert_with(|| node.to_string());
            }
            // What became of an absorbed message is not told; who waits for it is told so in time.
            GroupEvent::Deliver { channel: Channel::Processes | Channel::Daemons, .. }
            | GroupEvent::Absorbed { .. }
            | GroupEvent::Paused { .. }
            | GroupEvent::Transitional { .. }
            | GroupEvent::LinkChanged(_) => {}
        }
    }

    pub(super) fn enter(&mut self, view: View, out: &mut Vec<Output>) {
        let line = Line::of(&view);
        self.carry.abandon();
        self.planning = false;
        self.introduced = None;
        self.stale = Replan::Now;
        self.profile.synced = None;
        if line.came_along(self.me.node) {
            let has_changed = self.state_mut().apply_view(&view, &line);
            self.sync = Sync::Joined;
            self.profile.synced = Some(view.id);
            if self.note_right_to_act(&view) || has_changed {
                out.push(self.store());
            }
            if line.source == self.me.node && line.members.len() < view.members.len() {
                let state = Box::new(State::clone(&self.state));
                self.submit(Operation::Snapshot { view: view.id, state }, out);
            }
        } else {
            self.executor.abandon(out);
            self.requests.give_up(out);
            self.state_mut().forget_what_is();
            self.sync = Sync::Waiting { view: view.id, delivered: Vec::new() };
        }
        self.deadlines.retain(|flight, _| self.state.flights.contains_key(flight));
        if !self.state.may_act() {
            self.executor.end_fencing(out);
        }
        self.give_head_start(&view);
        self.let_introduce(&view, &line);
        self.note_view(&view, out);
        self.view = Some(view);
        self.show_profile(out);
        self.acknowledge(out);
    }

    /// F7: when two nodes lose each other, both may fence. The higher one waits, so that it is off
    /// before its shot when the lower one lives.
    pub(super) fn give_head_start(&mut self, view: &View) {
        let is_lowest = self.me.nodes.keys().next() == Some(&self.me.node);
        if view.quorum.has(QuorumFlag::TwoNode) && view.members.len() == 1 && !is_lowest {
            for (_, name) in self.me.nodes.iter().filter(|(node, _)| **node != self.me.node) {
                self.carry.hold_fire_until(self.now + HEAD_START, name);
            }
        }
    }

    /// F2: a process that is new in the view, or was away, has not said yet that it is well; until it
    /// has, the plan sees its machine as lost. It is not cut off before it could say so.
    fn let_introduce(&mut self, view: &View, line: &Line) {
        if planted::is(Planted::ShootNewcomers) {
            return;
        }
        for member in view.members.iter().filter(|member| !line.came_along(member.node)) {
            let name = self.state.node_name(member.node);
            self.carry.hold_fire_until(self.now + INTRODUCTION, &name);
        }
    }

    /// Only who has the cluster's state can act in a view, and so carry the line on.
    /// Says whether the configuration counts for more than before: that belongs on the disk.
    pub(super) fn note_right_to_act(&mut self, view: &View) -> bool {
        let is_news = view.quorum.quorate && self.state.acted != view.id.counter;
        if view.quorum.quorate {
            self.state_mut().acted = view.id.counter;
            self.profile.has_acted = true;
        }
        is_news
    }

    /// The coordinator writes into the journal what came before the view, and the view.
    pub(super) fn note_view(&mut self, view: &View, out: &mut Vec<Output>) {
        let suspected = std::mem::take(&mut self.suspected);
        if view.coordinator() != self.me.node {
            return;
        }
        for (at, event) in suspected {
            self.submit(Operation::Observed { at, events: vec![event] }, out);
        }
        let name = |node: &NodeId| {
            // Whoever was found on the network is listed by its number until it says its name.
            let said = self.state.names.get(node).or_else(|| self.me.nodes.get(node));
            said.cloned().unwrap_or_else(|| node.to_string())
        };
        let members = view.nodes().iter().map(name).collect();
        let kind = EventKind::View { id: view.id, members, quorate: view.quorum.quorate };
        self.submit(Operation::Observed { at: self.wall, events: vec![kind] }, out);
    }

    pub(super) fn show_profile(&mut self, out: &mut Vec<Output>) {
        self.profile.standing = self.state.standing();
        out.push(Output::Group(GroupCommand::SetProfile(self.profile.to_bytes())));
    }

    pub(super) fn deliver(&mut self, sender: NodeId, payload: Vec<u8>, out: &mut Vec<Output>) {
        if let Sync::Waiting { view, delivered } = &mut self.sync {
            let wanted = *view;
            let message = Message::from_bytes(&payload);
            delivered.push(Heard::Message { sender, payload });
            match message {
                Ok(Message { operation: Operation::Snapshot { view, state }, .. })
                    if view == wanted =>
                {
                    self.take_over(*state, out);
                }
                _ => {}
            }
            return;
        }
        self.apply(sender, &payload, out);
    }

    /// The state has come: it is that of the view's start, so all that was delivered since is
    /// applied to it.
    pub(super) fn take_over(&mut self, state: State, out: &mut Vec<Output>) {
        let before = std::mem::replace(&mut self.sync, Sync::Joined);
        let Sync::Waiting { view, delivered } = before else { return };
        for untold in std::mem::take(&mut self.untold) {
            self.state_mut().revisions.put_aside(untold);
        }
        self.untold = self.state.revisions.unknown_to(&state.revisions);
        self.state = Arc::new(state);
        self.profile.has_acted = false;
        self.reckoning.forget();
        self.told = self.state.journal.written();
        self.profile.synced = Some(view);
        if let Some(view) = self.view.clone() {
            self.note_right_to_act(&view);
        }
        self.deadlines.clear();
        for (id, flight) in self.state.flights.clone() {
            self.set_deadline(id, &flight);
        }
        self.stale = Replan::Now;
        for heard in delivered {
            match heard {
                Heard::Message { sender, payload } => self.apply(sender, &payload, out),
                Heard::Votes(decision) => self.count_votes(&decision, out),
            }
        }
        self.tell_what_is_aside(out);
        out.push(self.store());
        self.show_profile(out);
    }

    /// What was changed here, or told here to have been, and does not count (C2).
    pub(super) fn tell_what_is_aside(&mut self, out: &mut Vec<Output>) {
        if !self.untold.is_empty() && self.is_joined() {
            self.submit(Operation::Aside { revisions: self.untold.clone() }, out);
        }
    }

    /// The configuration, with how it came about, for the disk. What the others have not been heard
    /// to put aside is there too: a process that ends before tells it in its next life (C2).
    pub(super) fn store(&self) -> Output {
        let State { configuration, revisions, trial, passing, acted, .. } = &*self.state;
        let mut revisions = revisions.clone();
        for revision in &self.untold {
            revisions.put_aside(revision.clone());
        }
        let (configuration, passing) = (Arc::clone(configuration), passing.clone());
        let (trial, acted) = (trial.clone(), *acted);
        Output::Store(Kept { configuration, revisions, trial, passing, acted })
    }

    pub(super) fn apply(&mut self, sender: NodeId, payload: &[u8], out: &mut Vec<Output>) {
        // From a newer version than was agreed on, or damaged before it was sealed: nobody can
        // read it, so it changes nothing anywhere (C6).
        let Ok(message) = Message::from_bytes(payload) else { return };
        let intended: Vec<ActionKey> = match &message.operation {
            Operation::Intend { flights, .. } => flights.iter().map(|f| f.key.clone()).collect(),
            _ => Vec::new(),
        };
        let is_mine = sender == self.me.node;
        let waits = if is_mine { self.requests.delivered(message.serial) } else { None };
        let departs = is_mine && message.operation == Operation::Depart;
        if let Operation::Aside { revisions } = &message.operation {
            self.untold.retain(|untold| !revisions.contains(untold));
        }
        let heard = self.state_mut().clock.hear(message.clock);
        let own_clock = planted::is(Planted::ApplyByOwnClock);
        let now = if own_clock { self.wall } else { heard };
        let effect = self.state_mut().apply(sender, now, message.operation);
        self.reckoning.hear(self.now, self.state.clock);
        intended.iter().for_each(|key| self.carry.delivered(key));
        self.stale = self.stale.max(effect.replan);
        for id in effect.began {
            self.take_off(id, out);
        }
        if let Some((key, expected)) = effect.ended {
            self.landed(&key, expected);
        }
        if let Some((name, dampen)) = effect.dampened {
            self.dampening.started(name, self.now + dampen);
        }
        self.dampening.keep(&self.state, self.now);
        if effect.stored {
            out.push(self.store());
            self.show_profile(out);
        }
        if let Some(request) = waits {
            let refused = effect.refused.map(Err);
            let edited = effect.edited.map(|edited| edited.map_err(Refused::from));
            self.requests.applied(request, refused.or(edited), out);
        }
        self.acknowledge(out);
        if departs {
            out.push(Output::Group(GroupCommand::Leave));
        }
    }

    pub(super) fn acknowledge(&mut self, out: &mut Vec<Output>) {
        if let Some(view) = &self.view
            && matches!(self.sync, Sync::Joined)
        {
            self.requests.acknowledge(&self.state, view, self.me.nodes.len(), out);
        }
    }
}
