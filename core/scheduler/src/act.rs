//! Compares where things are with where they belong, and thinks of what is to be done.

use crate::model::Work;

/// Reads order constraints, sets unrolled.
pub(crate) fn read_orders(work: &mut Work<'_>) {
    let _ = work;
}

/// Orders that hold without anybody saying so: within resources, groups, clones, bundles.
pub(crate) fn imply_orders(work: &mut Work<'_>) {
    let _ = work;
}

/// What changed parameters and removed resources ask for.
pub(crate) fn heed_changes(work: &mut Work<'_>) {
    let _ = work;
}

/// Thinks of all actions: probes, what resources need to get where they belong, fencing,
/// shutdowns, and the orders among those.
pub(crate) fn act(work: &mut Work<'_>) {
    let _ = work;
}
