//! What each frame of a confirmed peer does.

use super::Group;
use crate::agreement::{COUNTER_END, Phase};
use crate::frame::{Dowry, Frame, Greeting, Installation, Process, Urgency};
use crate::link::Received;
use crate::order::Order;
use crate::planted::{self, Planted};
use crate::types::{LinkId, ViewId};
use base::{Instant, NodeId};

impl Group {
    pub(super) fn take_datagram(&mut self, now: Instant, link: LinkId, bytes: &[u8]) {
        let Some(Received { from, frames, seen }) = self.peers.receive(now, link, bytes) else {
            return;
        };
        for frame in frames {
            self.listens |= frame.is_of_membership();
            match frame {
                Frame::Heartbeat(greeting) => self.on_heartbeat(now, from, &greeting, seen),
                Frame::Probe { size, .. } => self.probes.push((from, link, size)),
                Frame::Misplaced => self.peers.counters.misplaced += 1,
                Frame::Passed { .. } => {}
                Frame::Propose { ballot, members } => self.on_propose(now, from, ballot, &members),
                Frame::Refuse { ballot, counter } => self.on_refuse(now, ballot, counter),
                Frame::Accept { ballot, dowry } => self.on_accept(now, from, ballot, *dowry),
                Frame::Install(installation) => self.on_install(now, from, installation),
                // Put together by the link already; one that arrives here is nested, which
                // nobody sends.
                Frame::Part { .. } => self.peers.counters.malformed += 1,
                of_the_order => self.on_order(now, from, of_the_order),
            }
        }
    }

    fn on_heartbeat(
        &mut self,
        now: Instant,
        from: NodeId,
        greeting: &Greeting,
        seen: Option<Instant>,
    ) {
        let pulse = &greeting.pulse;
        self.agreement.see(pulse.counter);
        let same = self.view.is_some() && pulse.view == self.view_id();
        let said = (pulse.view, same.then(|| self.members()));
        self.stale |= self.hearing.learn(from, said, &pulse.table, now);
        if let Some(order) = self.order_of(pulse.view) {
            order.on_marks(now, from, pulse.marks);
        }
        self.trust(from, pulse.view, seen);
        let confirmed = self.agreement.announcement.as_mut();
        if let Some(announcement) = confirmed.filter(|a| a.installation.view == pulse.view) {
            announcement.waiting.remove(&from);
        }
        for node in &pulse.doubts {
            self.peers.scrutinise(*node, now);
        }
        let wanted = match greeting.urgency {
            Urgency::AnswerNow => true,
            Urgency::Routine => !self.peers.is_close(from),
            Urgency::Answer => false,
        };
        if wanted {
            self.peers.owe(from);
        }
    }

    /// The order of the installed view, if that is `view`.
    fn order_of(&mut self, view: ViewId) -> Option<&mut Order> {
        self.order.as_mut().filter(|order| order.view() == view)
    }

    fn is_member(&self, node: NodeId) -> bool {
        self.view.as_ref().is_some_and(|view| {
            let process = self.peers.process(node);
            let member = view.member(node);
            member.map(|member| member.incarnation) == process.map(|process| process.incarnation)
                && member.is_some()
        })
    }

    fn on_order(&mut self, now: Instant, from: NodeId, frame: Frame) {
        if let Frame::Fetch { view, spans } = &frame {
            let orders = self.order.iter_mut().chain(&mut self.previous);
            if let Some(order) = { orders }.find(|order| order.view() == *view) {
                self.peers.counters.resent += spans.len() as u64;
                order.on_fetch(now, from, spans, &mut self.posts);
            }
            return;
        }
        // The order comes from members only; while the survivors get level, from any of them.
        if !self.is_member(from) {
            return;
        }
        let coordinator = self.view.as_ref().map(crate::View::coordinator);
        let Some(order) = self.order.as_mut() else { return };
        match frame {
            Frame::Submit { view, first, chunks } if view == order.view() => {
                order.on_submit(from, first, chunks);
            }
            Frame::Taken { view, next } if view == order.view() && coordinator == Some(from) => {
                order.on_taken(now, next);
            }
            Frame::Placed { view, stable, first, positions }
                if view == order.view() && coordinator == Some(from) =>
            {
                order.on_placed(now, stable, first, positions);
            }
            Frame::Ordered { view, stable, chunks }
                if view == order.view() && (coordinator == Some(from) || order.is_frozen()) =>
            {
                order.on_ordered(now, stable, chunks);
            }
            Frame::Acknowledge { view, aru } if view == order.view() => {
                order.on_acknowledge(now, from, aru);
            }
            // Of a view that is over, or not installed here yet: will be sent again if it matters.
            _ => {}
        }
        self.proceed(now);
    }

    fn on_propose(&mut self, now: Instant, from: NodeId, ballot: ViewId, members: &[Process]) {
        self.agreement.see(ballot.counter);
        let repeated = matches!(&self.agreement.phase,
            Phase::Accepted { ballot: accepted, .. } if *accepted == ballot);
        if ballot.counter >= COUNTER_END {
            return;
        }
        if ballot.proposer != from || self.view_id().counter >= ballot.counter && !repeated {
            self.refuse(from, ballot);
            return;
        }
        if !repeated {
            if ballot <= self.agreement.promised
                && !planted::takes_unpromised(self.view_id(), ballot)
            {
                self.refuse(from, ballot);
                return;
            }
            if !self.can_join(now, members) {
                // The proposer asks again; by then the heartbeats may have told us the same story.
                return;
            }
            self.promise(ballot);
            let until = now + self.config.timing.patience;
            self.agreement.phase = Phase::Accepted { ballot, until };
        }
        let dowry = Box::new(self.dowry());
        self.posts.send_everywhere(from, &Frame::Accept { ballot, dowry });
    }

    fn refuse(&mut self, from: NodeId, ballot: ViewId) {
        let counter = self.agreement.counter;
        self.posts.send_everywhere(from, &Frame::Refuse { ballot, counter });
    }

    fn can_join(&self, now: Instant, members: &[Process]) -> bool {
        let known = |process: &Process| {
            *process == self.me || self.peers.process(process.node) == Some(*process)
        };
        let proposed = self.hearing.set_of(members.iter().map(|process| process.node));
        members.contains(&self.me)
            && members.is_sorted_by(|one, next| one.node < next.node)
            && members.iter().all(known)
            && !members.iter().any(|process| self.is_damped(*process, now))
            && !self.is_leaving()
            && (self.hearing.agrees(proposed, now) || planted::is(Planted::LeaveTogether))
    }

    fn on_refuse(&mut self, now: Instant, ballot: ViewId, counter: u64) {
        self.agreement.see(counter);
        if matches!(&self.agreement.phase, Phase::Proposing(own) if own.ballot == ballot) {
            self.abandon(now);
        }
    }

    fn on_accept(&mut self, now: Instant, from: NodeId, ballot: ViewId, dowry: Dowry) {
        let process = self.peers.process(from);
        let Phase::Proposing(proposal) = &mut self.agreement.phase else { return };
        let asked = process.is_some_and(|process| proposal.members.contains(&process));
        if proposal.ballot == ballot && asked {
            proposal.accepts.insert(from, dowry);
            self.close_ballot(now);
        }
    }

    fn on_install(&mut self, now: Instant, from: NodeId, installation: Box<Installation>) {
        let expected = matches!(self.agreement.phase,
            Phase::Accepted { ballot, .. } if ballot == installation.view)
            || planted::takes_unpromised(self.view_id(), installation.view);
        if expected && from == installation.view.proposer && self.is_sound(&installation) {
            self.begin_levelling(now, installation);
        } else if installation.view == self.view_id() {
            // It does not know yet that this node is through.
            self.peers.owe(from);
        }
    }

    /// Does it continue what this node brought along?
    fn is_sound(&self, installation: &Installation) -> bool {
        let sorted = installation.members.is_sorted_by(|one, next| one.node < next.node);
        let mut members = installation.members.iter();
        let includes_me = members.any(|member| {
            let process = Process { node: member.node, incarnation: member.incarnation };
            process == self.me && member.came_from == self.view.as_ref().map(|view| view.id)
        });
        let delivered = self.order.as_ref().map_or(0, Order::delivered);
        let level = match (&self.view, self.own_history(installation)) {
            (None, _) => true,
            (Some(_), Some(history)) => history.target >= delivered,
            (Some(_), None) => false,
        };
        sorted && includes_me && level
            || planted::takes_unpromised(self.view_id(), installation.view)
    }
}
