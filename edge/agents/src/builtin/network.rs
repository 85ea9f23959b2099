//! Agents that watch this node's network interfaces.

pub(super) mod ethmonitor;
pub(super) mod ifspeed;
pub(super) mod interfaces;

use super::{Answer, Context, Failure};
