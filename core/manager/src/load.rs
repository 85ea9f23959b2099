//! How hard a node is at work, as it says itself: who can hardly cope is given less to do at once.
//!
//! As in Pacemaker, a node's load average of a minute is held against `load-threshold` of what its
//! processors can do; what counts as much more than that was found by experience there.

use crate::operation::Operation;
use crate::state::{Effect, Life};
use crate::{Manager, State};
use base::{NodeId, codec_enum};

/// In steps, so that there is seldom news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Load {
    #[default]
    Usual,
    Low,
    Medium,
    High,
}
codec_enum!(Load { 0 = Usual, 1 = Low, 2 = Medium, 3 = High });

impl Load {
    /// `load` is a load average in hundredths, `threshold` in percent; a threshold of zero is none.
    fn of(load: u32, cores: u32, threshold: u32) -> Self {
        // A single processor has others than agents to serve: it counts as 0.6.
        let tenths = if cores <= 1 { 6 } else { u64::from(cores) * 10 };
        let bearable = u64::from(threshold) * tenths;
        let percent = (u64::from(load) * 1000).checked_div(bearable).unwrap_or(0);
        match percent {
            0..=120 => Self::Usual,
            121..=160 => Self::Low,
            161..=200 => Self::Medium,
            _ => Self::High,
        }
    }

    /// How much of what it may do at once it is given: at least one action.
    pub(crate) fn share_of(self, most: usize) -> usize {
        match self {
            Self::Usual => most,
            Self::Low => (most / 2).max(1),
            Self::Medium => (most / 4).max(1),
            Self::High => 1,
        }
    }
}

impl Manager {
    /// What this node's load means; none where the others know it.
    pub(crate) fn news_of_load(&self, load: u32) -> Option<Operation> {
        let threshold = self.state().configuration.property("load-threshold");
        let threshold = threshold.trim_end_matches('%').parse().unwrap_or(0);
        let load = Load::of(load, self.cores(), threshold);
        let known = self.state().life(self.node())?.load;
        (self.is_joined() && known != load).then_some(Operation::Load { load })
    }
}

impl State {
    pub(crate) fn apply_load(&mut self, node: NodeId, load: Load) -> Effect {
        if let Some(life) = self.lives.get_mut(&node) {
            life.load = load;
        }
        Effect::default()
    }

    pub(crate) fn life(&self, node: NodeId) -> Option<&Life> {
        self.lives.get(&node)
    }

    pub(crate) fn load_of(&self, node: NodeId) -> Load {
        self.life(node).map_or(Load::Usual, |life| life.load)
    }

    /// Half as much as there are nodes is done at once in a cluster of which one can hardly cope: what
    /// it waits for is mostly a disk or a server that all of them use.
    pub(crate) fn most_under_load(&self) -> Option<usize> {
        let members = self.status.nodes.values().filter(|node| node.is_online).count();
        let is_high = |life: &Life| life.load == Load::High;
        self.lives.values().any(is_high).then_some((members / 2).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_too_much() {
        // Load average in hundredths, processors, threshold; and of eight at once so many.
        let cases = [
            (100, 2, 80, 8),
            (190, 2, 80, 8),
            (200, 2, 80, 4),
            (260, 2, 80, 2),
            (330, 2, 80, 1),
            (50, 1, 80, 8),
            (100, 1, 80, 1),
            (9900, 2, 0, 8),
            (9900, 128, 80, 8),
        ];
        for (load, cores, threshold, most) in cases {
            let found = Load::of(load, cores, threshold);
            assert_eq!(found.share_of(8), most, "{load} on {cores} with {threshold} %: {found:?}");
        }
    }
}
