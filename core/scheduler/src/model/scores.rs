//! The notes that placement takes of its scores, for those who want to see them.

use cluster::Score;
use std::collections::BTreeMap;

/// One line of what `crm_simulate --show-scores --show-utilization` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScoreNote {
    /// What a resource's table said when it was its turn.
    Allocation {
        /// What was being placed: `primitive`, `group`, `clone`, `bundle`.
        stage: &'static str,
        /// The resource.
        resource: String,
        /// The node.
        node: String,
        /// The score.
        score: Score,
    },
    /// How much an instance wants to be promoted.
    Promotion {
        /// The instance.
        resource: String,
        /// The node, when it was given one.
        node: Option<String>,
        /// The score.
        score: Score,
    },
    /// A node's capacity.
    Capacity {
        /// `Original` or `Remaining`.
        when: &'static str,
        /// The node.
        node: String,
        /// What it has.
        values: BTreeMap<String, i64>,
    },
    /// What a resource takes of a node's capacity.
    Utilization {
        /// What was being done.
        stage: &'static str,
        /// The resource.
        resource: String,
        /// The node.
        node: String,
        /// What it takes.
        values: BTreeMap<String, i64>,
    },
}
