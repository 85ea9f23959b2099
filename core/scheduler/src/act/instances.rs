//! What clones and bundles have in common: several instances, and points that sum them up.

use crate::index::{ActionIndex, ResourceIndex};
use crate::model::{Operation, Task, Work};
use cluster::Score;

/// What is going on among instances.
#[derive(Clone, Copy, Debug, Default)]
struct Bustle {
    is_starting: bool,
    is_stopping: bool,
    is_restarting: bool,
    is_active: bool,
}

impl Bustle {
    const fn is_all(self) -> bool {
        self.is_starting && self.is_stopping && self.is_restarting && self.is_active
    }
}

/// The four points around starting and stopping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    pub(super) start: ActionIndex,
    pub(super) running: ActionIndex,
    pub(super) stop: ActionIndex,
    pub(super) stopped: ActionIndex,
}

/// A point of a collective resource.
pub(super) fn point(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    task: Task,
    is_optional: bool,
    is_runnable: bool,
) -> ActionIndex {
    let action = work.act(resource, Operation::once(task), None, is_optional);
    let flags = &mut work.actions[action].flags;
    flags.is_pseudo = true;
    flags.is_runnable |= is_runnable;
    action
}

/// A point that says that all is done: what waits for it is more urgent than what began it.
pub(super) fn completion(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    task: Task,
    is_optional: bool,
) -> ActionIndex {
    let action = point(work, resource, task, is_optional, true);
    work.actions[action].priority = Score::INFINITY;
    action
}

/// The points that sum up the starts and stops of `instances`, whose actions are known.
pub(super) fn sum_up(
    work: &mut Work<'_>,
    collective: ResourceIndex,
    instances: &[ResourceIndex],
) -> Points {
    let mut bustle = Bustle::default();
    for instance in instances {
        look_at(work, *instance, &mut bustle);
    }
    let (no_start, no_stop) = (!bustle.is_starting, !bustle.is_stopping);
    let start = point(work, collective, Task::Start, no_start, true);
    let can_run = bustle.is_active || bustle.is_starting;
    let running = completion(work, collective, Task::Running, no_start);
    work.actions[running].flags.is_runnable = can_run;
    let stop = point(work, collective, Task::Stop, no_stop, true);
    let stopped = completion(work, collective, Task::Stopped, no_stop);
    if !bustle.is_restarting {
        work.actions[stop].flags.is_migratable = true;
    }
    Points { start, running, stop, stopped }
}

fn look_at(work: &Work<'_>, instance: ResourceIndex, bustle: &mut Bustle) {
    if bustle.is_all() {
        return;
    }
    let resource = &work.at.resources[instance];
    if !resource.is_primitive() {
        for child in &resource.children {
            look_at(work, *child, bustle);
        }
        return;
    }
    let (mut is_starting, mut is_stopping) = (false, false);
    for action in work.actions.of(instance) {
        let action = &work.actions[*action];
        let flags = action.flags;
        if flags.is_optional {
            continue;
        }
        match action.operation.task {
            Task::Start => is_starting |= flags.is_runnable,
            // A stop that nobody carries out is implied by the fencing of its node.
            Task::Stop => is_stopping |= flags.is_runnable || flags.is_pseudo,
            _ => {}
        }
    }
    bustle.is_active |= !resource.running_on.is_empty();
    bustle.is_starting |= is_starting;
    bustle.is_stopping |= is_stopping;
    bustle.is_restarting |= is_starting && is_stopping;
}
