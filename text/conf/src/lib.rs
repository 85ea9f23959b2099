//! `corosync.conf`, all generations of it, and what `corosync-cfgtool -s` prints.
//!
//! **What it is.** Text to [`ClusterConf`], with positions and suggestions in errors and warnings;
//! from there to the group's configuration; and link states to text.
//!
//! **What it never does.** Read a file, resolve a name, find out which node it runs on.
//!
//! **Read first.** `model` (what a file says), then `grammar`, `meaning`, `keys`, `status`.

mod error;
mod grammar;
mod keys;
mod meaning;
mod model;
mod status;

pub use error::{ConfError, Warning, WarningKind};
pub use meaning::parse;
pub use model::{ClusterConf, Interface, Logging, Node, Transport};
pub use status::{StatusLayout, link_status_text};
