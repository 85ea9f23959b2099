//! Named groups of client processes, on top of the total order.
//!
//! A process that is connected to its node's daemon joins groups by name and speaks to them. All
//! members of a group see one sequence of messages and of changes of its membership, each change
//! with what joined, what left and why. The machine has one door, [`Processes::step`], and needs no
//! clock: everything it waits for comes in the order.
//!
//! **How nodes stay equal.** Joins, leaves and messages are ordered by the group layer, and every
//! node applies them to the same table. When a view ends, the nodes that go on together have the
//! same table (G6), and what they knew of the others is struck out at once. When a view brings
//! nodes together that were apart, each announces its own processes, and whatever else is
//! delivered waits behind the last announcement: then all have the same table again (P2). If the view
//! ends before that, what waited is applied among those who had been together all along, and the
//! next view begins a new exchange.
//!
//! **Invariants.**
//! - P1: between two changes that they both see, two members of a group see the same messages.
//! - P2: members that see a change together see the same list of members.
//! - P3: a sender sees its own messages, once each, in the order in which it sent them.
//! - P4: nobody hears a group before it has been told that it is a member.
//!
//! **What it never does.** Look into a message, or keep one for a process that is not there yet.

mod change;
mod machine;
mod message;
mod pace;
mod types;

pub use machine::Processes;
pub use types::{
    Change, Configuration, ConnectionId, GroupName, Input, Message, NameError, NotDone, Output,
    Process, Reason,
};

/// The longest message of a process, in bytes: what one payload holds, less room for a header.
pub const MAX_MESSAGE: usize = crate::MAX_PAYLOAD - 1024;
/// The longest name of a group, in bytes.
pub const MAX_NAME: usize = 128;
