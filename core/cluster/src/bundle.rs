//! Bundles: containers that the cluster runs, and what is put into them.

use crate::{AttributeSet, Extra, Primitive};
use base::names;

/// A container that runs in several replicas, with a resource in it or without.
///
/// Numbers and ports are kept as they were written where an agent or the container's engine is
/// handed the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Its id.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// What is run.
    pub container: Container,
    /// How the replicas are reached.
    pub network: Option<Network>,
    /// What of the host is seen inside, in document order.
    pub storage: Vec<StorageMapping>,
    /// The resource that runs inside each replica.
    pub primitive: Option<Primitive>,
    /// Parameters, as a clone has them.
    pub parameters: Vec<AttributeSet>,
    /// Its options and those that what is inside inherits.
    pub meta: Vec<AttributeSet>,
    /// What else the element carries, what `<storage>` says of itself among it.
    pub extra: Extra,
}

/// Which program runs containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    /// Docker.
    #[default]
    Docker,
    /// Podman.
    Podman,
    /// rkt, in old configurations.
    Rkt,
}

impl ContainerKind {
    const NAMES: [(&'static str, Self); 3] =
        [("docker", Self::Docker), ("podman", Self::Podman), ("rkt", Self::Rkt)];

    /// Reads the element's name.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The element's name, which is also the name of the agent (`ocf:heartbeat:docker`).
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }
}

/// What a bundle runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// The program that runs it.
    pub kind: ContainerKind,
    /// The image; empty when none was named.
    pub image: String,
    /// How many replicas; `promoted_max` when that is positive, else 1.
    pub replicas: Option<u32>,
    /// How many on one node; 1.
    pub replicas_per_host: Option<u32>,
    /// How many may be promoted; with any, the resource inside is promotable. Once `masters`.
    pub promoted_max: Option<u32>,
    /// The command that is run inside.
    pub run_command: Option<String>,
    /// Which network it uses (`host`).
    pub network: Option<String>,
    /// More options for the program that runs it.
    pub options: Option<String>,
    /// What else the element carries.
    pub extra: Extra,
}

/// How the replicas of a bundle are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The address of the first replica; the others follow.
    pub ip_range_start: Option<String>,
    /// The port of the executor inside; 3121.
    pub control_port: Option<String>,
    /// The interface of the host that has the addresses.
    pub host_interface: Option<String>,
    /// The addresses' prefix length; 32.
    pub host_netmask: Option<String>,
    /// Whether each replica's `/etc/hosts` names the others; yes.
    pub add_host: Option<bool>,
    /// Ports of the host that lead into the container.
    pub ports: Vec<PortMapping>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A port, or a range of them, that leads into a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortMapping {
    /// Its id.
    pub id: String,
    /// The port of the host.
    pub port: Option<String>,
    /// The port inside; the same when not given.
    pub internal_port: Option<String>,
    /// A range `first-last`, the same on both sides, in place of the two.
    pub range: Option<String>,
    /// What else the element carries.
    pub extra: Extra,
}

/// Where what is seen inside stands on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageSource {
    /// This very file or directory (`source-dir`).
    Path(String),
    /// A directory below this one, each replica its own (`source-dir-root`).
    Root(String),
}

/// A file or directory of the host that is seen inside a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageMapping {
    /// Its id.
    pub id: String,
    /// Where it stands on the host.
    pub source: StorageSource,
    /// Where it is seen inside.
    pub target_dir: String,
    /// Options of the mount.
    pub options: Option<String>,
    /// What else the element carries.
    pub extra: Extra,
}
