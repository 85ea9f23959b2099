//! What is really active where, whatever the cluster believes.

use base::{Instant, NodeId};
use std::collections::BTreeSet;

/// Whether a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It does, or may: from the moment its start begins to the moment its stop succeeds.
    Active,
    /// It certainly does not.
    Inactive,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// Where.
    pub node: NodeId,
    /// Which service.
    pub instance: String,
    /// To what.
    pub activity: Activity,
}

/// The ground truth and its history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    active: BTreeSet<(String, NodeId)>,
    changes: Vec<Change>,
}

impl Truth {
    pub(crate) fn set(&mut self, at: Instant, node: NodeId, instance: &str, activity: Activity) {
        let key = (instance.to_owned(), node);
        let changed = match activity {
            Activity::Active => self.active.insert(key),
            Activity::Inactive => self.active.remove(&key),
        };
        if changed {
            let instance = instance.to_owned();
            self.changes.push(Change { at, node, instance, activity });
        }
    }

    /// The power is gone: so is everything that ran.
    pub(crate) fn dark(&mut self, at: Instant, node: NodeId) {
        let lost: Vec<String> = self.active_on(node).map(str::to_owned).collect();
        for instance in lost {
            self.set(at, node, &instance, Activity::Inactive);
        }
    }

    /// Whether the service is active on the node.
    pub fn is_active(&self, node: NodeId, instance: &str) -> bool {
        self.active.contains(&(instance.to_owned(), node))
    }

    /// Where the service is active.
    pub fn nodes_of(&self, instance: &str) -> Vec<NodeId> {
        let here = self.active.iter().filter(|(name, _)| name == instance);
        here.map(|(_, node)| *node).collect()
    }

    /// What is active on the node.
    pub fn active_on(&self, node: NodeId) -> impl Iterator<Item = &str> {
        self.active.iter().filter(move |(_, on)| *on == node).map(|(name, _)| name.as_str())
    }

    /// Everything that changed, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}
