//! How many actions may be under way at once: `batch-limit` in the cluster, `node-action-limit` on
//! each node (less where it can hardly cope, see `load`), `migration-limit` of live migrations and
//! `mount-limit` of mounts there.

use crate::State;
use crate::operation::Flight;
use base::NodeId;
use cluster::Agent;
use scheduler::plan::{ActionKey, Task};
use std::collections::BTreeMap;

/// A node with few cores still runs so many agents at once: most of them wait for something else.
const FEWEST: usize = 8;

/// Agents whose start mounts a file system, imports a pool or assembles an array, by provider and
/// name; a name alone means every provider's. Such a start reads and replays what a crash left
/// behind: on a server that takes over all targets of another one they are in each other's way, and
/// Lustre has lost parallel mounts to races (LU-1279). Sites serialize them by an order between each
/// two targets, which grows with the square of these; a limit says the same once.
///
/// Only starts count. What is stopped is written back in parallel without harm, and a slow stop
/// holds up somebody's recovery.
const MOUNTING: [(Option<&str>, &str); 11] = [
    (None, "Filesystem"),
    (None, "ZFS"),
    (None, "LVM"),
    (None, "LVM-activate"),
    (None, "Raid1"),
    (None, "mdraid"),
    (Some("lustre"), "Lustre"),
    (Some("llnl"), "lustre"),
    (Some("llnl"), "zpool"),
    (Some("ddn"), "lustre-server"),
    (Some("xraid"), "raid"),
];

/// What room is left.
pub(super) struct Room<'a> {
    state: &'a State,
    in_cluster: Option<usize>,
    /// Where nobody says, it is twice the node's cores.
    on_node: Option<usize>,
    migrations: Option<usize>,
    mounts: Option<usize>,
    busy: BTreeMap<NodeId, Busy>,
}

/// What runs on a node.
#[derive(Clone, Copy, Default)]
struct Busy {
    agents: usize,
    migrations: usize,
    mounts: usize,
}

impl<'a> Room<'a> {
    /// What `flights` leave.
    pub(super) fn beside<'f>(state: &'a State, flights: impl Iterator<Item = &'f Flight>) -> Self {
        let said = |name: &str| state.configuration.property(name).parse::<usize>().ok();
        let limit = |name| said(name).filter(|limit| *limit > 0);
        let mut room = Self {
            state,
            in_cluster: limit("batch-limit").into_iter().chain(state.most_under_load()).min(),
            on_node: limit("node-action-limit"),
            // Here none at all may be meant; a negative number is no limit.
            migrations: said("migration-limit"),
            mounts: limit("mount-limit"),
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
            && (!is_migration(flight) || self.migrations.is_none_or(|most| here.migrations < most))
            && (!is_mount(flight) || self.mounts.is_none_or(|most| here.mounts < most));
        if has_room {
            self.occupy(flight);
        }
        has_room
    }

    fn most_on(&self, node: NodeId) -> usize {
        let most = self.on_node.unwrap_or_else(|| (2 * self.state.cores(node)).max(FEWEST));
        self.state.load_of(node).share_of(most)
    }

    fn occupy(&mut self, flight: &Flight) {
        let busy = self.busy.entry(flight.executor).or_default();
        busy.agents += 1;
        busy.migrations += usize::from(is_migration(flight));
        busy.mounts += usize::from(is_mount(flight));
    }
}

/// Whether an agent is at work for it.
const fn is_work(flight: &Flight) -> bool {
    matches!(&flight.key, ActionKey::Resource { task, .. } if task.is_agents())
}

const fn is_migration(flight: &Flight) -> bool {
    matches!(&flight.key, ActionKey::Resource { task: Task::MigrateTo | Task::MigrateFrom, .. })
}

fn is_mount(flight: &Flight) -> bool {
    matches!(&flight.key, ActionKey::Resource { task: Task::Start, .. })
        && mounts(&flight.invocation.agent)
}

fn mounts(agent: &Agent) -> bool {
    let is_it = |provider: Option<&str>, kind: &str| {
        kind == agent.kind && (provider.is_none() || provider == agent.provider.as_deref())
    };
    MOUNTING.iter().any(|(provider, kind)| is_it(*provider, kind))
}
