//! What a record in the history says, and what is made of it.

use super::Reader;
use super::on_fail::Recovery;
use super::record::Known;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Failure;
use cluster::{OperationRecord, OperationStatus, Role, exit_code};

/// One record, with what is made of it.
pub(super) struct Outcome<'a> {
    pub(super) resource: ResourceIndex,
    pub(super) node: NodeIndex,
    /// What the history calls the resource.
    pub(super) name: &'a str,
    pub(super) record: &'a OperationRecord,
    /// How the running ended, as it is to be understood.
    pub(super) status: OperationStatus,
    /// What the agent said, as it is to be understood.
    pub(super) code: i32,
    /// What it was expected to say; nothing when that was not written down.
    pub(super) expected: Option<i32>,
    /// Whether it is a failure that has been forgotten by now.
    pub(super) is_expired: bool,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(
        resource: ResourceIndex,
        node: NodeIndex,
        name: &'a str,
        record: &'a OperationRecord,
    ) -> Self {
        Self {
            resource,
            node,
            name,
            record,
            status: record.status,
            code: record.code,
            expected: target_code(record),
            is_expired: false,
        }
    }

    /// Whether it answers the question whether the resource runs.
    pub(super) fn is_probe(&self) -> bool {
        is_probe(self.record)
    }

    pub(super) fn is_once(&self) -> bool {
        self.record.interval.is_zero()
    }

    pub(super) fn task(&self) -> &'a str {
        &self.record.operation
    }

    pub(super) fn is_as_expected(&self) -> bool {
        self.expected == Some(self.code)
    }

    /// Which operation it is: failures and successes of the same one share this.
    pub(super) fn key(&self) -> String {
        key(self.name, self.record)
    }
}

/// Which operation a record is about.
pub(super) fn key(name: &str, record: &OperationRecord) -> String {
    record.operation_key().map_or_else(
        || format!("{name}_{}_{}", record.operation, record.interval.as_millis()),
        str::to_owned,
    )
}

/// Whether a record is of a probe.
pub(super) fn is_probe(record: &OperationRecord) -> bool {
    record.operation == "monitor" && record.interval.is_zero()
}

/// Whether a probe failed in a way that shows that nothing can be running.
pub(super) fn shows_nothing(record: &OperationRecord) -> bool {
    is_probe(record)
        && (matches!(record.code, exit_code::NOT_INSTALLED | exit_code::ARGUMENTS)
            || record.status == OperationStatus::NotInstalled)
}

/// The exit code that was expected.
fn target_code(record: &OperationRecord) -> Option<i32> {
    let code = if record.unsaid.key {
        record.transition_key_text()?.split(':').nth(2)?.parse().ok()?
    } else {
        record.key.target_code
    };
    (code >= 0).then_some(code)
}

impl<'a> Reader<'a> {
    /// Makes sense of a record: whether it is a failure, and of what kind.
    pub(super) fn interpret(&mut self, outcome: &mut Outcome<'a>, known: &mut Known<'a>) {
        self.accept_degraded(outcome);
        if shows_nothing(outcome.record)
            && !self.is_bundled(outcome.resource)
            && (outcome.status != OperationStatus::Done || outcome.code != exit_code::NOT_RUNNING)
        {
            outcome.status = OperationStatus::Done;
            outcome.code = exit_code::NOT_RUNNING;
        }
        // Any other end than these two is what it is; of these two we know better.
        if !matches!(outcome.status, OperationStatus::Done | OperationStatus::Error) {
            return;
        }
        outcome.status =
            if outcome.is_as_expected() { OperationStatus::Done } else { OperationStatus::Error };
        self.weigh_code(outcome, known);
    }

    /// What runs but is likely to fail soon runs; people are told. A stop that says so is none (R10).
    fn accept_degraded(&mut self, outcome: &mut Outcome<'a>) {
        if outcome.task() == "stop" {
            return;
        }
        let plain = match outcome.code {
            exit_code::DEGRADED => exit_code::OK,
            exit_code::DEGRADED_PROMOTED => exit_code::PROMOTED,
            _ => return,
        };
        outcome.code = plain;
        let node = &self.at.nodes[outcome.node];
        if !outcome.is_expired && (!node.is_shutting_down || node.is_online) {
            self.report_failure(outcome, Recovery::Ignore);
        }
    }

    fn weigh_code(&mut self, outcome: &mut Outcome<'a>, known: &mut Known<'a>) {
        let is_probe = outcome.is_probe();
        match outcome.code {
            exit_code::OK if is_probe && outcome.expected == Some(exit_code::NOT_RUNNING) => {
                outcome.status = OperationStatus::Done;
            }
            exit_code::OK => {}
            exit_code::NOT_RUNNING => {
                // For a probe, or of what people stop themselves, this is no failure.
                let is_managed = self.at.resources[outcome.resource].is_managed;
                if is_probe || outcome.is_as_expected() || !is_managed {
                    outcome.status = OperationStatus::Done;
                    known.role = Some(Role::Stopped);
                    known.recovery = Recovery::Ignore;
                    self.at.resources[outcome.resource].next_role = None;
                }
            }
            exit_code::PROMOTED => {
                if is_probe && !outcome.is_as_expected() {
                    outcome.status = OperationStatus::Done;
                }
                if !outcome.is_expired || outcome.is_as_expected() {
                    known.role = Some(Role::Promoted);
                }
            }
            exit_code::FAILED_PROMOTED => {
                if !outcome.is_expired {
                    known.role = Some(Role::Promoted);
                }
                outcome.status = OperationStatus::Error;
            }
            exit_code::NOT_CONFIGURED => outcome.status = OperationStatus::FatalError,
            exit_code::UNIMPLEMENTED if !outcome.is_once() => {
                outcome.status = OperationStatus::NotSupported;
            }
            exit_code::UNIMPLEMENTED
            | exit_code::NOT_INSTALLED
            | exit_code::ARGUMENTS
            | exit_code::PERMISSION => {
                if !outcome.is_expired {
                    self.block_if_hopeless(outcome);
                }
                outcome.status = OperationStatus::HardError;
            }
            _ if outcome.status == OperationStatus::Done => {
                outcome.status = OperationStatus::Error;
            }
            _ => {}
        }
    }

    /// What can not be stopped, on a node that can not be fenced, is left to people.
    fn block_if_hopeless(&mut self, outcome: &Outcome<'a>) {
        if outcome.task() == "stop" && !self.at.can_fence(outcome.node) {
            self.block(outcome.resource);
        }
    }

    /// Nothing is done with a resource until somebody acts.
    pub(super) fn block(&mut self, resource: ResourceIndex) {
        let state = &mut self.at.resources[resource];
        state.is_managed = false;
        state.is_blocked = true;
    }

    /// Whether a resource is part of a bundle, or runs inside of one.
    pub(super) fn is_bundled(&self, resource: ResourceIndex) -> bool {
        let top = self.at.top_of(resource, true);
        top != resource && self.at.resources[top].is_bundle()
    }

    /// Adds a failure to those that people are shown, once for each operation and node.
    pub(super) fn report_failure(&mut self, outcome: &Outcome<'a>, recovery: Recovery) {
        if !self.at.nodes[outcome.node].is_online {
            return;
        }
        if self.reported.insert((outcome.node, outcome.key())) {
            self.at.failures.push(Failure {
                node: outcome.node,
                name: outcome.name,
                resource: outcome.resource,
                record: outcome.record,
                on_fail: recovery.on_fail(self.at.options.is_fencing_enabled),
            });
        }
    }
}
