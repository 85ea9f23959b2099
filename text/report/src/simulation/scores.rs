//! What placement noted of its scores and of what nodes have room for.

use scheduler::model::ScoreNote;
use std::collections::BTreeMap;

/// A note as a line, without bullet.
pub fn score(note: &ScoreNote) -> String {
    match note {
        ScoreNote::Allocation { stage, resource, node, score } => {
            format!("pcmk__{stage}_assign: {resource} allocation score on {node}: {score}")
        }
        ScoreNote::Promotion { resource, node, score } => {
            let place =
                node.as_ref().map_or_else(|| "(inactive)".into(), |node| format!("on {node}"));
            format!("{resource} promotion score {place}: {score}")
        }
        ScoreNote::Capacity { when, node, values } => {
            format!("{when}: {node} capacity:{}", listed(values))
        }
        ScoreNote::Utilization { stage, resource, node, values } => {
            format!("pcmk__assign_{stage}: {resource} utilization on {node}:{}", listed(values))
        }
    }
}

fn listed(values: &BTreeMap<String, i64>) -> String {
    values.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

/// Which notes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notes {
    /// Scores.
    pub scores: bool,
    /// The capacity of nodes, and what is taken of it.
    pub utilization: bool,
}

impl Notes {
    /// Whether a note is among them.
    pub const fn show(self, note: &ScoreNote) -> bool {
        match note {
            ScoreNote::Capacity { .. } | ScoreNote::Utilization { .. } => self.utilization,
            ScoreNote::Allocation { .. } | ScoreNote::Promotion { .. } => self.scores,
        }
    }

    /// The title above them, if there is anything to show.
    pub const fn title(self) -> Option<&'static str> {
        match (self.scores, self.utilization) {
            (true, true) => Some("Assignment Scores and Utilization Information"),
            (true, false) => Some("Assignment Scores"),
            (false, true) => Some("Utilization Information"),
            (false, false) => None,
        }
    }
}
