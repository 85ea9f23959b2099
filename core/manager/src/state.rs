//! The replicated state: equal on all members at the same place in the common order (C3).

use crate::attributes::Waiting;
use crate::clock::Clock;
use crate::door::Refused;
use crate::invitations::Invitations;
use crate::load::Load;
use crate::membership::Line;
use crate::operation::Operation;
use crate::{CLUSTER, EventKind, Flight, FlightId, Journal, Revision, Revisions, Standing, Trial};
use base::planted::{self, Planted};
use base::{BootId, NodeId, WallTime, codec_enum, codec_struct};
use cluster::validate::{Problem, errors_after};
use cluster::{
    Configuration, Difference, Edit, JoinState, Lasting, NodeEntry, NodeStatus, Refusal, Status,
    Version,
};
use group::ViewId;
use scheduler::plan::{ActionKey, Invocation, Task};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Which process on which life of a machine a node's status is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) boot: BootId,
    pub(crate) incarnation: u64,
    pub(crate) end: End,
    /// It wants to leave, and nothing more is to be stopped there.
    pub(crate) may_go: bool,
    /// How many processors it has.
    pub(crate) cores: u32,
    /// How hard it is at work.
    pub(crate) load: Load,
}
codec_struct!(Life { boot, incarnation, end, may_go, cores, load });

/// How a machine's life ended, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// It has not, or nobody knows.
    #[default]
    None,
    /// A fence device says so.
    Fenced,
    /// A person says so.
    Confirmed,
    /// It said so itself, after it had stopped everything.
    Departed,
    /// Somebody said so, and it was seen alive afterwards (F5).
    Disproved,
    /// It has not: the cluster's part left in order and let services run that it may not touch.
    LeftRunning,
}
codec_enum!(End {
    0 = None,
    1 = Fenced,
    2 = Confirmed,
    3 = Departed,
    4 = Disproved,
    5 = LeftRunning,
});

/// Everything that all members know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What people want.
    pub configuration: Arc<Configuration>,
    /// What is.
    pub status: Status,
    /// How that came about.
    pub revisions: Revisions,
    /// The change that has to be confirmed, if there is one.
    pub trial: Option<Trial>,
    /// Constraints that were put for moves, and go when nothing depends on them any more.
    pub passing: BTreeSet<String>,
    /// Who may become a node.
    pub invitations: Invitations,
    /// What was sent and has not ended.
    pub flights: BTreeMap<FlightId, Flight>,
    /// What happened.
    pub journal: Journal,
    /// Failed attempts to fence a node since the last success, by name.
    pub fencing_failures: BTreeMap<String, u32>,
    /// Whether there is quorum.
    pub has_quorum: bool,
    /// The counter of the last view with the right to act whose state this was, see
    /// [`crate::Standing`].
    pub(crate) acted: u64,
    /// Whether the wait for unseen nodes is over, see `dc-deadtime`.
    pub begun: bool,
    pub(crate) lives: BTreeMap<NodeId, Life>,
    pub(crate) names: BTreeMap<NodeId, String>,
    pub(crate) stored: BTreeMap<NodeId, Standing>,
    /// How what runs was started, by the names of node and instance.
    pub(crate) started: BTreeMap<(String, String), Invocation>,
    /// What may have been handed over live, by the names of the node it went to and of the
    /// instance: from which node. It counts as active there until that node has said something.
    pub(crate) handed: BTreeMap<(String, String), String>,
    pub(crate) dampened: BTreeMap<String, Waiting>,
    pub(crate) clock: Clock,
    pub(crate) view: ViewId,
    pub(crate) next_flight: u64,
    pub(crate) calls: u32,
}

codec_struct!(State {
    configuration,
    status,
    revisions,
    trial,
    passing,
    invitations,
    flights,
    journal,
    fencing_failures,
    has_quorum,
    acted,
    begun,
    lives,
    names,
    stored,
    started,
    handed,
    dampened,
    clock,
    view,
    next_flight,
    calls,
});

/// What applying an operation means for the member that applies it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Effect {
    /// Whether the plan in hand still fits.
    pub(crate) replan: Replan,
    /// These began.
    pub(crate) began: Vec<FlightId>,
    /// This one ended, as expected or not.
    pub(crate) ended: Option<(ActionKey, bool)>,
    /// There is something new for the disk.
    pub(crate) stored: bool,
    /// A value of this attribute waits for so long.
    pub(crate) dampened: Option<(String, Duration)>,
    /// What became of the sender's edit.
    pub(crate) edited: Option<Result<Version, EditRefusal>>,
    /// Why the sender's request was not carried out, where it is no edit.
    pub(crate) refused: Option<Refused>,
}

/// Whether another plan has to be made, and how urgent that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Replan {
    /// The one in hand fits.
    #[default]
    No,
    /// People want something else: what they say in one breath is planned together.
    Soon,
    /// The world is not what it was.
    Now,
}

impl Replan {
    pub(crate) const fn now_if(it_is_so: bool) -> Self {
        if it_is_so { Self::Now } else { Self::No }
    }
}

/// Why an ordered edit was not carried out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EditRefusal {
    Edit(Refusal),
    Invalid(Vec<Problem>),
    NoQuorum,
    Changed { base: Version, now: Version },
    OnTrial { version: Version, left: Duration },
}

impl Effect {
    pub(crate) fn replan() -> Self {
        Self { replan: Replan::Now, ..Self::default() }
    }

    pub(crate) fn refused(why: Refused) -> Self {
        Self { refused: Some(why), ..Self::default() }
    }
}

impl State {
    /// The node's name: as it introduced itself, or from the node list.
    pub fn node_name(&self, node: NodeId) -> String {
        self.names.get(&node).cloned().unwrap_or_else(|| node.to_string())
    }

    /// The node of that name.
    pub fn node_id(&self, name: &str) -> Option<NodeId> {
        self.names.iter().find(|(_, known)| *known == name).map(|(node, _)| *node)
    }

    /// Which machine lives are known to have ended, and how it is known, for display.
    pub fn is_known_down(&self, node: NodeId) -> bool {
        let end = self.lives.get(&node).map_or(End::None, |life| life.end);
        matches!(end, End::Fenced | End::Confirmed | End::Departed)
    }

    /// How many processors a node has; 0 if it has not said so.
    pub(crate) fn cores(&self, node: NodeId) -> usize {
        self.lives.get(&node).map_or(0, |life| life.cores as usize)
    }

    pub(crate) fn node_mut(&mut self, node: NodeId) -> &mut NodeStatus {
        let name = self.node_name(node);
        let status = self.status.nodes.entry(node.to_string()).or_default();
        status.name = name;
        status
    }

    pub(crate) fn node_named_mut(&mut self, name: &str) -> Option<&mut NodeStatus> {
        self.status.nodes.values_mut().find(|node| node.name == name)
    }

    /// Applies one operation. Depends on nothing but the state, the sender and the message.
    pub(crate) fn apply(&mut self, sender: NodeId, now: WallTime, operation: Operation) -> Effect {
        match operation {
            Operation::Introduce { view, .. } if view != self.view => Effect::default(),
            Operation::Introduce { name, boot, incarnation, cores, .. } => {
                let life = Life { boot, incarnation, cores, ..Life::default() };
                self.apply_introduction(sender, now, name, life)
            }
            // Taken by those who wait for it, before it comes here.
            Operation::Snapshot { .. } => Effect::default(),
            Operation::Edit { base, edits, by, message, lasting } => {
                let origin = self.node_name(sender);
                let maker = Maker { at: now, by, origin, message };
                self.apply_edit(base, &edits, maker, lasting)
            }
            Operation::Confirm { version } => self.apply_confirmation_of_change(version),
            Operation::EndTrial { version } => self.apply_end_of_trial(sender, now, version),
            Operation::EndMove { constraint, version } => {
                self.apply_end_of_move(sender, now, (constraint, version))
            }
            Operation::Aside { revisions } => self.apply_aside(now, revisions),
            Operation::Attribute { node, name, value, dampen } => {
                self.apply_attribute(&node, &name, value, dampen)
            }
            Operation::Settle { name } => self.apply_settling(&name),
            Operation::Intend { view, flights } => self.apply_intents(now, view, flights),
            Operation::Ended { flight, outcome } => self.apply_end((sender, now), flight, &outcome),
            Operation::MonitorChanged { instance, interval, outcome } => {
                self.apply_monitor(sender, now, (instance, interval), &outcome)
            }
            Operation::Cleanup { resource, node, what } => {
                self.apply_cleanup(resource.as_deref(), node.as_deref(), what)
            }
            Operation::Ticket { ticket, change } => self.apply_ticket(now, ticket, change.as_ref()),
            Operation::Fail { resource, node } => self.apply_failure(now, &resource, &node),
            Operation::ConfirmDown { node, by } => self.apply_confirmation(now, &node, by),
            Operation::Stored { standing } => {
                self.stored.insert(sender, standing);
                Effect::default()
            }
            // Sent with the right to act, and delivered without: the wait goes on.
            Operation::Begin { .. } if !self.may_act() => Effect::default(),
            Operation::Begin { nodes } => {
                self.begun = true;
                Effect { replan: Replan::Now, stored: self.know(now, &nodes), ..Effect::default() }
            }
            Operation::Observed { at, events } => {
                events.into_iter().for_each(|event| self.journal.write(at, event));
                Effect::default()
            }
            Operation::Leave => self.apply_leave(sender, now),
            Operation::Depart => self.apply_departure(sender, now),
            Operation::Invite { id, until } => self.apply_invitation(now, id, until),
            Operation::UseInvitation { id } => self.apply_use_of_invitation(now, id),
            Operation::SetClock { era, next, by } => self.apply_clock(era, next, by),
            Operation::Load { load } => self.apply_load(sender, load),
        }
    }

    fn apply_edit(
        &mut self,
        base: Option<Version>,
        edits: &[Edit],
        maker: Maker,
        lasting: Lasting,
    ) -> Effect {
        let checked = self.check_trial(lasting).and_then(|()| self.check_edit(base, edits));
        let edited = checked.map(|changed| {
            let (at, by) = (maker.at, maker.by.clone());
            self.note_what_passes(&changed.difference, lasting);
            self.reconfigure(changed, maker);
            let version = self.configuration.version;
            if let Lasting::UnlessConfirmed(within) = lasting {
                self.trial = Some(Trial { version, until: at + within });
            }
            self.journal.write(at, EventKind::Configured { version, by });
            version
        });
        let stored = edited.is_ok();
        let replan = if stored { Replan::Soon } else { Replan::No };
        Effect { replan, stored, edited: Some(edited), ..Effect::default() }
    }

    /// One change on trial at a time: with two it would not be clear what is taken back.
    pub(crate) fn check_trial(&self, asked: Lasting) -> Result<(), EditRefusal> {
        match &self.trial {
            Some(trial) if matches!(asked, Lasting::UnlessConfirmed(_)) => {
                Err(EditRefusal::OnTrial {
                    version: trial.version,
                    left: trial.until.saturating_since(self.clock.at),
                })
            }
            _ => Ok(()),
        }
    }

    /// C2: nothing is changed outside of a view that may act; C6: what would be wrong is refused
    /// here, too, by all alike.
    pub(crate) fn check_edit(
        &self,
        base: Option<Version>,
        edits: &[Edit],
    ) -> Result<Changed, EditRefusal> {
        let now = self.configuration.version;
        if !self.may_act() {
            return Err(EditRefusal::NoQuorum);
        }
        if let Some(base) = base.filter(|base| *base != now) {
            return Err(EditRefusal::Changed { base, now });
        }
        let configuration = self.configuration.edited(edits).map_err(EditRefusal::Edit)?;
        let difference = Difference::between(&self.configuration, &configuration);
        let errors = errors_after(&configuration, &difference);
        if errors.is_empty() {
            Ok(Changed { configuration, difference })
        } else {
            Err(EditRefusal::Invalid(errors))
        }
    }

    /// From here on this is what people want, and it is known who said so.
    pub(crate) fn reconfigure(&mut self, changed: Changed, maker: Maker) {
        let Changed { configuration, difference } = changed;
        let Maker { at, by, origin, message } = maker;
        let (before, version) = (self.configuration.version, configuration.version);
        self.revisions.record(Revision { version, before, at, by, origin, message, difference });
        self.configuration = Arc::new(configuration);
        let constraints = &self.configuration.constraints;
        self.passing.retain(|id| constraints.iter().any(|constraint| constraint.id() == id));
    }

    /// A node that was apart from the others has changed what does not count now. It is kept and
    /// told, never dropped in silence.
    fn apply_aside(&mut self, now: WallTime, revisions: Vec<Revision>) -> Effect {
        if planted::is(Planted::ForgetTheOther) {
            return Effect::default();
        }
        let mut made_on = BTreeMap::<String, usize>::new();
        for revision in revisions {
            let origin = revision.origin.clone();
            if self.revisions.put_aside(revision) {
                *made_on.entry(origin).or_default() += 1;
            }
        }
        for (name, count) in &made_on {
            let text = format!(
                "{count} changes of the configuration were made on {name} while it was apart from \
                 the others, and do not count: see `systole config log --aside`"
            );
            self.journal.write(now, EventKind::Alarm { text });
        }
        Effect { stored: !made_on.is_empty(), ..Effect::default() }
    }

    /// An action exists from here on: its result is unknown until it is delivered (R3).
    fn apply_intents(&mut self, now: WallTime, view: ViewId, flights: Vec<Flight>) -> Effect {
        if view != self.view {
            return Effect::replan(); // The world has moved on; nobody runs these.
        }
        let mut began = Vec::new();
        let mut refused = false;
        for mut flight in flights {
            // What was true when it was sent need not be true where it stands in the order: only
            // here all see the same (R2, R8).
            if self.conflicts(&flight.key) || !self.may_begin(&flight) {
                refused = true;
                continue;
            }
            // Its executor ends it, and what it would have said is of no interest any more.
            self.flights.retain(|_, other| !is_ended_by(&other.key, &flight.key));
            self.next_flight += 1;
            let id = FlightId { view, number: self.next_flight };
            flight.before = self.record_begin(now, &flight);
            self.flights.insert(id, flight);
            began.push(id);
        }
        Effect { began, replan: Replan::now_if(refused), ..Effect::default() }
    }

    fn may_begin(&self, flight: &Flight) -> bool {
        let executor = self.status.nodes.get(&flight.executor.to_string());
        let takes_part = |status: &NodeStatus| status.is_online && status.join == JoinState::Member;
        executor.is_some_and(takes_part)
            && match &flight.key {
                ActionKey::Resource { instance, node, task, .. } => {
                    let meta = &flight.invocation.meta;
                    !self.must_leave_alone(instance, node, *task)
                        && crate::interlock::may_run(self, instance, node, (*task, meta)).is_ok()
                }
                ActionKey::Fence { .. } => self.may_act(),
                ActionKey::Release { node } => self.wants_to_leave(node),
                ActionKey::Pseudo(_) => false,
            }
    }

    /// Whether something in flight touches the same instance on the same node, or the same node's
    /// power.
    pub(crate) fn conflicts(&self, key: &ActionKey) -> bool {
        self.flights.values().any(|flight| match (&flight.key, key) {
            (other, key) if is_ended_by(other, key) => false,
            // Nothing is taken over before it was handed over.
            (
                ActionKey::Resource { instance, task: Task::MigrateTo, .. },
                ActionKey::Resource { instance: other, task: Task::MigrateFrom, .. },
            ) => instance == other,
            (
                ActionKey::Resource { instance, node, .. },
                ActionKey::Resource { instance: other_instance, node: other_node, .. },
            ) => instance == other_instance && node == other_node,
            (ActionKey::Fence { node, .. }, ActionKey::Fence { node: other, .. })
            | (ActionKey::Release { node }, ActionKey::Release { node: other }) => node == other,
            _ => false,
        })
    }

    /// Puts the nodes of `names` into the configuration, as far as they are missing; says whether
    /// any were. Without the right to act it stays as it is (C2): a node with an empty disk that
    /// knows but itself must not count up to the version that a majority has on disk.
    pub(crate) fn know(&mut self, now: WallTime, names: &BTreeMap<NodeId, String>) -> bool {
        for (&node, name) in names {
            self.names.entry(node).or_insert_with(|| name.clone());
        }
        let is_missing = |node: &NodeId| {
            let id = node.to_string();
            !self.configuration.nodes.iter().any(|entry| entry.id == id)
        };
        let missing: Vec<NodeId> = names.keys().copied().filter(is_missing).collect();
        if missing.is_empty() || !self.may_act() {
            return false;
        }
        let mut configuration = Configuration::clone(&self.configuration);
        configuration.version.epoch += 1;
        for node in &missing {
            let entry = NodeEntry {
                id: node.to_string(),
                name: names[node].clone(),
                ..NodeEntry::default()
            };
            add_node(&mut configuration, *node, entry);
        }
        let names: Vec<&str> = missing.iter().map(|node| names[node].as_str()).collect();
        let message = format!("seen for the first time: {}", names.join(" "));
        let origin = names[0].to_owned();
        let difference = Difference::between(&self.configuration, &configuration);
        let changed = Changed { configuration, difference };
        self.reconfigure(changed, Maker { at: now, by: CLUSTER.to_owned(), origin, message });
        true
    }

    /// How far the configuration counts.
    pub(crate) fn standing(&self) -> Standing {
        Standing { acted: self.acted, version: self.configuration.version }
    }

    /// What is in the world goes on without being heard of here: if nobody tells it, it has to be
    /// found out anew, as after a restart.
    pub(crate) fn forget_what_is(&mut self) {
        (self.status, self.begun) = (Status::default(), false);
        self.flights.clear();
        self.fencing_failures.clear();
        self.lives.clear();
        self.stored.clear();
        self.started.clear();
        self.handed.clear();
        self.dampened.clear();
    }

    /// Takes over what a new view means for the nodes. Says whether the configuration has changed.
    pub(crate) fn apply_view(&mut self, view: &group::View, line: &Line) -> bool {
        self.view = view.id;
        self.has_quorum = view.quorum.quorate;
        // Those too that were waiting to introduce themselves.
        let seen = self.status.nodes.keys().filter_map(|id| id.parse().ok().map(NodeId));
        let known: BTreeSet<NodeId> = self.lives.keys().copied().chain(seen).collect();
        for node in known.into_iter().filter(|node| !view.contains(*node)) {
            self.lose(node);
        }
        for member in &view.members {
            if !line.came_along(member.node) {
                self.await_introduction(member.node);
            }
        }
        let gone =
            |flight: &Flight| !view.contains(flight.executor) || !line.came_along(flight.executor);
        self.flights.retain(|_, flight| !gone(flight));
        // Those who introduced themselves while nobody had the right to act.
        let takes_part = |member: &&group::Member| {
            let status = self.status.nodes.get(&member.node.to_string());
            status.is_some_and(|status| status.join == JoinState::Member)
        };
        let members = view.members.iter().filter(takes_part);
        let names = members.map(|member| (member.node, self.node_name(member.node))).collect();
        self.know(self.clock.at, &names)
    }
}

/// Whether a monitor that is to be repeated has no end but the stop of what it looks at: one that
/// hangs holds up no stop.
fn is_ended_by(monitor: &ActionKey, stop: &ActionKey) -> bool {
    match (monitor, stop) {
        (
            ActionKey::Resource { instance, node, task: Task::Monitor, interval },
            ActionKey::Resource { instance: stopped, node: here, task: Task::Stop, .. },
        ) => !interval.is_zero() && instance == stopped && node == here,
        _ => false,
    }
}

/// Nodes stand in the order of their numbers, whoever came first.
fn add_node(configuration: &mut Configuration, node: NodeId, entry: NodeEntry) {
    let is_after = |other: &NodeEntry| other.id.parse().is_ok_and(|id: u32| id > node.0);
    let place = configuration.nodes.iter().position(is_after);
    configuration.nodes.insert(place.unwrap_or(configuration.nodes.len()), entry);
}

/// What edits make of the configuration.
pub(crate) struct Changed {
    configuration: Configuration,
    /// From what is.
    difference: Difference,
}

/// Who changes the configuration.
pub(crate) struct Maker {
    pub(crate) at: WallTime,
    pub(crate) by: String,
    pub(crate) origin: String,
    pub(crate) message: String,
}
