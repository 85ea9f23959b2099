//! Which resource a history is about, when its name does not say it.

use super::Reader;
use super::birth::{base_name, needs_fencing};
use crate::index::{NodeIndex, ResourceIndex};

impl<'a> Reader<'a> {
    /// The configured resource that a history is about. For an anonymous clone that is whichever
    /// instance is on the node, or is free; one is added when there is none.
    pub(super) fn resource_of_history(
        &mut self,
        node: NodeIndex,
        name: &str,
    ) -> Option<ResourceIndex> {
        let found = self.resource_named(name)?;
        self.meant_on(node, found, name)
    }

    /// The very resource that `found`, found by `name`, stands for on a node.
    pub(super) fn meant_on(
        &mut self,
        node: NodeIndex,
        found: ResourceIndex,
        name: &str,
    ) -> Option<ResourceIndex> {
        if !self.at.resources[found].is_primitive() {
            return None;
        }
        let state = &self.at.resources[found];
        if state.parent.is_none() && state.id == name {
            return Some(found);
        }
        let top = self.at.top_of(found, false);
        let is_anonymous =
            self.at.resources[top].is_clone() && !self.at.resources[top].settings.is_unique;
        let resource = if !is_anonymous {
            Some(found)
        } else if let Some(bundle) = self.at.resources[top].parent {
            self.replica_on(bundle, node)
        } else {
            self.instance_for(top, node, base_name(name))
        }?;
        let state = &mut self.at.resources[resource];
        if name != state.history_id {
            name.clone_into(&mut state.history_id);
        }
        Some(resource)
    }

    /// The resource of that id, or any instance of the anonymous clone that has it inside.
    pub(super) fn resource_named(&self, name: &str) -> Option<ResourceIndex> {
        let is_exact = |found: &ResourceIndex| self.at.resources[*found].id == name;
        let exact = self.at.resource(name).filter(is_exact);
        exact.or_else(|| {
            let first = self.at.resource(&format!("{}:0", base_name(name)))?;
            (!self.at.resources[first].settings.is_unique).then_some(first)
        })
    }

    fn replica_on(&self, bundle: ResourceIndex, node: NodeIndex) -> Option<ResourceIndex> {
        let layout = self.at.resources[bundle].bundle()?;
        layout.replicas.iter().find(|replica| replica.node == Some(node))?.child
    }

    /// The instance of an anonymous clone that a history on `node` is about.
    fn instance_for(
        &mut self,
        clone: ResourceIndex,
        node: NodeIndex,
        base: &str,
    ) -> Option<ResourceIndex> {
        let mut found = None;
        let mut free = None;
        // A second history of the same on one node is one too many, free instances or not.
        let mut is_surplus = false;
        for &child in &self.at.resources[clone].children {
            match self.place_of(child) {
                Some(place) if place == node => {
                    found = self.part_of(child, base);
                    if found.is_some_and(|it| !self.at.resources[it].running_on.is_empty()) {
                        is_surplus = true;
                        found = None;
                    }
                }
                Some(_) => {}
                None => {
                    if free.is_none() && !is_surplus && !self.at.resources[child].is_blocked {
                        free = self.part_of(child, base).filter(|part| {
                            let pending = self.at.resources[*part].pending;
                            pending.is_none_or(|pending| pending.node == node)
                        });
                    }
                }
            }
            if found.is_some() {
                break;
            }
        }
        let found = found.or_else(|| free.filter(|_| !is_surplus));
        let found = found.filter(|found| !self.would_waste_number(clone, *found, node));
        found.or_else(|| {
            let instance = self.add_instance(clone)?;
            self.part_of(instance, base)
        })
    }

    /// The one node on which an instance, or a member of it, is active or being worked on.
    fn place_of(&self, instance: ResourceIndex) -> Option<NodeIndex> {
        let state = &self.at.resources[instance];
        if !state.is_primitive() {
            let mut children = state.children.iter();
            return children.find_map(|child| self.place_of(*child));
        }
        let pending = state.pending.map(|pending| pending.node);
        state.running_on.first().copied().or(pending)
    }

    /// The primitive of that name in an instance.
    fn part_of(&self, instance: ResourceIndex, base: &str) -> Option<ResourceIndex> {
        let state = &self.at.resources[instance];
        if state.is_primitive() {
            return (base_name(&state.id) == base).then_some(instance);
        }
        state
            .children
            .iter()
            .copied()
            .find(|child| base_name(&self.at.resources[*child].id) == base)
    }

    /// What does not have to wait for fencing may be started elsewhere while its node is lost; an
    /// instance that only seems to be active there must not use up a number, unless there is one
    /// for every node.
    fn would_waste_number(
        &self,
        clone: ResourceIndex,
        instance: ResourceIndex,
        node: NodeIndex,
    ) -> bool {
        let state = &self.at.nodes[node];
        let settings = self.at.resources[clone].clone_settings();
        let is_everywhere =
            settings.is_some_and(|settings| settings.max as usize == self.at.nodes.len());
        !needs_fencing(&self.at.resources[instance].settings)
            && (!state.is_online || state.is_unclean)
            && !state.is_guest()
            && !is_everywhere
    }
}
