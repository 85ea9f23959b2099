//! Unfencing: some devices let a node at shared storage only after they were told to.
//!
//! Starts and probes of what needs it, and of fence devices themselves, come after a node's
//! unfencing; that is optional unless the node was never unfenced, or a device has changed.

use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{Operation, OrderEnd, Relation, Requires, Task, Work};
use crate::plan::PowerAction;

/// Whether a resource, no fence device itself, is started on unfenced nodes only.
pub(super) fn concerns(work: &Work<'_>, resource: ResourceIndex) -> bool {
    let state = &work.at.resources[resource];
    !state.agent.is_fencing()
        && work.at.options.has_unfencing
        && state.settings.requires == Requires::Unfencing
}

/// It stops before a node is unfenced, and starts after it.
pub(super) fn order_restart(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) {
    let unfence = work.unfence(node);
    let point = OrderEnd::action(unfence, None);
    let of = |task| OrderEnd::of(resource, Operation::once(task));
    work.order(of(Task::Stop), point, Relation::ORDERED | Relation::SAME_NODE);
    let there = Relation::FIRST_REQUIRES_THEN_THERE | Relation::SAME_NODE;
    work.order(point, of(Task::Start), there);
}

impl Work<'_> {
    /// The unfencing of a node, optional so far.
    fn unfence(&mut self, node: NodeIndex) -> ActionIndex {
        self.fencing(node, Some(PowerAction::On), true, None)
    }

    fn is_unfenced(&self, node: NodeIndex) -> bool {
        let when = self.at.nodes[node].attributes.get("#node-unfenced");
        when.is_some_and(|when| when != "0")
    }

    /// Something that is done on a node comes after the node was unfenced, if it needs that.
    pub(super) fn unfence_before(
        &mut self,
        resource: ResourceIndex,
        action: ActionIndex,
        relation: Relation,
    ) {
        let state = &self.at.resources[resource];
        let needs = state.settings.requires == Requires::Unfencing
            || (state.agent.is_fencing() && self.at.options.has_unfencing);
        let Some(node) = self.actions[action].node.filter(|_| needs) else { return };
        let unfence = self.unfence(node);
        self.actions.order(unfence, action, relation);
        if !self.is_unfenced(node) {
            let task = self.actions[action].operation.task.name();
            let reason = format!("required by {} {task}", self.at.resources[resource].id);
            self.require_unfencing(None, Some(node), &reason);
        }
    }

    /// Who is unfenced stops before what needed that.
    pub(super) fn unfence_after_stop(
        &mut self,
        resource: ResourceIndex,
        node: NodeIndex,
        stop: ActionIndex,
    ) {
        if self.at.resources[resource].settings.requires == Requires::Unfencing {
            let unfence = self.unfence(node);
            self.actions.order(stop, unfence, Relation::THEN_REQUIRES_FIRST);
        }
    }

    /// A node has to be unfenced: because of a fence device that changed, if one is given; without
    /// node all nodes on which that may run.
    pub(super) fn require_unfencing(
        &mut self,
        device: Option<ResourceIndex>,
        node: Option<NodeIndex>,
        reason: &str,
    ) {
        let is_other = device.is_some_and(|it| !self.at.resources[it].agent.is_fencing());
        if !self.at.options.has_unfencing || is_other {
            return;
        }
        let is_there = |work: &Self, node: NodeIndex| {
            let there = &work.at.nodes[node];
            there.is_online && !there.is_unclean && !there.is_shutting_down
        };
        match (node, device) {
            (Some(node), _) if is_there(self, node) => {
                self.fencing(node, Some(PowerAction::On), false, Some(reason));
            }
            (_, Some(device)) => {
                let table = self.at.resources[device].weights.iter();
                let nodes: Vec<NodeIndex> =
                    table.map(|(node, _)| node).filter(|node| is_there(self, *node)).collect();
                for node in nodes {
                    self.fencing(node, Some(PowerAction::On), false, Some(reason));
                }
            }
            _ => {}
        }
    }
}
