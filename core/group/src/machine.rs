//! The one door: [`Group::step`].

mod change;
mod intake;
mod stage;
#[cfg(test)]
mod tests;

use crate::agreement::Agreement;
use crate::clique::NodeSet;
use crate::config::{Admission, Birth, GroupConfig, NodeConfig};
use crate::damping::Damping;
use crate::frame::{Intent, Marks, Posts, Process, Pulse, Urgency};
use crate::hearing::Hearing;
use crate::link::Peers;
use crate::order::{Effects, Order, Outgoing};
use crate::planted::{self, Planted};
use crate::quorum::{Motion, Tally};
use crate::seal::Header;
use crate::types::{Counters, GroupCommand, GroupEvent, LinkId, LinkStatus, Refusal, View, ViewId};
use crate::{MAX_NODES, MAX_PROFILE};
use base::{Instant, NodeId, Rng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use stage::Stage;

/// Who has nobody to look for announces itself only at every so many heartbeats.
const QUIET: u32 = 8;

/// Among many, the best view is worked out at most so often.
const WEIGHING: Duration = Duration::from_millis(10);

/// What goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// It is [`Group::next_wake`] or later.
    Wake,
    /// A datagram came in.
    Datagram {
        /// On which network.
        link: LinkId,
        /// Its bytes, sealed.
        bytes: &'a [u8],
    },
    /// Several datagrams of one sender came in at once, `each` bytes long, the last perhaps shorter.
    Train {
        /// On which network.
        link: LinkId,
        /// All of them, one after the other.
        bytes: &'a [u8],
        /// The length of one.
        each: usize,
    },
    /// The upper layer wants something.
    Command(GroupCommand),
    /// The upper layer wants several things, in this order: what they say shares datagrams.
    Commands(Vec<GroupCommand>),
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send one datagram. It may be lost.
    Send {
        /// Over which network.
        link: LinkId,
        /// To which node's address on it.
        to: NodeId,
        /// Its bytes, sealed. Those that go to several nodes are the same allocation.
        bytes: Arc<[u8]>,
    },
    /// Send one datagram to whoever listens on a network; only with [`crate::Admission::Anyone`].
    Announce {
        /// Over which network.
        link: LinkId,
        /// Its bytes, sealed.
        bytes: Arc<[u8]>,
    },
    /// The datagram just taken in came from this node: where it came from is the node's address
    /// from here on, if that is not configured.
    Met {
        /// On which network.
        link: LinkId,
        /// Who sent it.
        node: NodeId,
    },
    /// Tell the upper layer.
    Event(GroupEvent),
    /// Put this number on stable storage before anything that follows in the outputs (G1).
    PersistViewCounter(u64),
    /// Keep this number on stable storage, for [`Birth::expected_votes`].
    PersistExpectedVotes(u32),
}

/// One node's part in the group.
#[derive(Debug)]
pub struct Group {
    config: GroupConfig,
    me: Process,
    birth: Birth,
    born: Instant,
    rng: Rng,
    peers: Peers,
    hearing: Hearing,
    /// Peers heard at the last look.
    heard: NodeSet,
    candidate: NodeSet,
    /// Has anything changed that `candidate` was worked out from?
    stale: bool,
    weighed_at: Instant,
    agreement: Agreement,
    damping: Damping,
    view: Option<View>,
    order: Option<Order>,
    /// The order of the view before, kept to answer those who are not level yet.
    previous: Option<Order>,
    outgoing: Outgoing,
    profile: Vec<u8>,
    tally: Tally,
    /// The last quorate view.
    acted: ViewId,
    presence: Presence,
    doubt: Option<Doubt>,
    posts: Posts,
    events: Vec<GroupEvent>,
    to_persist: Option<u64>,
    /// Questions whether a datagram of a size passes: who asks, over which link.
    probes: Vec<(NodeId, LinkId, u16)>,
    pulse_at: Instant,
    pulsed_at: Option<Instant>,
    /// The next heartbeat goes to all members, because all have to know at once.
    alarm: bool,
    /// When to speak to everybody on the network again.
    announce_at: Instant,
    /// What other nodes doubted when it was last told.
    doubted: Vec<NodeId>,
    /// Is anything due, or has anything come that may change who is heard? Otherwise the step is only
    /// about messages.
    listens: bool,
    delivered: u64,
    views: u64,
    wake: Instant,
}

/// Is this node here to stay?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here,
    /// It will go as soon as its messages are out, or at `latest`.
    Finishing {
        latest: Instant,
    },
    /// It has said so; the others have until `latest` to go on without it.
    Leaving {
        latest: Instant,
    },
    Gone,
}

/// After a pause: which members have not shown since that they are still in this view.
#[derive(Debug)]
struct Doubt {
    since: Instant,
    waiting: BTreeSet<NodeId>,
}

impl Group {
    /// A process that knows nobody yet. It speaks at its first [`Input::Wake`].
    pub fn new(config: GroupConfig, birth: Birth, now: Instant) -> Self {
        let config = in_order(config);
        let birth = planted::remembered(birth);
        let me = Process { node: birth.node, incarnation: birth.incarnation };
        // A past process of this node may have installed any view up to this counter (G1).
        let promised = ViewId { counter: birth.view_counter, proposer: NodeId(u32::MAX) };
        let agreement = Agreement { counter: birth.view_counter, promised, ..Agreement::default() };
        Self {
            me,
            birth,
            born: now,
            rng: Rng::new(birth.seed),
            peers: Peers::new(&config, me, now),
            hearing: Hearing::new(all_nodes(&config, me.node), me.node, config.timing.patience),
            heard: 0,
            candidate: 0,
            stale: true,
            weighed_at: now,
            agreement,
            damping: Damping::default(),
            view: None,
            order: None,
            previous: None,
            outgoing: Outgoing::new(me.node),
            profile: Vec::new(),
            tally: Tally::new(&config, me.node, birth.expected_votes),
            acted: ViewId::default(),
            presence: Presence::Here,
            doubt: None,
            posts: Posts::default(),
            events: Vec::new(),
            to_persist: None,
            probes: Vec::new(),
            pulse_at: now,
            pulsed_at: None,
            alarm: false,
            announce_at: now,
            doubted: Vec::new(),
            listens: true,
            delivered: 0,
            views: 0,
            wake: now,
            config,
        }
    }

    /// Takes one input at `now` and appends what follows from it to `out`, in the order in which
    /// it must be done.
    pub fn step(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        if self.presence == Presence::Gone {
            if let Input::Command(_) | Input::Commands(_) = input {
                out.push(Output::Event(GroupEvent::Refused(Refusal::Leaving)));
            }
            return;
        }
        self.notice_pause(now);
        // Before anything else: what is submitted after a pause stands behind it in the order.
        self.let_arbiter_lapse(now);
        self.listens = now >= self.wake;
        match input {
            Input::Wake => self.listens = true,
            Input::Datagram { link, bytes } => self.take_datagram(now, link, bytes),
            Input::Train { link, bytes, each } => {
                for datagram in bytes.chunks(each.max(1)) {
                    self.take_datagram(now, link, datagram);
                }
            }
            Input::Command(command) => self.obey(now, command),
            Input::Commands(commands) => {
                commands.into_iter().for_each(|command| self.obey(now, command));
            }
        }
        if self.listens {
            self.listen(now);
            self.pursue(now);
        }
        self.count(now);
        self.turn_order(now);
        self.count(now);
        self.part(now);
        self.welcome(now, out);
        self.flush(now, out);
        self.wake = self.next_due(now);
    }

    /// When the next [`Input::Wake`] is due.
    pub const fn next_wake(&self) -> Instant {
        self.wake
    }

    /// Is something likely to come sooner than a thread that sleeps would wake up? Whoever drives the
    /// machine had better look again then than sleep.
    pub fn is_brisk(&self, now: Instant) -> bool {
        self.order.as_ref().is_some_and(|order| order.is_brisk(now))
    }

    /// This node.
    pub const fn node(&self) -> NodeId {
        self.birth.node
    }

    /// The installed view; `None` before the first.
    pub const fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// Which node a datagram says it comes from, if it is one of ours at all. Not proved.
    pub fn claimed_sender(datagram: &[u8]) -> Option<NodeId> {
        Header::read(datagram).map(|header| header.sender)
    }

    /// A datagram that tells whoever says it is `node` that it speaks from the wrong address.
    pub fn misplaced(&mut self, node: NodeId) -> Arc<[u8]> {
        self.peers.misplaced(node)
    }

    /// All links to all peers, by link and node.
    pub fn links(&self) -> Vec<LinkStatus> {
        self.peers.status()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        Counters { delivered: self.delivered, views: self.views, ..self.peers.counters }
    }

    /// L6: a step that comes late says nothing about the others. They get their patience anew, and
    /// this node believes in its view again only when its members have confirmed it.
    fn notice_pause(&mut self, now: Instant) {
        let late_by = now.saturating_since(self.wake);
        if late_by <= self.config.timing.patience / 2 || self.pulsed_at.is_none() {
            return;
        }
        if !planted::is(Planted::AccuseAfterPause) {
            self.peers.forgive(self.wake, now);
        }
        self.events.push(GroupEvent::Paused { late_by });
        let Some(view) = &self.view else { return };
        let waiting: BTreeSet<_> =
            view.nodes().into_iter().filter(|node| *node != self.me.node).collect();
        if waiting.is_empty() {
            return;
        }
        self.doubt = Some(Doubt { since: now, waiting });
        self.alarm = true;
        self.pulse_soon(now);
        self.order.iter_mut().for_each(Order::hold);
    }

    /// `node` was in `view` after it had seen our moment `seen`.
    fn trust(&mut self, node: NodeId, view: ViewId, seen: Option<Instant>) {
        let Some(doubt) = &mut self.doubt else { return };
        let same = self.view.as_ref().is_some_and(|own| own.id == view);
        if same && seen.is_some_and(|seen| seen >= doubt.since) {
            doubt.waiting.remove(&node);
        }
        if doubt.waiting.is_empty() {
            self.doubt = None;
            self.order.iter_mut().for_each(Order::release);
        }
    }

    fn obey(&mut self, now: Instant, command: GroupCommand) {
        let refusal = match command {
            GroupCommand::Leave => {
                self.begin_leaving(now);
                None
            }
            GroupCommand::Arbiter { view, vote, until } => {
                let motion = self.tally.hear_arbiter((view, vote), now, until);
                motion.into_iter().for_each(|motion| self.outgoing.put(motion));
                None
            }
            _ if self.presence != Presence::Here => Some(Refusal::Leaving),
            GroupCommand::Submit { channel, payload, delivery } => {
                self.outgoing.submit(channel, payload, delivery).err()
            }
            GroupCommand::SetProfile(profile) if profile.len() > MAX_PROFILE => {
                Some(Refusal::TooLarge { size: profile.len(), limit: MAX_PROFILE })
            }
            GroupCommand::SetProfile(profile) => {
                self.profile = profile;
                None
            }
            GroupCommand::Reconfigure(config) => {
                self.reconfigure(now, *config);
                None
            }
            GroupCommand::Quorum(change) => match self.tally.check(change) {
                Ok(()) => {
                    self.outgoing.put(Motion::Asked(change));
                    None
                }
                Err(reason) => Some(Refusal::Quorum { change, reason }),
            },
        };
        self.events.extend(refusal.map(GroupEvent::Refused));
    }

    /// Q1: the arbiter's vote is given up in time, also by a node that stood still meanwhile.
    fn let_arbiter_lapse(&mut self, now: Instant) {
        if let Some(motion) = self.tally.let_lapse(now) {
            self.outgoing.put(motion);
        }
    }

    fn reconfigure(&mut self, now: Instant, config: GroupConfig) {
        let config = in_order(config);
        let heard = self.hearing.nodes_of(self.heard);
        self.hearing.renumber(all_nodes(&config, self.me.node), config.timing.patience);
        self.heard = self.hearing.set_of(heard);
        self.peers.reconfigure(&config, now);
        let motion = self.tally.configure(&config);
        motion.into_iter().for_each(|motion| self.outgoing.put(motion));
        self.config = config;
        (self.stale, self.listens) = (true, true);
        self.pulse_soon(now);
    }

    fn begin_leaving(&mut self, now: Instant) {
        if self.presence == Presence::Here {
            let latest = now + self.config.timing.patience;
            self.presence = Presence::Finishing { latest };
            self.tally.parting().into_iter().for_each(|motion| self.outgoing.put(motion));
        }
    }

    /// Says good-bye when own messages are out, and goes when everybody has understood.
    fn part(&mut self, now: Instant) {
        match self.presence {
            Presence::Here | Presence::Gone => {}
            Presence::Finishing { latest } => {
                if self.outgoing.is_empty() || now >= latest {
                    self.presence = Presence::Leaving { latest: now + self.config.timing.patience };
                    self.pulse_at = now;
                }
            }
            Presence::Leaving { latest } => {
                if now >= latest || self.is_alone() {
                    self.presence = Presence::Gone;
                    self.events.push(GroupEvent::Left);
                }
            }
        }
    }

    /// Is nobody heard in this view any more?
    fn is_alone(&self) -> bool {
        let Some(view) = &self.view else { return true };
        let mut others = self.hearing.nodes_of(self.heard).into_iter();
        others.all(|node| !view.contains(node) || self.hearing.is_elsewhere(node, view.id))
    }

    /// Who is heard now, who is not any more, and what would be the best view.
    fn listen(&mut self, now: Instant) {
        let heard = self.peers.nodes().filter(|node| self.peers.hears(*node, now));
        let heard = self.hearing.set_of(heard);
        for node in self.hearing.nodes_of(self.heard & !heard) {
            let silent = self.peers.silence(node, now);
            if let Some(after) = silent.filter(|_| !self.peers.leaves(node)) {
                self.events.push(GroupEvent::Suspected { node, after });
            }
        }
        let lost = self.heard & !heard & self.members() != 0;
        self.heard = heard;
        let own = heard | self.hearing.set_of([self.me.node]);
        if self.hearing.set_own(own, self.view_id(), now) {
            // The others settle on one view the sooner the sooner they know.
            self.alarm |= lost;
            self.pulse_soon(now);
            self.stale = true;
        }
        let doubts = self.peers.doubts(now);
        if doubts.iter().any(|node| !self.doubted.contains(node)) {
            self.alarm = true;
            self.pulse_soon(now);
        }
        self.doubted = doubts;
        // Hearsay expires without a word, so at each heartbeat as well.
        if self.pulse_at <= now || self.stale && self.weigh_at() <= now {
            self.candidate = self.hearing.candidate(now);
            self.stale = false;
            self.weighed_at = now;
        }
    }

    /// When what has been heard is weighed again; among many that takes a while, and the rest of
    /// what is being said comes at the same time.
    fn weigh_at(&self) -> Instant {
        let pause = if self.peers.is_large() { WEIGHING } else { Duration::ZERO };
        self.weighed_at + pause
    }

    fn view_id(&self) -> ViewId {
        self.view.as_ref().map_or_else(ViewId::default, |view| view.id)
    }

    /// Brings the next heartbeat forward, but not closer to the last one than a twentieth of the
    /// interval; half of it among many, where every change is told on, lest telling keep everybody
    /// so busy that others seem silent.
    fn pulse_soon(&mut self, now: Instant) {
        let patient = self.peers.is_large();
        let gap = self.config.timing.heartbeat / if patient { 2 } else { 20 };
        let earliest = self.pulsed_at.map_or(now, |at| at + gap);
        self.pulse_at = self.pulse_at.min(earliest.max(now));
    }

    /// Takes up those who were not listed, once they have shown that they are alive.
    fn welcome(&mut self, now: Instant, out: &mut Vec<Output>) {
        let met = self.peers.take_met();
        for (link, node) in met {
            out.push(Output::Met { link, node });
            if self.config.nodes.iter().any(|listed| listed.node == node) {
                continue;
            }
            let own = self.config.nodes.iter().find(|listed| listed.node == self.me.node);
            let links = own.map(|own| own.links.clone()).unwrap_or_default();
            let mut config = self.config.clone();
            config.nodes.push(NodeConfig { node, links, votes: 1 });
            self.reconfigure(now, config);
            self.events.push(GroupEvent::Discovered { node });
        }
    }

    fn turn_order(&mut self, now: Instant) {
        let Some(order) = &mut self.order else { return };
        // Links change with time and with heartbeats, not with each message.
        if self.listens {
            order.set_room(self.peers.room_to_members(now));
        }
        let mut effects = Effects {
            posts: &mut self.posts,
            events: &mut self.events,
            outgoing: &mut self.outgoing,
            tally: &mut self.tally,
        };
        order.turn(now, &mut effects);
    }

    /// Heartbeats, answers, probes; then everything that has come up, in order.
    fn flush(&mut self, now: Instant, out: &mut Vec<Output>) {
        out.extend(self.to_persist.take().map(Output::PersistViewCounter));
        out.extend(self.tally.take_to_persist().map(Output::PersistExpectedVotes));
        self.events.extend(self.peers.changes(now).into_iter().map(GroupEvent::LinkChanged));
        let delivered = |event: &&GroupEvent| matches!(event, GroupEvent::Deliver { .. });
        self.delivered += self.events.iter().filter(delivered).count() as u64;
        planted::shuffle(self.me.node, &mut self.events);
        out.extend(self.events.drain(..).map(Output::Event));
        if self.listens {
            self.greet(now, out);
        }
        let posts = self.posts.take();
        self.peers.dispatch(now, posts, out);
    }

    fn greet(&mut self, now: Instant, out: &mut Vec<Output>) {
        for (node, link, size) in std::mem::take(&mut self.probes) {
            self.peers.on_probe(node, link, size, out);
        }
        self.peers.try_sizes(now, out);
        self.announce(now, out);
        let mut wanted: BTreeMap<NodeId, Urgency> =
            self.peers.take_answers(now).into_iter().map(|node| (node, Urgency::Answer)).collect();
        if self.pulse_at <= now {
            wanted.extend(self.round(now));
        }
        let probes = self.peers.due_probes(now).into_iter();
        wanted.extend(probes.map(|node| (node, Urgency::AnswerNow)));
        if wanted.is_empty() {
            return;
        }
        let pulse = self.pulse(now);
        for (node, urgency) in wanted {
            self.peers.greet(now, node, (&pulse, urgency), out);
        }
    }

    /// Speaks to everybody on the network, where members are who is found there.
    fn announce(&mut self, now: Instant, out: &mut Vec<Output>) {
        let asked = self.peers.is_asked() && self.config.admission == Admission::Anyone;
        if self.config.admission != Admission::Anyone || (now < self.announce_at && !asked) {
            return;
        }
        let busy = self.view.is_none() || asked;
        self.announce_at = now + self.config.timing.heartbeat * if busy { 1 } else { QUIET };
        let pulse = self.pulse(now);
        self.peers.announce(now, &pulse, out);
    }

    /// It is time for a heartbeat: whom to greet.
    fn round(&mut self, now: Instant) -> Vec<(NodeId, Urgency)> {
        self.pulsed_at = Some(now);
        let leaves = !matches!(self.presence, Presence::Here);
        self.pulse_at = now + self.config.timing.heartbeat / if leaves { 5 } else { 1 };
        let round_trip = self.peers.round_trip();
        self.order.iter_mut().for_each(|order| order.set_round_trip(round_trip));
        let mut round = self.peers.round();
        let members = self.hearing.nodes_of(self.members() & !self.hearing.set_of([self.me.node]));
        // Who leaves, or doubts its own view, wants to hear from everybody; so does who numbers
        // the messages, until it knows that all members have them.
        let wants = leaves || self.doubt.is_some();
        let stirred = self.order.as_ref().is_some_and(|order| order.is_stirred(now));
        if wants || stirred || std::mem::take(&mut self.alarm) {
            let urgency = if wants { Urgency::AnswerNow } else { Urgency::Routine };
            let missing = members.into_iter().filter(|node| wants || !self.peers.is_close(*node));
            round.extend(missing.map(|node| (node, urgency)));
        }
        round
    }

    fn pulse(&self, now: Instant) -> Pulse {
        let leaving = matches!(self.presence, Presence::Leaving { .. } | Presence::Gone);
        Pulse {
            boot: self.birth.boot,
            intent: if leaving { Intent::Leaves } else { Intent::Stays },
            view: self.view_id(),
            counter: self.agreement.counter,
            marks: self.order.as_ref().map_or_else(Marks::default, Order::marks),
            doubts: self.doubted.clone(),
            table: self.hearing.table(self.view_id(), self.members(), now),
        }
    }

    /// The members of the installed view.
    fn members(&self) -> NodeSet {
        let nodes = self.view.iter().flat_map(View::nodes);
        self.hearing.set_of(nodes)
    }

    fn next_due(&self, now: Instant) -> Instant {
        let parting = match self.presence {
            Presence::Finishing { latest } | Presence::Leaving { latest } => Some(latest),
            Presence::Here | Presence::Gone => None,
        };
        let announcing = self.config.admission == Admission::Anyone;
        let due = [
            announcing.then_some(self.announce_at),
            self.stale.then(|| self.weigh_at()),
            self.peers.next_due(now),
            self.order.as_ref().and_then(Order::next_due),
            self.agreement.next_due(),
            self.wish_due(now),
            self.tally.window(),
            self.tally.lease(),
            parting,
        ];
        let due = due.into_iter().flatten().fold(self.pulse_at, Instant::min);
        let far = Duration::from_secs(3600);
        if self.presence == Presence::Gone { now + far } else { due.max(now) }
    }
}

/// Nodes ascending, each once, as many as can take part.
fn in_order(mut config: GroupConfig) -> GroupConfig {
    config.nodes.sort_by_key(|node| node.node);
    config.nodes.dedup_by_key(|node| node.node);
    config.nodes.truncate(MAX_NODES);
    config
}

/// The configured nodes and `me`, ascending.
fn all_nodes(config: &GroupConfig, me: NodeId) -> Vec<NodeId> {
    let mut nodes: Vec<_> = config.nodes.iter().map(|node| node.node).collect();
    if !nodes.contains(&me) {
        nodes.push(me);
        nodes.sort_unstable();
    }
    nodes
}
