//! Groups: members that start one after the other, and stop the other way round.

use super::instances::point;
use crate::index::ResourceIndex;
use crate::model::{Relation, Task, Work};

/// What members need, and the group's own points.
pub(super) fn actions_of(work: &mut Work<'_>, group: ResourceIndex) {
    for member in work.at.resources[group].children.clone() {
        super::actions_of(work, member);
    }
    for task in [Task::Start, Task::Running, Task::Stop, Task::Stopped] {
        point(work, group, task, true, true);
    }
    let top = work.at.top_of(group, false);
    if work.at.resources[top].is_promotable() || is_true(work, group, "promotable", false) {
        for task in [Task::Demote, Task::Demoted, Task::Promote, Task::Promoted] {
            point(work, group, task, true, true);
        }
    }
}

fn is_true(work: &Work<'_>, group: ResourceIndex, name: &str, default: bool) -> bool {
    work.at.resources[group]
        .meta
        .get(name)
        .map_or(default, |value| cluster::value::boolean(value) == Some(true))
}

/// The group as it is walked from its first member to its last.
struct Walk {
    group: ResourceIndex,
    /// Whether members wait for each other.
    is_ordered: bool,
    /// Whether members can be promoted.
    is_promotable: bool,
    /// The member before this one.
    previous: Option<ResourceIndex>,
    /// The last member before this one that is active.
    last_active: Option<ResourceIndex>,
}

/// Orders within a group.
pub(super) fn imply_orders_of(work: &mut Work<'_>, group: ResourceIndex) {
    let must = Relation::FIRST_MUST_BE_RUNNABLE;
    work.order_operations((group, Task::Stop), (group, Task::Stopped), must);
    work.order_operations((group, Task::Stopped), (group, Task::Start), Relation::ORDERED);
    work.order_operations((group, Task::Start), (group, Task::Running), must);

    let top = work.at.top_of(group, false);
    let mut walk = Walk {
        group,
        is_ordered: is_true(work, group, "ordered", true),
        is_promotable: work.at.resources[top].is_promotable(),
        previous: None,
        last_active: None,
    };
    for member in work.at.resources[group].children.clone() {
        super::imply_orders_of(work, member);
        order_with_group(work, &walk, member);
        match walk.previous {
            _ if !walk.is_ordered => start_with_group(work, &walk, member),
            Some(previous) => order_with_previous(work, &walk, previous, member),
            None => {}
        }
        order_with_last_active(work, &mut walk, member);
        walk.previous = Some(member);
    }
}

/// The group's points enclose those of each member.
fn order_with_group(work: &mut Work<'_>, walk: &Walk, member: ResourceIndex) {
    let Walk { group, is_ordered, is_promotable, previous, .. } = *walk;
    let is_first = is_ordered && previous.is_none();
    let down = Relation::THEN_SHOWS_FIRST;
    let down = if is_first { down | Relation::ORDERED } else { down };
    // The first member is the last to stop: with it the group is stopped.
    let is_down = if is_first { Relation::FIRST_REQUIRES_THEN } else { Relation::FIRST_SHOWS_THEN };
    let is_up = Relation::FIRST_MUST_BE_RUNNABLE
        | Relation::FIRST_REQUIRES_THEN
        | Relation::FIRST_SHOWS_THEN;
    if is_promotable {
        work.order_operations((group, Task::Demote), (member, Task::Demote), down);
        work.order_operations((member, Task::Demote), (group, Task::Demoted), is_down);
        work.order_operations((member, Task::Promote), (group, Task::Promoted), is_up);
        let shows = Relation::THEN_SHOWS_FIRST;
        work.order_operations((group, Task::Promote), (member, Task::Promote), shows);
    }
    work.order_operations((group, Task::Stop), (member, Task::Stop), down);
    work.order_operations((member, Task::Stop), (group, Task::Stopped), is_down);
    let shows = Relation::THEN_SHOWS_FIRST;
    work.order_operations((group, Task::Start), (member, Task::Start), shows);
    work.order_operations((member, Task::Start), (group, Task::Running), is_up);
}

/// Members that do not wait for each other wait for the group only.
fn start_with_group(work: &mut Work<'_>, walk: &Walk, member: ResourceIndex) {
    let relation = Relation::FIRST_REQUIRES_THEN
        | Relation::FIRST_MUST_BE_RUNNABLE
        | Relation::THEN_SHOWS_FIRST;
    work.order_operations((walk.group, Task::Start), (member, Task::Start), relation);
    if walk.is_promotable {
        work.order_operations((walk.group, Task::Promote), (member, Task::Promote), relation);
    }
}

fn order_with_previous(
    work: &mut Work<'_>,
    walk: &Walk,
    previous: ResourceIndex,
    member: ResourceIndex,
) {
    let up = Relation::FIRST_REQUIRES_THEN | Relation::FIRST_MUST_BE_RUNNABLE;
    let down = Relation::ORDERED | Relation::RESTART;
    work.order_operations((previous, Task::Start), (member, Task::Start), up);
    work.order_operations((member, Task::Stop), (previous, Task::Stop), down);
    let is_active = |it: ResourceIndex| !work.at.resources[it].running_on.is_empty();
    if is_active(member) && !is_active(previous) {
        // A member was put in before one that runs: no restart orders those two, so that the later
        // one's stop has to be ordered before the newcomer's start.
        let relation = Relation::THEN_REQUIRES_FIRST | Relation::FIRST_MUST_BE_RUNNABLE;
        work.order_operations((member, Task::Stop), (previous, Task::Start), relation);
    }
    if walk.is_promotable {
        work.order_operations((previous, Task::Promote), (member, Task::Promote), up);
        let down = Relation::ORDERED;
        work.order_operations((member, Task::Demote), (previous, Task::Demote), down);
    }
}

/// A group of which only some members are active still stops in sequence.
fn order_with_last_active(work: &mut Work<'_>, walk: &mut Walk, member: ResourceIndex) {
    let is_active = |it: ResourceIndex| !work.at.resources[it].running_on.is_empty();
    if !is_active(member) {
        return;
    }
    let has_gap = walk.previous.is_some_and(|previous| !is_active(previous));
    if let (true, true, Some(last)) = (walk.is_ordered, has_gap, walk.last_active) {
        work.order_operations((member, Task::Stop), (last, Task::Stop), Relation::ORDERED);
    }
    walk.last_active = Some(member);
}
