//! What failures, and being found active, mean for resources and nodes.

use super::Reader;
use super::on_fail::{Recovery, RecoveryPlan};
use super::outcome::Outcome;
use super::record::Known;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Cell, Demand, MultipleActive, NodeKind, Source, Task, Weights};
use cluster::{Role, Score, exit_code};

impl<'a> Reader<'a> {
    /// Takes in a failed operation.
    pub(super) fn fail(
        &mut self,
        outcome: &Outcome<'a>,
        plan: &RecoveryPlan,
        known: &mut Known<'a>,
    ) {
        let resource = outcome.resource;
        known.last_failure = Some(outcome.record);
        self.report_failure(outcome, plan.recovery);
        known.recovery = known.recovery.max(plan.recovery);
        match outcome.task() {
            "stop" => self.ban(resource, outcome.node, "failed stop"),
            "migrate_to" => self.migration_failed_at_source(outcome, known),
            "migrate_from" => self.migration_failed_at_target(outcome, known),
            "promote" => known.role = Some(Role::Promoted),
            "demote" if plan.recovery == Recovery::Block => {
                known.role = Some(Role::Promoted);
                self.at.resources[resource].next_role = Some(Role::Stopped);
            }
            "demote" if outcome.code == exit_code::NOT_RUNNING => {
                known.role = Some(Role::Stopped);
            }
            // It is stopped in the course of its recovery, and promoted only after that.
            "demote" => known.role = Some(Role::Unpromoted),
            _ => {}
        }
        if outcome.is_probe() && outcome.code == exit_code::NOT_INSTALLED {
            known.role = Some(Role::Stopped);
        } else if known.role < Some(Role::Started) {
            self.set_active(resource, known);
        }
        let next = &mut self.at.resources[resource].next_role;
        if plan.role != Role::Started && *next < Some(plan.role) {
            *next = Some(plan.role);
        }
        if plan.role == Role::Stopped {
            self.keep_stopped(resource, "a failure that rules it out everywhere");
        }
    }

    /// No node may run it; of an anonymous clone no instance.
    pub(super) fn keep_stopped(&mut self, resource: ResourceIndex, why: &'static str) {
        let top = self.at.top_of(resource, false);
        let state = &self.at.resources[top];
        let is_anonymous = state.is_clone() && !state.settings.is_unique;
        let whole = if is_anonymous && top != resource { top } else { resource };
        self.at.resources[whole].weights = self.table_of_bans(why);
    }

    fn table_of_bans(&self, why: &'static str) -> Weights {
        let mut table = Weights::default();
        for (node, cell) in self.cells.iter() {
            table.insert(node, Cell { score: Score::ZERO, ..*cell });
            let source = Source::Because(why.into());
            table.replace(node, Score::MINUS_INFINITY, source);
        }
        table
    }

    /// Draws the conclusions from all that a resource did on a node.
    pub(super) fn conclude(
        &mut self,
        resource: ResourceIndex,
        node: NodeIndex,
        known: &mut Known<'a>,
    ) {
        if known.role.is_some() {
            self.note_known(resource, node);
        }
        if known.is_active() {
            self.fence_if_lost(resource, node);
        }
        let found = known.recovery;
        if self.at.nodes[node].is_unclean {
            // Fencing recovers it; it may be started as soon as that is done.
            known.recovery = Recovery::Ignore;
        }
        self.recover(resource, node, known);
        if self.at.resources[resource].has_failed
            && let Some(remote) = self.at.resources[resource].remote_node
            && self.at.nodes[remote].is_unclean
        {
            // Whether the connection can be made elsewhere no longer matters.
            self.at.nodes[remote].is_unseen = false;
        }
        if known.is_active() {
            self.at.resources[resource].role = known.role.unwrap_or(Role::Stopped);
            self.add_running(resource, node, found != Recovery::Ignore);
            let state = &mut self.at.resources[resource];
            match known.recovery {
                Recovery::Ignore => {}
                Recovery::Demote | Recovery::Block => state.has_failed = true,
                _ => {
                    state.has_failed = true;
                    state.must_stop = true;
                }
            }
        } else if self.is_known_by_number(resource) {
            // Histories of older days have numbers in their names; they are dealt anew.
            let id = self.at.resources[resource].id.clone();
            self.at.resources[resource].history_id = id;
        } else {
            self.at.findings.withdraw_stop(resource, node);
        }
        let state = &self.at.resources[resource];
        if known.role == Some(Role::Stopped)
            && let Some((source, _)) = state.partial_migration
            && source == node
            && !state.running_on.is_empty()
        {
            // What was stopped where the migration began still runs where it led.
            known.role = Some(Role::Started);
        }
    }

    /// Whether the history calls it by another instance's number.
    fn is_known_by_number(&self, resource: ResourceIndex) -> bool {
        let state = &self.at.resources[resource];
        state.history_id != state.id && state.history_id.contains(':')
    }

    /// It is known by now whether it is active there; so it is of an anonymous clone as a whole.
    fn note_known(&mut self, resource: ResourceIndex, node: NodeIndex) {
        let mut at = Some(resource);
        while let Some(index) = at {
            let state = &mut self.at.resources[index];
            state.known_on.insert(node);
            at = state.parent.filter(|_| !state.settings.is_unique);
        }
    }

    /// What may be active on a node that is not there has to be made sure of.
    fn fence_if_lost(&mut self, resource: ResourceIndex, node: NodeIndex) {
        let state = &self.at.nodes[node];
        if state.is_online || state.is_in_maintenance || !self.at.resources[resource].is_managed {
            return;
        }
        let id = self.at.resources[resource].id.clone();
        let mut reason = format!("{id} is thought to be active there");
        match state.kind {
            NodeKind::Guest => self.at.mark_failed(resource),
            _ if !self.at.options.is_fencing_enabled => return,
            NodeKind::Remote => {
                let connection = state.connection;
                let may_recover =
                    connection.is_some_and(|connection| !self.at.resources[connection].has_failed);
                if may_recover {
                    // Only if the connection can not be made from another member.
                    self.at.nodes[node].is_unseen = true;
                    reason = format!(
                        "{id} is active there (fencing will be revoked if remote connection can \
                         be re-established elsewhere)"
                    );
                }
            }
            NodeKind::Member => {}
        }
        self.at.fence(node, &reason, false);
    }

    /// Does what failures ask for.
    fn recover(&mut self, resource: ResourceIndex, node: NodeIndex, known: &Known<'a>) {
        let demand = |task| Demand { resource, node, task };
        match known.recovery {
            Recovery::Ignore => {}
            Recovery::Demote => {
                self.at.resources[resource].has_failed = true;
                self.demand(demand(Task::Demote));
            }
            Recovery::Fence => {
                let reason = format!("{} failed there", self.at.resources[resource].id);
                self.at.fence(node, &reason, false);
            }
            Recovery::Standby => {
                self.at.nodes[node].is_standby = true;
                self.at.nodes[node].is_standby_on_fail = true;
            }
            Recovery::Block => self.block(resource),
            Recovery::Ban => self.ban(resource, node, "migrate on failure"),
            Recovery::Stop => self.at.resources[resource].next_role = Some(Role::Stopped),
            Recovery::Restart => {
                if known.is_active() {
                    self.at.mark_failed(resource);
                    self.demand(demand(Task::Stop));
                }
            }
            Recovery::RestartContainer => {
                self.at.mark_failed(resource);
                match self.at.resources[resource].container {
                    // Where it runs may not be known yet.
                    Some(container) if self.is_bundled(resource) => {
                        self.doomed.insert(0, container);
                    }
                    Some(container) => {
                        self.demand(Demand { resource: container, node, task: Task::Stop });
                    }
                    None if known.is_active() => self.demand(demand(Task::Stop)),
                    None => {}
                }
            }
            Recovery::ResetRemote => self.reset_remote(resource, node, known),
        }
    }

    fn reset_remote(&mut self, resource: ResourceIndex, node: NodeIndex, known: &Known<'a>) {
        self.at.mark_failed(resource);
        if self.at.options.is_fencing_enabled
            && let Some(remote) = self.at.resources[resource].remote_node
            && self.at.nodes[remote].kind == NodeKind::Remote
            && !self.at.nodes[remote].was_remote_fenced
        {
            self.at.fence(remote, "remote connection is unrecoverable", false);
        }
        if known.is_active() {
            self.demand(Demand { resource, node, task: Task::Stop });
        }
        let state = &mut self.at.resources[resource];
        if !state.reconnect_interval.is_zero() {
            state.next_role = Some(Role::Stopped);
        }
    }

    /// Notes that a resource is, or may be, active on a node; so is all that it is inside of.
    pub(super) fn add_running(&mut self, resource: ResourceIndex, node: NodeIndex, failed: bool) {
        if self.at.resources[resource].running_on.contains(&node) {
            return;
        }
        self.at.resources[resource].running_on.push(node);
        if self.at.resources[resource].is_primitive() {
            self.at.nodes[node].running.push(resource);
            self.add_priority(resource, node, failed);
            if self.at.nodes[node].is_in_maintenance {
                let state = &mut self.at.resources[resource];
                state.is_managed = false;
                state.settings.management = crate::model::Management::Maintenance;
            }
        }
        let parent = self.at.resources[resource].parent;
        if !self.at.resources[resource].is_managed {
            self.speak(resource, node, Score::INFINITY, "unmanaged");
            let mut above = parent.filter(|_| self.at.nodes[node].is_online);
            while let Some(index) = above {
                let state = &mut self.at.resources[index];
                state.running_on.push(node);
                above = state.parent;
            }
            return;
        }
        if self.at.resources[resource].is_primitive() && self.at.active_nodes(resource) > 1 {
            self.settle_multiple(resource);
        }
        if let Some(parent) = parent {
            self.add_running(parent, node, false);
        }
    }

    /// What is active too often is recovered as people say.
    fn settle_multiple(&mut self, resource: ResourceIndex) {
        match self.at.resources[resource].settings.multiple_active {
            MultipleActive::StopOnly => {
                let why = "it is active in several places";
                self.at.resources[resource].weights = self.table_of_bans(why);
            }
            MultipleActive::Block => {
                self.block(resource);
                let parent = self.at.resources[resource].parent.filter(|parent| {
                    let state = &self.at.resources[*parent];
                    (state.is_group() || state.is_bundle())
                        && state.settings.multiple_active == MultipleActive::Block
                });
                let siblings = parent.map(|parent| self.at.resources[parent].children.clone());
                for sibling in siblings.unwrap_or_default() {
                    self.block(sibling);
                }
            }
            // What it takes is done when it comes to actions.
            MultipleActive::StopStart | MultipleActive::StopUnexpected => {}
        }
    }

    /// A node is as important as what runs well on it; a guest's resources count for its host.
    fn add_priority(&mut self, resource: ResourceIndex, node: NodeIndex, failed: bool) {
        let state = &self.at.resources[resource];
        let mut priority = state.settings.priority;
        if priority == Score::ZERO || failed {
            return;
        }
        if state.role == Role::Promoted {
            priority += Score::new(1);
        }
        let add = |node: &mut crate::model::Node<'_>| {
            node.priority =
                Score::new(i64::from(node.priority.value()) + i64::from(priority.value()));
        };
        add(&mut self.at.nodes[node]);
        let connection = self.at.nodes[node].connection;
        let container = connection.and_then(|connection| self.at.resources[connection].container);
        if let Some(container) = container {
            for host in self.at.resources[container].running_on.clone() {
                add(&mut self.at.nodes[host]);
            }
        }
    }
}
