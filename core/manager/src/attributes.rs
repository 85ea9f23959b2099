//! Node attributes on their way: dampened, so that a flapping value moves nothing, and so that
//! the values of all nodes take effect together.
//!
//! A dampened value is ordered like all others, but only waits in the state. The first one of a
//! name starts its clock; when that has run down, the coordinator orders that all values of the
//! name take effect. Without this the first node whose `ping` has answered would attract every
//! resource that needs connectivity.

use crate::State;
use crate::state::{Effect, Replan};
use base::{Instant, codec_struct};
use std::collections::BTreeMap;
use std::time::Duration;

/// A value that waits: which node's, and what it will be (`None` removes it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    values: BTreeMap<String, Option<String>>,
}
codec_struct!(Waiting { values });

impl State {
    pub(crate) fn apply_attribute(
        &mut self,
        node: &str,
        name: &str,
        value: Option<String>,
        dampen: Duration,
    ) -> Effect {
        if !dampen.is_zero() {
            let waiting = self.dampened.entry(name.to_owned()).or_default();
            waiting.values.insert(node.to_owned(), value);
            return Effect { dampened: Some((name.to_owned(), dampen)), ..Effect::default() };
        }
        if let Some(waiting) = self.dampened.get_mut(name) {
            waiting.values.remove(node);
        }
        Effect {
            replan: Replan::now_if(self.set_attribute(node, name, value)),
            ..Effect::default()
        }
    }

    /// All values of `name` that wait take effect.
    pub(crate) fn apply_settling(&mut self, name: &str) -> Effect {
        let waiting = self.dampened.remove(name).unwrap_or_default();
        let mut changed = false;
        for (node, value) in waiting.values {
            changed |= self.set_attribute(&node, name, value);
        }
        Effect { replan: Replan::now_if(changed), ..Effect::default() }
    }

    /// What a node that is gone wanted to say is of no interest any more.
    pub(crate) fn forget_dampened(&mut self, node: &str) {
        for waiting in self.dampened.values_mut() {
            waiting.values.remove(node);
        }
        self.dampened.retain(|_, waiting| !waiting.values.is_empty());
    }

    /// Says whether that changed anything.
    fn set_attribute(&mut self, node: &str, name: &str, value: Option<String>) -> bool {
        let Some(node) = self.node_named_mut(node).filter(|node| node.is_online) else {
            return false;
        };
        let before = match value {
            Some(value) => node.attributes.insert(name.to_owned(), value),
            None => node.attributes.remove(name),
        };
        before.as_ref() != node.attributes.get(name)
    }
}

/// When the values of a name take effect, by this node's clock. Every member keeps the time, so
/// that any of them can be the coordinator by then.
#[derive(Debug, Default)]
pub(crate) struct Dampening(BTreeMap<String, Instant>);

impl Dampening {
    /// A value waits; the first one of a name starts its clock.
    pub(crate) fn started(&mut self, name: String, due: Instant) {
        self.0.entry(name).or_insert(due);
    }

    /// The clocks of names that wait in `state`, and of no others. One that this node has not
    /// seen start, as after a state transfer, starts now.
    pub(crate) fn keep(&mut self, state: &State, now: Instant) {
        self.0.retain(|name, _| state.dampened.contains_key(name));
        for name in state.dampened.keys() {
            self.0.entry(name.clone()).or_insert(now);
        }
    }

    /// The names whose clock has run down; each is given once.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<String> {
        let due: Vec<String> =
            self.0.iter().filter(|(_, due)| **due <= now).map(|(name, _)| name.clone()).collect();
        for name in &due {
            self.0.insert(name.clone(), now + Duration::from_secs(5));
        }
        due
    }

    /// When the next clock has run down.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        self.0.values().min().copied()
    }
}
