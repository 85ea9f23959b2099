//! The machine: one `step`, and when it wants to be woken next.

use crate::attributes::Dampening;
use crate::carry::Carry;
use crate::door::{
    Acknowledgement, Command, Input, Output, PlanRequest, Refused, Reply, RequestId,
};
use crate::executor::Executor;
use crate::interlock::may_start;
use crate::membership::{Line, Profile};
use crate::operation::{Flight, FlightId, Message, Operation, Outcome};
use crate::requests::Requests;
use crate::{Event, EventKind, Snapshot, State};
use base::{BootId, Decode, Encode, Instant, NodeId, WallTime};
use cluster::{Configuration, JoinState, OperationStatus, Version, exit_code};
use group::{Delivery, GroupCommand, GroupEvent, View, ViewId};
use scheduler::plan::{Action, ActionKey, Plan, Task};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Who this node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// This life of the machine.
    pub boot: BootId,
    /// This process.
    pub incarnation: u64,
    /// All nodes there should be, this one among them.
    pub nodes: BTreeMap<NodeId, String>,
}

/// How this node's state relates to the cluster's.
#[derive(Debug)]
enum Sync {
    /// It is the cluster's.
    Joined,
    /// The cluster's is on its way; what is delivered meanwhile waits.
    Waiting { view: ViewId, delivered: Vec<(NodeId, Vec<u8>)> },
    /// There was no view yet.
    Alone,
}

/// One node's part in the management of the cluster.
#[derive(Debug)]
pub struct Manager {
    me: Identity,
    state: State,
    view: Option<View>,
    sync: Sync,
    profile: Profile,
    carry: Carry,
    executor: Executor,
    dampening: Dampening,
    requests: Requests,
    /// Whether the state has changed since the last plan was asked for.
    stale: bool,
    plans: u64,
    planning: bool,
    recheck: Option<Instant>,
    /// Until when a fresh cluster waits for the nodes that are missing.
    hold: Option<Instant>,
    deadlines: BTreeMap<FlightId, Instant>,
    introduced: Option<ViewId>,
    suspected: Vec<(WallTime, EventKind)>,
    leaving: Leaving,
    told: u64,
    now: Instant,
    wall: WallTime,
}

/// How far an orderly leave has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    No,
    Asked,
    Departing,
    Gone,
}

impl Manager {
    /// A manager that knows nothing but who it is and what was on its disk.
    pub fn new(me: Identity, configuration: Configuration, now: Instant) -> Self {
        let profile = Profile { configuration: configuration.version, ..Profile::default() };
        let state = State { configuration: Arc::new(configuration), ..State::default() };
        Self {
            me,
            state,
            view: None,
            sync: Sync::Alone,
            profile,
            carry: Carry::default(),
            executor: Executor::default(),
            dampening: Dampening::default(),
            requests: Requests::default(),
            stale: false,
            plans: 0,
            planning: false,
            recheck: None,
            hold: None,
            deadlines: BTreeMap::new(),
            introduced: None,
            suspected: Vec::new(),
            leaving: Leaving::No,
            told: 0,
            now,
            wall: WallTime::default(),
        }
    }

    /// Takes one input and says what is to be done. `wall` is for people and rules; nothing that
    /// has to be safe depends on it.
    pub fn step(&mut self, now: Instant, wall: WallTime, input: Input, out: &mut Vec<Output>) {
        (self.now, self.wall) = (now, wall);
        match input {
            Input::Wake => {}
            Input::Group(event) => self.hear(event, out),
            Input::Request(id, command) => self.request(id, command, out),
            Input::Planned { serial, plan } => self.planned(serial, *plan, out),
            Input::Ran { run, outcome } => {
                if let Some(news) = self.executor.ended(now, run, outcome, out) {
                    self.submit(news, out);
                }
            }
            Input::Stored(version) => self.submit(Operation::Stored { version }, out),
        }
        self.look_at_the_clock(out);
        self.introduce(out);
        self.begin(out);
        self.plan(out);
        self.depart(out);
        self.tell(out);
    }

    /// When to call [`Manager::step`] with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Option<Instant> {
        let coordinator = self.is_coordinator().then(|| {
            let fencing = self.carry.next_wake(self.now);
            let deadline = self.deadlines.values().min().copied();
            [fencing, self.recheck, self.hold, deadline, self.dampening.next_wake()]
        });
        let own = [self.executor.next_wake(), self.requests.next_wake()];
        own.into_iter().chain(coordinator.into_iter().flatten()).flatten().min()
    }

    /// The replicated state, as far as this node knows it.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Whether the state is the cluster's.
    pub const fn is_joined(&self) -> bool {
        matches!(self.sync, Sync::Joined)
    }

    fn is_coordinator(&self) -> bool {
        self.is_joined() && self.view.as_ref().is_some_and(|v| v.coordinator() == self.me.node)
    }

    fn submit(&mut self, operation: Operation, out: &mut Vec<Output>) {
        self.submit_for(None, operation, out);
    }

    fn submit_for(
        &mut self,
        request: Option<RequestId>,
        operation: Operation,
        out: &mut Vec<Output>,
    ) {
        // What must not be acted on by one alone is delivered when all have it.
        let delivery = match &operation {
            Operation::Edit { .. } | Operation::ConfirmDown { .. } => Delivery::Safe,
            Operation::Intend { flights, .. } if flights.iter().any(is_fencing) => Delivery::Safe,
            _ => Delivery::Agreed,
        };
        let payload = Message { now: self.wall, operation }.to_bytes();
        self.requests.submitted(self.now, request);
        out.push(Output::Group(GroupCommand::Submit { payload, delivery }));
    }
}

fn is_fencing(flight: &Flight) -> bool {
    matches!(flight.key, ActionKey::Fence { .. })
}

/// What the group layer says.
impl Manager {
    fn hear(&mut self, event: GroupEvent, out: &mut Vec<Output>) {
        match event {
            GroupEvent::View { view, .. } => self.enter(view, out),
            GroupEvent::Deliver { sender, payload } => self.deliver(sender, payload, out),
            GroupEvent::Suspected { node, after } => {
                let node = self.state.node_name(node);
                let kind = EventKind::Suspected { node, silent: after };
                out.push(Output::Event(Event { number: 0, at: self.wall, kind: kind.clone() }));
                self.suspected.push((self.wall, kind));
            }
            // Its effect has come, or comes, with the state.
            GroupEvent::Absorbed { .. } => {
                if let Some(request) = self.requests.delivered() {
                    self.requests.applied(request, None, out);
                }
            }
            GroupEvent::Refused(_) => self.requests.turned_away(out),
            GroupEvent::Left => {
                self.leaving = Leaving::Gone;
                out.push(Output::Finished);
            }
            GroupEvent::Paused { .. }
            | GroupEvent::Transitional { .. }
            | GroupEvent::LinkChanged(_) => {}
        }
    }

    fn enter(&mut self, view: View, out: &mut Vec<Output>) {
        let line = Line::of(&view);
        self.carry.abandon();
        self.planning = false;
        self.introduced = None;
        self.stale = true;
        self.profile.synced = None;
        if line.came_along(self.me.node) {
            self.state.apply_view(&view, &line);
            self.sync = Sync::Joined;
            self.profile.synced = Some(view.id);
            if line.source == self.me.node && line.members.len() < view.members.len() {
                let state = Box::new(self.state.clone());
                self.submit(Operation::Snapshot { view: view.id, state }, out);
            }
        } else {
            self.executor.abandon(out);
            self.sync = Sync::Waiting { view: view.id, delivered: Vec::new() };
        }
        self.deadlines.retain(|flight, _| self.state.flights.contains_key(flight));
        if view.quorum.quorate {
            self.profile.acted = view.id.counter;
        }
        self.note_view(&view, out);
        self.view = Some(view);
        self.show_profile(out);
        self.acknowledge(out);
    }

    /// The coordinator writes into the journal what came before the view, and the view.
    fn note_view(&mut self, view: &View, out: &mut Vec<Output>) {
        let suspected = std::mem::take(&mut self.suspected);
        if view.coordinator() != self.me.node {
            return;
        }
        for (at, event) in suspected {
            self.submit(Operation::Observed { at, events: vec![event] }, out);
        }
        let name = |node: &NodeId| {
            let listed = self.me.nodes.get(node).cloned();
            listed.unwrap_or_else(|| self.state.node_name(*node))
        };
        let members = view.nodes().iter().map(name).collect();
        let kind = EventKind::View { id: view.id, members, quorate: view.quorum.quorate };
        self.submit(Operation::Observed { at: self.wall, events: vec![kind] }, out);
    }

    fn show_profile(&mut self, out: &mut Vec<Output>) {
        self.profile.configuration = self.state.configuration.version;
        out.push(Output::Group(GroupCommand::SetProfile(self.profile.to_bytes())));
    }

    fn deliver(&mut self, sender: NodeId, payload: Vec<u8>, out: &mut Vec<Output>) {
        if let Sync::Waiting { view, delivered } = &mut self.sync {
            let wanted = *view;
            delivered.push((sender, payload));
            let last = delivered.last().map_or(&[][..], |(_, payload)| payload);
            match Message::from_bytes(last) {
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
    fn take_over(&mut self, state: State, out: &mut Vec<Output>) {
        let before = std::mem::replace(&mut self.sync, Sync::Joined);
        let Sync::Waiting { view, delivered } = before else { return };
        self.state = state;
        self.told = self.state.journal.written();
        self.profile.synced = Some(view);
        self.stale = true;
        for (sender, payload) in delivered {
            self.apply(sender, &payload, out);
        }
        out.push(Output::Store(Arc::clone(&self.state.configuration)));
        self.show_profile(out);
    }

    fn apply(&mut self, sender: NodeId, payload: &[u8], out: &mut Vec<Output>) {
        let waits = if sender == self.me.node { self.requests.delivered() } else { None };
        // From a newer version than was agreed on, or damaged before it was sealed: nobody can
        // read it, so it changes nothing anywhere (C6).
        let Ok(message) = Message::from_bytes(payload) else { return };
        let intended: Vec<ActionKey> = match &message.operation {
            Operation::Intend { flights, .. } => flights.iter().map(|f| f.key.clone()).collect(),
            _ => Vec::new(),
        };
        let is_mine = sender == self.me.node;
        let departs = is_mine && message.operation == Operation::Depart;
        let effect = self.state.apply(sender, message.now, message.operation);
        intended.iter().for_each(|key| self.carry.delivered(key));
        self.stale |= effect.replan;
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
        if effect.configured {
            out.push(Output::Store(Arc::clone(&self.state.configuration)));
            self.show_profile(out);
        }
        if let Some(request) = waits {
            self.requests.applied(request, effect.edited, out);
        }
        self.acknowledge(out);
        if departs {
            out.push(Output::Group(GroupCommand::Leave));
        }
    }

    fn acknowledge(&mut self, out: &mut Vec<Output>) {
        if let Some(view) = &self.view
            && matches!(self.sync, Sync::Joined)
        {
            self.requests.acknowledge(&self.state, view, self.me.nodes.len(), out);
        }
    }
}

/// Flights.
impl Manager {
    /// An action begins: its deadline counts from here (R9), whoever runs it.
    fn take_off(&mut self, id: FlightId, out: &mut Vec<Output>) {
        let Some(flight) = self.state.flights.get(&id).cloned() else { return };
        let slack = cluster::value::duration(self.state.configuration.property("cluster-delay"));
        let deadline = self.now + flight.invocation.timeout + slack.unwrap_or_default();
        self.deadlines.insert(id, deadline);
        if flight.executor == self.me.node
            && let Some(news) = self.executor.begin(self.now, id, flight, out)
        {
            self.submit(news, out);
        }
    }

    fn landed(&mut self, key: &ActionKey, expected: bool) {
        self.deadlines.retain(|flight, _| self.state.flights.contains_key(flight));
        if let ActionKey::Fence { node, .. } = key
            && !expected
        {
            let failures = self.state.fencing_failures.get(node).copied().unwrap_or(0);
            self.carry.hold_fire(self.now, node, failures);
        }
        let goes_on = self.carry.ended(key, expected);
        self.stale |= !goes_on || self.carry.is_finished();
    }

    /// Monitors, dampened attributes, deadlines that have come.
    fn look_at_the_clock(&mut self, out: &mut Vec<Output>) {
        let now = self.now;
        self.executor.run_due(now, out);
        self.requests.expire(now, out);
        if !self.is_coordinator() {
            return;
        }
        for name in self.dampening.due(now) {
            self.submit(Operation::Settle { name }, out);
        }
        if self.recheck.is_some_and(|due| due <= now) {
            self.recheck = None;
            self.stale = true;
        }
        let late: Vec<FlightId> =
            self.deadlines.iter().filter(|(_, due)| **due <= now).map(|(id, _)| *id).collect();
        for flight in late {
            // R9: an end for everything, also when its node does not answer.
            self.deadlines.remove(&flight);
            let outcome = Outcome {
                status: OperationStatus::TimedOut,
                code: exit_code::ERROR,
                reason: "its node did not report an end".into(),
                took: Duration::ZERO,
            };
            self.submit(Operation::Ended { flight, outcome }, out);
        }
    }
}

/// Joining and leaving.
impl Manager {
    /// A node that has the cluster's state, but is not a member in it, introduces itself: as soon
    /// as nothing runs here that was begun before.
    fn introduce(&mut self, out: &mut Vec<Output>) {
        let Some(view) = self.view.as_ref().map(|view| view.id) else { return };
        let id = self.me.node.to_string();
        let is_member = self
            .state
            .status
            .nodes
            .get(&id)
            .is_some_and(|node| node.join == JoinState::Member && node.is_online);
        let is_banned =
            self.state.status.nodes.get(&id).is_some_and(|node| node.join == JoinState::Banned);
        if !self.is_joined()
            || is_member
            || is_banned
            || self.introduced == Some(view)
            || !self.executor.is_idle()
            || self.leaving != Leaving::No
        {
            return;
        }
        self.introduced = Some(view);
        let Identity { name, boot, incarnation, .. } = self.me.clone();
        self.submit(Operation::Introduce { name, boot, incarnation }, out);
    }

    /// After a cold start nobody is judged before all were seen, or `dc-deadtime` is over.
    fn begin(&mut self, out: &mut Vec<Output>) {
        if self.state.begun || !self.is_coordinator() || !self.state.has_quorum {
            self.hold = None;
            return;
        }
        let patience = cluster::value::duration(self.state.configuration.property("dc-deadtime"));
        let until = *self.hold.get_or_insert_with(|| self.now + patience.unwrap_or_default());
        let is_member = |node: &NodeId| {
            let status = self.state.status.nodes.get(&node.to_string());
            status.is_some_and(|status| status.join == JoinState::Member)
        };
        if self.me.nodes.keys().all(is_member) || until <= self.now {
            self.hold = Some(self.now + Duration::from_secs(3600));
            let nodes = self.me.nodes.clone();
            self.submit(Operation::Begin { nodes }, out);
        }
    }

    /// When a node that wants to leave runs nothing any more, it goes.
    fn depart(&mut self, out: &mut Vec<Output>) {
        if self.leaving == Leaving::Asked
            && (!self.is_joined() || !self.state.may_run_something(self.me.node))
            && self.executor.is_idle()
        {
            self.leaving = Leaving::Departing;
            if self.is_joined() {
                self.submit(Operation::Depart, out);
            } else {
                out.push(Output::Group(GroupCommand::Leave));
            }
        }
    }
}

/// Planning.
impl Manager {
    fn plan(&mut self, out: &mut Vec<Output>) {
        if !self.is_coordinator() || !self.state.begun {
            return;
        }
        if self.stale && !self.planning {
            self.stale = false;
            self.planning = true;
            self.plans += 1;
            out.push(Output::Plan(PlanRequest {
                serial: self.plans,
                configuration: Arc::clone(&self.state.configuration),
                status: self.state.status.clone(),
                in_flight: self.state.flights.values().map(|f| f.key.clone()).collect(),
                has_quorum: self.state.has_quorum,
                now: self.wall,
            }));
        }
        // A graph that was made from a state that is no more sends nothing further: the next one
        // is on its way, and what was sent goes on meanwhile.
        if !self.planning {
            self.send_ready(out);
        }
    }

    fn planned(&mut self, serial: u64, plan: Plan, out: &mut Vec<Output>) {
        if serial != self.plans || !self.planning || !self.is_coordinator() {
            return; // Asked in another view, of another state.
        }
        self.planning = false;
        let interval =
            cluster::value::duration(self.state.configuration.property("cluster-recheck-interval"));
        let interval = interval.filter(|interval| !interval.is_zero());
        let expiry = plan.recheck.map(|at| at.saturating_since(self.wall));
        let pause = interval.into_iter().chain(expiry).min();
        self.recheck = pause.map(|pause| self.now + pause.max(Duration::from_millis(100)));
        self.carry.adopt(self.state.localize(plan.graph));
        // Before the next plan is asked for: where something changes all the time, something has
        // to get done all the same.
        self.send_ready(out);
    }

    /// Sends what the graph allows, in one message: a node runs it when it is delivered, in this
    /// view only.
    fn send_ready(&mut self, out: &mut Vec<Output>) {
        let Some(view) = self.view.as_ref().map(|view| view.id) else { return };
        let ready: Vec<Action> = self.carry.ready().into_iter().cloned().collect();
        let flights: Vec<Flight> =
            ready.into_iter().filter_map(|action| self.flight_of(action, out)).collect();
        if flights.is_empty() {
            return;
        }
        flights.iter().for_each(|flight| self.carry.sent(self.now, flight.key.clone()));
        self.submit(Operation::Intend { view, flights }, out);
    }

    /// The flight for an action, unless something forbids it now.
    fn flight_of(&mut self, action: Action, out: &mut Vec<Output>) -> Option<Flight> {
        if self.state.conflicts(&action.key) {
            return None; // R8: it is sent when what is in flight has ended.
        }
        if !self.carry.may_repeat(self.now, &action.key) {
            let text = format!("{:?} is repeated again and again; it waits a while", action.key);
            if self.carry.doubt(&action.key) {
                let kind = EventKind::Alarm { text };
                out.push(Output::Event(Event { number: 0, at: self.wall, kind }));
            }
            return None;
        }
        match &action.key {
            ActionKey::Resource { instance, node, task, .. } => {
                if matches!(task, Task::Start | Task::Promote)
                    && let Err(doubt) = may_start(&self.state, instance, node)
                {
                    let text = format!("start of {instance} on {node} held back: {doubt}");
                    if self.carry.doubt(&action.key) {
                        let kind = EventKind::Alarm { text };
                        out.push(Output::Event(Event { number: 0, at: self.wall, kind }));
                    }
                    return None;
                }
                let executor = self.state.node_id(node)?;
                let mut invocation = action.invocation?;
                if *task == Task::Stop {
                    self.state.stop_as_started(node, instance, &mut invocation);
                }
                let (key, reason) = (action.key, action.reason);
                let (device, life) = (String::new(), BootId::default());
                Some(Flight { key, executor, invocation, device, life, reason })
            }
            ActionKey::Fence { node, how } => {
                if !self.state.may_act() || !self.carry.may_fence(self.now, node) {
                    return None; // F1, F6
                }
                let (node, how) = (node.clone(), *how);
                let shot = self.state.choose_shot(&node, how)?;
                Some(self.state.fence_flight(&node, action.key, shot, action.reason))
            }
            ActionKey::Pseudo(_) => None,
        }
    }
}

/// Clients.
impl Manager {
    fn request(&mut self, id: RequestId, command: Command, out: &mut Vec<Output>) {
        let refusal = match command {
            Command::Read => {
                let snapshot = Snapshot {
                    state: self.state.clone(),
                    view: self.view.clone(),
                    joined: self.is_joined(),
                };
                out.push(Output::Reply(id, Reply::Snapshot(Box::new(snapshot))));
                None
            }
            Command::Shutdown => {
                self.leave(out);
                out.push(Output::Reply(id, Reply::Done(Acknowledgement::Applied)));
                None
            }
            _ if !self.is_joined() => Some(Refused::NotJoined),
            command => self.change(id, command, out).err(),
        };
        if let Some(refused) = refusal {
            out.push(Output::Reply(id, Reply::Refused(refused)));
        }
    }

    fn leave(&mut self, out: &mut Vec<Output>) {
        if self.leaving == Leaving::No {
            self.leaving = Leaving::Asked;
            if self.is_joined() {
                self.submit(Operation::Leave, out);
            }
        }
    }

    fn change(
        &mut self,
        id: RequestId,
        command: Command,
        out: &mut Vec<Output>,
    ) -> Result<(), Refused> {
        let operation = match command {
            Command::Attribute { node, name, value, dampen } => {
                self.known_node(&node)?;
                Operation::Attribute { node, name, value, dampen }
            }
            Command::Edit { edits, base, by } => {
                self.check_edit(&edits, base)?;
                Operation::Edit { base, edits, by }
            }
            Command::Cleanup { resource, node } => {
                if let Some(resource) = &resource
                    && !self.state.knows(resource)
                {
                    return Err(Refused::UnknownResource(resource.clone()));
                }
                if let Some(node) = &node {
                    self.known_node(node)?;
                }
                Operation::Cleanup { resource, node }
            }
            Command::ConfirmDown { node, by } => {
                let known = self.known_node(&node)?;
                let status = self.state.status.nodes.get(&known.to_string());
                if status.is_some_and(|status| status.in_membership) {
                    return Err(Refused::NotDown(node));
                }
                Operation::ConfirmDown { node, by }
            }
            Command::Read | Command::Shutdown => return Ok(()),
        };
        self.submit_for(Some(id), operation, out);
        Ok(())
    }

    fn known_node(&self, name: &str) -> Result<NodeId, Refused> {
        self.state.node_id(name).ok_or_else(|| Refused::UnknownNode(name.to_owned()))
    }

    /// C2, C6: no change outside of a view that may act, and none that would be wrong.
    fn check_edit(&self, edits: &[cluster::Edit], base: Option<Version>) -> Result<(), Refused> {
        if !self.state.may_act() {
            let why = self.view.as_ref().map(|view| view.quorum.to_string());
            return Err(Refused::NoQuorum(why.unwrap_or_default()));
        }
        let now = self.state.configuration.version;
        if let Some(base) = base.filter(|base| *base != now) {
            return Err(Refused::Changed { base, now });
        }
        let mut changed = Configuration::clone(&self.state.configuration);
        changed.apply(edits)?;
        let errors: Vec<_> = cluster::validate::validate(&changed)
            .into_iter()
            .filter(|problem| problem.severity == cluster::validate::Severity::Error)
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(Refused::Invalid(errors)) }
    }

    /// New lines of the journal, for this node's log.
    fn tell(&mut self, out: &mut Vec<Output>) {
        let news = self.state.journal.since(self.told).cloned();
        out.extend(news.map(Output::Event));
        self.told = self.state.journal.written();
    }
}
