//! Names for several objects, and the fence devices of a node.

use crate::Extra;

/// A name for several objects at once: constraints that name it are meant for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its id.
    pub id: String,
    /// The ids of what it stands for, in document order.
    pub members: Vec<String>,
    /// What else the element carries.
    pub extra: Extra,
}

/// Which nodes a fencing level is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FencingTarget {
    /// The node of this name.
    Name(String),
    /// Nodes whose name matches this extended regular expression.
    Pattern(String),
    /// Nodes with this value of an attribute.
    Attribute {
        /// The attribute's name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// One try to fence a node: all its devices have to succeed, else the next level is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencingLevel {
    /// Its id.
    pub id: String,
    /// Which nodes it is for.
    pub target: FencingTarget,
    /// When it is tried: from 1 to 9, the lowest first.
    pub index: u32,
    /// The ids of its fence devices, first to use first.
    pub devices: Vec<String>,
    /// What else the element carries.
    pub extra: Extra,
}
