//! The way from one view to the next.

use super::{Group, Presence};
use crate::agreement::{self, Announcement, Phase, Proposal, Wish};
use crate::frame::{Blob, Dowry, Frame, History, Installation, Process};
use crate::order::{Effects, Floors, Order, Start};
use crate::planted::{self, Planted};
use crate::quorum::QuorumDowry;
use crate::types::{Departure, GroupEvent, View, ViewId};
use base::{Instant, NodeId};
use std::time::Duration;

/// How often a proposal, an installation or a fetch is repeated until it is answered.
const REPEAT_AFTER: Duration = Duration::from_millis(40);

impl Group {
    /// Works towards the view that should be.
    pub(super) fn pursue(&mut self, now: Instant) {
        self.proceed(now);
        self.repeat_installation(now);
        let wanted = self.wanted(now);
        if self.is_leaving() || !self.needs_view(&wanted, now) {
            self.agreement.wish = None;
            return;
        }
        let wish = &mut self.agreement.wish;
        if wish.as_ref().is_none_or(|wish| wish.members != wanted) {
            *wish = Some(Wish { members: wanted, since: now });
        }
        if self.agreement.is_idle() && self.wish_due(now).is_some_and(|due| due <= now) {
            self.propose(now);
        }
    }

    pub(super) const fn is_leaving(&self) -> bool {
        matches!(self.presence, Presence::Leaving { .. } | Presence::Gone)
    }

    /// The processes of the best view this node could be in, without those who come back too often.
    fn wanted(&self, now: Instant) -> Vec<Process> {
        let mut nodes = self.hearing.nodes_of(self.candidate);
        let somebody_leaves = || self.peers.nodes().any(|node| self.peers.leaves(node));
        planted::without_company(&mut nodes, self.me.node, somebody_leaves);
        let process =
            |node| if node == self.me.node { Some(self.me) } else { self.peers.process(node) };
        nodes
            .into_iter()
            .filter_map(process)
            .filter(|process| !self.is_damped(*process, now))
            .collect()
    }

    /// Is it a newcomer who has to wait?
    pub(super) fn is_damped(&self, process: Process, now: Instant) -> bool {
        let member = self.view.as_ref().and_then(|view| view.member(process.node));
        let is_member = member.is_some_and(|member| member.incarnation == process.incarnation);
        !is_member && self.damping.holds(process, now)
    }

    fn needs_view(&mut self, wanted: &[Process], now: Instant) -> bool {
        let Some(view) = &self.view else { return true };
        let process =
            |member: &crate::Member| Process { node: member.node, incarnation: member.incarnation };
        let same = view.members.iter().map(process).eq(wanted.iter().copied());
        let mut others = wanted.iter().filter(|process| **process != self.me);
        let discord = others.any(|process| self.hearing.is_elsewhere(process.node, view.id));
        let since = &mut self.agreement.discord_since;
        *since = if discord { since.or(Some(now)) } else { None };
        // Members install one after the other; only lasting discord means that somebody missed it.
        let lasting = since.is_some_and(|since| since + self.discord_limit() <= now);
        !same || self.agreement.given_up || lasting
    }

    /// Among many the news that everybody has installed goes from neighbour to neighbour, when he who
    /// could have told all at once has died.
    fn discord_limit(&self) -> Duration {
        self.config.timing.patience * if self.peers.is_large() { 4 } else { 1 }
    }

    /// When this node proposes what it wishes for, if nobody else does before.
    pub(super) fn wish_due(&self, now: Instant) -> Option<Instant> {
        let timing = self.config.timing;
        let Some(wish) = self.agreement.wish.as_ref().filter(|_| self.agreement.is_idle()) else {
            let limit = self.discord_limit();
            let lasting = self.agreement.discord_since.map(|since| since + limit);
            return lasting.filter(|at| *at > now);
        };
        let rank = wish.members.iter().position(|process| *process == self.me).unwrap_or(0);
        let rank = u32::try_from(rank).unwrap_or(u32::MAX);
        let mut due = wish.since + timing.patience / 2 * rank;
        if !self.is_polite_shrinking(&wish.members) {
            due = due + timing.settle;
        }
        if self.hearing.hears_beyond(self.candidate) {
            // Somebody is heard and yet left out: who hears whom may not be known in full yet.
            due = due + timing.patience;
        }
        let everybody = wish.members.len() >= self.config.nodes.len();
        if self.view.is_none() && !everybody {
            // Others may be there that had no time to be heard.
            let heard_all = self.peers.turn_of_strangers() * 2;
            due = due.max(self.born + timing.patience + heard_all.max(timing.heartbeat * 3));
        }
        Some(due)
    }

    /// Is the only change that somebody said good-bye?
    fn is_polite_shrinking(&self, wanted: &[Process]) -> bool {
        let Some(view) = &self.view else { return false };
        let stays = |node: NodeId| wanted.iter().any(|process| process.node == node);
        let mut missing = view.nodes().into_iter().filter(|node| !stays(*node));
        wanted.iter().all(|process| view.contains(process.node))
            && missing.all(|node| self.peers.leaves(node))
    }

    fn propose(&mut self, now: Instant) {
        let Some(wish) = &self.agreement.wish else { return };
        let members = wish.members.clone();
        let counter = self.agreement.counter.max(self.agreement.promised.counter) + 1;
        let ballot = ViewId { counter, proposer: self.me.node };
        self.promise(ballot);
        // Before anybody hears of it: the same ballot must never mean two views (G1).
        self.persist(counter);
        let until = now + self.config.timing.patience;
        let mut proposal = Proposal {
            ballot,
            members,
            accepts: [(self.me.node, self.dowry())].into(),
            repeat_at: now,
            until,
        };
        self.ask(now, &mut proposal);
        self.agreement.phase = Phase::Proposing(proposal);
        self.close_ballot(now);
    }

    /// Asks those who have not accepted.
    fn ask(&mut self, now: Instant, proposal: &mut Proposal) {
        proposal.repeat_at = now + REPEAT_AFTER;
        let frame = Frame::Propose { ballot: proposal.ballot, members: proposal.members.clone() };
        for process in proposal.unanswered() {
            self.posts.send_everywhere(process.node, &frame);
        }
    }

    fn persist(&mut self, counter: u64) {
        self.to_persist = self.to_persist.max(Some(counter));
    }

    /// From here on no lower ballot is accepted, and the old view is over for this node.
    pub(super) fn promise(&mut self, ballot: ViewId) {
        assert!(ballot > self.agreement.promised, "G1: ballots grow");
        self.agreement.promised = ballot;
        self.agreement.see(ballot.counter);
        self.agreement.given_up = self.view.is_some();
        self.agreement.announcement = None;
        if !planted::is(Planted::ForgetToFreeze) {
            self.order.iter_mut().for_each(Order::freeze);
        }
    }

    /// What this node brings into a view.
    pub(super) fn dowry(&self) -> Dowry {
        let order = self.order.as_ref();
        let own = self.view.as_ref().and_then(|view| view.member(self.me.node));
        Dowry {
            boot: self.birth.boot,
            came_from: self.view.as_ref().map(|view| view.id),
            acted: self.acted,
            since: own.map_or(0, |member| member.since),
            quorum: QuorumDowry {
                memory: self.tally.memory().clone(),
                delivered: order.map_or(0, Order::delivered),
                pending: order.map(Order::pending).unwrap_or_default(),
            },
            aru: order.map_or(0, Order::aru),
            beyond: order.map(Order::beyond).unwrap_or_default(),
            profile: Blob::from(self.profile.as_slice()),
        }
    }

    /// The ballot failed; the next attempt waits for things to settle, and a little at random, so
    /// that two proposers do not get in each other's way for ever.
    pub(super) fn abandon(&mut self, now: Instant) {
        self.agreement.phase = Phase::Idle;
        let jitter = Duration::from_millis(self.rng.below(40));
        if let Some(wish) = &mut self.agreement.wish {
            wish.since = now + jitter;
        }
    }

    /// Moves the ballot under way forward, or gives it up.
    pub(super) fn proceed(&mut self, now: Instant) {
        match std::mem::take(&mut self.agreement.phase) {
            Phase::Idle => {}
            Phase::Proposing(proposal) if proposal.until <= now => self.abandon(now),
            Phase::Proposing(proposal) if proposal.members != self.wanted(now) => self.abandon(now),
            Phase::Proposing(mut proposal) => {
                if proposal.repeat_at <= now {
                    // Whoever says nothing may be gone without anybody left to notice.
                    for process in proposal.unanswered() {
                        self.peers.scrutinise(process.node, now);
                    }
                    self.ask(now, &mut proposal);
                }
                self.agreement.phase = Phase::Proposing(proposal);
            }
            Phase::Accepted { until, .. } if until <= now => self.abandon(now),
            Phase::Accepted { ballot, .. } if !self.peers.hears(ballot.proposer, now) => {
                self.abandon(now);
            }
            Phase::Levelling { until, .. } if until <= now => self.abandon(now),
            Phase::Levelling { installation, until, fetch_at } => {
                self.level(now, installation, (until, fetch_at));
            }
            accepted @ Phase::Accepted { .. } => self.agreement.phase = accepted,
        }
    }

    /// All have accepted: works out the view and tells them.
    pub(super) fn close_ballot(&mut self, now: Instant) {
        let Phase::Proposing(proposal) = &self.agreement.phase else { return };
        if !proposal.members.iter().all(|process| proposal.accepts.contains_key(&process.node)) {
            return;
        }
        let installation = agreement::installation(proposal, &self.tally);
        let others = proposal.members.iter().map(|process| process.node);
        let waiting = others.filter(|node| *node != self.me.node).collect();
        let until = now + self.config.timing.patience;
        self.agreement.announcement = Some(Announcement {
            installation: installation.clone(),
            waiting,
            repeat_at: now,
            until,
        });
        self.repeat_installation(now);
        self.begin_levelling(now, Box::new(installation));
    }

    fn repeat_installation(&mut self, now: Instant) {
        let Some(announcement) = &mut self.agreement.announcement else { return };
        if announcement.waiting.is_empty() || announcement.until <= now {
            // Now all can be told that all are there.
            self.agreement.announcement = None;
            self.alarm = true;
            self.pulse_soon(now);
            return;
        }
        if announcement.repeat_at <= now {
            announcement.repeat_at = now + REPEAT_AFTER;
            let told = planted::repeated(&announcement.installation, &announcement.waiting);
            let frame = Frame::Install(Box::new(told));
            for node in &announcement.waiting {
                self.posts.send_everywhere(*node, &frame);
            }
        }
    }

    pub(super) fn begin_levelling(&mut self, now: Instant, installation: Box<Installation>) {
        let until = now + self.config.timing.patience;
        self.level(now, installation, (until, now));
    }

    pub(super) fn own_history<'a>(&self, installation: &'a Installation) -> Option<&'a History> {
        let view = self.view.as_ref()?.id;
        installation.histories.iter().find(|history| history.view == view)
    }

    /// Fetches what the survivors of the old view know and this node does not; then installs.
    fn level(
        &mut self,
        now: Instant,
        installation: Box<Installation>,
        (until, fetch_at): (Instant, Instant),
    ) {
        let history = self.own_history(&installation);
        let is_level = match (&self.order, history) {
            (Some(order), Some(history)) if order.aru() < history.target => {
                if fetch_at <= now {
                    order.level(history.target, &history.sources, &mut self.posts)
                } else {
                    false
                }
            }
            _ => true,
        };
        if is_level {
            self.install(now, &installation);
        } else {
            let fetch_at = if fetch_at <= now { now + REPEAT_AFTER } else { fetch_at };
            self.agreement.phase = Phase::Levelling { installation, until, fetch_at };
        }
    }

    fn install(&mut self, now: Instant, installation: &Installation) {
        assert!(installation.view > self.view_id(), "G1: view ids grow on each node");
        let history = self.own_history(installation).cloned();
        let floors = self.end_old_view(history.as_ref());
        self.persist(installation.view.counter);
        let left = self.departures(installation);
        self.remember(&left, now);
        let view = self.judge(now, installation);
        let sequencer = view.coordinator();
        let members: Vec<_> = view.members.iter().map(process_of).collect();
        let start = Start { me: self.me.node, view: view.id, members, sequencer, floors };
        if !planted::is(Planted::LoseOwn) {
            self.outgoing.rewind();
        }
        self.previous = self.order.replace(Order::new(start, now));
        self.peers.attend(&view.nodes());
        if installation.view.proposer != self.me.node {
            self.peers.owe(installation.view.proposer);
        }
        self.view = Some(view.clone());
        self.views += 1;
        self.events.push(GroupEvent::View { view, left });
        self.events.extend(self.tally.answers());
        self.agreement.phase = Phase::Idle;
        self.agreement.wish = None;
        self.agreement.given_up = false;
        self.agreement.discord_since = None;
        self.doubt = None;
        let own = self.heard | self.hearing.set_of([self.me.node]);
        self.stale |= self.hearing.set_own(own, self.view_id(), now);
        self.pulse_soon(now);
    }

    /// Delivers what is left of the old view to those who go on together.
    fn end_old_view(&mut self, history: Option<&History>) -> Floors {
        let (Some(order), Some(history)) = (&mut self.order, history) else {
            return Floors::default();
        };
        self.events.push(GroupEvent::Transitional { members: history.survivors.clone() });
        let mut effects = Effects {
            posts: &mut self.posts,
            events: &mut self.events,
            outgoing: &mut self.outgoing,
            tally: &mut self.tally,
        };
        order.conclude(history.target, &mut effects);
        order.floors().clone()
    }

    fn departures(&self, installation: &Installation) -> Vec<(NodeId, Departure)> {
        let Some(view) = &self.view else { return Vec::new() };
        let goes_on = |old: &crate::Member| {
            installation.members.iter().any(|new| process_of(new) == process_of(old))
        };
        let gone = view.members.iter().filter(|member| !goes_on(member));
        let departure = |member: &crate::Member| {
            let same = self.peers.process(member.node) == Some(process_of(member));
            let left = same && self.peers.leaves(member.node);
            (member.node, if left { Departure::Left } else { Departure::Lost })
        };
        gone.map(departure).collect()
    }

    /// Notes whom this view loses.
    fn remember(&mut self, left: &[(NodeId, Departure)], now: Instant) {
        let lost = left.iter().filter(|(_, departure)| *departure == Departure::Lost);
        for member in lost.filter_map(|(node, _)| self.view.as_ref()?.member(*node)) {
            self.damping.note(process_of(member), now);
        }
    }

    /// May the new view act? All its members know the same facts and come to the same answer.
    fn judge(&mut self, now: Instant, installation: &Installation) -> View {
        let nodes: Vec<_> = installation.members.iter().map(|member| member.node).collect();
        let id = installation.view;
        let quorum = self.tally.judge((now, id), &nodes, &installation.quorum);
        if quorum.quorate {
            self.acted = id;
        }
        View { id, members: installation.members.clone(), quorum }
    }

    /// Takes over what motions have changed, and puts the one that is due.
    pub(super) fn count(&mut self, now: Instant) {
        let Some(view) = &mut self.view else { return };
        if let Some(decision) = self.tally.news() {
            if decision.quorate {
                self.acted = view.id;
            }
            view.quorum = decision;
        }
        let leads = view.coordinator() == self.me.node;
        if let Some(motion) = self.tally.close_window(now).filter(|_| leads) {
            self.outgoing.put(motion);
        }
    }
}

fn process_of(member: &crate::Member) -> Process {
    Process { node: member.node, incarnation: member.incarnation }
}
