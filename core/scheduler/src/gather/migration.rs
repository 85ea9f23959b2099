//! Live migrations in the history: a `migrate_to` where it began, a `migrate_from` where it led,
//! and at last a stop where it began. Each of these, and what came after, may be missing.

use super::Reader;
use super::age::age;
use super::outcome::Outcome;
use super::record::Known;
use crate::index::{NodeIndex, ResourceIndex};
use cluster::{OperationRecord, OperationStatus, Role, exit_code};
use std::cmp::Ordering;

/// From where to where.
#[derive(Clone, Copy)]
struct Way<'a> {
    source: &'a str,
    target: &'a str,
}

/// The two ends of a migration that are known.
struct Ends<'a> {
    way: Way<'a>,
    to: Option<&'a OperationRecord>,
    from: Option<&'a OperationRecord>,
}

impl<'a> Reader<'a> {
    /// The source has handed over.
    pub(super) fn migrated(&mut self, outcome: &Outcome<'a>, known: &mut Known<'a>) {
        let (resource, record) = (outcome.resource, outcome.record);
        let Some(way) = self.way(outcome, true) else { return };
        let is_source_newer = self.has_moved_on(resource, way.source, record, true);
        let from = self.operation_on(resource, way.target, "migrate_from", Some(way.source));
        if from.is_some() && is_source_newer {
            return;
        }
        let ends = Ends { way, to: Some(record), from };
        let is_target_newer = self.has_newer_state(resource, way.target, &ends);
        if is_source_newer && is_target_newer {
            return;
        }
        if from.is_some_and(is_success) {
            // It is where it belongs; only the stop at the source is missing.
            known.role = Some(Role::Stopped);
            self.at.resources[resource].dangling_migrations.insert(0, outcome.node);
            return;
        }
        known.role = Some(Role::Started);
        let target = self.at.node(way.target);
        let target_online = target.filter(|node| self.at.nodes[*node].is_online);
        let active = target_online.filter(|_| !is_target_newer);
        if from.is_some_and(|from| from.status != OperationStatus::Pending) {
            match active {
                Some(target) => self.add_running_in(resource, target, true, known),
                None => self.give_up_migration(resource),
            }
            return;
        }
        if target_online.is_some() && self.knows_nothing(resource, way.target) {
            // Its history has been cleaned: a probe will tell.
            return;
        }
        if let Some(target) = active {
            self.add_running_in(resource, target, false, known);
            let source = self.at.node(way.source);
            if let Some(source) = source.filter(|node| self.at.nodes[*node].is_online) {
                self.at.resources[resource].partial_migration = Some((source, target));
            }
        } else if !is_source_newer {
            self.give_up_migration(resource);
        }
    }

    /// The source could not hand over, or not entirely.
    pub(super) fn migration_failed_at_source(
        &mut self,
        outcome: &Outcome<'a>,
        known: &mut Known<'a>,
    ) {
        let (resource, record) = (outcome.resource, outcome.record);
        let Some(way) = self.way(outcome, true) else { return };
        known.role = Some(Role::Started);
        let from = self.operation_on(resource, way.target, "migrate_from", Some(way.source));
        let from = from.filter(|from| is_success(from));
        let ends = Ends { way, to: Some(record), from };
        if !self.knows_nothing(resource, way.target)
            && !self.has_newer_state(resource, way.target, &ends)
        {
            let target = self.at.node(way.target);
            if let Some(target) = target.filter(|node| self.at.nodes[*node].is_online) {
                self.add_running_in(resource, target, false, known);
            }
        } else if !self.has_moved_on(resource, way.source, record, true) {
            // Nothing more is known of the source, so that it has to be stopped there.
            self.at.resources[resource].dangling_migrations.insert(0, outcome.node);
        }
    }

    /// The target could not take over.
    pub(super) fn migration_failed_at_target(
        &mut self,
        outcome: &Outcome<'a>,
        known: &mut Known<'a>,
    ) {
        let (resource, record) = (outcome.resource, outcome.record);
        let Some(way) = self.way(outcome, false) else { return };
        known.role = Some(Role::Started);
        let to = self.operation_on(resource, way.source, "migrate_to", Some(way.target));
        let to = to.filter(|to| is_success(to));
        let ends = Ends { way, to, from: Some(record) };
        if !self.knows_nothing(resource, way.source)
            && !self.has_newer_state(resource, way.source, &ends)
        {
            let source = self.at.node(way.source);
            if let Some(source) = source.filter(|node| self.at.nodes[*node].is_online) {
                self.add_running_in(resource, source, true, known);
            }
        }
    }

    /// Between which nodes the operation was; nothing when that makes no sense on its node.
    fn way(&self, outcome: &Outcome<'a>, is_source: bool) -> Option<Way<'a>> {
        let source = outcome.record.migrate_source()?;
        let target = outcome.record.migrate_target()?;
        let own = if is_source { source } else { target };
        let name = &self.at.nodes[outcome.node].name;
        name.eq_ignore_ascii_case(own).then_some(Way { source, target })
    }

    fn give_up_migration(&mut self, resource: ResourceIndex) {
        self.at.mark_failed(resource);
        self.at.resources[resource].settings.can_migrate = false;
    }

    fn add_running_in(
        &mut self,
        resource: ResourceIndex,
        node: NodeIndex,
        failed: bool,
        known: &Known<'a>,
    ) {
        // The role counts for the node's importance.
        let before = self.at.resources[resource].role;
        self.at.resources[resource].role = known.role.unwrap_or(before);
        self.add_running(resource, node, failed);
        self.at.resources[resource].role = before;
    }

    /// What the resource did on the node of that name.
    fn records_on(&self, resource: ResourceIndex, node: &str) -> &'a [OperationRecord] {
        let Some(node) = self.at.node(node) else { return &[] };
        let Some(status) = self.at.nodes[node].status else { return &[] };
        status.operations(&self.at.resources[resource].id)
    }

    /// The first operation of that name; of a migration the one to or from that node.
    fn operation_on(
        &self,
        resource: ResourceIndex,
        node: &str,
        task: &str,
        other: Option<&str>,
    ) -> Option<&'a OperationRecord> {
        let is_with = |record: &OperationRecord| match task {
            "migrate_from" => record.migrate_source() == other,
            "migrate_to" => record.migrate_target() == other,
            _ => true,
        };
        let mut records = self.records_on(resource, node).iter();
        records.find(|record| record.operation == task && is_with(record))
    }

    /// Whether the resource was started, stopped or moved on the node after `record`.
    fn has_moved_on(
        &self,
        resource: ResourceIndex,
        node: &str,
        record: &OperationRecord,
        same_node: bool,
    ) -> bool {
        let moves = ["start", "stop", "migrate_to", "migrate_from"];
        self.records_on(resource, node).iter().any(|other| {
            !std::ptr::eq(other, record)
                && moves.contains(&other.operation.as_str())
                && age(other, record, same_node) == Ordering::Greater
        })
    }

    /// Whether what the node says of the resource is newer than the migration. The end of the
    /// migration that is on the same node is preferred: call numbers compare better than dates.
    fn has_newer_state(&self, resource: ResourceIndex, node: &str, ends: &Ends<'a>) -> bool {
        let (near, far) = if node.eq_ignore_ascii_case(ends.way.target) {
            (ends.from, ends.to)
        } else {
            (ends.to, ends.from)
        };
        let same_node = near.is_some();
        let Some(record) = near.or(far) else { return false };
        self.has_moved_on(resource, node, record, same_node) || {
            let monitor = self.operation_on(resource, node, "monitor", None).filter(|monitor| {
                monitor.status == OperationStatus::Done && monitor.code == exit_code::NOT_RUNNING
            });
            monitor.is_some_and(|it| age(it, record, same_node) == Ordering::Greater)
        }
    }

    /// Whether nothing at all is known of the resource there.
    fn knows_nothing(&self, resource: ResourceIndex, node: &str) -> bool {
        const NOT_YET: i32 = 193;
        let mut records = self.records_on(resource, node).iter();
        records.all(|record| record.unsaid.code || record.code == NOT_YET)
    }
}

fn is_success(record: &OperationRecord) -> bool {
    record.status == OperationStatus::Done && record.code == exit_code::OK
}
