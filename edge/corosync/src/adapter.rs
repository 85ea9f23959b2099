//! The one door.

use crate::door::{Ending, Input, Output, Process, Reason};
use crate::message::{Hello, Message, Piece};
use crate::order::{Order, Ordered};
use crate::outgoing::Outgoing;
use crate::patience::{Lapse, Missing, Patience, Wait};
use crate::poll::Poll;
use crate::round::{Agreed, Outcome, Round};
use base::{Instant, NodeId};
use group::{Birth, Departure, GroupCommand, GroupEvent, QuorumRefusal, Refusal, View, ViewId};
use std::collections::{BTreeMap, BTreeSet};

/// One process of the cluster, seen from above Corosync. Everything that is said about all members
/// is a function of what was delivered, so that all come to the same.
#[derive(Debug)]
pub struct Adapter {
    me: Process,
    birth: Birth,
    /// The group as it is.
    group: BTreeSet<Process>,
    /// Who has to open the next round, and answers for the count of the votes.
    chair: Option<Process>,
    /// Own ballots that were sent: the last of all, and whether it has still to come back.
    balloted: u64,
    ballot_is_out: bool,
    round: Option<Round>,
    /// Those in the group for whom its last round does not wait.
    left_behind: BTreeSet<Process>,
    view: Option<View>,
    order: Option<Order>,
    /// The view is installed for the group as it is: messages are accepted in it.
    is_current: bool,
    /// How those went who were in the view.
    departures: BTreeMap<NodeId, Departure>,
    /// Nodes of which the upper layer was told.
    known: BTreeSet<NodeId>,
    /// The highest view counter heard of.
    counter: u64,
    acted: ViewId,
    profile: Vec<u8>,
    outgoing: Outgoing,
    poll: Poll,
    patience: Patience,
    presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here,
    Leaving,
    Gone,
}

impl Adapter {
    /// A process that has not heard anything yet. It is `me` to Corosync; of `birth`, the seed is
    /// not needed.
    pub fn new(me: Process, birth: Birth) -> Self {
        Self {
            me,
            birth,
            group: BTreeSet::new(),
            chair: None,
            balloted: birth.view_counter,
            ballot_is_out: false,
            round: None,
            left_behind: BTreeSet::new(),
            view: None,
            order: None,
            is_current: false,
            departures: BTreeMap::new(),
            known: BTreeSet::new(),
            counter: birth.view_counter,
            acted: ViewId::default(),
            profile: Vec::new(),
            outgoing: Outgoing::default(),
            poll: Poll::default(),
            patience: Patience::default(),
            presence: Presence::Here,
        }
    }

    /// When [`Input::Wake`] is due, if ever.
    pub const fn next_wake(&self) -> Option<Instant> {
        self.patience.next_wake()
    }

    /// Something has happened at `now`; what is wanted for it goes to `out`.
    pub fn step(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        if self.presence == Presence::Gone {
            return;
        }
        match input {
            Input::Configuration { members, left, joined } => {
                self.configuration(members, &left, &joined, out);
            }
            Input::Ring(ring) => self.poll.ring(ring),
            Input::Quorum { ring, nodes, tally } => self.poll.counted(ring, nodes, tally),
            Input::NoQuorumProvider => self.poll.no_provider(),
            Input::Delivered { from, bytes } => self.hear(from, bytes, now, out),
            Input::Command(command) => self.command(command, out),
            Input::Wake => self.wake(now, out),
        }
        self.deliver(out);
        self.conclude(out);
        self.preside(out);
        self.speak(out);
        self.patience.watch(self.wait(), now);
    }

    /// The group has changed: the view is over, and the lowest member opens a round for the next.
    fn configuration(
        &mut self,
        members: BTreeSet<Process>,
        left: &BTreeMap<Process, Reason>,
        joined: &BTreeMap<Process, Reason>,
        out: &mut Vec<Output>,
    ) {
        if left.contains_key(&self.me) {
            self.presence = Presence::Gone;
            out.push(Output::Event(GroupEvent::Left));
            return;
        }
        let twin = members.iter().find(|other| other.node == self.me.node && **other != self.me);
        if let Some(twin) = twin.filter(|_| joined.contains_key(&self.me)) {
            out.push(Output::End(Ending::Twin { pid: twin.pid }));
            return;
        }
        for (process, reason) in left {
            let polite = *reason == Reason::Left;
            let departure = if polite { Departure::Left } else { Departure::Lost };
            self.departures.insert(process.node, departure);
        }
        let is_of_nodes = |reason: &Reason| matches!(reason, Reason::NodeDown | Reason::NodeUp);
        if left.values().chain(joined.values()).any(is_of_nodes) {
            self.poll.nodes_changed();
        }
        for process in &members {
            if self.known.insert(process.node) {
                out.push(Output::Event(GroupEvent::Discovered { node: process.node }));
            }
        }
        self.chair = members.first().copied();
        self.group = members;
        self.ballot_is_out = false;
        self.round = None;
        self.left_behind.clear();
        self.is_current = false;
        self.patience.configuration();
    }

    fn hear(&mut self, from: Process, bytes: &[u8], now: Instant, out: &mut Vec<Output>) {
        let Some(message) = Message::open(bytes) else { return };
        self.patience.heard(from);
        match message {
            Message::Open { ballot, without } => self.opened(from, ballot, &without, out),
            Message::Hello(hello) => {
                let round = self.round.as_mut().filter(|round| round.ballot == hello.ballot);
                if let Some(round) = round.filter(|round| round.members.contains(&from)) {
                    round.hellos.insert(from, *hello);
                }
            }
            Message::Piece(piece) => self.piece(from, &piece),
            Message::Acknowledge { view, position } => {
                if let Some(order) = self.order.as_mut().filter(|_| self.is_current) {
                    order.acknowledged(from, view, position);
                }
            }
            Message::Knock { at } => {
                self.patience.knocked(from, self.me, now);
                if at.contains(&self.me) {
                    say(&Message::Here, out);
                }
            }
            Message::Here => {}
        }
    }

    /// A round begins here; any that was under way is void.
    fn opened(
        &mut self,
        from: Process,
        ballot: ViewId,
        without: &[Process],
        out: &mut Vec<Output>,
    ) {
        let silent = self.patience.silent(from, without);
        if silent.contains(&self.me) {
            out.push(Output::End(Ending::LeftBehind));
            return;
        }
        if from == self.me {
            self.ballot_is_out = false;
        }
        self.is_current = false;
        self.chair = Some(from);
        let members = self.group.difference(&silent).copied().collect();
        self.round = Some(Round { ballot, opener: from, members, hellos: BTreeMap::new() });
        self.left_behind = silent;
        say(&Message::Hello(Box::new(self.hello(ballot))), out);
        self.counter = self.counter.max(ballot.counter);
    }

    fn hello(&self, ballot: ViewId) -> Hello {
        let own = self.view.as_ref().and_then(|view| view.member(self.me.node));
        let order = self.order.as_ref();
        Hello {
            ballot,
            counter: self.counter,
            incarnation: self.birth.incarnation,
            boot: self.birth.boot,
            since: own.map_or(0, |member| member.since),
            came_from: self.view.as_ref().map(|view| view.id),
            trail: order.map(Order::trail).unwrap_or_default(),
            acted: self.acted,
            floors: order.map(|order| order.floors().clone()).unwrap_or_default(),
            profile: self.profile.clone(),
            tally: self.poll.tally(self.group.iter().map(|process| process.node)),
        }
    }

    fn piece(&mut self, from: Process, piece: &Piece) {
        let Some(order) = &mut self.order else { return };
        if from == self.me && piece.view == order.view() {
            self.outgoing.came_back(piece.bytes.0.len());
        }
        if self.is_current {
            order.accept(from, piece);
        }
    }

    fn command(&mut self, command: GroupCommand, out: &mut Vec<Output>) {
        let refused = match command {
            _ if self.presence == Presence::Leaving => Some(Refusal::Leaving),
            GroupCommand::Submit { channel, payload, delivery } => {
                self.outgoing.submit(channel, payload, delivery).err()
            }
            GroupCommand::SetProfile(profile) => {
                self.profile = profile;
                None
            }
            // Nodes and links are Corosync's, and so are votes.
            GroupCommand::Reconfigure(_) | GroupCommand::Arbiter { .. } => None,
            GroupCommand::Quorum(change) => {
                Some(Refusal::Quorum { change, reason: QuorumRefusal::NotOurs })
            }
            GroupCommand::Leave => {
                self.presence = Presence::Leaving;
                out.push(Output::Leave);
                None
            }
        };
        out.extend(refused.map(|refusal| Output::Event(GroupEvent::Refused(refusal))));
    }

    fn wake(&mut self, now: Instant, out: &mut Vec<Output>) {
        match self.patience.lapse(self.me, now) {
            Some(Lapse::Knock(at)) => say(&Message::Knock { at }, out),
            Some(Lapse::LeaveBehind(silent)) => self.open(silent, out),
            Some(Lapse::HeldUp(late_by)) => {
                out.push(Output::Event(GroupEvent::Paused { late_by }));
            }
            None => {}
        }
    }

    /// Hands up what may be handed up.
    fn deliver(&mut self, out: &mut Vec<Output>) {
        let Some(order) = self.order.as_mut().filter(|_| self.is_current) else { return };
        while let Some(message) = order.next() {
            hand_up(message, self.me, &mut self.outgoing, out);
        }
    }

    /// Ends the round when its last hello is here.
    fn conclude(&mut self, out: &mut Vec<Output>) {
        let Some(outcome) = self.round.as_ref().and_then(Round::outcome) else { return };
        self.round = None;
        if let Outcome::View(agreed) = outcome {
            self.install(*agreed, out);
        }
    }

    fn install(&mut self, agreed: Agreed, out: &mut Vec<Output>) {
        let left = self.end_old_view(&agreed, out);
        let Agreed { view, processes, floors } = agreed;
        // What the line has heard of this process while it was apart.
        if let Some((incarnation, serial)) = floors.get(&self.me.node)
            && *incarnation == self.birth.incarnation
        {
            for (channel, payload) in self.outgoing.done(*serial) {
                out.push(Output::Event(GroupEvent::Absorbed { channel, payload }));
            }
        }
        if view.quorum.quorate {
            self.acted = view.id;
        }
        out.push(Output::PersistViewCounter(view.id.counter));
        self.order = Some(Order::new(view.id, &processes, floors));
        self.outgoing.rewind();
        self.departures.clear();
        self.view = Some(view.clone());
        self.is_current = true;
        out.push(Output::Event(GroupEvent::View { view, left }));
    }

    /// Hands up what is left of the old view, if its line goes on here (G6); says who has gone.
    fn end_old_view(&mut self, agreed: &Agreed, out: &mut Vec<Output>) -> Vec<(NodeId, Departure)> {
        let Some(old) = &self.view else { return Vec::new() };
        let survivors = agreed.survivors(old.id);
        if survivors.contains(&self.me.node) {
            out.push(Output::Event(GroupEvent::Transitional { members: survivors }));
            for message in self.order.iter_mut().flat_map(Order::rest) {
                hand_up(message, self.me, &mut self.outgoing, out);
            }
        }
        let goes_on = |member: &group::Member| {
            let new = agreed.view.member(member.node);
            new.is_some_and(|new| new.incarnation == member.incarnation)
        };
        let gone = old.members.iter().filter(|member| !goes_on(member));
        let departure = |node| self.departures.get(&node).copied().unwrap_or(Departure::Lost);
        gone.map(|member| (member.node, departure(member.node))).collect()
    }

    /// Opens a round when that is this process's to do: the group has changed, or the votes count
    /// differently than they did for the view.
    fn preside(&mut self, out: &mut Vec<Output>) {
        if self.chair != Some(self.me) || self.ballot_is_out || self.round.is_some() {
            return;
        }
        let tally = self.poll.tally(self.group.iter().map(|process| process.node));
        let Some(decision) = tally.map(|tally| tally.decision()) else { return };
        let holds = self.view.as_ref().is_some_and(|view| view.quorum == decision);
        if !(self.is_current && holds) {
            self.open(self.left_behind.iter().copied().collect(), out);
        }
    }

    fn open(&mut self, without: Vec<Process>, out: &mut Vec<Output>) {
        self.balloted = self.balloted.max(self.counter) + 1;
        self.ballot_is_out = true;
        let ballot = ViewId { counter: self.balloted, proposer: self.me.node };
        // Before anybody hears of it: the same ballot must never mean two views (G1).
        out.push(Output::PersistViewCounter(ballot.counter));
        say(&Message::Open { ballot, without }, out);
    }

    /// Says what there is to say in the view.
    fn speak(&mut self, out: &mut Vec<Output>) {
        let Some(order) = self.order.as_mut().filter(|_| self.is_current) else { return };
        let view = order.view();
        if let Some(position) = order.acknowledgement(self.me) {
            say(&Message::Acknowledge { view, position }, out);
        }
        while let Some(piece) = self.outgoing.next_piece(view) {
            say(&Message::Piece(piece), out);
        }
    }

    /// What is missing for things to go on, but for what this process itself has to do.
    fn wait(&self) -> Option<Wait> {
        let (missing, mut late) = match (&self.round, &self.order) {
            (Some(round), _) => (Missing::Hellos(round.ballot), round.late()),
            (None, Some(order)) if self.is_current => {
                let (position, late) = order.late()?;
                (Missing::Acknowledgements(order.view(), position), late)
            }
            _ => (Missing::Opening, self.chair.into_iter().collect()),
        };
        late.remove(&self.me);
        (!late.is_empty()).then_some(Wait { missing, late })
    }
}

fn say(message: &Message, out: &mut Vec<Output>) {
    out.push(Output::Multicast(message.seal()));
}

/// An own message that is handed up need not be said again.
fn hand_up(message: Ordered, me: Process, outgoing: &mut Outgoing, out: &mut Vec<Output>) {
    let Ordered { sender, serial, channel, payload } = message;
    if sender == me.node {
        outgoing.done(serial);
    }
    out.push(Output::Event(GroupEvent::Deliver { channel, sender, payload }));
}
