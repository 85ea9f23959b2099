//! Gives every instance a node, or none.

use crate::model::Work;

/// Reads location, colocation and ticket constraints, sets unrolled and rules evaluated.
pub(crate) fn read_constraints(work: &mut Work<'_>) {
    let _ = work;
}

/// What speaks for and against nodes before anything is placed: node health, location
/// constraints, stickiness, failures, exclusive discovery, tickets, shutdown locks.
pub(crate) fn weigh(work: &mut Work<'_>) {
    let _ = work;
}

/// Places all resources.
pub(crate) fn place(work: &mut Work<'_>) {
    let _ = work;
}
