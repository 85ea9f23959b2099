//! Order constraints: what people want to come before what.
//!
//! A constraint names resources and actions; what is meant are the actions themselves, which do
//! not exist yet. So each constraint becomes a list of [`OrderLink`]s, with a [`Relation`] that
//! says how strict it is. Sets are unrolled, tags and templates stand for all their members.

use crate::index::ResourceIndex;
use crate::model::{Colocation, Operation, OrderEnd, OrderLink, Relation, Task, Work};
use cluster::{Constraint, Order, OrderKind, OrderTarget, References, ResourceSet, Role, Score};

/// Whether an order says anything about the reverse actions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// It does not.
    OneWay,
    /// The reverse actions happen in reverse order.
    Symmetric,
    /// This is the part about the reverse actions.
    Reverse,
}

/// A resource set with its members found.
struct Members<'c> {
    id: &'c str,
    action: Task,
    kind: OrderKind,
    /// As written; what it means when it is not depends on what is asked.
    sequential: Option<bool>,
    requires_all: bool,
    direction: Direction,
    resources: Vec<ResourceIndex>,
}

/// Reads all order constraints.
pub(crate) fn read(work: &mut Work<'_>) {
    let configuration = work.at.facts.configuration;
    let references = References::of(configuration);
    for constraint in &configuration.constraints {
        let Constraint::Order(order) = constraint else { continue };
        match &order.target {
            OrderTarget::Pair { first, first_action, then, then_action } => {
                let first = (first.as_str(), first_action.as_deref());
                let then = (then.as_str(), then_action.as_deref());
                read_pair(work, order, first, then);
            }
            OrderTarget::Sets(sets) => read_sets(work, order, &references, sets),
        }
    }
}

/// `first` before `then`; when one of them stands for several resources, both become sets.
fn read_pair(
    work: &mut Work<'_>,
    order: &Order,
    (first, first_action): (&str, Option<&str>),
    (then, then_action): (&str, Option<&str>),
) {
    if let (Some(first), Some(then)) = (work.named(first), work.named(then)) {
        let Some(first_task) = task(first_action) else { return };
        let Some(then_task) = task(then_action.or(first_action)) else { return };
        order_pair(work, order, (first, first_task), (then, then_task));
        return;
    }
    let set = |work: &Work<'_>, id, action| {
        Some(Members {
            id,
            action: task(action)?,
            kind: order.effective_kind(),
            sequential: Some(false),
            requires_all: true,
            direction: direction(order.effective_kind(), order.symmetrical),
            resources: found(work, id)?,
        })
    };
    let Some(first) = set(work, first, first_action) else { return };
    let Some(then) = set(work, then, then_action) else { return };
    order_within(work, &first);
    order_within(work, &then);
    order_neighbours(work, order, &first, &then);
}

fn order_pair(
    work: &mut Work<'_>,
    order: &Order,
    first: (ResourceIndex, Task),
    then: (ResourceIndex, Task),
) {
    let kind = order.effective_kind();
    let direction = direction(kind, order.symmetrical);
    let relation = meaning(kind, first.1, direction);
    match enough_instances(work, first.0, order) {
        0 => work.order_operations(first, then, relation),
        needed => order_after_enough(work, order, (first, then), needed, relation),
    }
    if direction != Direction::Symmetric {
        return;
    }
    if let (Some(first_back), Some(then_back)) = (reverse(first.1), reverse(then.1)) {
        let relation = meaning(kind, then_back, Direction::Reverse);
        work.order_operations((then.0, then_back), (first.0, first_back), relation);
    }
}

/// How many instances of a clone are enough for what comes after it; zero when all it will ever
/// have are waited for.
fn enough_instances(work: &Work<'_>, first: ResourceIndex, order: &Order) -> u32 {
    let resource = &work.at.resources[first];
    match resource.clone_settings() {
        Some(settings) if resource.meta.contains_key("clone-min") => settings.min,
        Some(_) if order.require_all == Some(false) => 1,
        _ => 0,
    }
}

/// Puts a point between the clone's instances and what comes after, which is reached when enough
/// of them can be started.
fn order_after_enough(
    work: &mut Work<'_>,
    order: &Order,
    (first, then): ((ResourceIndex, Task), (ResourceIndex, Task)),
    needed: u32,
    relation: Relation,
) {
    let point = work.pseudo(format!("clone-one-or-more:{}", order.id));
    work.actions[point].needed_firsts = needed;
    work.actions[point].flags.needs_only_some = true;
    let point = OrderEnd::action(point, None);
    for instance in work.at.resources[first.0].children.clone() {
        let instance = OrderEnd::of(instance, Operation::once(first.1));
        work.order(instance, point, Relation::ENOUGH | Relation::FIRST_SHOWS_THEN);
    }
    let then = OrderEnd::of(then.0, Operation::once(then.1));
    work.order(point, then, relation | Relation::FIRST_MUST_BE_RUNNABLE);
}

/// Members of sets, and one set after the other. A set that cannot be read ends the constraint;
/// what stands before it holds.
fn read_sets<'c>(
    work: &mut Work<'_>,
    order: &Order,
    references: &References<'c>,
    sets: &'c [ResourceSet],
) {
    let mut last: Option<Members<'c>> = None;
    for set in sets {
        let known = references.resource_set(set);
        let Some(set) = known.and_then(|set| read_set(work, order, set)) else { return };
        order_within(work, &set);
        if let Some(last) = &last {
            order_neighbours(work, order, last, &set);
        }
        last = Some(set);
    }
}

fn read_set<'c>(work: &Work<'_>, order: &Order, set: &'c ResourceSet) -> Option<Members<'c>> {
    let kind = match set.extra.attribute("kind") {
        None => order.effective_kind(),
        Some(kind) if kind.eq_ignore_ascii_case("optional") => OrderKind::Optional,
        Some(kind) if kind.eq_ignore_ascii_case("serialize") => OrderKind::Serialize,
        Some(_) => OrderKind::Mandatory,
    };
    let own = set.extra.attribute("symmetrical").and_then(cluster::value::boolean);
    let mut resources = Vec::new();
    for member in &set.members {
        resources.extend(found(work, member)?);
    }
    Some(Members {
        id: &set.id,
        action: task(set.action.as_deref())?,
        kind,
        sequential: set.sequential,
        requires_all: set.require_all.unwrap_or(true),
        direction: direction(kind, own.or(order.symmetrical)),
        resources,
    })
}

/// What a set says of its own members.
fn order_within(work: &mut Work<'_>, set: &Members<'_>) {
    let relation = meaning(set.kind, set.action, set.direction);
    if set.kind == OrderKind::Serialize {
        for (position, first) in set.resources.iter().enumerate() {
            for then in &set.resources[position + 1..] {
                work.order_operations((*first, set.action), (*then, set.action), relation);
            }
        }
    } else if set.sequential.unwrap_or(true) {
        for pair in set.resources.windows(2) {
            work.order_operations((pair[0], set.action), (pair[1], set.action), relation);
        }
    }
    let Some(back) = reverse(set.action) else { return };
    if set.direction != Direction::Symmetric || !set.sequential.unwrap_or(true) {
        return;
    }
    let relation = meaning(set.kind, back, Direction::Reverse);
    for pair in set.resources.windows(2) {
        work.order_operations((pair[1], back), (pair[0], back), relation);
    }
}

/// One set after another, and the reverse.
fn order_neighbours(work: &mut Work<'_>, order: &Order, first: &Members<'_>, then: &Members<'_>) {
    let kind = order.effective_kind();
    let direction = direction(kind, order.symmetrical);
    let relation = meaning(kind, first.action, direction);
    // On the way down nobody can stop while one who depends on the set still runs, so that the
    // set is complete again.
    let goes_down = matches!(first.action, Task::Stop | Task::Demote);
    if first.requires_all || goes_down {
        let firsts = ends(&first.resources, first.sequential, |all| all.last());
        let thens = ends(&then.resources, then.sequential, |all| all.first());
        order_all(work, (firsts, first.action), (thens, then.action), relation);
    } else {
        order_after_some(work, first, then, relation);
    }
    if direction != Direction::Symmetric {
        return;
    }
    let (Some(first_back), Some(then_back)) = (reverse(first.action), reverse(then.action)) else {
        return;
    };
    let relation = meaning(kind, then_back, Direction::Reverse);
    let goes_down = matches!(then_back, Task::Stop | Task::Demote);
    if then.requires_all || goes_down {
        let firsts = ends(&then.resources, then.sequential, |all| all.first());
        let thens = ends(&first.resources, first.sequential, |all| all.last());
        order_all(work, (firsts, then_back), (thens, first_back), relation);
    } else {
        let firsts = Members { action: then_back, resources: then.resources.clone(), ..*then };
        let thens = Members { action: first_back, resources: first.resources.clone(), ..*first };
        order_after_some(work, &firsts, &thens, relation);
    }
}

/// The members of a set that meet its neighbour: of a sequence the outermost, else all. Between
/// sets only one that says so is a sequence.
fn ends<'s>(
    all: &'s [ResourceIndex],
    sequential: Option<bool>,
    outermost: fn(&'s [ResourceIndex]) -> Option<&'s ResourceIndex>,
) -> Vec<ResourceIndex> {
    match sequential {
        Some(true) => outermost(all).copied().into_iter().collect(),
        _ => all.to_vec(),
    }
}

fn order_all(
    work: &mut Work<'_>,
    (firsts, first_task): (Vec<ResourceIndex>, Task),
    (thens, then_task): (Vec<ResourceIndex>, Task),
    relation: Relation,
) {
    for first in firsts {
        for then in &thens {
            work.order_operations((first, first_task), (*then, then_task), relation);
        }
    }
}

/// One member of the first set is enough.
fn order_after_some(
    work: &mut Work<'_>,
    first: &Members<'_>,
    then: &Members<'_>,
    relation: Relation,
) {
    let point = work.pseudo(format!("one-or-more:{}", first.id));
    work.actions[point].needed_firsts = 1;
    work.actions[point].flags.needs_only_some = true;
    let point = OrderEnd::action(point, None);
    for resource in &first.resources {
        let member = OrderEnd::of(*resource, Operation::once(first.action));
        work.order(member, point, Relation::ENOUGH | Relation::FIRST_SHOWS_THEN);
    }
    for resource in &then.resources {
        let member = OrderEnd::of(*resource, Operation::once(then.action));
        work.order(point, member, relation | Relation::FIRST_MUST_BE_RUNNABLE);
    }
}

/// How strict an order of that kind is.
fn meaning(kind: OrderKind, first: Task, direction: Direction) -> Relation {
    match (kind, direction) {
        (OrderKind::Optional, _) => Relation::ORDERED,
        (OrderKind::Serialize, _) => Relation::SERIALIZE,
        (OrderKind::Mandatory, Direction::OneWay) => Relation::ORDERED | Relation::ONE_WAY,
        (OrderKind::Mandatory, Direction::Reverse) => {
            Relation::ORDERED | Relation::THEN_REQUIRES_FIRST
        }
        (OrderKind::Mandatory, Direction::Symmetric) => {
            let relation = Relation::ORDERED | Relation::FIRST_REQUIRES_THEN;
            match first {
                Task::Start | Task::Promote => relation | Relation::FIRST_MUST_BE_RUNNABLE,
                _ => relation,
            }
        }
    }
}

/// What cannot happen at the same time in any order has no reverse.
fn direction(kind: OrderKind, symmetrical: Option<bool>) -> Direction {
    match (kind, symmetrical) {
        (OrderKind::Serialize, _) | (_, Some(false)) => Direction::OneWay,
        _ => Direction::Symmetric,
    }
}

fn task(action: Option<&str>) -> Option<Task> {
    action.map_or(Some(Task::Start), Task::parse)
}

const fn reverse(task: Task) -> Option<Task> {
    Some(match task {
        Task::Start => Task::Stop,
        Task::Stop => Task::Start,
        Task::Promote => Task::Demote,
        Task::Demote => Task::Promote,
        Task::Promoted => Task::Demoted,
        Task::Demoted => Task::Promoted,
        Task::Running => Task::Stopped,
        Task::Stopped => Task::Running,
        _ => return None,
    })
}

/// The resources that a constraint means by `id`: one, or those of a template or tag. `None` when
/// one of them does not exist.
fn found(work: &Work<'_>, id: &str) -> Option<Vec<ResourceIndex>> {
    if let Some(resource) = work.named(id) {
        return Some(vec![resource]);
    }
    let configuration = work.at.facts.configuration;
    let primitives = configuration.resources.iter().flat_map(cluster::Resource::primitives);
    let made_of = primitives.filter(|primitive| primitive.template.as_deref() == Some(id));
    let mut names: Vec<&str> = made_of.map(|primitive| primitive.id.as_str()).collect();
    if names.is_empty() {
        let tag = configuration.tags.iter().find(|tag| tag.id == id)?;
        names = tag.members.iter().map(String::as_str).collect();
    }
    names.into_iter().map(|name| work.named(name)).collect()
}

/// What an order of starts or stops means for resources that move without being stopped.
pub(crate) fn order_migrations(work: &mut Work<'_>, link: OrderLink) {
    let (Some((first, before)), Some((then, after))) =
        (side(work, link.first), side(work, link.then))
    else {
        return;
    };
    let can_first = work.at.resources[first].settings.can_migrate;
    let can_then = work.at.resources[then].settings.can_migrate;
    if !can_then
        || first == then
        || work.at.is_inside(first, then)
        || work.at.is_inside(then, first)
    {
        return;
    }
    let unless = if can_first { Relation::UNLESS_FIRST_MIGRATES } else { Relation::NONE };
    let unless = Relation::ORDERED | unless;
    let is_partial = work.at.resources[then].partial_migration.is_some();
    match (before, after) {
        (Task::Start, Task::Start) => {
            if can_first {
                let both = ((first, Task::MigrateFrom), (then, Task::MigrateTo));
                work.order_operations(both.0, both.1, Relation::ORDERED);
            }
            work.order_operations((first, Task::Start), (then, Task::MigrateTo), unless);
        }
        (Task::Stop, Task::Stop) => {
            work.order_operations((first, Task::Stop), (then, Task::MigrateTo), unless);
            if is_partial {
                work.order_operations((first, Task::Stop), (then, Task::MigrateFrom), unless);
            }
        }
        (Task::Promote, Task::Start) => {
            let move_away = (then, Task::MigrateTo);
            work.order_operations((first, Task::Promote), move_away, Relation::ORDERED);
        }
        (Task::Demote, Task::Stop) => {
            let move_away = (then, Task::MigrateTo);
            work.order_operations((first, Task::Demote), move_away, Relation::ORDERED);
            if is_partial {
                let arrive = (then, Task::MigrateFrom);
                work.order_operations((first, Task::Demote), arrive, Relation::ORDERED);
            }
        }
        _ => {}
    }
}

fn side(work: &Work<'_>, end: OrderEnd) -> Option<(ResourceIndex, Task)> {
    let action = end.action.map(|action| &work.actions[action]);
    let resource = end.resource.or_else(|| action.and_then(|action| action.resource))?;
    let operation = end.operation.or_else(|| action.map(|action| action.operation))?;
    (operation.interval == 0).then_some((resource, operation.task))
}

/// Who must not be where another is waits until that one has left.
pub(crate) fn keep_apart(work: &mut Work<'_>, colocation: &Colocation) {
    if colocation.score > Score::MINUS_INFINITY {
        return;
    }
    let dependent = (colocation.dependent, colocation.dependent_role);
    let primary = (colocation.primary, colocation.primary_role);
    for ((leaver, left), (comer, gained)) in [(dependent, primary), (primary, dependent)] {
        let leaves: &[Task] = match left {
            Some(Role::Promoted) => &[Task::Demote],
            Some(Role::Unpromoted) => &[Task::Stop, Task::Promote],
            _ => &[Task::Stop],
        };
        let comes: &[Task] = match gained {
            Some(Role::Promoted) => &[Task::Promote],
            Some(Role::Unpromoted) => &[Task::Start, Task::Demote],
            _ => &[Task::Start],
        };
        for first in leaves {
            for then in comes {
                let relation = Relation::SAME_NODE_IF_REQUIRED;
                work.order_operations((leaver, *first), (comer, *then), relation);
            }
        }
    }
}
