//! What one order between two actions means for them.

use super::{Changed, Filter, Pair};
use crate::index::{ActionIndex, NodeIndex};
use crate::model::{Action, ActionFlags, Fact, Relation, Task, Work};
use cluster::Role;

/// Takes `fact` from `action`. When another resource is to blame the action says so.
fn take(work: &mut Work<'_>, action: ActionIndex, fact: Fact, because: ActionIndex) {
    let is_news = work.actions.take(action, fact);
    if !is_news || work.actions[action].resource == work.actions[because].resource {
        return;
    }
    if work.actions[action].reason.is_none() {
        let word = match fact {
            Fact::Optional => "required",
            Fact::Runnable => "unrunnable",
            Fact::Migratable => "unmigrateable",
        };
        let reason = reason(work, word, &work.actions[because]);
        work.actions[action].reason = Some(reason);
    }
}

/// `required ost0 start`
fn reason(work: &Work<'_>, word: &str, because: &Action) -> String {
    match because.resource {
        Some(resource) => {
            let task = because.operation.task.name();
            format!("{word} {} {task}", work.at.resources[resource].id)
        }
        None => format!("{word} {}", because.task_name()),
    }
}

/// What a pair of actions of primitives, or of nodes, means to each other.
pub(crate) fn update_pair(work: &mut Work<'_>, pair: Pair) -> Changed {
    let Pair { first, then, first_flags, filter, relation, .. } = pair;
    let before = (work.actions[first].flags, work.actions[then].flags);
    if relation.has(Relation::ONE_WAY) {
        one_way(work, first, then);
    }
    if relation.has(Relation::THEN_REQUIRES_FIRST) && !before.1.is_optional {
        if filter.optional && !first_flags.is_optional && before.0.is_optional {
            take(work, first, Fact::Optional, then);
        }
        if first_flags.is_migratable && !work.actions[then].flags.is_migratable {
            take(work, first, Fact::Migratable, then);
        }
    }
    if relation.has(Relation::PROMOTED_THEN_REQUIRES_FIRST) {
        promoted_requires(work, first, then, filter);
    }
    if relation.has(Relation::FIRST_MIGRATES_WITH_THEN) && filter.optional {
        let flags = work.actions[then].flags;
        if !(flags.is_migratable && flags.is_runnable) {
            take(work, first, Fact::Runnable, then);
        }
        if !flags.is_optional {
            take(work, first, Fact::Optional, then);
        }
    }
    if relation.has(Relation::FIRST_ELSE_THEN)
        && filter.optional
        && !work.actions[first].flags.is_runnable
    {
        take(work, then, Fact::Migratable, first);
        work.actions[then].flags.is_pseudo = false;
    }
    if relation.has(Relation::FIRST_MUST_BE_RUNNABLE)
        && filter.runnable
        && work.actions[then].flags.is_runnable
        && !first_flags.is_runnable
    {
        take(work, then, Fact::Runnable, first);
        take(work, then, Fact::Migratable, first);
    }
    if relation.has(Relation::FIRST_REQUIRES_THEN)
        && filter.optional
        && work.actions[then].flags.is_optional
        && !first_flags.is_optional
        && !work.actions[first].flags.is_migratable
    {
        take(work, then, Fact::Optional, first);
    }
    if relation.has(Relation::RESTART) {
        restart(work, first, then, filter);
    }
    let after = (work.actions[first].flags, work.actions[then].flags);
    Changed { first: before.0 != after.0, then: before.1 != after.1 }
}

fn promoted_requires(work: &mut Work<'_>, first: ActionIndex, then: ActionIndex, filter: Filter) {
    let resource = work.actions[then].resource;
    let is_promoted = resource.is_some_and(|it| work.at.resources[it].role == Role::Promoted);
    if !is_promoted || !filter.optional || work.actions[then].flags.is_optional {
        return;
    }
    take(work, first, Fact::Optional, then);
    if work.actions[first].flags.is_migratable && !work.actions[then].flags.is_migratable {
        take(work, first, Fact::Migratable, then);
    }
}

/// An order that is not symmetrical: what cannot come first keeps the other from coming at all,
/// unless that is the case already.
fn one_way(work: &mut Work<'_>, first: ActionIndex, then: ActionIndex) {
    let Some(resource) = work.actions[then].resource else { return };
    if work.actions[first].flags.is_runnable {
        return;
    }
    if work.actions[then].flags.is_optional {
        let role = work.at.role_of(resource, true);
        let is_already = match work.actions[then].operation.task {
            Task::Stop => role == Role::Stopped,
            Task::Start => {
                role >= Role::Started && runs_only_there(work, then, work.actions[then].node)
            }
            _ => false,
        };
        if is_already {
            return;
        }
    }
    take(work, then, Fact::Optional, first);
    take(work, then, Fact::Runnable, first);
}

fn runs_only_there(work: &Work<'_>, action: ActionIndex, node: Option<NodeIndex>) -> bool {
    let Some(resource) = work.actions[action].resource else { return false };
    match work.nodes_of(resource, crate::place::Which::Current).as_slice() {
        [only] => Some(*only) == node,
        _ => false,
    }
}

/// A stop and a start of the same restart: when the start has to be, so has the stop; when the
/// start cannot be, the stop still is; when the stop cannot be, neither can the start.
fn restart(work: &mut Work<'_>, first: ActionIndex, then: ActionIndex, filter: Filter) {
    let flags = work.actions[then].flags;
    let is_required = filter.optional && !flags.is_optional;
    let is_stuck = filter.runnable && !flags.is_runnable && {
        let resource = work.actions[then].resource;
        let is_managed = resource.is_some_and(|it| work.at.resources[it].is_managed);
        is_managed && work.actions[first].resource == resource
    };
    if !is_required && !is_stuck {
        return;
    }
    if work.actions[first].flags.is_runnable || !flags.is_optional {
        take(work, first, Fact::Optional, then);
    }
    if !flags.is_migratable {
        take(work, first, Fact::Migratable, then);
    }
    let first_flags = work.actions[first].flags;
    if !first_flags.is_optional && !first_flags.is_runnable {
        take(work, then, Fact::Runnable, first);
    }
}

/// Nothing is known of an action but whether it is optional.
pub(super) fn only_optional(flags: ActionFlags) -> ActionFlags {
    ActionFlags { is_optional: flags.is_optional, ..ActionFlags::default() }
}
