//! How many actions may be under way at once: `batch-limit` in the cluster, `node-action-limit` on
//! each node, `migration-limit` of live migrations there.

use crate::State;
use crate::operation::Flight;
use base::NodeId;
use scheduler::plan::{ActionKey, Task};
use std::collections::BTreeMap;

/// A node with few cores still runs so many agents at once: most of them wait for something else.
const FEWEST: usize = 8;

/// What room is left.
pub(super) struct Room<'a> {
    state: &'a State,
    in_cluster: Option<usize>,
    /// Where nobody says, it is twice the node's cores.
    on_node: Option<usize>,
    migrations: Option<usize>,
    busy: BTreeMap<NodeId, Busy>,
}

/// What runs on a node.
#[derive(Clone, Copy, Default)]
struct Busy {
    agents: usize,
    migrations: usize,
}

impl<'a> Room<'a> {
    /// What `flights` leave.
    pub(super) fn beside<'f>(state: &'a State, flights: impl Iterator<Item = &'f Flight>) -> Self {
        let said = |name: &str| state.configuration.property(name).parse::<usize>().ok();
        let limit = |name| said(name).filter(|limit| *limit > 0);
        let mut room = Self {
            state,
            in_cluster: limit("batch-limit"),
            on_node: limit("node-action-limit"),
            // Here none at all may be meant; a negative number is no limit.
            migrations: said("migration-limit"),
            busy: BTreeMap::new(),
        };
        flights.filter(|flight| is_work(flight)).for_each(|flight| room.occupy(flight));
        room
    }

    /// Whether there is room for one more, which then takes it. A node is cut off whatever else is
    /// going on: what waits for that is more than what it holds up.
    pub(super) fn take(&mut self, flight: &Flight) -> bool {
        if !is_work(flight) {
            return true;
        }
        let here = self.busy.get(&flight.executor).copied().unwrap_or_default();
        let everywhere: usize = self.busy.values().map(|busy| busy.agents).sum();
        let has_room = self.in_cluster.is_none_or(|limit| everywhere < limit)
            && here.agents < self.most_on(flight.executor)
            && (!is_migration(flight) || self.migrations.is_none_or(|most| here.migrations < most));
        if has_room {
            self.occupy(flight);
        }
        has_room
    }

    fn most_on(&self, node: NodeId) -> usize {
        self.on_node.unwrap_or_else(|| (2 * self.state.cores(node)).max(FEWEST))
    }

    fn occupy(&mut self, flight: &Flight) {
        let busy = self.busy.entry(flight.executor).or_default();
        busy.agents += 1;
        busy.migrations += usize::from(is_migration(flight));
    }
}

/// Whether an agent is at work for it.
const fn is_work(flight: &Flight) -> bool {
    matches!(&flight.key, ActionKey::Resource { task, .. } if task.is_agents())
}

const fn is_migration(flight: &Flight) -> bool {
    matches!(&flight.key, ActionKey::Resource { task: Task::MigrateTo | Task::MigrateFrom, .. })
}
