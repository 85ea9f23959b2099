//! Bundles: containers, each with an address, a connection, and an instance of a resource inside.

use crate::index::{NodeIndex, ResourceIndex};

/// Which program runs the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

/// One replica of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its number.
    pub offset: u32,
    /// The resource that holds its address.
    pub address: Option<ResourceIndex>,
    /// The container.
    pub container: ResourceIndex,
    /// The connection into the container.
    pub connection: Option<ResourceIndex>,
    /// What runs inside.
    pub child: Option<ResourceIndex>,
    /// The node that the container is.
    pub node: Option<NodeIndex>,
}

/// What a bundle is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleLayout {
    /// Which program runs the containers.
    pub container: ContainerKind,
    /// The containers' image.
    pub image: String,
    /// How many replicas may be on one node.
    pub replicas_per_node: u32,
    /// The replicas, by number.
    pub replicas: Vec<Replica>,
    /// The clone that runs inside of the containers.
    pub child: Option<ResourceIndex>,
}
