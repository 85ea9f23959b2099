//! The machine: one `step`, and when it wants to be woken next. Its work is told in `hearing`
//! (views and messages), `joining`, `planning`, `flights`, `voting` and `clients`.

mod clients;
mod flights;
mod hearing;
mod joining;
mod limits;
mod planning;
mod voting;

use crate::attributes::Dampening;
use crate::carry::Carry;
use crate::clock::{Clock, ClockOff, Era, Reckoning};
use crate::door::{Input, Output, RequestId};
use crate::executor::Executor;
use crate::membership::Profile;
use crate::operation::{Flight, FlightId, Message, Operation};
use crate::requests::Requests;
use crate::state::Replan;
use crate::{EventKind, Kept, Revision, State};
use base::{BootId, Encode, Instant, NodeId, WallTime};
use group::{Channel, Delivery, GroupCommand, View, ViewId};
use scheduler::plan::ActionKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use voting::Heard;

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
    /// How many processors the machine has.
    pub cores: u32,
    /// All nodes there should be, this one among them.
    pub nodes: BTreeMap<NodeId, String>,
}

/// How this node's state relates to the cluster's.
#[derive(Debug)]
enum Sync {
    /// It is the cluster's.
    Joined,
    /// The cluster's is on its way; what is delivered meanwhile waits.
    Waiting { view: ViewId, delivered: Vec<Heard> },
    /// There was no view yet, and nobody was told what is on this node's disk.
    Silent,
    /// There was no view yet.
    Alone,
}

/// One node's part in the management of the cluster.
#[derive(Debug)]
pub struct Manager {
    me: Identity,
    /// Shared with whoever asked for it, until it changes.
    state: Arc<State>,
    view: Option<View>,
    sync: Sync,
    profile: Profile,
    carry: Carry,
    executor: Executor,
    dampening: Dampening,
    requests: Requests,
    /// Whether the state has changed since the last plan was asked for.
    stale: Replan,
    plans: u64,
    planning: bool,
    /// When the last plan was asked for.
    plan_asked: Instant,
    /// When to plan again, at the earliest, for what people have changed since.
    wishes_due: Instant,
    recheck: Option<Instant>,
    /// Until when a fresh cluster waits for the nodes that are missing.
    hold: Option<Instant>,
    deadlines: BTreeMap<FlightId, Instant>,
    introduced: Option<ViewId>,
    leave_asked: Option<ViewId>,
    suspected: Vec<(WallTime, EventKind)>,
    /// What others have to put aside and have not been heard to: until then it is on this disk only.
    untold: Vec<Revision>,
    serial: u64,
    /// The group took nothing more: what has to be said is said again then.
    retry: Option<Instant>,
    leaving: Leaving,
    /// When this node goes although something may run here.
    leave_by: Option<Instant>,
    told: u64,
    reckoning: Reckoning,
    /// When this node said last that a trial is over.
    pub(crate) trial_ended: Option<Instant>,
    now: Instant,
    wall: WallTime,
}

/// By how much the lower of two nodes may shoot first.
const HEAD_START: Duration = Duration::from_secs(1);
/// How long a process that is new in a view may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// After how long what the group did not take is said again.
const RETRY: Duration = Duration::from_secs(1);

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
    pub fn new(me: Identity, kept: Kept, now: Instant) -> Self {
        let profile = Profile { standing: kept.standing(), ..Profile::default() };
        let Kept { configuration, revisions, trial, passing, acted } = kept;
        let era = Era { by: me.node, incarnation: me.incarnation, turn: 0 };
        let clock = Clock { era, ..Clock::default() };
        let state =
            State { configuration, revisions, trial, passing, acted, clock, ..State::default() };
        Self {
            state: Arc::new(state),
            view: None,
            sync: Sync::Silent,
            profile,
            carry: Carry::default(),
            executor: Executor::default(),
            dampening: Dampening::default(),
            requests: Requests::default(),
            stale: Replan::No,
            plans: 0,
            planning: false,
            plan_asked: Instant::default(),
            wishes_due: Instant::default(),
            recheck: None,
            hold: None,
            deadlines: BTreeMap::new(),
            introduced: None,
            leave_asked: None,
            suspected: Vec::new(),
            untold: Vec::new(),
            // Another start for each process, so that nobody answers for an earlier one.
            serial: me.incarnation,
            retry: None,
            leaving: Leaving::No,
            leave_by: None,
            told: 0,
            reckoning: Reckoning::default(),
            trial_ended: None,
            now,
            wall: WallTime::default(),
            me,
        }
    }

    /// Takes one input and says what is to be done. `wall` is for people and rules; nothing that
    /// has to be safe depends on it.
    pub fn step(&mut self, now: Instant, wall: WallTime, input: Input, out: &mut Vec<Output>) {
        (self.now, self.wall) = (now, wall);
        if matches!(self.sync, Sync::Silent) {
            // The first view already asks what everybody has on disk (C1).
            self.sync = Sync::Alone;
            self.state_mut().clock.at = wall;
            self.show_profile(out);
        }
        match input {
            Input::Wake => {}
            Input::Group(event) => self.hear(event, out),
            Input::Request(id, command) => self.request(id, command, out),
            Input::Planned { serial, planned } => self.planned(serial, *planned, out),
            Input::Ran { run, outcome } => {
                if let Some(news) = self.executor.ended(now, run, outcome, out) {
                    self.submit(news, out);
                }
            }
            Input::Listed(nodes) => self.me.nodes = nodes,
            Input::Stored(standing) => self.submit(Operation::Stored { standing }, out),
            Input::Load(load) => {
                if let Some(news) = self.news_of_load(load) {
                    self.submit(news, out);
                }
            }
        }
        self.look_at_the_clock(out);
        self.set_the_clock(out);
        self.introduce(out);
        self.begin(out);
        self.plan(out);
        self.end_trial(out);
        self.depart(out);
        self.tell(out);
    }

    /// When to call [`Manager::step`] with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Option<Instant> {
        let coordinator = self.is_coordinator().then(|| {
            let fencing = self.carry.next_wake(self.now);
            let deadline = self.deadlines.values().min().copied();
            let dampening = self.dampening.next_wake();
            let wishes = self.wishes_wake();
            [fencing, self.recheck, self.hold, deadline, dampening, wishes, self.trial_wake()]
        });
        let own = [
            self.executor.next_wake(),
            self.requests.next_wake(),
            self.retry,
            self.leave_by.filter(|_| self.leaving == Leaving::Asked),
            matches!(self.sync, Sync::Silent).then_some(self.now),
        ];
        own.into_iter().chain(coordinator.into_iter().flatten()).flatten().min()
    }

    /// The replicated state, as far as this node knows it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What clients were given of it stays as it was.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        Arc::make_mut(&mut self.state)
    }

    pub(crate) const fn node(&self) -> NodeId {
        self.me.node
    }

    pub(crate) const fn cores(&self) -> u32 {
        self.me.cores
    }

    /// When it was stepped last.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// Whether the state is the cluster's.
    pub const fn is_joined(&self) -> bool {
        matches!(self.sync, Sync::Joined)
    }

    /// Whether this machine's clock was far from the cluster's when this was stepped last. The
    /// coordinator's never is: the cluster's is set by it.
    pub fn clock_off(&self) -> Option<ClockOff> {
        let view = self.view.as_ref().filter(|_| self.is_joined() && !self.is_coordinator())?;
        let goes_by = self.state.node_name(view.coordinator());
        ClockOff::between(self.wall, self.clock().at, goes_by)
    }

    /// The cluster's clock as this node reckons it now.
    pub(crate) fn clock(&self) -> Clock {
        let at = self.reckoning.date(self.now, self.wall);
        Clock { era: self.state.clock.era, at }
    }

    pub(crate) fn is_coordinator(&self) -> bool {
        self.is_joined() && self.view.as_ref().is_some_and(|v| v.coordinator() == self.me.node)
    }

    pub(crate) fn submit(&mut self, operation: Operation, out: &mut Vec<Output>) {
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
            Operation::Edit { .. }
            | Operation::EndTrial { .. }
            | Operation::ConfirmDown { .. }
            | Operation::Depart => Delivery::Safe,
            Operation::Intend { flights, .. } if flights.iter().any(is_fencing) => Delivery::Safe,
            _ => Delivery::Agreed,
        };
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        let payload = Message { serial, clock: self.clock(), operation }.to_bytes();
        if let Some(request) = request {
            self.requests.submitted(self.now, serial, request);
        }
        let channel = Channel::Cluster;
        out.push(Output::Group(GroupCommand::Submit { channel, payload, delivery }));
    }
}

fn is_fencing(flight: &Flight) -> bool {
    matches!(flight.key, ActionKey::Fence { .. })
}
