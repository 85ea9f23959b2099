//! Who is here, and what was said in which order.
//!
//! **What it is.** One sans-I/O machine per node, [`Group`]: datagrams, commands and time go in;
//! datagrams and [`GroupEvent`]s come out. Its members see the same views and the same messages in
//! the same order (extended virtual synchrony, G1 to G10), over one to eight redundant links, every
//! packet sealed.
//!
//! **What it never does.** Read a clock, open a socket, draw randomness, keep a file, know what a
//! message means or what a resource is. It decides whether a view is quorate; what that permits is
//! decided elsewhere.
//!
//! **Read first.** `types` (what others see), then `machine` (the one door), then the floors from
//! the wire upwards: `seal`, `frame`, `link`, `watch`, `hearing`, `clique`, `agreement`, `order`,
//! `quorum`.
//! On top of it stands a second machine, [`processes`]: named groups of client processes. Beside it
//! stands a third, [`arbiter`]: what decides outside of a cluster which of its partitions may act.

mod agreement;
pub mod arbiter;
mod clique;
mod config;
mod damping;
mod frame;
mod hearing;
mod link;
mod machine;
mod order;
mod planted;
pub mod processes;
mod quorum;
mod seal;
pub mod tap;
mod types;
mod watch;

pub use config::{
    Admission, Birth, Cipher, ClusterKey, Expectation, GroupConfig, KeyError, LinkPolicy,
    NodeConfig, QuorumConfig, QuorumRule, TieBreaker, Timing, WaitForAll,
};
pub use machine::{Group, Input, Output, Stage};
pub use quorum::{
    Arbiter, ArbiterVote, QuorumChange, QuorumDecision, QuorumFlag, QuorumReason, QuorumRefusal,
    Voter,
};
pub use types::{
    Channel, Counters, Delivery, Departure, GroupCommand, GroupEvent, LinkFailure, LinkId,
    LinkState, LinkStatus, Member, Refusal, View, ViewId, admit,
};

/// The largest payload one [`GroupCommand::Submit`] may carry, in bytes.
pub const MAX_PAYLOAD: usize = 16 * 1024 * 1024;
/// The largest member profile, in bytes: all of them travel in one view agreement.
pub const MAX_PROFILE: usize = 4096;
/// The most full members a view can have: one bit each in the table of who hears whom.
pub const MAX_NODES: usize = 64;
