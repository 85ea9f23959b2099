//! The lab: a whole cluster of real daemons on one machine, each believing it has its own.
//!
//! **What it is.** Machines made of namespaces (network, mounts, processes, host name), joined
//! by one bridge per ring, with a power button, cables that can be cut, and disks they share.
//! As root the disks are loop devices, one per machine over the same image, as shared storage
//! is; as an ordinary user they are folders. It needs no package beyond the system's own mkfs.
//!
//! **What it never does.** Touch the machine it runs on: links, mounts and names exist in its
//! own namespaces only. Outlive its supervisor: when that dies, the kernel takes all with it; nor,
//! if that is wanted ([`Lifetime`]), the process that asked for it.
//! Know what a cluster manager is: what runs on a machine and when it counts as ready are
//! command lines given by the caller.
//!
//! The processes, from the outside in:
//!
//! ```text
//! guardian     one per lab: outlives everything else, cleans up behind it     guardian.rs
//!  supervisor  holds the bridges, answers on lab.sock                         supervisor.rs
//!   cell       one per machine that is on: a set of namespaces                cell.rs
//!    init      process 1 of the machine: furnishes it, reaps, freezes, dies   init.rs
//!     daemon   the program under test, and whatever it starts
//! ```
//!
//! **Read first.** [`Lab`], then [`hidden::dispatch`], which the program must call before
//! anything else; [`measure`] for what can be measured in one.

mod busy;
mod cell;
mod census;
mod client;
mod cluster;
mod crash;
mod enter;
mod error;
mod fault;
mod fence;
mod furnish;
mod guardian;
pub mod hidden;
mod init;
mod layout;
mod lustre;
mod machine;
pub mod measure;
mod network;
mod options;
mod protocol;
mod service;
mod supervisor;
mod switch;
mod truth;

pub use client::{Lab, default_folder, remove};
pub use crash::{Journal, journal_of};
pub use error::{LabError, Refusal};
pub use fault::{Cut, Deaf, Fault, Flap, Loss};
pub use fence::fence_lab;
pub use lustre::mount_lustre;
pub use options::{Disk, LabOptions, Lifetime};
pub use protocol::{DiskAfterCrash, MachineStatus, Mounted, Power, PowerOff, Status, Storage};
pub use truth::{Active, Deed, Misbehaviour, Record, Truth, promoted};
