//! What a resource's history on one node says.

use super::options::Management;
use crate::Task;
use crate::index::NodeIndex;
use cluster::{OnFail, OperationRecord, OperationStatus, Role, exit_code};

/// Where an instance is or may be active, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity<'a> {
    /// The node.
    pub node: NodeIndex,
    /// The role it has there, as far as is known.
    pub role: Role,
    /// What is under way there; its result is unknown (R3).
    pub pending: Option<Task>,
    /// The failure it has not recovered from.
    pub failure: Option<&'a OperationRecord>,
    /// What to do about that failure.
    pub on_fail: Option<OnFail>,
    /// The results it was read from.
    pub operations: &'a [OperationRecord],
}

/// What one history says.
#[derive(Debug, Default)]
pub(super) struct Seen<'a> {
    /// The role it has, `None` when it is stopped.
    pub(super) role: Option<Role>,
    pub(super) pending: Option<Task>,
    pub(super) is_probing: bool,
    /// Whether the history says anything at all.
    pub(super) is_known: bool,
    /// The failure it has not recovered from.
    pub(super) failure: Option<(&'a OperationRecord, OnFail)>,
    /// All failures, with what to do and whether a later success made up for them.
    pub(super) failures: Vec<(&'a OperationRecord, OnFail, Recovery)>,
}

/// Whether something that came later made up for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    Open,
    Recovered,
}

/// How a failed operation is judged.
pub(super) struct Judge<'j> {
    pub(super) management: Management,
    /// What to do about a failure.
    pub(super) on_fail: &'j dyn Fn(&OperationRecord) -> OnFail,
    /// Whether a failure is so old that it is forgotten.
    pub(super) is_expired: &'j dyn Fn(&OperationRecord) -> bool,
}

/// Reads the results of one resource on one node, oldest first.
pub(super) fn read<'a>(operations: &'a [OperationRecord], judge: &Judge<'_>) -> Seen<'a> {
    let mut seen = Seen::default();
    if let [only] = operations
        && is_empty_probe(only)
    {
        // All but a few entries of a big cluster's history are of this kind.
        seen.is_known = true;
        return seen;
    }
    let mut order: Vec<&OperationRecord> = operations.iter().collect();
    order.sort_by_key(|record| {
        // A recurring operation keeps its call: its last failure and its newest result differ in
        // their dates only. Of two with the same date the failure is believed.
        let is_pending = record.status == OperationStatus::Pending;
        let is_failure = record.id.ends_with("_last_failure_0");
        (is_pending, record.call, record.last_change, is_failure)
    });
    order.dedup_by(|later, earlier| is_same(later, earlier));
    for record in order {
        seen.take(record, judge);
    }
    seen
}

/// The same result, kept as the last failure and once more in its own place.
fn is_same(left: &OperationRecord, right: &OperationRecord) -> bool {
    left.call == right.call
        && left.operation == right.operation
        && left.interval == right.interval
        && left.status == right.status
        && left.code == right.code
}

fn is_empty_probe(record: &OperationRecord) -> bool {
    record.operation == "monitor"
        && record.interval.is_zero()
        && record.status == OperationStatus::Done
        && record.code == exit_code::NOT_RUNNING
}

/// What a result means, whatever was expected.
enum Outcome {
    Active(Role),
    Inactive,
    NotInstalled,
    Failed,
}

impl<'a> Seen<'a> {
    fn take(&mut self, record: &'a OperationRecord, judge: &Judge<'_>) {
        match record.status {
            OperationStatus::Pending => self.begin(record),
            OperationStatus::Cancelled => {}
            _ => {
                self.is_known = true;
                self.finish(record, judge);
            }
        }
    }

    /// Something is under way.
    fn begin(&mut self, record: &OperationRecord) {
        let task = match record.operation.as_str() {
            "start" => Task::Start,
            "stop" => Task::Stop,
            "promote" => Task::Promote,
            "demote" => Task::Demote,
            "monitor" if record.interval.is_zero() => {
                self.is_probing = true;
                return;
            }
            _ => return,
        };
        self.pending = Some(task);
        self.role = self.role.or(Some(Role::Started));
    }

    fn finish(&mut self, record: &'a OperationRecord, judge: &Judge<'_>) {
        let outcome = outcome(record);
        match (record.operation.as_str(), outcome) {
            ("start" | "migrate_from" | "demote", Outcome::Active(_)) => {
                self.settle(Some(Role::Started));
            }
            ("promote", Outcome::Active(_)) => self.settle(Some(Role::Promoted)),
            ("stop", Outcome::Active(_) | Outcome::Inactive) => self.settle_stopped(),
            ("migrate_to", Outcome::Active(_)) => self.settle(None),
            ("monitor", Outcome::Active(role)) => self.find(role, record),
            ("monitor", Outcome::Inactive) if is_expected_inactive(record, judge) => {
                self.role = None;
            }
            ("monitor", Outcome::NotInstalled) if record.interval.is_zero() => {
                self.role = None;
                self.failures.push((record, OnFail::Restart, Recovery::Recovered));
            }
            ("start" | "stop" | "promote" | "demote" | "monitor" | "migrate_to", _)
            | ("migrate_from", _) => self.fail(record, judge),
            _ => {}
        }
    }

    fn settle(&mut self, role: Option<Role>) {
        self.role = role;
        self.failure = None;
        for (_, _, recovery) in &mut self.failures {
            *recovery = Recovery::Recovered;
        }
    }

    /// It is seen to run: that makes up for what the same monitor said before. A probe makes up
    /// for all but a stop that failed (R10).
    fn find(&mut self, role: Role, found: &OperationRecord) {
        self.role = Some(role);
        let makes_up_for = |failed: &OperationRecord| {
            failed.operation != "stop"
                && (found.interval.is_zero() || found.interval == failed.interval)
        };
        self.failure = self.failure.filter(|(record, _)| !makes_up_for(record));
        for (record, _, recovery) in &mut self.failures {
            if makes_up_for(record) {
                *recovery = Recovery::Recovered;
            }
        }
    }

    /// It is certainly stopped: that makes up for an earlier stop that failed, too.
    fn settle_stopped(&mut self) {
        self.settle(None);
        self.failures.retain(|(record, _, _)| record.operation != "stop");
    }

    /// It failed: it may be running, wholly or in part, and has to be stopped (R3).
    fn fail(&mut self, record: &'a OperationRecord, judge: &Judge<'_>) {
        let on_fail = (judge.on_fail)(record);
        self.role = self.role.or(Some(Role::Started));
        if on_fail == OnFail::Ignore || (judge.is_expired)(record) {
            self.failures.push((record, OnFail::Ignore, Recovery::Recovered));
            return;
        }
        self.failures.push((record, on_fail, Recovery::Open));
        self.failure = Some((record, on_fail));
    }
}

/// A probe may find nothing; so may a monitor for the role Stopped, and any monitor of something
/// that is not managed.
fn is_expected_inactive(record: &OperationRecord, judge: &Judge<'_>) -> bool {
    record.interval.is_zero()
        || record.key.target_code == exit_code::NOT_RUNNING
        || judge.management != Management::Managed
}

fn outcome(record: &OperationRecord) -> Outcome {
    use OperationStatus as Status;
    match record.status {
        Status::NotInstalled => return Outcome::NotInstalled,
        Status::TimedOut | Status::NotConnected | Status::Invalid | Status::NotSupported => {
            return Outcome::Failed;
        }
        Status::Pending | Status::Cancelled => return Outcome::Failed,
        Status::Done | Status::Error | Status::HardError | Status::FatalError => {}
    }
    match record.code {
        exit_code::OK | exit_code::DEGRADED if record.status == Status::Done => {
            Outcome::Active(Role::Started)
        }
        exit_code::PROMOTED | exit_code::DEGRADED_PROMOTED => Outcome::Active(Role::Promoted),
        exit_code::NOT_RUNNING => Outcome::Inactive,
        exit_code::NOT_INSTALLED => Outcome::NotInstalled,
        _ => Outcome::Failed,
    }
}
