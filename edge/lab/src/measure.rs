//! What a cluster in a lab is measured by: for benchmarks with large numbers, and for tests with
//! small ones.
//!
//! The lab does not know what runs on its machines; how a node says in which view it is comes from
//! the caller ([`Membership`]). So the same measurement is made of any cluster software.

mod calm;
mod figures;
mod usage;
mod views;

pub use calm::{Calm, Scenario, remain_calm};
pub use figures::Figures;
pub use usage::{Usage, frames_per_second, resident, since_first_start, usage, worker};
pub use views::{crash, in_one_view};

use crate::client::Lab;
use crate::error::LabError;
use std::collections::BTreeSet;
use std::time::Duration;

/// How nodes are asked for their view.
pub trait Membership {
    /// What `node` says; none when it gives no answer, or is in no view.
    fn seen(&self, lab: &Lab, node: &str) -> Option<Seen>;
}

/// A view as one node has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The names of its members.
    pub members: BTreeSet<String>,
    /// When this node installed it, on the clock of `os::clock::monotonic`.
    pub installed_at: Duration,
    /// Whether it may act.
    pub is_quorate: bool,
    /// How many views this node has installed.
    pub views: u64,
    /// How often it has suspected another node.
    pub suspicions: u64,
}

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The lab did not do what it was told.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// It did not come about.
    #[error("{node} is not in one view of {wanted} nodes after {} s: {said}", patience.as_secs())]
    NoView {
        /// The node that was waited for.
        node: String,
        /// How many members the view was to have.
        wanted: usize,
        /// What the node says instead.
        said: String,
        /// How long was waited.
        patience: Duration,
    },
    /// The kernel says nothing about a process.
    #[error("nothing can be read about the daemon on {0}; does it run? Its log tells more")]
    NoDaemon(String),
}

/// The names of all machines of a lab.
pub fn everybody(lab: &Lab) -> BTreeSet<String> {
    lab.options().nodes.iter().cloned().collect()
}
