//! What has changed since a resource was started: parameters, agents, operations, its existence.

use super::{recurring, settings, stops};
use crate::gather::{DigestVerdict, Expired, active_part, oldest_first};
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{
    Action, Clearing, Finding, History, Operation, OrderEnd, Relation, Resource, Task, Work,
};
use cluster::OperationRecord;

/// Takes over what reading the history has already found out to be done.
pub(super) fn take_over(work: &mut Work<'_>) {
    work.note_fencings();
    let findings = std::mem::take(&mut work.at.findings);
    for finding in findings.iter() {
        match finding {
            Finding::Clearing(clearing) => take_over_clearing(work, clearing),
            Finding::Recurring(active) => {
                let Some(task) = Task::parse(active.name) else { continue };
                let operation = Operation::at_interval(task, active.interval);
                work.act(active.resource, operation, Some(active.node), true);
            }
            Finding::Demand(demand) => {
                let operation = Operation::once(demand.task);
                let is_optional = !findings.is_needed(demand);
                work.act(demand.resource, operation, Some(demand.node), is_optional);
            }
        }
    }
    work.at.findings = findings;
    for (resource, node) in work.at.expired_locks.clone() {
        let delete = work.act(resource, Operation::once(Task::Delete), Some(node), false);
        work.actions[delete].flags.is_on_coordinator = true;
    }
}

fn take_over_clearing(work: &mut Work<'_>, clearing: &Clearing) {
    let clear = clear_failures(work, clearing.resource, clearing.node, clearing.reason);
    let target = work.at.resources[clearing.resource].remote_node;
    if let Some(target) = target.filter(|_| clearing.waits_for_fencing) {
        let fencing = work.fencing(target, None, true, None);
        work.actions.order(fencing, clear, Relation::FIRST_REQUIRES_THEN);
    }
}

/// Forgets the failures of a resource on a node.
fn clear_failures(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    reason: &str,
) -> ActionIndex {
    let clear = work.act(resource, Operation::once(Task::ClearFailCount), Some(node), false);
    let state = &mut work.actions[clear];
    state.meta.insert("op_no_wait".into(), "true".into());
    state.set_reason(reason, true);
    clear
}

/// Compares the history with the configuration.
pub(super) fn heed(work: &mut Work<'_>) {
    let mut histories = work.at.history.clone();
    histories.sort_by_key(|history| work.ranks[history.node]);
    for history in histories {
        let node = &work.at.nodes[history.node];
        if node.is_in_maintenance || node.is_usable() {
            for resource in named_by(work, &history) {
                heed_history(work, resource, history);
            }
        }
    }
}

/// The resources that go by a history's name. A history may name one instance of a clone and be
/// about another one, whose number is just a number.
fn named_by(work: &Work<'_>, history: &History<'_>) -> Vec<ResourceIndex> {
    let top = work.at.top_of(history.resource, true);
    if top == history.resource {
        return vec![top];
    }
    let is_named = |resource: &ResourceIndex| {
        let state = &work.at.resources[*resource];
        state.id == history.name || state.history_id == history.name
    };
    work.at.primitives_in(top).into_iter().filter(is_named).collect()
}

fn heed_history<'a>(work: &mut Work<'a>, resource: ResourceIndex, history: History<'a>) {
    let History { node, records, .. } = history;
    if records.operations.is_empty() {
        return;
    }
    let state = &work.at.resources[resource];
    if state.is_removed {
        forget_removed(work, resource, node);
        return;
    }
    let is_active = state.running_on.contains(&node);
    if state.agent != records.agent {
        replace_agent(work, resource, node, is_active);
    }
    if is_active {
        heed_records(work, resource, node, &oldest_first(&records.operations));
    }
}

fn forget_removed(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) {
    let top = &work.at.resources[work.at.top_of(resource, false)];
    let is_instance = top.clone_settings().is_some_and(|settings| !settings.is_unique);
    if !is_instance {
        stops::forget(work, resource, node, false);
    }
}

/// Another agent: what runs has to be stopped by the old name and started by the new one.
fn replace_agent(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex, is_active: bool) {
    work.require_unfencing(Some(resource), Some(node), "Device definition changed");
    if is_active {
        work.act(resource, Operation::once(Task::Stop), Some(node), false);
        work.at.resources[resource].is_start_pending = true;
    }
    stops::forget(work, resource, node, false);
}

fn heed_records<'a>(
    work: &mut Work<'a>,
    resource: ResourceIndex,
    node: NodeIndex,
    records: &[&'a OperationRecord],
) {
    let (start, stop) = active_part(records);
    if start < stop {
        return;
    }
    for record in records.iter().skip(start.unwrap_or(0)) {
        let recurs = !record.interval.is_zero();
        let is_untouched =
            work.at.is_in_maintenance(resource) || work.at.nodes[node].is_in_maintenance;
        if recurs && is_untouched {
            cancel(work, resource, node, record);
        } else if recurs
            || ["monitor", "start", "promote", "migrate_from"].contains(&record.operation.as_str())
        {
            heed_record(work, resource, node, record);
        }
    }
}

fn heed_record<'a>(
    work: &mut Work<'a>,
    resource: ResourceIndex,
    node: NodeIndex,
    record: &'a OperationRecord,
) {
    if work.at.is_reached_through_node(resource) {
        // Its address is known only when it is placed.
        work.at.unchecked_records.push((resource, node, record));
    } else {
        check_record(work, resource, node, record);
    }
}

fn check_record(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    record: &OperationRecord,
) {
    if has_changed(work, resource, node, record)
        && work.at.fail_count(resource, node, Expired::Ignored, false).count != cluster::Score::ZERO
    {
        clear_failures(work, resource, node, "action definition changed");
    }
}

/// Forgets the failures of what is no longer configured, before it is stopped.
pub(super) fn forgive_removed(work: &mut Work<'_>) {
    for resource in work.turn.clone() {
        if !work.at.resources[resource].is_removed {
            continue;
        }
        for node in work.at.node_order.clone() {
            let failures = work.at.fail_count(resource, node, Expired::Ignored, false);
            if work.at.nodes[node].is_online && failures.count != cluster::Score::ZERO {
                let clear = clear_failures(work, resource, node, "it is orphaned");
                let clear = OrderEnd::action(clear, Some(resource));
                let stop = OrderEnd::of(resource, Operation::once(Task::Stop));
                work.order(clear, stop, Relation::ORDERED);
            }
        }
    }
}

/// Operations of connections that are reached by their node's name, looked at now that it is known.
pub(super) fn check_deferred(work: &mut Work<'_>) {
    let failures = std::mem::take(&mut work.at.unchecked_failures);
    let records = std::mem::take(&mut work.at.unchecked_records);
    for (resource, _, _) in failures.iter().chain(&records) {
        let container = work.at.resources[*resource].container;
        let host = container.and_then(|container| work.drafts[container].node);
        work.at.hosts.extend(host.map(|host| (*resource, host)));
    }
    for (resource, node, record) in records.into_iter().rev() {
        check_record(work, resource, node, record);
    }
    for (resource, node, record) in failures.into_iter().rev() {
        let verdict = work.at.digests(resource, node, record).verdict;
        if !matches!(verdict, DigestVerdict::Same | DigestVerdict::Unknown) {
            clear_failures(work, resource, node, "resource parameters have changed");
        }
    }
}

/// Does what a change asks for; says whether there was one.
fn has_changed(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    record: &OperationRecord,
) -> bool {
    let Some(task) = Task::parse(&record.operation) else { return false };
    let operation = Operation::at_interval(task, record.interval);
    if operation.interval > 0 && settings::configured(work, resource, operation, false).is_none() {
        if work.at.options.cancels_removed {
            cancel(work, resource, node, record);
        }
        return true;
    }
    if work.at.differs_in_secrets_only(resource, node, record) {
        return false;
    }
    match work.at.digests(resource, node, record).verdict {
        DigestVerdict::Same | DigestVerdict::Unknown => return false,
        DigestVerdict::Changed if operation.interval > 0 => {
            let reason = "Device parameters changed (reschedule)";
            work.require_unfencing(Some(resource), Some(node), reason);
            let action = work.act(resource, operation, Some(node), true);
            work.actions[action].flags.is_rescheduled = true;
        }
        // An agent that said which parameters need a restart can take the others as it runs.
        DigestVerdict::Changed if record.digests.restart.is_some() => {
            let reason = "Device parameters changed (reload)";
            work.require_unfencing(Some(resource), Some(node), reason);
            reload(work, resource, node);
        }
        DigestVerdict::Changed | DigestVerdict::Restart => {
            force_restart(work, resource, node, operation);
        }
    }
    true
}

/// What was started with other parameters is started anew. Probes, promotions and migrations
/// count as starts here.
fn force_restart(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    operation: Operation,
) {
    let begun = match operation.task {
        Task::Monitor | Task::MigrateFrom | Task::Promote if operation.interval == 0 => {
            Operation::once(Task::Start)
        }
        _ => operation,
    };
    let action = work.act(resource, begun, None, false);
    work.actions[action].set_reason("resource definition change", true);
    work.require_unfencing(Some(resource), Some(node), "Device parameters changed");
}

/// Changed parameters are given to the running resource, unless it is stopped anyway.
fn reload(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) {
    let state = &work.at.resources[resource];
    if !state.is_managed || state.has_failed {
        return;
    }
    if state.is_start_pending {
        work.act(resource, Operation::once(Task::Stop), Some(node), false);
        return;
    }
    work.drafts[resource].is_reloading = true;
    let reload = work.act(resource, Operation::once(Task::Reload), Some(node), false);
    work.actions[reload].set_reason("resource definition change", false);
    let relation = Relation::ORDERED | Relation::THEN_CANCELS_FIRST;
    for task in [Task::Stop, Task::Demote] {
        let then = OrderEnd::of(resource, Operation::once(task));
        work.order(OrderEnd::action(reload, None), then, relation);
    }
}

/// Ends a recurring operation that is set up on a node.
fn cancel(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex, record: &OperationRecord) {
    let Some(task) = Task::parse(&record.operation) else { return };
    let operation = Operation::at_interval(task, record.interval);
    let cancel = recurring::cancel(work, resource, operation, node);
    work.actions[cancel].meta.insert("call-id".into(), record.call.to_string());
    let stop = OrderEnd::of(resource, Operation::once(Task::Stop));
    work.order(stop, OrderEnd::action(cancel, Some(resource)), Relation::ORDERED);
}

/// Writes down which devices unfence `node`, with digests of their parameters; says whether one of
/// them has changed since the node was unfenced.
pub(super) fn note_devices(work: &Work<'_>, node: NodeIndex, action: &mut Action) -> bool {
    let (mut all, mut secure) = (String::new(), String::new());
    let mut has_changed = false;
    let unfences = |state: &Resource<'_>| {
        state.meta.get("provides").is_some_and(|it| it.eq_ignore_ascii_case("unfencing"))
    };
    for (device, state) in work.at.resources.iter().filter(|(_, state)| unfences(state)) {
        has_changed |= work.at.unfencing_verdict(device, node) == DigestVerdict::Changed;
        let digests = work.at.fencing_digests(device, node);
        for (text, digest) in [(&mut all, digests.0), (&mut secure, digests.1)] {
            text.push_str(&format!("{}:{}:{digest},", state.id, state.agent.kind));
        }
    }
    action.meta.insert("digests-all".into(), all);
    action.meta.insert("digests-secure".into(), secure);
    has_changed
}
