//! The last look before a promotion: may too many instances be promoted already (R4)?
//!
//! Like the look before a start ([`crate::may_start`]), short and kept apart from the scheduler. What has
//! not been asked since it was last heard of may be promoted (R3).

use crate::{Doubt, State};
use base::NodeId;
use base::planted::{self, Planted};
use cluster::{
    JoinState, NodeStatus, OperationRecord, OperationStatus, Resource, exit_code, first_value,
    primitive_of,
};
use scheduler::plan::{ActionKey, Task};

impl State {
    /// Whether one more instance may be promoted, on the node named `here`.
    ///
    /// # Errors
    /// With a node on which one is promoted, or may be, where there must be no more.
    pub(crate) fn may_promote(&self, instance: &str, here: &str) -> Result<(), Doubt> {
        if planted::is(Planted::PromoteUnasked) {
            return Ok(());
        }
        let primitive = primitive_of(instance);
        let elsewhere = self.names.iter().filter(|(_, name)| *name != here);
        let promoted =
            elsewhere.filter(|(node, name)| self.may_be_promoted(primitive, **node, name));
        let mut promoted = promoted.skip(self.promoted_max(primitive) - 1);
        match promoted.next() {
            None => Ok(()),
            Some((_, node)) => {
                let (instance, node) = (instance.to_owned(), node.clone());
                Err(Doubt::Promoted { instance, node })
            }
        }
    }

    /// `promoted-max` of the clone around it, 1 or more.
    fn promoted_max(&self, primitive: &str) -> usize {
        let around = self.configuration.resources.iter().find(|top| top.ids().contains(&primitive));
        let said = around.and_then(|top| match top {
            Resource::Clone(_) => ["promoted-max", "master-max"]
                .into_iter()
                .find_map(|name| first_value(top.meta(), name)),
            _ => None,
        });
        said.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
    }

    fn may_be_promoted(&self, primitive: &str, node: NodeId, name: &str) -> bool {
        let in_flight = self.flights.values().any(|flight| match &flight.key {
            ActionKey::Resource { instance, node, task, .. } => {
                let is_it = primitive_of(instance) == primitive && node == name;
                is_it && matches!(task, Task::Promote | Task::Demote)
            }
            _ => false,
        });
        let Some(status) = self.status.nodes.get(&node.to_string()) else { return in_flight };
        let is_asked = status.join == JoinState::Member;
        in_flight
            || !self.is_known_down(node)
                && (is_asked || status.in_membership || self.is_fencing_on())
                && self.says_promoted(primitive, status)
    }

    /// Whether that is the last word there, or there is none though somebody should have looked.
    fn says_promoted(&self, primitive: &str, status: &NodeStatus) -> bool {
        let histories = status.history.iter().filter(|(id, _)| primitive_of(id) == primitive);
        let mut histories = histories.filter(|(_, history)| !history.operations.is_empty());
        let mut is_known = false;
        let is_promoted = histories.any(|(_, history)| {
            is_known = true;
            let newest = history.operations.iter().max_by_key(|operation| operation.call);
            newest.is_some_and(leaves_promoted)
        });
        is_promoted || !is_known && self.is_looked_for(primitive, &status.name)
    }
}

/// Whether the role may be the promoted one after that.
fn leaves_promoted(last: &OperationRecord) -> bool {
    let is_done = last.status == OperationStatus::Done;
    match last.operation.as_str() {
        "start" => false,
        "stop" | "demote" => !is_done || last.code != exit_code::OK,
        "monitor" => !is_done || !matches!(last.code, exit_code::OK | exit_code::NOT_RUNNING),
        _ => true,
    }
}
