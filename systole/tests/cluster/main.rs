//! The whole program, driven as a user would: real daemons in a lab on this machine.
//!
//! Each test makes a cluster of its own and removes it. Where the system allows no namespaces the
//! tests say so and are skipped.

mod access;
mod agents;
mod arbiter;
mod changes;
mod clients;
mod daemon;
mod diskless;
mod founding;
mod guide;
mod leaving;
mod lines;
mod membership;
mod network;
#[cfg(feature = "corosync")]
mod over_corosync;
mod power;
mod rig;
mod secrets;
mod secrets_kept;
mod services;
mod shell;
mod strange;
mod take_over;
mod truth;
mod wrong_input;
