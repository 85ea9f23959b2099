//! The arbiter on the network: the server that gives one partition of a cluster its vote, and the
//! client by which a cluster asks for it. What it decides is [`group::arbiter`]'s business.
//!
//! **Who is who.** A cluster knows its arbiter by the fingerprint of its certificate, which stands in
//! `corosync.conf` ([`Fingerprint`]). An arbiter knows a cluster by a public key, which is made of the
//! cluster's key and name ([`Identity`]); it is told that once by a person ([`Registry::add`]), or
//! remembers the first that comes with a name ([`Newcomers::Trusted`]). So no secret leaves a
//! cluster, nobody needs a certification authority, and what is stolen from an arbiter opens no
//! cluster.
//!
//! **The wire.** TLS 1.3 over TCP, in it frames: the length as `u32`, then a [`ToArbiter`] or
//! [`ToCluster`]. The client's first frame proves the cluster's identity by signing what both sides
//! of this TLS session, and nobody else, can compute; then each [`Report`](group::arbiter::Report) is
//! answered before the next is read.
//!
//! **What it never does.** Keep anything on disk about who holds the vote, speak to nobody but those
//! who have proved who they are, let one cluster wait for another: a thread per connection, a
//! bounded number of them, and a deadline for every frame.

mod client;
mod frame;
mod identity;
mod registry;
mod server;
mod status;
mod tls;

pub use client::{AskError, Client, Place};
pub use frame::{Hello, Refused, ToArbiter, ToCluster};
pub use identity::{Identity, NotHex, PublicIdentity};
pub use registry::{Registry, RegistryError};
pub use server::{Newcomers, Server, ServerOptions, StartError};
pub use status::{Counts, ServedCluster, Status, read_status};
pub use trust::Fingerprint;

/// The TCP port, unless somebody says otherwise: the one of Corosync's own arbiter.
pub const PORT: u16 = 5403;
