//! Decides: what runs where, and what has to be done, in which order, to get there.
//!
//! [`schedule`] is one pure function and reads as a story:
//! 1. [`gather`] says what the configuration and the status mean: which nodes can be used, where
//!    every instance is or may be active, what has failed.
//! 2. `place` gives every instance a node, or none; every score remembers its parts.
//! 3. `act` compares where things are with where they belong, and lets constraints pass stops
//!    and restarts on to those that depend.
//! 4. `order` makes steps of that and says what has to come before what.
//! 5. `graph` drops what is superfluous, breaks circles, and writes the answer ([`Plan`]).
//!
//! **What it is.** (configuration, status, in flight, quorum, now) -> [`Plan`]; the same facts
//! give the same plan on every node (C8), and nothing to do for a healthy cluster at rest (R12).
//! **What it never does.** Read a clock, send anything, remember anything between two plans,
//! take silence for a stop (R3).

mod act;
mod digest;
pub mod gather;
mod graph;
pub mod index;
mod invocation;
mod order;
mod pattern;
mod place;
pub mod plan;
#[cfg(test)]
mod tests;

pub use digest::parameters_digest;
pub use gather::{Situation, situation};
pub use plan::{
    Action, ActionId, ActionKey, Change, Contribution, Facts, Graph, Invocation, Placement, Plan,
    PowerAction, Task,
};

/// What has to be done so that the cluster becomes what people want.
///
/// No fact makes it panic: what makes no sense is left out of the plan, and the placement's
/// reason says so.
pub fn schedule(facts: &Facts<'_>) -> Plan {
    let situation = situation(facts);
    let constraints = place::Constraints::read(&situation);
    let places = place::place(&situation, &constraints);
    let intentions = act::decide(&situation, &constraints, &places);
    let steps = order::order(&situation, &constraints, &intentions);
    graph::plan(&situation, &places, &intentions, &steps)
}
