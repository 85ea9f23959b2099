//! A whole cluster in one deterministic process: virtual time, network, disks, agents, power.
//!
//! The nodes are [`node::Node`]s, the same code as in a daemon. Everything around them is played
//! here, by the seed: the same [`Options`] give the same run, to the last datagram. The truth
//! about what is active where is kept by the world ([`Truth`]), not asked of the nodes.
//!
//! Read in this order: [`World`] (time and events), `server` (a machine with its daemon and
//! services), `network`, [`Fault`] (what goes wrong), [`Truth`].
//!
//! **What it never does.** Touch the real world or its clock.

mod fault;
mod network;
mod scenario;
mod server;
mod truth;
mod world;

pub use fault::{Fault, script};
pub use group::View;
pub use scenario::{fenced_pairs, service_names};
pub use truth::{Activity, Change, Truth};
pub use world::{Options, World};
