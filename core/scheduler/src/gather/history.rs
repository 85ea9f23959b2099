//! What resources did on a node: which resource it is about, and what follows for it.

use super::Reader;
use super::age::oldest_first;
use super::on_fail::Recovery;
use super::outcome::Outcome;
use super::record::Known;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{ActiveOperation, Finding, History, MultipleActive};
use cluster::{NodeStatus, OperationRecord, OperationStatus, ResourceHistory, Role, exit_code};

impl<'a> Reader<'a> {
    /// Reads all that resources did on `node`.
    pub(super) fn node_history(&mut self, node: NodeIndex, status: &'a NodeStatus) {
        let mut lost = Vec::new();
        for (position, (name, records)) in status.histories_in_order().enumerate() {
            let named = self.on_trail(position, name);
            let resource = self.resource_history(node, (name, named), records);
            if let Some(resource) = resource
                && self.at.resources[resource].is_removed_launched
            {
                lost.push((resource, records));
            }
        }
        for (resource, records) in lost {
            self.find_container(resource, records);
        }
    }

    /// The resource of that name, or any instance of it; the node before most likely told of it at
    /// the same position.
    fn on_trail(&mut self, position: usize, name: &'a str) -> Option<ResourceIndex> {
        if let Some((known, resource)) = self.trail.get(position)
            && *known == name
        {
            return Some(*resource);
        }
        let found = self.resource_named(name)?;
        if let Some(place) = self.trail.get_mut(position) {
            *place = (name, found);
        } else if self.trail.len() == position {
            self.trail.push((name, found));
        }
        Some(found)
    }

    fn resource_history(
        &mut self,
        node: NodeIndex,
        (name, named): (&'a str, Option<ResourceIndex>),
        records: &'a ResourceHistory,
    ) -> Option<ResourceIndex> {
        let has_locks = self.at.options.locks_on_shutdown;
        if records.operations.is_empty() && !has_locks {
            return None;
        }
        let found = named.and_then(|named| self.meant_on(node, named, name));
        let resource = match found {
            Some(resource) => resource,
            None if records.operations.is_empty() => return None,
            None => self.removed(name, records),
        };
        if has_locks {
            self.read_lock(resource, node, records);
        }
        let settings = &self.at.resources[resource].settings;
        if records.stays_stopped() && settings.multiple_active == MultipleActive::StopOnly {
            let why = "it was active in several places, and stays stopped until it is cleaned up";
            self.keep_stopped(resource, why);
        }
        self.at.history.push(History { node, name, resource, records });
        self.operations(resource, node, name, records);
        Some(resource)
    }

    fn operations(
        &mut self,
        resource: ResourceIndex,
        node: NodeIndex,
        name: &'a str,
        records: &'a ResourceHistory,
    ) {
        let order = oldest_first(&records.operations);
        let before = self.at.resources[resource].role;
        let mut known = Known { role: None, last_failure: None, recovery: Recovery::Ignore };
        for &record in &order {
            let mut outcome = Outcome::of(resource, node, name, record);
            self.record(&mut outcome, &mut known);
        }
        self.note_recurring(resource, node, &order);
        self.conclude(resource, node, &mut known);
        self.limit_next_role(resource);
        let after = known.role.unwrap_or(before).max(before);
        self.at.resources[resource].role = after;
    }

    /// People's wish for a lower role counts besides what failures ask for.
    fn limit_next_role(&mut self, resource: ResourceIndex) {
        if let Some(wanted) = self.target_role(resource) {
            let next = &mut self.at.resources[resource].next_role;
            *next = Some(next.map_or(wanted, |next| next.min(wanted)));
        }
    }

    /// Recurring operations that were begun since the resource was last started.
    fn note_recurring(
        &mut self,
        resource: ResourceIndex,
        node: NodeIndex,
        order: &[&'a OperationRecord],
    ) {
        if !self.at.nodes[node].is_online {
            return;
        }
        let (start, stop) = active_part(order);
        for (position, record) in order.iter().enumerate() {
            let position = Some(position);
            let is_old = if start < stop { position <= stop } else { position < start };
            if !is_old && !record.interval.is_zero() && record.status != OperationStatus::Pending {
                let (name, interval) = (record.operation.as_str(), record.interval);
                let active = ActiveOperation { resource, node, name, interval };
                self.at.findings.add(Finding::Recurring(active));
            }
        }
    }

    /// A resource may wait for the node that it was on when that was shut down in order.
    fn read_lock(&mut self, resource: ResourceIndex, node: NodeIndex, records: &ResourceHistory) {
        let Some(since) = records.shutdown_lock().filter(|since| since.seconds() != 0) else {
            return;
        };
        let limit = self.at.options.shutdown_lock_limit;
        if !limit.is_zero() && self.at.facts.now > since + limit {
            self.at.expired_locks.push((resource, node));
        } else {
            self.at.resources[resource].lock = Some((node, since));
        }
    }
}

/// Where the resource was last started and stopped, if it was. Without a start in the history a
/// promotion, a demotion or a successful monitor tells of one.
pub(crate) fn active_part(order: &[&OperationRecord]) -> (Option<usize>, Option<usize>) {
    let (mut start, mut stop) = (None, None);
    let (mut seen_running, mut seen_promoted) = (None, None);
    for (position, record) in order.iter().enumerate() {
        let position = Some(position);
        match record.operation.as_str() {
            "stop" if record.status == OperationStatus::Done => stop = position,
            "start" | "migrate_from" => start = position,
            "monitor" if seen_running <= stop => {
                if matches!(record.code, exit_code::OK | exit_code::PROMOTED) {
                    seen_running = position;
                }
            }
            "promote" | "demote" => seen_promoted = position,
            _ => {}
        }
    }
    (start.or(seen_promoted).or(seen_running), stop)
}

impl Known<'_> {
    /// Whether the resource is running as far as is known.
    pub(super) fn is_active(&self) -> bool {
        self.role > Some(Role::Stopped)
    }
}
