//! A whole cluster in one deterministic process: virtual time, network, disks, agents, power.
//!
//! The nodes are [`node::Node`]s, the same code as in a daemon. Everything around them is played
//! here, by the seed: the same [`Script`] gives the same run, to the last datagram. The truth
//! about what is active where is kept by the world ([`Truth`]), not asked of the nodes; what the
//! nodes were told is kept beside it ([`Recording`]).
//!
//! Read in this order: [`Script`] (what a world is made of and what goes wrong: [`Fault`],
//! [`Wires`]), [`storm`] (scripts from seeds), [`World`] (time and events), `server` (a machine
//! with its daemon and services), `network`, [`Truth`], [`Recording`].
//!
//! **What it never does.** Touch the real world or its clock.

mod conduct;
mod fault;
mod hands_off;
mod network;
mod orders;
mod recording;
mod scenario;
mod script;
mod server;
mod storm;
mod truth;
mod wires;
mod world;

pub use conduct::Conduct;
pub use fault::{Fault, NotAFault};
pub use group::View;
pub use recording::{Digest, Life, Recording, Said, Told, What};
pub use scenario::{DATABASE, INSTANCES, ROOM, SERVICES, fenced_pairs, kept_apart, service_names};
pub use script::{Demands, Luck, NotAScript, Script, Setup};
pub use storm::storm;
pub use truth::{
    Act, Activity, Call, CallEnd, Change, Death, Deed, Ending, Hindrance, Intrusion, Path, Promise,
    RoleChange, Shot, Tally, Truth, mark_name,
};
pub use wires::{Trouble, Wires};
pub use world::World;
