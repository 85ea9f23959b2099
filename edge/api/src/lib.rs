//! The one way to talk to a node: requests and answers, as JSON over HTTP on a Unix socket, or over
//! TLS from elsewhere.
//!
//! `POST /v1` takes a [`Request`] and gives a [`Response`]. Command line, shell and the
//! compatible tools are all clients of it. Configuration and status travel as CIB XML, because
//! every tool already speaks that.
//!
//! **What it never does.** Decide, keep state, or know how a request is carried out: the server
//! hands it, with who asks ([`Caller`]), to a [`Service`].

mod caller;
mod client;
mod configuration;
mod message;
mod remote;
mod secret;
mod server;
mod stream;

pub use caller::Caller;
pub use client::{Client, ClientError};
pub use configuration::{
    Consequence, Forget, Language, LoadMode, MoveEnd, ObjectChanges, ObjectOrder, Preview, Replay,
    RevisionDetail, RevisionReport, TrialReport,
};
pub use message::{
    Acknowledgement, Admission, ArbiterReport, AttributeChange, BondReport, ConfChange,
    EventReport, LinkReport, MapEntry, MapName, MemberReport, NamedGroupReport, Newcomer,
    NodeReport, PeerReport, ProcessReport, Request, Response, RingsReport, SlaveReport,
    TicketChange, ViewReport, VoteChange,
};
pub use remote::serve_remote;
pub use secret::{SecretPlace, SecretRequest};
pub use server::{LARGEST_REQUEST, ServeError, Service, serve};

pub use trust::{Access, AccessError, Host, HostError, PORT, Secret};

use std::path::PathBuf;

/// Everything there is to ask for, and what is answered, in the words of OpenAPI 3.1; `cargo xtask
/// openapi` makes it of the types.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// Where a node's daemon listens, unless told otherwise.
pub const DEFAULT_RUN_DIRECTORY: &str = "/run/systole";

/// The socket below a run directory.
pub fn socket_path(run_directory: &std::path::Path) -> PathBuf {
    run_directory.join("api.sock")
}

/// Where a node that is on hold says why, below a run directory. Taking it away lets the node go on.
pub fn hold_path(run_directory: &std::path::Path) -> PathBuf {
    run_directory.join("on-hold")
}
