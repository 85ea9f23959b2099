//! Decides: what runs where, and what has to be done, in which order, to get there.
//!
//! [`decide`] is one pure function and reads as a story:
//! 1. [`gather`] says what the configuration and the status mean: which nodes can be used, where
//!    every instance is or may be active, what has failed.
//! 2. `place` gives every instance a node, or none; every score remembers its parts.
//! 3. `act` compares where things are with where they belong and thinks of what is to be done.
//! 4. `order` lets actions that are ordered pass necessity and impossibility on to each other.
//! 5. `graph` keeps what is to be done, breaks circles, and writes the answer.
//!
//! **What it is.** (configuration, status, in flight, quorum, now) -> [`Decision`]; the same facts
//! give the same decision on every node (C8), and nothing to do for a healthy cluster at rest
//! (R12).
//! **What it never does.** Read a clock, send anything, remember anything between two plans,
//! take silence for a stop (R3).

pub mod gather;
pub mod index;
pub mod model;
pub mod plan;
pub mod transition;

mod act;
mod graph;
mod order;
mod pattern;
mod place;
mod sequence;
#[cfg(test)]
mod tests;

pub use gather::{
    Compared, DigestVerdict, Expired, FailCount, is_parameter, is_usually_secret,
    parameters_digest, situation,
};
pub use model::{Operation, Situation, Task};
pub use plan::{
    Action, ActionId, ActionKey, Change, Contribution, Facts, Graph, Invocation, Placement, Plan,
    PowerAction,
};
pub use sequence::{circles, sequence};
pub use transition::{
    Carrier, Course, GraphAction, GraphPrimitive, SummaryLine, Synapse, Transition,
};

use model::{Actions, ScoreNote, Work};

/// All that comes of it.
pub struct Decision<'a> {
    /// What was known, with what was found out about it.
    pub situation: Situation<'a>,
    /// What is to be done.
    pub transition: Transition,
    /// The same for people.
    pub summary: Vec<SummaryLine>,
    /// What placement noted of its scores.
    pub notes: Vec<ScoreNote>,
    /// All actions that were thought of, needed or not.
    pub actions: Actions,
    /// Where everything goes, and why.
    pub placements: Vec<Placement>,
}

/// The same in the words of those who carry it out.
pub fn schedule(facts: &Facts<'_>) -> Plan {
    graph::plan(decided(situation(facts), false), facts)
}

/// What has to be done so that the cluster becomes what people want.
///
/// No fact makes it panic: what makes no sense is left out, and a warning says so.
pub fn decide<'a>(facts: &Facts<'a>) -> Decision<'a> {
    decide_on(situation(facts))
}

/// The same, for those who have looked at the situation already.
pub fn decide_on(situation: Situation<'_>) -> Decision<'_> {
    decided(situation, true)
}

/// The same; notes of scores are many, and taken for those only who want to see them.
fn decided(situation: Situation<'_>, takes_notes: bool) -> Decision<'_> {
    let mut work = Work::new(situation);
    work.takes_notes = takes_notes;
    place::read_constraints(&mut work);
    act::read_orders(&mut work);
    place::weigh(&mut work);
    act::imply_orders(&mut work);
    act::heed_changes(&mut work);
    place::place(&mut work);
    act::act(&mut work);
    order::apply(&mut work);
    graph::decision(work)
}
