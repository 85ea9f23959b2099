//! A running Corosync in place of `group`: the same events, made from what Corosync tells.
//!
//! **What it is.** A machine, [`Adapter`]: what Corosync's closed process groups and its quorum
//! tell, commands and time go in; multicasts and [`group::GroupEvent`]s come out. Its members see
//! the same views and the same messages in the same order, as those of `group::Group` do. With the
//! feature `live`, [`Connection`] joins it to the Corosync that runs on this machine.
//!
//! **What it never does.** Decide who is there or whether that is quorate: Corosync does. The
//! adapter itself reads no clock and does no I/O.
//!
//! What Corosync's groups lack, and how it is made up for:
//!
//! | lacking | made up by |
//! |---|---|
//! | who a member is (boot, age, profile) | a round of hellos, opened after each change: `round` |
//! | the same view at the same place in the order | the round ends where its last hello stands |
//! | a message counts in the view it was sent in | pieces name their view; senders say the rest again |
//! | safe delivery | acknowledgements, which are ordered too: `order` |
//! | what survivors of a view have in common (G6) | hellos say how far, and what, each has accepted |
//! | a process that hangs while its Corosync lives | it is knocked at, then left behind: `patience` |
//!
//! **Read first.** `door` (what goes in and out), then `adapter`, `round`, `order`.

mod adapter;
mod door;
#[cfg(feature = "live")]
mod live;
mod message;
mod order;
mod outgoing;
mod patience;
mod poll;
mod round;

pub use adapter::Adapter;
pub use door::{Ending, Input, Output, Process, Reason, RingName, Tally};
#[cfg(feature = "live")]
pub use live::{Connection, ConnectionError, Sent, Site};
