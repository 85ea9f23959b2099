//! Who is who on the network: certificates that are known by a digest instead of by an authority,
//! what a cluster vouches with, and what it hands out to those who may talk to it.
//!
//! **Who is who.** A cluster's [`Authority`] is made of its key alone, so that it is the same on all
//! nodes: one [`Pin`] stands for all of them, and a [`Token`] that one of them has given out is good
//! with each. Who knows an arbiter knows it by a [`Fingerprint`] of the certificate that it keeps.
//!
//! **What it never does.** Open a connection, read a file, look at a clock.

mod access;
mod authority;
mod digest;
mod doors;
mod secret;
mod text;
mod tls;
mod token;

pub use access::{Access, AccessError, Host, HostError, PORT};
pub use authority::Authority;
pub use digest::{Fingerprint, NotADigest, Pin};
pub use doors::{Doors, Pass, Room};
pub use secret::Secret;
pub use text::{from_hex, write_hex};
pub use tls::{Expected, client, is_impostor, server};
pub use token::{Grant, Token, TokenError};
