//! The words every crate of Systole shares: ids, time, seeded randomness, binary encoding.
//!
//! **What it is.** Small value types without behaviour of their own.
//! **What it never does.** Read a clock, touch the world, know what a cluster is.

pub mod codec;
mod id;
pub mod names;
pub mod planted;
mod random;
pub mod suggest;
mod time;

pub use codec::{Decode, DecodeError, Encode, Reader};
pub use id::{BootId, NodeId};
pub use random::Rng;
pub use time::{Instant, WallTime};
