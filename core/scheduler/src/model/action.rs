//! Things to do, and how they hang together.

use super::{Operation, Relation, Requires, Task};
use crate::index::{ActionIndex, Indexed, Key, NodeIndex, ResourceIndex};
use cluster::Score;
use std::collections::BTreeMap;

/// What is known about an action besides what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActionFlags {
    /// Nobody carries it out: a point that others are ordered against.
    pub is_pseudo: bool,
    /// Whether it can be carried out.
    pub is_runnable: bool,
    /// Whether it does not have to be carried out.
    pub is_optional: bool,
    /// Whether it is shown in the graph in any case.
    pub is_always_shown: bool,
    /// Whether it can be part of a live migration.
    pub is_migratable: bool,
    /// A start or stop that could not be done where it was planned has to be thought of again.
    pub is_rescheduled: bool,
    /// Whether one of several firsts is enough for it.
    pub needs_only_some: bool,
    /// Whether it is carried out by the coordinator itself.
    pub is_on_coordinator: bool,
    /// A stop of what a live migration that was given up may have left behind.
    pub ends_migration: bool,
    /// Whether it is part of the graph. Set when the graph is made.
    pub is_in_graph: bool,
}

/// One side of a pair of ordered actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other action.
    pub other: ActionIndex,
    /// What the pair's order means.
    pub relation: Relation,
    /// For an input: whether it is part of the graph. Set when the graph is made.
    pub is_in_graph: bool,
}

/// Something to do.
#[derive(Clone, Debug)]
pub struct Action {
    /// What it is about; nothing for a node's actions and free points.
    pub resource: Option<ResourceIndex>,
    /// Where.
    pub node: Option<NodeIndex>,
    /// What is done.
    pub operation: Operation,
    /// Its key in the graph: `ost0_start_0`, `stonith-oss1-reboot`, `load_stopped_ost0 oss1`.
    pub key: String,
    /// Whether it is needed, possible, ...
    pub flags: ActionFlags,
    /// What has to be given before it is carried out.
    pub requires: Requires,
    /// What agents learn about it, names as in the CIB (`timeout`, `interval`, `start-delay`).
    pub meta: BTreeMap<String, String>,
    /// The operation's own parameters and what else stands beside the agent's parameters.
    pub extra: BTreeMap<String, String>,
    /// What is more urgent is carried out first when not all can be at once.
    pub priority: Score,
    /// Why it is done, or not.
    pub reason: Option<String>,
    /// How many of its firsts it needs, when it needs only some.
    pub needed_firsts: u32,
    /// How many of its firsts can be carried out.
    pub runnable_firsts: u32,
    /// What comes before it.
    pub before: Vec<Link>,
    /// What comes after it.
    pub after: Vec<Link>,
}

impl Action {
    /// What the graph calls it: free points are called as their key.
    pub fn task_name(&self) -> &str {
        match self.operation.task {
            Task::LoadStopped | Task::OneOrMore | Task::CloneOneOrMore => &self.key,
            task => task.name(),
        }
    }

    /// Says why; who was first stays, unless the new reason is the better one.
    pub fn set_reason(&mut self, reason: &str, is_better: bool) {
        if is_better || self.reason.is_none() {
            self.reason = Some(reason.to_owned());
        }
    }
}

/// A fact of an action that an order can take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// That it need not be done.
    Optional,
    /// That it can be done.
    Runnable,
    /// That it can be part of a live migration.
    Migratable,
}

/// All actions.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    list: Indexed<ActionIndex, Action>,
    by_resource: Vec<Vec<ActionIndex>>,
    /// Those that are of no resource, by key.
    singles: BTreeMap<String, ActionIndex>,
    pairs: BTreeMap<(ActionIndex, ActionIndex), Relation>,
    /// Grows with each access that may change an action.
    revision: u64,
    /// What is known of collective resources' points, as seen from a node, and since when.
    summaries: BTreeMap<(ActionIndex, Option<NodeIndex>), (u64, ActionFlags)>,
}

impl std::ops::Index<ActionIndex> for Actions {
    type Output = Action;
    fn index(&self, action: ActionIndex) -> &Action {
        &self.list[action]
    }
}

impl std::ops::IndexMut<ActionIndex> for Actions {
    fn index_mut(&mut self, action: ActionIndex) -> &mut Action {
        self.revision += 1;
        &mut self.list[action]
    }
}

impl Actions {
    /// Adds an action.
    pub fn push(&mut self, action: Action) -> ActionIndex {
        let resource = action.resource;
        let key = resource.is_none().then(|| action.key.clone());
        let index = self.list.push(action);
        self.revision += 1;
        if let Some(resource) = resource {
            let position = resource.position();
            if self.by_resource.len() <= position {
                self.by_resource.resize_with(position + 1, Vec::new);
            }
            self.by_resource[position].push(index);
        }
        self.singles.extend(key.map(|key| (key, index)));
        index
    }

    /// The action of no resource with that key.
    pub fn single(&self, key: &str) -> Option<ActionIndex> {
        self.singles.get(key).copied()
    }

    /// All actions, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (ActionIndex, &Action)> {
        self.list.iter()
    }

    /// All keys, oldest first.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = ActionIndex> + use<> {
        self.list.keys()
    }

    /// The actions of a resource, oldest first.
    pub fn of(&self, resource: ResourceIndex) -> &[ActionIndex] {
        self.by_resource.get(resource.position()).map_or(&[], Vec::as_slice)
    }

    /// The actions of a resource that do `operation`, oldest first; on `node` only, if one is
    /// given.
    pub fn find(
        &self,
        resource: ResourceIndex,
        operation: Operation,
        node: Option<NodeIndex>,
    ) -> impl DoubleEndedIterator<Item = ActionIndex> + '_ {
        self.of(resource).iter().copied().filter(move |action| {
            let action = &self.list[*action];
            action.operation == operation && (node.is_none() || action.node == node)
        })
    }

    /// Takes a fact from an action; says whether it still had it.
    pub fn take(&mut self, action: ActionIndex, fact: Fact) -> bool {
        let mut flags = self.list[action].flags;
        let had = std::mem::take(match fact {
            Fact::Optional => &mut flags.is_optional,
            Fact::Runnable => &mut flags.is_runnable,
            Fact::Migratable => &mut flags.is_migratable,
        });
        if had {
            self[action].flags = flags;
        }
        had
    }

    /// Has an action shown although it need not be done.
    pub fn always_show(&mut self, action: ActionIndex) {
        if !self.list[action].flags.is_always_shown {
            self[action].flags.is_always_shown = true;
        }
    }

    /// What a point's parts say about it, as long as no action has changed since that was found
    /// out: points of large clones are asked far more often than that.
    pub fn summary(&self, point: ActionIndex, node: Option<NodeIndex>) -> Option<ActionFlags> {
        let (revision, flags) = self.summaries.get(&(point, node))?;
        (*revision == self.revision).then_some(*flags)
    }

    /// Remembers what a point's parts say about it.
    pub fn keep_summary(
        &mut self,
        point: ActionIndex,
        node: Option<NodeIndex>,
        flags: ActionFlags,
    ) {
        self.summaries.insert((point, node), (self.revision, flags));
    }

    /// The first of them.
    pub fn first(
        &self,
        resource: ResourceIndex,
        operation: Operation,
        node: Option<NodeIndex>,
    ) -> Option<ActionIndex> {
        self.find(resource, operation, node).next()
    }

    /// Orders `first` before `then`. A pair that is ordered already in one of the ways of
    /// `relation` is left as it is. Says whether anything was added.
    pub fn order(&mut self, first: ActionIndex, then: ActionIndex, relation: Relation) -> bool {
        if relation.is_none() || first == then {
            return false;
        }
        let known = self.pairs.entry((first, then)).or_default();
        if known.has_any(relation) {
            return false;
        }
        *known |= relation;
        let link = |other| Link { other, relation, is_in_graph: false };
        self.list[first].after.push(link(then));
        self.list[then].before.push(link(first));
        true
    }
}
