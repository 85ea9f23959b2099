//! What people were told to be done stays done.

use crate::Broken;
use base::NodeId;
use manager::{Acknowledgement, State};
use sim::{World, mark_name};

/// C1: what a majority of the disks has survives; C2: what fewer have, and did not count when the halves
/// met, is kept aside. Asked when everything has settled. Where a disk was lost with all that was on it
/// nothing is promised: what it had may have been what made the majority.
///
/// # Errors
/// With the first change that has vanished.
pub fn kept(world: &World) -> Result<(), Broken> {
    let Some(daemon) = world.daemon(NodeId(1)) else { return Ok(()) };
    if world.truth().tally.lost_disks > 0 {
        return Ok(());
    }
    let state = daemon.manager().state();
    for promise in &world.truth().promises {
        let vanished = |id, how| {
            let what = format!(
                "n{} said at {} that mark {} is made ({how}), and it is gone",
                promise.node, promise.at, promise.mark
            );
            Err(Broken::new(id, what))
        };
        match promise.sure {
            Acknowledgement::Majority(_) if !is_there(state, promise.mark) => {
                return vanished("C1", "on a majority of the disks");
            }
            Acknowledgement::SingleCopy(_)
                if !is_there(state, promise.mark) && !is_aside(state, promise.mark) =>
            {
                return vanished("C2", "on the disks of a few");
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_there(state: &State, mark: u32) -> bool {
    let name = mark_name(mark);
    state.configuration.properties.iter().any(|set| set.id == name)
}

fn is_aside(state: &State, mark: u32) -> bool {
    let name = mark_name(mark);
    let mut swaps = state.revisions.aside().flat_map(|revision| &revision.difference.swaps);
    swaps.any(|swap| swap.after().is_some_and(|object| object.id() == name))
}
