//! Through which member an action on a remote or guest node goes.

use crate::index::ActionIndex;
use crate::model::{Task, Work};

/// The name of the member that holds the connection when the action is carried out: what has to
/// happen before the connection moves goes through where it is, the rest through where it will be.
pub(super) fn router(work: &Work<'_>, action: ActionIndex) -> Option<String> {
    let state = &work.actions[action];
    if state.operation.task == Task::Fence {
        return None; // Fencing a node needs no connection to it.
    }
    let node = &work.at.nodes[state.node?];
    let connection = node.connection.filter(|_| node.is_remote())?;
    let remote = &work.at.resources[connection];
    let begins = work.at.current_node(connection);
    let ends = work.drafts[connection].node;
    let is_half_moved = remote.container.is_none() && remote.partial_migration.is_some();
    let task = match state.operation.task {
        Task::Notify(_, of) => of.task(),
        task => task,
    };
    let is_early = matches!(
        task,
        Task::Cancel | Task::Stop | Task::Demote | Task::MigrateFrom | Task::MigrateTo
    );
    let through = match (begins, ends) {
        (Some(begins), Some(ends)) if begins != ends && is_early && !is_half_moved => Some(begins),
        (_, Some(ends)) => Some(ends),
        (begins, None) => begins,
    };
    through.map(|node| work.at.nodes[node].name.clone())
}
