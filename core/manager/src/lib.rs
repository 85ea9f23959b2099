//! The replicated state machine of the cluster.
//!
//! Every member applies the same ordered operations to the same [`State`]; the coordinator alone
//! has plans made and sends what they ask for, as operations like all others. So there is one way
//! in ([`Input`]), one way out ([`Output`]), and whoever is coordinator next finds everything in
//! the state.
//!
//! Read in this order: [`door`](Input) (what comes in and goes out), `operation` (what is
//! ordered), `state` (what it does), `manager` (the step), then the parts: `membership` (views and
//! who knows the truth), `clock` (what all dates are counted by), `carry` (from plan to intents), `interlock` (the last check before a
//! start), `executor` (what runs on this node), `results`, `fencing`, `attributes`, `revisions` (how the
//! configuration came about), `trial` (what is taken back unless somebody confirms it), `moves` (what ends by itself when it is
//! needed no more), `requests`.
//!
//! **What it never does.** Read a clock, run a process, plan by itself (planning is an output and
//! its result an input), or treat an unknown result as a stop (R3).

mod attributes;
mod carry;
mod clock;
mod discovery;
mod door;
mod executor;
mod fencing;
mod handing;
mod hands_off;
mod interlock;
mod invitations;
mod journal;
mod load;
mod manager;
mod membership;
mod moves;
mod naming;
mod operation;
mod parameters;
mod promoting;
mod requests;
mod results;
mod revisions;
mod state;
#[cfg(test)]
mod tests;
mod tickets;
mod trial;
mod waits;

pub use clock::ClockOff;
pub use door::{
    Acknowledgement, Command, FenceRun, Input, Output, PlanRequest, Refused, Reply, RequestId, Run,
    RunId, Snapshot,
};
pub use fencing::plug_for;
pub use interlock::{Doubt, may_start};
pub use invitations::Invitations;
pub use journal::{Event, EventKind, Journal};
pub use manager::{Identity, Manager};
pub use membership::Profile;
pub use moves::Planned;
pub use operation::{Flight, FlightId, Outcome};
pub use parameters::Traits;
pub use revisions::{CLUSTER, Kept, Revision, Revisions, Standing};
pub use state::State;
pub use trial::Trial;
pub use waits::Wait;
