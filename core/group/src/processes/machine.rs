//! The one door: [`Processes::step`].

use super::MAX_MESSAGE;
use super::change::Exchange;
use super::message::Ordered;
use super::pace::Pace;
use super::types::{
    Change, Configuration, ConnectionId, GroupName, Input, Message, NotDone, Output, Process,
    Reason,
};
use crate::types::{Channel, Delivery, GroupCommand, GroupEvent, Refusal, ViewId};
use base::NodeId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Bytes of this node's processes that may be on their way through the order; beyond it
/// [`Processes::has_room`] says no. Far below what the group layer takes, so that it never refuses,
/// and the manager always gets a word in.
const WINDOW: usize = 1 << 20;
/// What a message costs beside its bytes.
const OVERHEAD: usize = 64;

/// One node's part in all named groups.
#[derive(Debug)]
pub struct Processes {
    pub(super) me: NodeId,
    pub(super) view: Option<ViewId>,
    /// The nodes whose processes are known here: all that were level with this node when the last
    /// exchange ended, less those that went since.
    pub(super) known: BTreeSet<NodeId>,
    /// What is waited for; nothing when all members of the view are known.
    pub(super) exchange: Option<Exchange>,
    pub(super) groups: BTreeMap<GroupName, Membership>,
    /// What processes of this node have asked to be members of, whether it has been ordered yet or
    /// not.
    pub(super) wanted: BTreeMap<Process, BTreeSet<GroupName>>,
    pub(super) pace: Pace,
    /// What this node has submitted and not seen yet, in order: its cost in bytes.
    in_flight: VecDeque<usize>,
    in_flight_bytes: usize,
    leaving: bool,
}

/// The members of one group.
#[derive(Debug)]
pub(super) struct Membership {
    pub(super) members: BTreeSet<Process>,
    /// Those of this node, to be told.
    pub(super) local: Arc<[ConnectionId]>,
}

impl Processes {
    /// The part of node `me`, which has not seen a view yet.
    pub fn new(me: NodeId) -> Self {
        Self {
            me,
            view: None,
            known: [me].into(),
            exchange: None,
            groups: BTreeMap::new(),
            wanted: BTreeMap::new(),
            pace: Pace::default(),
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            leaving: false,
        }
    }

    /// Takes one input and appends what follows from it to `out`, in order.
    pub fn step(&mut self, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Group(event) => self.hear(event, out),
            Input::Join { process, group } => self.ask_to_join(process, group, out),
            Input::Leave { process, group } => self.ask_to_leave(process, group, out),
            Input::Say { process, group, body } => self.ask_to_say(process, group, &body, out),
            Input::Behind { process, behind } => self.follow(process, behind, out),
            Input::Gone(process) => self.part(process, out),
        }
    }

    /// May processes of this node go on speaking? Whoever reads from them stops when this says no,
    /// and goes on when it says yes again; then nothing is ever refused for want of room.
    pub const fn has_room(&self) -> bool {
        self.in_flight_bytes < WINDOW
    }

    /// Are the processes of all members of the view known here? Until then everything waits.
    pub const fn is_level(&self) -> bool {
        self.view.is_some() && self.exchange.is_none()
    }

    /// All groups with their members, by name.
    pub fn groups(&self) -> impl Iterator<Item = (&GroupName, &BTreeSet<Process>)> {
        self.groups.iter().map(|(name, group)| (name, &group.members))
    }

    // What processes of this node ask for.

    fn ask_to_join(&mut self, process: Process, group: GroupName, out: &mut Vec<Output>) {
        if !self.wanted.entry(process).or_default().insert(group.clone()) {
            return not_done(process, NotDone::Member(group), out);
        }
        self.submit(process, &Ordered::Join { group, process }, &[], out);
    }

    fn ask_to_leave(&mut self, process: Process, group: GroupName, out: &mut Vec<Output>) {
        if !self.wanted.get_mut(&process).is_some_and(|wanted| wanted.remove(&group)) {
            return not_done(process, NotDone::NoMember(group), out);
        }
        let reason = Reason::Leave;
        self.submit(process, &Ordered::Leave { group, process, reason }, &[], out);
    }

    fn ask_to_say(
        &mut self,
        process: Process,
        group: GroupName,
        body: &[u8],
        out: &mut Vec<Output>,
    ) {
        if body.len() > MAX_MESSAGE {
            return not_done(process, NotDone::TooLarge(body.len()), out);
        }
        if !self.wants(process, &group) {
            return not_done(process, NotDone::NoMember(group), out);
        }
        self.submit(process, &Ordered::Say { group, process }, body, out);
    }

    fn part(&mut self, process: Process, out: &mut Vec<Output>) {
        let reason = Reason::ProcessDown;
        self.follow(process, false, out);
        for group in self.wanted.remove(&process).unwrap_or_default() {
            self.submit(process, &Ordered::Leave { group, process, reason }, &[], out);
        }
    }

    fn wants(&self, process: Process, group: &GroupName) -> bool {
        self.wanted.get(&process).is_some_and(|wanted| wanted.contains(group))
    }

    fn submit(&mut self, process: Process, said: &Ordered, body: &[u8], out: &mut Vec<Output>) {
        if self.leaving {
            return not_done(process, NotDone::Leaving, out);
        }
        self.send(said, body, out);
    }

    pub(super) fn send(&mut self, said: &Ordered, body: &[u8], out: &mut Vec<Output>) {
        let payload = said.with(body);
        self.in_flight.push_back(payload.len() + OVERHEAD);
        self.in_flight_bytes += payload.len() + OVERHEAD;
        let (channel, delivery) = (Channel::Processes, Delivery::Agreed);
        out.push(Output::Group(GroupCommand::Submit { channel, payload, delivery }));
    }

    /// The first of what this node has submitted has come back, or never will.
    fn credit(&mut self) {
        let cost = self.in_flight.pop_front().unwrap_or(0);
        self.in_flight_bytes -= cost;
    }

    // What the group layer says.

    fn hear(&mut self, event: GroupEvent, out: &mut Vec<Output>) {
        match event {
            GroupEvent::View { view, .. } => self.enter(&view, out),
            GroupEvent::Deliver { channel: Channel::Processes, sender, payload } => {
                if sender == self.me {
                    self.credit();
                }
                self.deliver(sender, payload, out);
            }
            GroupEvent::Absorbed { channel: Channel::Processes, payload } => {
                self.credit();
                self.absorb(payload, out);
            }
            GroupEvent::Refused(Refusal::Leaving) => self.leaving = true,
            GroupEvent::Left => {
                self.leaving = true;
                out.push(Output::Left);
            }
            GroupEvent::Deliver { .. }
            | GroupEvent::Absorbed { .. }
            | GroupEvent::Refused(_)
            | GroupEvent::Suspected { .. }
            | GroupEvent::Paused { .. }
            | GroupEvent::Transitional { .. }
            | GroupEvent::LinkChanged(_)
            | GroupEvent::Quorum { .. }
            | GroupEvent::Discovered { .. } => {}
        }
    }

    /// The others had this while the node was apart. For its own processes it is the last that
    /// happened before they were brought together again; what the others no longer know of them,
    /// they are told once more.
    fn absorb(&mut self, payload: Vec<u8>, out: &mut Vec<Output>) {
        match Ordered::read(self.me, &payload) {
            Ok((Ordered::Say { .. } | Ordered::Behind { .. }, _)) => {
                self.apply(self.me, payload, out);
            }
            Ok((Ordered::Join { group, process }, _)) => {
                if self.wants(process, &group) {
                    self.send(&Ordered::Join { group, process }, &[], out);
                }
            }
            Ok((leave @ Ordered::Leave { .. }, _)) => self.send(&leave, &[], out),
            Ok((Ordered::Announce { .. }, _)) | Err(_) => {}
        }
    }

    /// One message at its place in the order. What cannot be read is of a later version, and
    /// without effect on every node of this one.
    pub(super) fn apply(&mut self, sender: NodeId, payload: Vec<u8>, out: &mut Vec<Output>) {
        match Ordered::read(sender, &payload) {
            Ok((Ordered::Say { group, process }, start)) => {
                self.hand_out(&group, process, (payload, start), out);
            }
            Ok((Ordered::Join { group, process }, _)) => {
                let joined = vec![Change { process, reason: Reason::Join }];
                self.change(&group, joined, Vec::new(), out);
            }
            Ok((Ordered::Leave { group, process, reason }, _)) => {
                self.change(&group, Vec::new(), vec![Change { process, reason }], out);
            }
            Ok((Ordered::Behind { groups }, _)) => self.hear_pace(sender, groups),
            Ok((Ordered::Announce { .. }, _)) | Err(_) => {}
        }
    }

    fn hand_out(
        &self,
        group: &GroupName,
        sender: Process,
        (payload, start): (Vec<u8>, usize),
        out: &mut Vec<Output>,
    ) {
        let Some((name, membership)) = self.groups.get_key_value(group) else { return };
        if membership.local.is_empty() || !membership.members.contains(&sender) {
            return;
        }
        let (to, group) = (membership.local.clone(), name.clone());
        out.push(Output::Message(Message { to, group, sender, payload, start }));
    }

    /// Changes a group's membership and tells its members, those who leave included.
    pub(super) fn change(
        &mut self,
        group: &GroupName,
        mut joined: Vec<Change>,
        mut left: Vec<Change>,
        out: &mut Vec<Output>,
    ) {
        let membership = self.groups.entry(group.clone()).or_insert_with(Membership::empty);
        joined.sort_unstable();
        left.sort_unstable();
        joined.retain(|change| membership.members.insert(change.process));
        left.retain(|change| membership.members.remove(&change.process));
        if !joined.is_empty() || !left.is_empty() {
            let ours = |change: &&Change| change.process.node == self.me;
            let gone = left.iter().filter(ours).map(|change| change.process.connection);
            let gone: Vec<_> = gone.collect();
            membership.know_local(self.me);
            let to: Arc<[_]> = match gone.is_empty() {
                true => membership.local.clone(),
                false => membership.local.iter().copied().chain(gone).collect(),
            };
            if !to.is_empty() {
                let members = membership.members.iter().copied().collect();
                let configuration = Configuration { group: group.clone(), members, joined, left };
                out.push(Output::Configuration { to, configuration });
            }
        }
        if membership.members.is_empty() {
            self.groups.remove(group);
        }
    }
}

impl Membership {
    fn empty() -> Self {
        Self { members: BTreeSet::new(), local: Vec::new().into() }
    }

    fn know_local(&mut self, me: NodeId) {
        let local = self.members.iter().filter(|process| process.node == me);
        self.local = local.map(|process| process.connection).collect();
    }
}

fn not_done(process: Process, why: NotDone, out: &mut Vec<Output>) {
    out.push(Output::NotDone { to: process.connection, why });
}
