//! Actions that were sent and have not ended: newer than all that the history tells, and of
//! unknown result (R3).

use super::Reader;
use super::birth::base_name;
use super::on_fail::Recovery;
use super::record::Known;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Kind, Pending, Task};
use crate::plan::ActionKey;
use cluster::{Agent, Role};

impl<'a> Reader<'a> {
    /// Takes in what is under way.
    pub(super) fn in_flight(&mut self) {
        for key in self.at.facts.in_flight {
            if let ActionKey::Resource { instance, node, task, interval } = key
                && let Some(node) = self.at.node(node)
                && let Some(resource) = self.resource_in_flight(instance, node, *task)
            {
                self.under_way(resource, node, *task, interval.is_zero());
            }
        }
    }

    /// What an action is about: the instance of that name, or the one that is on the node; if
    /// nobody knows it, something that is no longer configured.
    fn resource_in_flight(
        &mut self,
        name: &str,
        node: NodeIndex,
        task: Task,
    ) -> Option<ResourceIndex> {
        let is_exact = |found: &ResourceIndex| self.at.resources[*found].id == name;
        let exact = self.at.resource(name).filter(is_exact);
        if let Some(exact) = exact {
            let state = &self.at.resources[exact];
            if state.settings.is_unique || state.running_on.contains(&node) {
                return Some(exact);
            }
            return Some(self.instance_there(name, node).unwrap_or(exact));
        }
        // The history tells of the start already: what it found there is meant, not one more.
        if let Some(there) = self.instance_there(name, node) {
            return Some(there);
        }
        if let Some(resource) = self.resource_of_history(node, name) {
            return Some(resource);
        }
        leaves_active(task).then(|| self.stranger(name))
    }

    /// The instance of an anonymous clone that is on the node already, whatever its number.
    fn instance_there(&self, name: &str, node: NodeIndex) -> Option<ResourceIndex> {
        let mut there = self.at.nodes[node].running.iter().copied();
        there.find(|other| {
            let other = &self.at.resources[*other];
            !other.settings.is_unique && base_name(&other.id) == base_name(name)
        })
    }

    fn stranger(&mut self, name: &str) -> ResourceIndex {
        let resource = self.bear(super::birth::Birth {
            id: name.to_owned(),
            number: None,
            parent: None,
            kind: Kind::Primitive,
            agent: Agent::default(),
            definition: None,
            meta: &[],
            parameters: &[],
            container: None,
        });
        self.at.top.push(resource);
        self.at.resources[resource].is_removed = true;
        self.ban_everywhere(resource, "removed from the configuration");
        resource
    }

    fn under_way(&mut self, resource: ResourceIndex, node: NodeIndex, task: Task, is_once: bool) {
        match task {
            Task::Start => {
                self.at.resources[resource].is_start_pending = true;
                self.count_as_active(resource, node, Role::Started);
            }
            Task::Promote => self.count_as_active(resource, node, Role::Promoted),
            Task::Stop | Task::Demote | Task::MigrateTo | Task::MigrateFrom => {
                self.at.resources[resource].is_being_stopped |= task == Task::Stop;
                self.count_as_active(resource, node, Role::Started);
            }
            Task::Monitor if is_once => self.forget_known(resource, node),
            _ => return,
        }
        let pending = &mut self.at.resources[resource].pending;
        if pending.is_none() {
            *pending = Some(Pending { task, node });
        }
    }

    /// A result that is not in yet may be that it runs there.
    fn count_as_active(&mut self, resource: ResourceIndex, node: NodeIndex, role: Role) {
        let mut known = Known { role: Some(role), last_failure: None, recovery: Recovery::Ignore };
        if role == Role::Started {
            self.set_active(resource, &mut known);
        }
        let state = &mut self.at.resources[resource];
        state.role = state.role.max(known.role.unwrap_or(role));
        self.add_running(resource, node, false);
        let mut at = Some(resource);
        while let Some(index) = at {
            let state = &mut self.at.resources[index];
            state.known_on.insert(node);
            at = state.parent.filter(|_| !state.settings.is_unique);
        }
    }

    /// As long as a probe is under way nothing is known.
    fn forget_known(&mut self, resource: ResourceIndex, node: NodeIndex) {
        if !self.at.resources[resource].running_on.contains(&node) {
            self.at.resources[resource].known_on.remove(node);
        }
    }
}

/// What an action in flight says about the resource it is for.
const fn leaves_active(task: Task) -> bool {
    matches!(task, Task::Start | Task::Stop | Task::Promote | Task::Demote)
}
