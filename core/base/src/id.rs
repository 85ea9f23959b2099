//! Identities that outlive a message.

use crate::codec_struct;
use std::fmt;

/// A cluster node's number: the `nodeid` of `corosync.conf`, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One life of a machine, from power-on to power-off.
///
/// A node that returns with another boot id has certainly lost all that it ran; one that returns
/// with the same has not, whatever a fence device said (F4, F5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId(pub u128);

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

codec_struct!(NodeId(value));
codec_struct!(BootId(value));
