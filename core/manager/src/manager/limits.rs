//! How many actions may be under way at once: `batch-limit` in the cluster, `node-action-limit` on
//! each node.

use crate::operation::Flight;
use base::NodeId;
use cluster::Configuration;
use scheduler::plan::ActionKey;
use std::collections::BTreeMap;

/// What room is left. Without limits there always is: an action that hangs holds up what depends on
/// it and nothing else.
pub(super) struct Room {
    in_cluster: Option<usize>,
    on_node: Option<usize>,
    busy: BTreeMap<NodeId, usize>,
}

impl Room {
    /// What `flights` leave.
    pub(super) fn beside<'a>(
        configuration: &Configuration,
        flights: impl Iterator<Item = &'a Flight>,
    ) -> Self {
        let limit = |name| configuration.property(name).parse().ok().filter(|limit| *limit > 0);
        let mut room = Self {
            in_cluster: limit("batch-limit"),
            on_node: limit("node-action-limit"),
            busy: BTreeMap::new(),
        };
        flights.filter(|flight| is_work(flight)).for_each(|flight| room.occupy(flight.executor));
        room
    }

    /// Whether there is room for one more, which then takes it. A node is cut off whatever else is
    /// going on: what waits for that is more than what it holds up.
    pub(super) fn take(&mut self, flight: &Flight) -> bool {
        if !is_work(flight) {
            return true;
        }
        let here = self.busy.get(&flight.executor).copied().unwrap_or(0);
        let everywhere: usize = self.busy.values().sum();
        let has_room = self.in_cluster.is_none_or(|limit| everywhere < limit)
            && self.on_node.is_none_or(|limit| here < limit);
        if has_room {
            self.occupy(flight.executor);
        }
        has_room
    }

    fn occupy(&mut self, node: NodeId) {
        *self.busy.entry(node).or_default() += 1;
    }
}

/// Whether an agent is at work for it.
const fn is_work(flight: &Flight) -> bool {
    matches!(&flight.key, ActionKey::Resource { task, .. } if task.is_agents())
}
