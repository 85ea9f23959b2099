//! Live migration: a resource is handed from node to node without being stopped.

use super::stops;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Operation, OrderEnd, Relation, Task, Work};

/// Whether it can be handed over from `current` to where it goes.
pub(super) fn is_possible(
    work: &Work<'_>,
    resource: ResourceIndex,
    current: Option<NodeIndex>,
) -> bool {
    let state = &work.at.resources[resource];
    let is_clean =
        |node: Option<NodeIndex>| node.is_some_and(|node| !work.at.nodes[node].is_unclean);
    state.settings.can_migrate
        && state.is_managed
        && !state.has_failed
        && !state.is_start_pending
        && is_clean(current)
        && is_clean(work.drafts[resource].node)
}

/// What a migration that failed may have left on `source` is stopped.
pub(super) fn abort(work: &mut Work<'_>, resource: ResourceIndex, source: NodeIndex) {
    let stop = work.once(resource, Task::Stop, Some(source), false);
    work.actions[stop].flags.ends_migration = true;
    if work.at.options.removes_after_stop {
        stops::forget(work, resource, source, false);
    }
}

/// Hand over on `current`, take over where it goes; the start there is a mere point then, and the
/// stop cleans up.
pub(super) fn schedule(work: &mut Work<'_>, resource: ResourceIndex, current: Option<NodeIndex>) {
    let goal = work.drafts[resource].node;
    let (Some(source), Some(target)) = (current, goal) else { return };
    let is_begun = work.at.resources[resource].partial_migration.is_some();
    let start = work.once(resource, Task::Start, goal, true);
    let stop = work.once(resource, Task::Stop, current, true);
    let hand_over = (!is_begun).then(|| work.once(resource, Task::MigrateTo, current, true));
    let take_over = work.once(resource, Task::MigrateFrom, goal, true);
    for action in [Some(start), Some(stop), hand_over, Some(take_over)].into_iter().flatten() {
        work.actions[action].flags.is_migratable = true;
    }
    work.actions[start].flags.is_pseudo = true;
    let requires = work.actions[start].requires;
    // Whoever begins has to meet what the start requires.
    work.actions[hand_over.unwrap_or(take_over)].requires = requires;
    order(work, resource, is_begun);
    let names = [source, target].map(|node| work.at.nodes[node].name.clone());
    for action in hand_over.into_iter().chain([take_over]) {
        let meta = &mut work.actions[action].meta;
        meta.insert("migrate_source".into(), names[0].clone());
        meta.insert("migrate_target".into(), names[1].clone());
    }
    if let Some(hand_over) = hand_over
        && work.at.resources[resource].remote_node.is_none()
    {
        // The target has to know of it as well.
        work.actions[hand_over].meta.insert("record-pending".into(), "true".into());
    }
}

fn order(work: &mut Work<'_>, resource: ResourceIndex, is_begun: bool) {
    let of = |task| OrderEnd::of(resource, Operation::once(task));
    let with_then = Relation::ORDERED | Relation::FIRST_MIGRATES_WITH_THEN;
    let mut add = |first, then, relation| work.order(of(first), of(then), relation);
    if is_begun {
        add(Task::Monitor, Task::MigrateFrom, Relation::ORDERED);
    } else {
        add(Task::Monitor, Task::MigrateTo, Relation::ORDERED);
        add(Task::MigrateTo, Task::MigrateFrom, with_then);
    }
    add(Task::MigrateFrom, Task::Stop, with_then);
    let before_start = with_then | Relation::FIRST_ELSE_THEN;
    add(Task::MigrateFrom, Task::Start, before_start);
}
