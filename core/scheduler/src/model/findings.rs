//! What was found in the history that asks for actions, in the order in which it was found.

use super::Task;
use crate::index::{NodeIndex, ResourceIndex};
use std::collections::BTreeSet;
use std::time::Duration;

/// One thing that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding<'a> {
    /// A fail count is to be forgotten.
    Clearing(Clearing),
    /// A recurring operation runs.
    Recurring(ActiveOperation<'a>),
    /// Something has to be done in any case.
    Demand(Demand),
}

/// Something that has to be done in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// With what.
    pub resource: ResourceIndex,
    /// Where.
    pub node: NodeIndex,
    /// What: a stop or a demotion.
    pub task: Task,
}

/// A fail count that is to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// Of which resource.
    pub resource: ResourceIndex,
    /// Where.
    pub node: NodeIndex,
    /// Why.
    pub reason: &'static str,
    /// Whether it has to wait until the node that the resource leads to has been fenced.
    pub waits_for_fencing: bool,
}

/// A recurring operation that runs according to the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveOperation<'a> {
    /// Of which resource.
    pub resource: ResourceIndex,
    /// Where.
    pub node: NodeIndex,
    /// The agent's action.
    pub name: &'a str,
    /// How often.
    pub interval: Duration,
}

/// All that was found.
#[derive(Clone, Debug, Default)]
pub struct Findings<'a> {
    list: Vec<Finding<'a>>,
    /// Stops that were asked for and not withdrawn.
    stops: BTreeSet<(ResourceIndex, NodeIndex)>,
}

impl<'a> Findings<'a> {
    /// Adds what was found; the same twice in a row counts once.
    pub(crate) fn add(&mut self, finding: Finding<'a>) {
        if let Finding::Demand(Demand { resource, node, task: Task::Stop }) = finding {
            self.stops.insert((resource, node));
        }
        if self.list.last() != Some(&finding) {
            self.list.push(finding);
        }
    }

    /// A stop that was asked for may be done without.
    pub(crate) fn withdraw_stop(&mut self, resource: ResourceIndex, node: NodeIndex) {
        self.stops.remove(&(resource, node));
    }

    /// Whether something that was asked for has to be done still.
    pub fn is_needed(&self, demand: &Demand) -> bool {
        demand.task != Task::Stop || self.stops.contains(&(demand.resource, demand.node))
    }

    /// Fail counts that are to be forgotten, oldest first.
    pub fn clearings(&self) -> impl Iterator<Item = &Clearing> {
        self.list.iter().filter_map(|finding| match finding {
            Finding::Clearing(clearing) => Some(clearing),
            _ => None,
        })
    }

    /// All of it, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Finding<'a>> {
        self.list.iter()
    }
}
