//! Under which name an instance is known to its node.
//!
//! The scheduler numbers the instances of a clone (`ping:0`, `ping:1`). Where they do not differ
//! from each other, the number says nothing: a node has one of them, and knows it by the
//! primitive's name. So its history goes on when the primitive becomes a clone, or the numbers
//! are dealt anew, and the agent always hears the same name.

use crate::State;
use cluster::{Resource, first_value, primitive_of, value};
use scheduler::plan::{Action, ActionKey, Graph, Invocation, Task};
use std::collections::BTreeSet;

impl State {
    /// The name under which a node knows an instance.
    pub(crate) fn local_name<'a>(&self, instance: &'a str) -> &'a str {
        let primitive = primitive_of(instance);
        if primitive == instance {
            return instance;
        }
        let around = self.configuration.resources.iter().find(|top| top.ids().contains(&primitive));
        match around {
            Some(Resource::Clone(clone)) if instances_differ(clone) => instance,
            _ => primitive,
        }
    }

    /// The same for what an action does.
    pub(crate) fn local_key(&self, key: &ActionKey) -> ActionKey {
        match key {
            ActionKey::Resource { instance, node, task, interval } => ActionKey::Resource {
                instance: self.local_name(instance).to_owned(),
                node: node.clone(),
                task: *task,
                interval: *interval,
            },
            other => other.clone(),
        }
    }

    /// A graph in the names that nodes know, with what is in flight marked.
    pub(crate) fn localize(&self, mut graph: Graph) -> Graph {
        let flying: BTreeSet<&ActionKey> =
            self.flights.values().map(|flight| &flight.key).collect();
        for action in &mut graph.actions {
            action.key = self.local_key(&action.key);
            action.in_flight |= flying.contains(&action.key);
            if self.is_on_its_way_elsewhere(action) {
                // What is to come after it waits for the plan that is made when it is there.
                action.key = ActionKey::Pseudo("a hand-over to another node goes on".into());
                action.after.push(action.id);
            }
        }
        graph
    }

    /// Whether it is being handed over to another node than the action says: where to is no part of
    /// an action's key.
    fn is_on_its_way_elsewhere(&self, action: &Action) -> bool {
        let target = |invocation: &Invocation| invocation.meta.get("migrate_target").cloned();
        let is_hand_over = matches!(action.key, ActionKey::Resource { task: Task::MigrateTo, .. });
        is_hand_over
            && self.flights.values().filter(|flight| flight.key == action.key).any(|flight| {
                action.invocation.as_ref().and_then(target) != target(&flight.invocation)
            })
    }
}

/// Whether one node may have several instances, which it has to tell apart.
fn instances_differ(clone: &cluster::Clone) -> bool {
    let is_unique = first_value(&clone.meta, "globally-unique").and_then(value::boolean);
    let per_node: u32 =
        first_value(&clone.meta, "clone-node-max").and_then(|text| text.parse().ok()).unwrap_or(1);
    is_unique.unwrap_or(per_node > 1) || per_node > 1
}
