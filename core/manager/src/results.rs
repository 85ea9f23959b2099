//! What results of actions mean for the status: history, fail counts, cleanup.

use crate::operation::{FlightId, Outcome};
use crate::parameters::digests;
use crate::state::{Effect, End, Replan};
use crate::{EventKind, Flight, State};
use base::planted::{self, Planted};
use base::{NodeId, WallTime};
use cluster::{
    Extra, Forget, HistoryKey, JoinState, NodeStatus, OperationRecord, OperationStatus,
    ResourceHistory, Score, TransitionKey, UnsaidOfResult, counted_resource, exit_code,
    fail_count_name, last_failure_name, primitive_of,
};
use scheduler::plan::{ActionKey, Invocation, Task};
use std::time::Duration;

/// A resource action that ended, or is about to run.
pub(crate) struct Record<'a> {
    pub(crate) instance: &'a str,
    pub(crate) task: Task,
    pub(crate) interval: Duration,
    pub(crate) invocation: &'a Invocation,
}

impl Record<'_> {
    /// What is remembered of it. A reload is remembered as a start: it says which parameters are in
    /// force.
    const fn remembered_as(&self) -> Task {
        match self.task {
            Task::Reload => Task::Start,
            task => task,
        }
    }

    pub(crate) fn key(&self) -> HistoryKey {
        match self.task {
            Task::MigrateTo | Task::MigrateFrom => HistoryKey::Migration(self.task.name().into()),
            _ if self.interval.is_zero() => HistoryKey::Last,
            task => HistoryKey::Recurring(task.name().into(), self.interval),
        }
    }

    const fn is_probe(&self) -> bool {
        matches!(self.task, Task::Monitor) && self.interval.is_zero()
    }

    /// Whether this is the result that the plan counts on.
    fn is_expected(&self, outcome: &Outcome) -> bool {
        outcome.status == OperationStatus::Done && outcome.code == self.invocation.target_code
    }

    /// Whether something went wrong. A probe that finds the resource running is unexpected, but
    /// no failure; neither is a service that runs but expects trouble.
    fn is_failure(&self, outcome: &Outcome) -> bool {
        let is_answer = match outcome.code {
            exit_code::OK | exit_code::NOT_RUNNING | exit_code::PROMOTED => self.is_probe(),
            exit_code::DEGRADED | exit_code::DEGRADED_PROMOTED => self.task == Task::Monitor,
            _ => false,
        };
        !(self.is_expected(outcome) || is_answer && outcome.status == OperationStatus::Done)
    }
}

/// Whether an instance may be something else afterwards.
pub(crate) const fn may_change(task: Task) -> bool {
    matches!(
        task,
        Task::Start
            | Task::Stop
            | Task::Promote
            | Task::Demote
            | Task::MigrateTo
            | Task::MigrateFrom
    )
}

impl State {
    /// Notes that an action begins: from here on its result is unknown (R3). Gives the record that
    /// gave way to this; an earlier hand-over says nothing any more.
    pub(crate) fn record_begin(
        &mut self,
        now: WallTime,
        flight: &Flight,
    ) -> Option<OperationRecord> {
        match &flight.key {
            ActionKey::Resource { instance, node, task, interval } => {
                if may_change(*task) {
                    let invocation = &flight.invocation;
                    let record = Record { instance, task: *task, interval: *interval, invocation };
                    let pending =
                        Outcome { status: OperationStatus::Pending, ..Outcome::default() };
                    let before = self.write_history(now, node, &record, &pending);
                    self.keep_stopped(node, &record);
                    self.note_way(node, &record);
                    return before.filter(|_| matches!(record.key(), HistoryKey::Last));
                }
            }
            ActionKey::Fence { node, how } => {
                let by = self.node_name(flight.executor);
                self.journal.write(
                    now,
                    EventKind::FencingStarted {
                        target: node.clone(),
                        how: *how,
                        device: flight.device.clone(),
                        by,
                        reason: flight.reason.clone(),
                    },
                );
            }
            ActionKey::Release { .. } | ActionKey::Pseudo(_) => {}
        }
        None
    }

    /// An action has ended. Its executor says so, or for one that says nothing anybody does.
    pub(crate) fn apply_end(
        &mut self,
        (sender, now): (NodeId, WallTime),
        id: FlightId,
        outcome: &Outcome,
    ) -> Effect {
        let overdue = outcome.status == OperationStatus::TimedOut;
        let is_heard = |flight: &Flight| flight.executor == sender || overdue;
        if !self.flights.get(&id).is_some_and(is_heard) {
            return Effect::default();
        }
        let Some(flight) = self.flights.remove(&id) else { return Effect::default() };
        let expected = match &flight.key {
            ActionKey::Resource { instance, node, task, interval } => {
                let invocation = &flight.invocation;
                let record = Record { instance, task: *task, interval: *interval, invocation };
                self.keep_recovery(node, &record, flight.before.as_ref());
                self.apply_resource_end(now, node, &record, outcome)
            }
            ActionKey::Fence { node, .. } => self.apply_fence_end(now, node, &flight, outcome),
            ActionKey::Release { .. } => {
                self.lives.entry(flight.executor).or_default().may_go = true;
                true
            }
            ActionKey::Pseudo(_) => true,
        };
        Effect {
            replan: Replan::now_if(!expected),
            ended: Some((flight.key, expected)),
            ..Effect::default()
        }
    }

    fn apply_resource_end(
        &mut self,
        now: WallTime,
        node: &str,
        record: &Record<'_>,
        outcome: &Outcome,
    ) -> bool {
        let Some(status) = self.node_named_mut(node) else { return false };
        match record.task {
            Task::Cancel => {
                let id = HistoryKey::Recurring("monitor".into(), record.interval)
                    .entry_id(record.instance);
                if let Some(history) = status.history.get_mut(record.instance) {
                    history.operations.retain(|operation| operation.id != id);
                }
                return true;
            }
            Task::Delete => {
                status.history.remove(record.instance);
                return true;
            }
            Task::ClearFailCount => {
                forget_counts(status, primitive_of(record.instance));
                return true;
            }
            // What instances tell each other changes nothing.
            task if matches!(task, Task::Notify(..)) || !task.is_agents() => return true,
            // Whoever makes something else of it also ends its monitors.
            task if may_change(task) => {
                let failure = HistoryKey::LastFailure.entry_id(record.instance);
                if let Some(history) = status.history.get_mut(record.instance) {
                    history.operations.retain(|operation| {
                        operation.interval.is_zero() || operation.id == failure
                    });
                }
            }
            _ => {}
        }
        self.land(node, record);
        self.write_history(now, node, record, outcome);
        self.keep_lock(node, record, outcome);
        self.remember_how(node, record, outcome);
        let has_answered = !record.is_probe() || outcome.status == OperationStatus::Done;
        if record.task != Task::MigrateTo && has_answered {
            // What the node itself says of it is in its history from here on.
            self.take_as_said(node, record.instance);
        }
        let failed = record.is_failure(outcome);
        if failed {
            self.count_failure(now, node, record, outcome);
        }
        self.write_action_event(now, node, record, outcome);
        record.is_expected(outcome)
    }

    /// That an instance was started since it failed is told by the record of its start or promotion, of
    /// which a demotion takes the place.
    fn keep_recovery(&mut self, node: &str, record: &Record<'_>, before: Option<&OperationRecord>) {
        let recovered = before.filter(|before| {
            let is_done = before.status == OperationStatus::Done && before.code == exit_code::OK;
            is_done && matches!(before.operation.as_str(), "start" | "promote")
        });
        let id = HistoryKey::LastFailure.entry_id(record.instance);
        if let Some(recovered) = recovered.filter(|_| record.task == Task::Demote)
            && let Some(status) = self.node_named_mut(node)
            && let Some(history) = status.history.get_mut(record.instance)
        {
            let operations = history.operations.iter_mut();
            let mut failure = operations
                .filter(|it| it.id == id && it.call < recovered.call && !it.is_made_good());
            failure.next().into_iter().for_each(OperationRecord::set_made_good);
        }
    }

    /// What has to be stopped because it was active in several places is remembered so, until a
    /// person has looked at it (`multiple-active=stop_only`).
    fn keep_stopped(&mut self, node: &str, record: &Record<'_>) {
        let Some(status) = self.node_named_mut(node) else { return };
        if let Some(history) = status.history.get_mut(record.instance) {
            let stays = history.stays_stopped() && record.task != Task::Start;
            history.set_stays_stopped(stays || record.invocation.stays);
        }
    }

    /// What was stopped because its node leaves waits for that, until it runs (`shutdown-lock`).
    fn keep_lock(&mut self, node: &str, record: &Record<'_>, outcome: &Outcome) {
        let is_stopped = record.task == Task::Stop && outcome.code == exit_code::OK
            || record.is_probe() && outcome.code == exit_code::NOT_RUNNING;
        let is_known = outcome.status == OperationStatus::Done;
        let Some(status) = self.node_named_mut(node) else { return };
        if let Some(history) = status.history.get_mut(record.instance) {
            history.set_shutdown_lock(record.invocation.lock.filter(|_| is_stopped && is_known));
        }
    }

    /// How an instance was started, or found running: it is stopped in the same way, also when
    /// its parameters have changed since, or it is no longer configured.
    fn remember_how(&mut self, node: &str, record: &Record<'_>, outcome: &Outcome) {
        let key = (node.to_owned(), record.instance.to_owned());
        let answered = outcome.status == OperationStatus::Done;
        let runs = matches!(outcome.code, exit_code::OK | exit_code::PROMOTED);
        match record.task {
            Task::Start | Task::MigrateFrom => {
                self.started.insert(key, record.invocation.clone());
            }
            Task::Reload if record.is_expected(outcome) => {
                self.started.insert(key, record.invocation.clone());
            }
            Task::Monitor if record.is_probe() && answered && runs => {
                self.started.entry(key).or_insert_with(|| record.invocation.clone());
            }
            Task::Stop if record.is_expected(outcome) => {
                self.started.remove(&key);
            }
            _ => {}
        }
    }

    /// A recurring monitor says something else than before.
    pub(crate) fn apply_monitor(
        &mut self,
        sender: NodeId,
        now: WallTime,
        (instance, interval): (String, Duration),
        outcome: &Outcome,
    ) -> Effect {
        let id = HistoryKey::Recurring("monitor".into(), interval).entry_id(&instance);
        let node = self.node_name(sender);
        let status = self.status.nodes.get(&sender.to_string());
        let status = status.filter(|status| status.join == JoinState::Member);
        let known = status.and_then(|status| status.history.get(&instance)).and_then(|history| {
            let operation = history.operations.iter().find(|operation| operation.id == id)?;
            Some((history.agent.clone(), operation.key.target_code, operation.extra.clone()))
        });
        // Without an entry it was stopped or cleaned up meanwhile: the news is old.
        let Some((agent, target_code, _)) = known else { return Effect::default() };
        let invocation = Invocation { agent, target_code, ..Invocation::default() };
        let record =
            Record { instance: &instance, task: Task::Monitor, interval, invocation: &invocation };
        self.write_history(now, &node, &record, outcome);
        if record.is_failure(outcome) {
            self.count_failure(now, &node, &record, outcome);
        }
        self.write_action_event(now, &node, &record, outcome);
        Effect { replan: Replan::now_if(!planted::is(Planted::AwaitTheTimer)), ..Effect::default() }
    }

    /// Whether a node has a history of this resource.
    pub(crate) fn has_run(&self, resource: &str, node: NodeId) -> bool {
        let status = self.status.nodes.get(&node.to_string());
        status.is_some_and(|status| {
            status.history.keys().any(|instance| primitive_of(instance) == resource)
        })
    }

    /// A person says that a resource has failed: as if its monitor had said so.
    pub(crate) fn apply_failure(&mut self, now: WallTime, resource: &str, node: &str) -> Effect {
        let Some(status) = self.node_named_mut(node) else { return Effect::default() };
        let is_meant = |(instance, _): &(&String, _)| primitive_of(instance) == resource;
        let Some((instance, history)) = status.history.iter().find(is_meant) else {
            return Effect::default();
        };
        let monitors = history.operations.iter().filter(|it| !it.interval.is_zero());
        let monitor = monitors.min_by_key(|it| it.interval);
        let interval = monitor.map_or(Duration::ZERO, |it| it.interval);
        let target_code = monitor.map_or(exit_code::OK, |it| it.key.target_code);
        let (instance, agent) = (instance.clone(), history.agent.clone());
        let invocation = Invocation { agent, target_code, ..Invocation::default() };
        let record =
            Record { instance: &instance, task: Task::Monitor, interval, invocation: &invocation };
        let reason = "a person says so".to_owned();
        let outcome = Outcome { code: exit_code::ERROR, reason, ..Outcome::default() };
        self.write_history(now, node, &record, &outcome);
        self.keep_failure(node, &record, &outcome);
        // Where there is no monitor it would look like a probe's, and those are not counted.
        self.count(now, node, &record);
        self.write_action_event(now, node, &record, &outcome);
        Effect::replan()
    }

    fn write_action_event(
        &mut self,
        now: WallTime,
        node: &str,
        record: &Record<'_>,
        outcome: &Outcome,
    ) {
        let failure = record.is_failure(outcome).then(|| match outcome.status {
            OperationStatus::TimedOut => format!("timed out; {}", outcome.reason),
            _ if outcome.reason.is_empty() => exit_code::text(outcome.code).to_owned(),
            _ => outcome.reason.clone(),
        });
        let kind = EventKind::Action {
            instance: record.instance.to_owned(),
            node: node.to_owned(),
            task: record.task,
            interval: record.interval,
            code: outcome.code,
            failure,
            took: outcome.took,
        };
        self.journal.write(now, kind);
    }

    /// Gives the record that was there before.
    fn write_history(
        &mut self,
        now: WallTime,
        node: &str,
        record: &Record<'_>,
        outcome: &Outcome,
    ) -> Option<OperationRecord> {
        self.calls += 1;
        let call = i32::try_from(self.calls).unwrap_or(i32::MAX);
        let status = self.node_named_mut(node)?;
        let history = status.history.entry(record.instance.to_owned()).or_default();
        history.agent = record.invocation.agent.clone();
        let old = entry(history, &record.key().entry_id(record.instance));
        // A monitor's news comes without its parameters: it keeps the digest it was begun with.
        let digests = match record.invocation.timeout {
            Duration::ZERO => old.map(|old| old.digests.clone()).unwrap_or_default(),
            _ => digests(record, &outcome.traits),
        };
        put(
            history,
            OperationRecord {
                id: record.key().entry_id(record.instance),
                operation: record.remembered_as().name().to_owned(),
                interval: record.interval,
                key: TransitionKey {
                    action: 0,
                    graph: 0,
                    target_code: record.invocation.target_code,
                    origin: "systole".into(),
                },
                call,
                status: outcome.status,
                code: outcome.code,
                last_change: now,
                took: outcome.took,
                queued: Duration::ZERO,
                exit_reason: outcome.reason.clone(),
                digests,
                unsaid: UnsaidOfResult::default(),
                extra: ends_of_migration(record.invocation),
            },
        )
    }

    /// Counts a failure, and keeps its record for people until it is cleaned up.
    fn count_failure(&mut self, now: WallTime, node: &str, record: &Record<'_>, outcome: &Outcome) {
        self.keep_failure(node, record, outcome);
        if !record.is_probe() {
            self.count(now, node, record);
        }
    }

    fn count(&mut self, now: WallTime, node: &str, record: &Record<'_>) {
        let task = record.remembered_as();
        let fatal = match task {
            Task::Stop => true,
            Task::Start => self.configuration.is_property_on("start-failure-is-fatal"),
            _ => false,
        };
        let Some(status) = self.node_named_mut(node) else { return };
        let primitive = primitive_of(record.instance);
        let name = fail_count_name(primitive, task.name(), record.interval);
        let before = status.attributes.get(&name).and_then(|text| Score::parse(text));
        let count = match fatal {
            true => Score::INFINITY,
            false => before.unwrap_or_default() + Score::new(1),
        };
        status.attributes.insert(name, count.to_string());
        let name = last_failure_name(primitive, task.name(), record.interval);
        status.attributes.insert(name, now.seconds().to_string());
    }

    /// The newest failure is kept beside the newest result, which may soon be a success again.
    fn keep_failure(&mut self, node: &str, record: &Record<'_>, outcome: &Outcome) {
        let status = self.node_named_mut(node);
        let Some(history) = status.and_then(|status| status.history.get_mut(record.instance))
        else {
            return;
        };
        let newest = entry(history, &record.key().entry_id(record.instance)).cloned();
        if let Some(newest) = newest.filter(|newest| newest.code == outcome.code) {
            let id = HistoryKey::LastFailure.entry_id(record.instance);
            put(history, OperationRecord { id, ..newest });
        }
    }

    fn apply_fence_end(
        &mut self,
        now: WallTime,
        node: &str,
        flight: &Flight,
        outcome: &Outcome,
    ) -> bool {
        let succeeded = outcome.status == OperationStatus::Done && outcome.code == exit_code::OK
            || planted::is(Planted::TakeSilenceForFenced);
        let failure = (!succeeded).then(|| match outcome.status {
            OperationStatus::TimedOut => "it did not end in time".to_owned(),
            _ if outcome.reason.is_empty() => format!("exit code {}", outcome.code),
            _ => outcome.reason.clone(),
        });
        let (target, device) = (node.to_owned(), flight.device.clone());
        self.journal.write(now, EventKind::FencingEnded { target, device, failure });
        if !succeeded {
            *self.fencing_failures.entry(node.to_owned()).or_default() += 1;
        } else if self.life_of(node) == flight.life
            && let Some(node) = self.node_id(node)
        {
            self.bury(node, End::Fenced);
        }
        // Otherwise it has begun another life meanwhile, and the old success says nothing about
        // that one (F4).
        succeeded
    }

    /// Whether there is, or was, such a resource: one that is removed may have left failures.
    pub(crate) fn knows(&self, resource: &str) -> bool {
        let left_something = |status: &NodeStatus| {
            status.history.keys().any(|instance| primitive_of(instance) == resource)
                || status.attributes.keys().any(|name| counted_resource(name) == Some(resource))
        };
        self.configuration.resource(resource).is_some()
            || self.status.nodes.values().any(left_something)
    }

    /// The parameters and the agent that it was started with.
    pub(crate) fn stop_as_started(&self, node: &str, instance: &str, stop: &mut Invocation) {
        let key = (node.to_owned(), instance.to_owned());
        if let Some(started) = self.started.get(&key) {
            stop.agent = started.agent.clone();
            stop.parameters = started.parameters.clone();
        }
    }

    /// Forgets failures, or all results, so that resources are tried or looked for again.
    pub(crate) fn apply_cleanup(
        &mut self,
        resource: Option<&str>,
        node: Option<&str>,
        what: Forget,
    ) -> Effect {
        self.status.forget(&self.configuration, (resource, node), what);
        Effect::replan()
    }
}

/// Forgets what was counted, and what is kept of the newest failure for people.
fn forget_counts(status: &mut NodeStatus, primitive: &str) {
    status.attributes.retain(|name, _| counted_resource(name) != Some(primitive));
    for (instance, history) in &mut status.history {
        if primitive_of(instance) == primitive {
            let failure = HistoryKey::LastFailure.entry_id(instance);
            history.operations.retain(|operation| operation.id != failure);
        }
    }
}

pub(crate) fn entry<'a>(history: &'a ResourceHistory, id: &str) -> Option<&'a OperationRecord> {
    history.operations.iter().find(|operation| operation.id == id)
}

/// Gives the record whose place this one takes.
fn put(history: &mut ResourceHistory, record: OperationRecord) -> Option<OperationRecord> {
    match history.operations.iter_mut().find(|operation| operation.id == record.id) {
        Some(place) => Some(std::mem::replace(place, record)),
        None => {
            history.operations.push(record);
            None
        }
    }
}

/// From where to where it is handed over.
fn ends_of_migration(invocation: &Invocation) -> Extra {
    let names = ["migrate_source", "migrate_target"];
    let ends = names.into_iter().filter_map(|name| invocation.meta.get_key_value(name));
    let attributes = ends.map(|(name, node)| (name.clone(), node.clone())).collect();
    Extra { attributes, ..Extra::default() }
}
