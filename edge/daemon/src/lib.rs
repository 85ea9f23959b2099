//! The node daemon: the loops around group and manager, where the core meets the world.
//!
//! One process, few threads, each with one job, joined by channels:
//!
//! ```text
//! rings      UDP sockets and the group machine, or a running Corosync; nothing
//!            on it blocks                                            engine.rs rings.rs
//! groups     processes beside the daemon that talk to each other in groups       groups.rs
//! manager    the manager machine                                              managing.rs
//! planner    makes plans; may take its time                                   planning.rs
//! arbiter    asks the arbiter for its vote, and may wait for it                   asker.rs
//! disk       writes and fsyncs                                                storage.rs
//! world      agents, the API, other daemons, signals (tokio)    running.rs service.rs remote.rs colleagues.rs
//! ```
//!
//! A small parent process ([`supervise`]) starts the daemon again when it dies. What the daemon
//! ran goes on meanwhile; the next one ends the agents that were cut short, and looks at
//! everything else anew.
//!
//! **What it never does.** Decide. Every decision is made by `group`, `manager` or `scheduler`.

mod aside;
mod asker;
mod colleagues;
mod engine;
mod groups;
mod hold;
mod links;
mod managing;
mod map;
mod options;
mod parent;
mod planning;
mod reload;
mod remote;
mod reply;
mod respond;
mod rings;
mod running;
mod secrets;
mod service;
mod show;
mod site;
mod standing;
mod start;
mod storage;

pub use asker::identity as arbiter_identity;
pub use options::{EngineKind, Options};
pub use parent::supervise;
pub use remote::{RemoteApi, RemoteApiError};
pub use show::{CRM_FEATURE_SET, PRESENTED_VERSION, SCHEMA};
pub use start::{StartError, run};
pub use storage::{DiskError, Planted, plant, planted, set_aside};
