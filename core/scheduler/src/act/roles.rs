//! What brings a primitive from the role it has to the role it is to have.

use super::{migration, recurring, stops};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{MultipleActive, Requires, Task, Work};
use cluster::Role;

/// A step from one role to the next.
#[derive(Clone, Copy)]
enum Step {
    Start,
    Stop,
    Promote,
    Demote,
}

/// The first step of the way from one role to another, and the role it leads to.
///
/// An unpromoted instance that is to be just started is stopped first: the two differ in what the
/// agent was told.
const fn way(from: Role, to: Role) -> Option<(Step, Role)> {
    Some(match (from, to) {
        (Role::Stopped, Role::Started) => (Step::Start, Role::Started),
        (Role::Stopped, Role::Unpromoted | Role::Promoted) => (Step::Start, Role::Unpromoted),
        (Role::Started | Role::Unpromoted, Role::Promoted) => (Step::Promote, Role::Promoted),
        (Role::Started, Role::Stopped) | (Role::Unpromoted, Role::Stopped | Role::Started) => {
            (Step::Stop, Role::Stopped)
        }
        (Role::Promoted, Role::Stopped | Role::Started | Role::Unpromoted) => {
            (Step::Demote, Role::Unpromoted)
        }
        _ => return None,
    })
}

/// All that a primitive needs.
pub(super) fn actions(work: &mut Work<'_>, resource: ResourceIndex) {
    let goal = work.drafts[resource].node;
    let default = if goal.is_some() { Role::Started } else { Role::Stopped };
    let next_role = *work.at.resources[resource].next_role.get_or_insert(default);
    for source in work.at.resources[resource].dangling_migrations.clone() {
        migration::abort(work, resource, source);
    }
    let current = work.at.current_node(resource);
    let is_moving =
        current.is_some() && goal.is_some() && current != goal && next_role >= Role::Started;
    let could_migrate = is_moving && migration::is_possible(work, resource, current);
    let (is_spread, can_migrate) = give_up_migration(work, resource, current, could_migrate);
    // Where a stop is under way that nobody wants any more it is stopped all the same, and what depends
    // on it has to wait for its start (R5).
    let is_being_stopped = work.at.resources[resource].is_being_stopped;
    let mut needs_stop = is_moving || is_being_stopped || is_spread == Spread::Migrating;
    if is_spread == Spread::TooMuch {
        needs_stop |= heed_multiply_active(work, resource);
    } else {
        work.at.resources[resource].stops_unexpected = false;
    }
    if work.at.resources[resource].is_start_pending {
        let start = work.once(resource, Task::Start, goal, true);
        work.actions.always_show(start);
    }
    let mut needs_promote = false;
    let state = &work.at.resources[resource];
    if is_moving {
        // It is stopped where it is in any case.
    } else if state.has_failed {
        needs_stop |= state.must_stop;
        needs_promote = !state.must_stop && next_role == Role::Promoted;
    } else if state.is_blocked {
        needs_stop = true;
    } else if state.role > Role::Started && current.is_some() && goal.is_some() {
        let start = work.once(resource, Task::Start, goal, true);
        needs_stop |= !work.actions[start].flags.is_optional;
    }
    restart(work, resource, (needs_stop, needs_promote));
    change_role(work, resource);
    recurring::schedule(work, resource);
    if can_migrate {
        migration::schedule(work, resource, current);
    }
}

/// Over how many nodes it is spread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spread {
    /// As it should be.
    Fine,
    /// A migration was begun that cannot be continued.
    Migrating,
    /// It is active more than once.
    TooMuch,
}

/// A migration that was begun goes on where it still leads where it should. Says whether it is
/// active too often otherwise, and whether it can be migrated.
fn give_up_migration(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    current: Option<NodeIndex>,
    could_migrate: bool,
) -> (Spread, bool) {
    let state = &work.at.resources[resource];
    let all = state.running_on.len();
    if let Some((source, target)) = state.partial_migration {
        let goes_on = could_migrate
            && all == 2
            && current == Some(source)
            && work.drafts[resource].node == Some(target);
        if goes_on {
            work.at.resources[resource].stops_unexpected = false;
            return (Spread::Fine, true);
        }
        work.at.resources[resource].partial_migration = None;
        return (Spread::Migrating, false);
    }
    // What needs no fencing is not held to be active on nodes that are to be fenced.
    let counted = if state.settings.requires >= Requires::Fencing {
        all
    } else {
        let is_clean = |node: &&NodeIndex| {
            let node = &work.at.nodes[**node];
            node.is_online && !node.is_unclean
        };
        state.running_on.iter().filter(is_clean).count()
    };
    (if counted > 1 { Spread::TooMuch } else { Spread::Fine }, could_migrate)
}

/// Says whether it has to be stopped because it is active too often.
fn heed_multiply_active(work: &mut Work<'_>, resource: ResourceIndex) -> bool {
    let state = &mut work.at.resources[resource];
    match state.settings.multiple_active {
        MultipleActive::StopStart => true,
        MultipleActive::StopUnexpected => {
            state.stops_unexpected = true;
            true
        }
        MultipleActive::Block | MultipleActive::StopOnly => false,
    }
}

/// Down to stopped, and up again to the role it has: all optional, unless it is needed.
fn restart(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    (needs_stop, needs_promote): (bool, bool),
) {
    work.drafts[resource].is_restarting = true;
    let has = work.at.resources[resource].role;
    let mut role = has;
    while let Some((step, next)) = way(role, Role::Stopped) {
        take(work, resource, step, !needs_stop);
        role = next;
    }
    let goes_up = Some(has) <= work.at.resources[resource].next_role
        && !work.at.resources[resource].is_blocked;
    while goes_up && role != has {
        let Some((step, next)) = way(role, has) else { break };
        let is_required = needs_stop || (next == Role::Promoted && needs_promote);
        take(work, resource, step, !is_required);
        role = next;
    }
    work.drafts[resource].is_restarting = false;
}

/// From the role it has to the next.
fn change_role(work: &mut Work<'_>, resource: ResourceIndex) {
    let mut role = work.at.resources[resource].role;
    let Some(goal) = work.at.resources[resource].next_role else { return };
    while role != goal {
        let Some((step, next)) = way(role, goal) else { return };
        take(work, resource, step, false);
        role = next;
    }
}

fn take(work: &mut Work<'_>, resource: ResourceIndex, step: Step, is_optional: bool) {
    let goal = work.drafts[resource].node;
    match step {
        Step::Start => stops::start(work, resource, goal, is_optional),
        Step::Stop => stops::stop(work, resource, is_optional),
        Step::Promote => stops::promote(work, resource, goal, is_optional),
        Step::Demote => stops::demote(work, resource, is_optional),
    }
}
