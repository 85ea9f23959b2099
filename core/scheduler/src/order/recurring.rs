//! Operations that are repeated: which begin, which end.

use crate::act::digest;
use crate::digest::differs;
use crate::gather::{Management, Situation};
use crate::index::{InstanceIndex, NodeIndex};
use crate::invocation::{self, Run};
use crate::plan::Task;
use cluster::{OperationRecord, OperationSettings, OperationStatus, Role, exit_code};

/// Something that begins or ends.
pub(super) struct Change<'a> {
    pub(super) run: Run<'a>,
    pub(super) reason: String,
}

/// What has to change about the recurring operations of `instance` on `node`, where it runs or
/// is about to be started. A stop ends them all, so that after a start all begin.
pub(super) fn changes<'a>(
    situation: &Situation<'a>,
    instance: InstanceIndex,
    node: NodeIndex,
    is_starting: bool,
) -> Vec<Change<'a>> {
    let activity = situation.instances[instance].on(node).filter(|_| !is_starting);
    let records = activity.map_or(&[][..], |activity| activity.operations);
    let started = records.iter().filter(|it| it.operation == "start").map(|it| it.call).max();
    let is_alive = |record: &&OperationRecord| {
        !record.interval.is_zero()
            && record.status != OperationStatus::Cancelled
            && started.is_none_or(|started| record.call >= started || record.call < 0)
    };
    let alive: Vec<&OperationRecord> = records.iter().filter(is_alive).collect();
    if activity.is_none() && !is_starting {
        return Vec::new();
    }
    let wanted = wanted(situation, instance);
    let run = |task, interval, operation| Run {
        instance,
        node,
        task,
        interval,
        operation,
        target_code: exit_code::OK,
    };
    let mut changes = Vec::new();
    for record in &alive {
        let is_wanted = wanted.iter().any(|operation| is_same(operation, record));
        let is_known = record.operation == "monitor";
        if !is_wanted && is_known && situation.options.cancels_orphans {
            let reason = match situation.management(instance) {
                Management::Maintenance => "it is in maintenance".into(),
                Management::Managed | Management::Unmanaged => "it is no longer configured".into(),
            };
            let run = run(Task::Cancel, record.interval, None);
            changes.push(Change { run, reason });
        }
    }
    for operation in wanted {
        let interval = operation.interval.value;
        let begin = run(Task::Monitor, interval, Some(operation));
        match alive.iter().find(|record| is_same(operation, record)) {
            None => {
                let reason = format!("it is watched every {}", operation.interval);
                changes.push(Change { run: begin, reason });
            }
            Some(record) if is_changed(situation, (instance, node), operation, record) => {
                let reason = "its parameters have changed".to_owned();
                let end = run(Task::Cancel, interval, None);
                changes.push(Change { run: end, reason: reason.clone() });
                changes.push(Change { run: begin, reason });
            }
            Some(_) => {}
        }
    }
    changes
}

/// The recurring operations that are configured for what `instance` is to be.
fn wanted<'a>(situation: &Situation<'a>, instance: InstanceIndex) -> Vec<&'a OperationSettings> {
    let Some(primitive) = situation.primitive_of(instance).configured else { return Vec::new() };
    if situation.management(instance) == Management::Maintenance {
        return Vec::new();
    }
    let is_wanted = |operation: &&OperationSettings| {
        operation.name == "monitor"
            && !operation.interval.value.is_zero()
            && operation.enabled.unwrap_or(true)
            && matches!(operation.role, None | Some(Role::Started | Role::Unpromoted))
    };
    primitive.operations.iter().filter(is_wanted).collect()
}

fn is_same(operation: &OperationSettings, record: &OperationRecord) -> bool {
    operation.name == record.operation && operation.interval.value == record.interval
}

fn is_changed(
    situation: &Situation<'_>,
    (instance, node): (InstanceIndex, NodeIndex),
    operation: &OperationSettings,
    record: &OperationRecord,
) -> bool {
    let primitive = situation.primitive_of(instance);
    digest(record).is_some_and(|digest| {
        differs(digest, &invocation::parameters(situation, primitive, node, Some(operation)))
    })
}
