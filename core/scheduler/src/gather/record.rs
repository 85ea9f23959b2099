//! What one record in the history tells of a resource.

use super::Reader;
use super::on_fail::Recovery;
use super::outcome::{Outcome, is_probe, key, shows_nothing};
use crate::index::ResourceIndex;
use crate::model::{Demand, Pending, Task};
use cluster::{OperationRecord, OperationStatus, Role, exit_code};

/// What is known of a resource on a node so far, while its records are read from the oldest on.
pub(super) struct Known<'a> {
    /// The role it has; nothing as long as no record told.
    pub(super) role: Option<Role>,
    pub(super) last_failure: Option<&'a OperationRecord>,
    /// What its failures ask for.
    pub(super) recovery: Recovery,
}

/// The operations that tell nothing of what a resource does. Whatever else succeeded somewhere, also
/// what nobody has heard of, shows that it may be running there (R3).
const SILENT: [&str; 5] = ["notify", "meta-data", "validate-all", "cancel", "delete"];

impl<'a> Reader<'a> {
    /// Takes in one record.
    pub(super) fn record(&mut self, outcome: &mut Outcome<'a>, known: &mut Known<'a>) {
        let record = outcome.record;
        let has_end = match record.status {
            OperationStatus::Cancelled => false,
            // What cannot be read counts as still under way.
            OperationStatus::Pending => true,
            _ => !record.unsaid.status,
        };
        if SILENT.contains(&outcome.task()) || !has_end || record.is_made_good() {
            return;
        }
        outcome.is_expired = self.judge_expiry(outcome);
        let said = outcome.code;
        self.interpret(outcome, known);
        if outcome.is_expired && self.passes_over_expired(outcome, said, known) {
            return;
        }
        if shows_nothing(record) && !self.is_bundled(outcome.resource) {
            self.impossible(outcome, known);
            return;
        }
        match outcome.status {
            OperationStatus::Pending => self.pending(outcome, known),
            OperationStatus::Done => self.succeeded(outcome, outcome.code, known),
            OperationStatus::NotInstalled => self.not_installed(outcome, known),
            OperationStatus::NotConnected => {
                self.connection_lost(outcome);
                self.failed(outcome, known);
            }
            _ => self.failed(outcome, known),
        }
    }

    /// A probe found that the resource can not run on the node: so it does not, and must not.
    fn impossible(&mut self, outcome: &Outcome<'a>, known: &mut Known<'a>) {
        self.succeeded(outcome, exit_code::NOT_RUNNING, known);
        self.report_failure(outcome, Recovery::Ignore);
        self.ban(self.whole_of(outcome.resource), outcome.node, "failed probe");
    }

    /// Whether an expired failure is as if it had never been.
    fn passes_over_expired(
        &mut self,
        outcome: &Outcome<'a>,
        said: i32,
        known: &mut Known<'a>,
    ) -> bool {
        if shows_nothing(outcome.record) && Some(said) != outcome.expected {
            if known.role <= Some(Role::Stopped) {
                known.role = None;
            }
            return true;
        }
        if outcome.is_as_expected() {
            return false;
        }
        if outcome.is_once() {
            return true;
        }
        let node = &self.at.nodes[outcome.node];
        let is_usable = node.is_online && !node.is_unclean;
        if is_usable {
            // It is not known to run: it is set up again.
            let id = outcome.record.id.as_str();
            self.at.rescheduled.insert((outcome.resource, outcome.node, id));
        }
        is_usable
    }

    fn pending(&mut self, outcome: &Outcome<'a>, known: &mut Known<'a>) {
        if has_failed_since(outcome, known.last_failure) {
            return;
        }
        let resource = outcome.resource;
        match outcome.task() {
            "start" => {
                self.at.resources[resource].is_start_pending = true;
                self.set_active(resource, known);
            }
            "promote" => known.role = Some(Role::Promoted),
            // The target may have taken over while the source is lost.
            "migrate_to" if self.at.nodes[outcome.node].is_unclean => {
                let target = outcome.record.migrate_target();
                if let Some(node) = target.and_then(|name| self.at.node(name)) {
                    self.demand(Demand { resource, node, task: Task::Stop });
                }
            }
            _ => {}
        }
        let task = Task::parse(outcome.task());
        let state = &mut self.at.resources[resource];
        if let Some(task) = task.filter(|_| state.pending.is_none() && !outcome.is_probe()) {
            state.pending = Some(Pending { task, node: outcome.node });
        }
    }

    /// It did what it was to do, or is taken to have done so.
    fn succeeded(&mut self, outcome: &Outcome<'a>, code: i32, known: &mut Known<'a>) {
        let resource = outcome.resource;
        let is_masked = shows_nothing(outcome.record) && !self.is_bundled(resource);
        let clears = if code == exit_code::NOT_INSTALLED || is_masked {
            known.role = Some(Role::Stopped);
            false
        } else if code == exit_code::NOT_RUNNING {
            true
        } else {
            match outcome.task() {
                "monitor" => {
                    let failed = known.last_failure.map(|record| key(outcome.name, record));
                    if known.role < Some(Role::Started) {
                        self.set_active(resource, known);
                    }
                    failed == Some(outcome.key())
                }
                "start" | "migrate_from" => {
                    known.role = Some(Role::Started);
                    true
                }
                "stop" => {
                    known.role = Some(Role::Stopped);
                    true
                }
                "promote" => {
                    known.role = Some(Role::Promoted);
                    true
                }
                "demote" => {
                    known.role = Some(Role::Unpromoted);
                    known.recovery == Recovery::Demote
                }
                "migrate_to" => {
                    self.migrated(outcome, known);
                    false
                }
                _ => {
                    if known.role < Some(Role::Started) {
                        self.set_active(resource, known);
                    }
                    false
                }
            }
        };
        if clears {
            self.clear_failure(resource, known);
        }
    }

    /// A success makes good what failed before, unless that calls for people or another node.
    fn clear_failure(&mut self, resource: ResourceIndex, known: &mut Known<'a>) {
        let state = &mut self.at.resources[resource];
        match known.recovery {
            Recovery::Stop | Recovery::Ban | Recovery::Standby | Recovery::Fence => return,
            // With a pause, the failure has to be forgotten before the connection is made anew.
            Recovery::ResetRemote if !state.reconnect_interval.is_zero() => return,
            _ => {}
        }
        known.recovery = Recovery::Ignore;
        state.next_role = None;
    }

    /// It runs; of a promotable clone's instance no more is known than that.
    pub(super) fn set_active(&self, resource: ResourceIndex, known: &mut Known<'a>) {
        let is_promotable = self.is_promotable(resource);
        known.role = Some(if is_promotable { Role::Unpromoted } else { Role::Started });
    }

    fn not_installed(&mut self, outcome: &Outcome<'a>, known: &mut Known<'a>) {
        let mut plan = self.recovery(outcome);
        if plan.recovery == Recovery::Ignore {
            // That there is no agent can not be ignored.
            plan.recovery = Recovery::Ban;
            known.recovery = Recovery::Ban;
        }
        self.ban(self.whole_of(outcome.resource), outcome.node, "hard error");
        self.fail(outcome, &plan, known);
    }

    /// The connection behind which an operation was lost has failed, whatever else is said of it.
    fn connection_lost(&mut self, outcome: &Outcome<'a>) {
        if let Some(connection) = self.at.nodes[outcome.node].connection
            && self.at.nodes[outcome.node].is_remote()
            && self.at.resources[connection].is_managed
        {
            self.at.mark_failed(connection);
        }
    }

    fn failed(&mut self, outcome: &Outcome<'a>, known: &mut Known<'a>) {
        let plan = self.recovery(outcome);
        let restarts_container = plan.recovery == Recovery::RestartContainer;
        if plan.recovery == Recovery::Ignore || (restarts_container && outcome.task() == "stop") {
            self.succeeded(outcome, outcome.expected.unwrap_or(-1), known);
            self.at.resources[outcome.resource].is_failure_ignored = true;
            self.report_failure(outcome, plan.recovery);
            if restarts_container {
                known.recovery = known.recovery.max(plan.recovery);
            }
            return;
        }
        self.fail(outcome, &plan, known);
        match outcome.status {
            OperationStatus::HardError => {
                self.ban(self.whole_of(outcome.resource), outcome.node, "hard error");
            }
            OperationStatus::FatalError => {
                self.ban_everywhere(self.whole_of(outcome.resource), "fatal error");
            }
            _ => {}
        }
    }

    /// What a hard error holds for: every instance of an anonymous clone.
    fn whole_of(&self, resource: ResourceIndex) -> ResourceIndex {
        if self.at.resources[resource].settings.is_unique {
            resource
        } else {
            self.at.top_of(resource, false)
        }
    }
}

/// Whether a recurring operation that seems to be pending has in fact failed since it began.
fn has_failed_since(outcome: &Outcome<'_>, last_failure: Option<&OperationRecord>) -> bool {
    let Some(failure) = last_failure else { return false };
    outcome.task() == "monitor"
        && !is_probe(outcome.record)
        && key(outcome.name, failure) == outcome.key()
        && !failure.unsaid.last_change
        && !outcome.record.unsaid.last_change
        && failure.last_change.seconds() >= outcome.record.last_change.seconds()
}
