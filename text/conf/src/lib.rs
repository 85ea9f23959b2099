//! `corosync.conf`, all generations of it.
//!
//! **What it is.** Text to [`ClusterConf`], with positions and suggestions in errors and warnings,
//! and from there to the group's configuration; to an [`Explanation`] of each setting; to the map
//! of keys; and, by an [`Edit`], to another text. The file of a new cluster ([`founding`]).
//!
//! **What it never does.** Read a file, resolve a name, find out which node it runs on.
//!
//! **Read first.** `model` (what a file says), then `grammar`, `meaning`, `keys` (one row for each
//! key there is), `explain`, `edit`, `map`.

mod edit;
mod error;
mod explain;
mod founding;
mod grammar;
mod keys;
mod map;
mod meaning;
mod model;

pub use edit::{Edit, EditError, NodeRef, edit, values};
pub use error::{ConfError, Problem, Warning, WarningKind};
pub use explain::{Explanation, Told, explain};
pub use founding::founding;
pub use keys::{Fate, Kind, known_keys};
pub use map::{MapEntry, map};
pub use meaning::parse;
pub use model::{Arbiter, ClusterConf, Interface, Logging, Multicast, Node, OwnId, Transport};
