//! Why one action waits for another, found out from what both are about.

use cluster::{Configuration, Constraint, OrderTarget};
use scheduler::index::{ActionIndex, ResourceIndex};
use scheduler::model::{Action, Situation};
use scheduler::{Decision, Task};
use std::collections::{BTreeMap, BTreeSet};

/// Why one action waits for another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Why {
    /// In a few words; empty when nobody can say.
    pub(super) words: String,
    /// Whether it names nothing, and so holds wherever two such actions meet.
    pub(super) is_general: bool,
}

impl Why {
    fn general(words: &str) -> Self {
        Self { words: words.to_owned(), is_general: true }
    }

    fn particular(words: String) -> Self {
        Self { words, is_general: false }
    }
}

/// Knows who is ordered against whom.
pub(super) struct Reader<'d, 'a> {
    pub(super) decision: &'d Decision<'a>,
    orders: Orders<'d>,
}

impl<'d, 'a> Reader<'d, 'a> {
    pub(super) fn new(decision: &'d Decision<'a>) -> Self {
        Self { decision, orders: Orders::new(decision.situation.facts.configuration) }
    }

    /// Why `then` waits for `first`.
    pub(super) fn why(&self, first: ActionIndex, then: ActionIndex) -> Why {
        let actions = &self.decision.actions;
        let (first, then) = (&actions[first], &actions[then]);
        self.of_node(first, then)
            .or_else(|| self.of_two_resources(first, then))
            .or_else(|| self.of_remote(first, then))
            .unwrap_or_default()
    }

    fn node_name(&self, action: &Action) -> &str {
        action.node.map_or("the node", |node| self.decision.situation.nodes[node].name.as_str())
    }

    /// Where one of them is about a node.
    fn of_node(&self, first: &Action, then: &Action) -> Option<Why> {
        let node = self.node_name(first);
        Some(match (first.operation.task, then.operation.task) {
            (Task::Fence, Task::Fence) => Why::general("nodes are fenced one after another"),
            (Task::Fence, _) if first.meta.get("stonith_action").is_some_and(|how| how == "on") => {
                Why::general("the node has access again only then")
            }
            (Task::Fence, _) => Why::general("what the node ran is certainly down only then"),
            (_, Task::Shutdown) => {
                Why::particular(format!("{node} leaves when nothing runs there any more"))
            }
            (_, Task::Fence) => Why::general("in order first, as long as that is possible"),
            (Task::ClearFailCount, _) => Why::general("old failures count no more only then"),
            _ => return None,
        })
    }

    fn of_two_resources(&self, first: &Action, then: &Action) -> Option<Why> {
        let situation = &self.decision.situation;
        let (one, other) = (first.resource?, then.resource?);
        let (task, next) = (first.operation.task, then.operation.task);
        if matches!(task, Task::Notify(..)) || matches!(next, Task::Notify(..)) {
            return Some(Why::general("all instances are told before and after"));
        }
        if one == other {
            return of_one(first, then).map(Why::general);
        }
        let (above, above_other) = (line(situation, one), line(situation, other));
        if let Some(id) = self.orders.between(situation, &above, &above_other) {
            return Some(Why::particular(format!("order {id}")));
        }
        if first.operation.is_probe() {
            return Some(Why::general(PROBED));
        }
        let common = above.iter().find(|id| above_other.contains(id))?;
        let common = &situation.resources[*common];
        Some(Why::particular(if common.is_group() {
            let order = if matches!(task, Task::Stop | Task::Demote) { "last" } else { "first" };
            format!("group {}, {order} member first", common.id)
        } else if common.is_bundle() {
            format!("bundle {}: the container carries the rest", common.id)
        } else {
            format!("instances of {}", common.id)
        }))
    }

    /// Where one of them is the connection that the other needs, or what the other runs inside of.
    fn of_remote(&self, first: &Action, then: &Action) -> Option<Why> {
        let situation = &self.decision.situation;
        let leads_to = |way: &Action, to: &Action| {
            let node = to.node?;
            let connection = situation.nodes[node].connection?;
            let container = situation.resources[connection].container;
            let of_way = way.resource?;
            let is_way = of_way == connection || Some(of_way) == container;
            is_way.then(|| situation.nodes[node].name.clone())
        };
        if let Some(node) = leads_to(first, then) {
            return Some(Why::particular(format!("{node} can be reached only then")));
        }
        if let Some(node) = leads_to(then, first) {
            return Some(Why::particular(format!("{node} can be reached only until then")));
        }
        // Whatever else stands between two that have nothing to do with each other is room.
        let is_room = first.operation.task == Task::Stop && then.node == first.node;
        (is_room && then.operation.task == Task::Start).then(|| {
            Why::particular(format!("there is room on {} only then", self.node_name(first)))
        })
    }
}

/// What a probe is for.
const PROBED: &str = "whether it runs is known only then";

/// Two actions of the same resource.
fn of_one(first: &Action, then: &Action) -> Option<&'static str> {
    Some(match (first.operation.task, then.operation.task) {
        _ if first.operation.is_probe() => PROBED,
        (Task::Stop, Task::Start) => "never active twice",
        (Task::Stop, Task::Delete) => "it has to be stopped first",
        (Task::Demote, Task::Stop) => "it is demoted before it stops",
        (Task::Demote, _) => "it has to be demoted first",
        (Task::Start, Task::Promote) => "it is started before it is promoted",
        (_, Task::Monitor) => "it is watched once it is what it shall be",
        (Task::MigrateTo, _) => "it is handed over first",
        (Task::MigrateFrom, _) => "it runs on the other node then",
        (Task::Delete, Task::Start) => "its old history is forgotten first",
        _ => return None,
    })
}

/// A resource, and all that it is inside of, innermost first.
fn line(situation: &Situation<'_>, resource: ResourceIndex) -> Vec<ResourceIndex> {
    std::iter::successors(Some(resource), |at| situation.resources[*at].parent).collect()
}

/// What order constraints say, by the ids that they name.
struct Orders<'d> {
    /// For each id: constraints that name it, and its place there.
    places: BTreeMap<&'d str, Vec<(usize, usize)>>,
    ids: Vec<&'d str>,
}

impl<'d> Orders<'d> {
    fn new(configuration: &'d Configuration) -> Self {
        let mut orders = Self { places: BTreeMap::new(), ids: Vec::new() };
        for constraint in &configuration.constraints {
            let Constraint::Order(order) = constraint else { continue };
            let members: Vec<&str> = match &order.target {
                OrderTarget::Pair { first, then, .. } => vec![first, then],
                OrderTarget::Sets(sets) => {
                    sets.iter().flat_map(|set| &set.members).map(String::as_str).collect()
                }
            };
            for (place, id) in members.into_iter().enumerate() {
                orders.name(configuration, id, place);
            }
            orders.ids.push(&order.id);
        }
        orders
    }

    /// The id, and if it is a tag or template those that it stands for.
    fn name(&mut self, configuration: &'d Configuration, id: &'d str, place: usize) {
        let at = (self.ids.len(), place);
        self.places.entry(id).or_default().push(at);
        if let Some(tag) = configuration.tag(id) {
            for member in &tag.members {
                self.places.entry(member).or_default().push(at);
            }
        }
    }

    /// The first constraint that orders anything of `one` against anything of `other`.
    fn between(
        &self,
        situation: &Situation<'_>,
        one: &[ResourceIndex],
        other: &[ResourceIndex],
    ) -> Option<&'d str> {
        let named = |all: &[ResourceIndex]| -> BTreeSet<(usize, usize)> {
            let known = all.iter().flat_map(|at| names(situation, *at));
            known.filter_map(|id| self.places.get(id)).flatten().copied().collect()
        };
        let other = named(other);
        let found = named(one).into_iter().find(|(constraint, place)| {
            let from = (*constraint, 0);
            other.range(from..=(*constraint, usize::MAX)).any(|(_, at)| at != place)
        });
        found.map(|(constraint, _)| self.ids[constraint])
    }
}

/// The ids under which constraints know a resource: its own, its definition's, its template's.
fn names<'s>(situation: &'s Situation<'_>, at: ResourceIndex) -> impl Iterator<Item = &'s str> {
    let resource = &situation.resources[at];
    let definition = resource.definition.as_deref();
    let own = definition.map(|it| it.id.as_str());
    let template = definition.and_then(|it| it.template.as_deref());
    [Some(resource.id.as_str()), own, template].into_iter().flatten()
}
