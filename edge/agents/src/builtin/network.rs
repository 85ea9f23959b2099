//! Agents that watch this node's network interfaces.

pub(super) mod ethmonitor;
pub(super) mod ifspeed;
mod interfaces;

use super::{Answer, Context, Failure};
