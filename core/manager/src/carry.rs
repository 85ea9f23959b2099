//! From plan to intents: what the coordinator sends next.
//!
//! A plan's graph is carried out as long as results are the expected ones; anything else asks for
//! a new plan, and what is in flight by then is part of that. Nothing here is replicated: a new
//! coordinator starts from the state, with a plan of its own.

use crate::operation::Flight;
use base::Instant;
use base::planted::{self, Planted};
use scheduler::plan::{Action, ActionId, ActionKey, Graph};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A graph on its way.
#[derive(Debug, Default)]
pub(crate) struct Carry {
    graph: Graph,
    /// Done as expected, since the graph was made.
    done: BTreeSet<ActionKey>,
    /// Done as expected, since the plan that is being made was asked for.
    done_meanwhile: BTreeSet<ActionKey>,
    /// Sent, and not yet delivered as begun.
    sent: BTreeMap<ActionKey, Flight>,
    /// Held back ever since, and people have been told.
    doubted: BTreeSet<ActionKey>,
    /// How often each action was sent since when, lately.
    repeated: BTreeMap<ActionKey, (Instant, u32)>,
    /// Fencing that failed is not tried again before.
    patience: BTreeMap<String, Instant>,
}

impl Carry {
    /// The longest wait between two attempts to fence a node.
    const LONGEST_PATIENCE: Duration = Duration::from_secs(30);
    /// An action that was sent so often within [`Self::WINDOW`] waits for its end: plans that
    /// contradict each other must not wear out a disk.
    const OFTEN: u32 = 10;
    const WINDOW: Duration = Duration::from_secs(20);

    /// Another graph takes the place of the one before.
    pub(crate) fn adopt(&mut self, graph: Graph) {
        self.graph = graph;
        self.done = std::mem::take(&mut self.done_meanwhile);
        // What was held back before, and still is, is no news.
        let wanted = &self.graph.actions;
        self.doubted.retain(|key| wanted.iter().any(|action| action.key == *key));
    }

    /// Another graph is asked for, from the state as it is now.
    pub(crate) fn plan_asked(&mut self) {
        self.done_meanwhile.clear();
    }

    /// The world has moved on: nothing more is sent of the graph.
    pub(crate) fn abandon(&mut self) {
        self.graph = Graph::default();
        self.done.clear();
        self.sent.clear();
    }

    /// The interlock holds this back. Says whether that is news.
    pub(crate) fn doubt(&mut self, key: &ActionKey) -> bool {
        self.doubted.insert(key.clone())
    }

    pub(crate) fn sent(&mut self, now: Instant, flight: Flight) {
        let key = flight.key.clone();
        self.doubted.remove(&key);
        self.repeated.retain(|_, (since, _)| *since + Self::WINDOW > now);
        self.repeated.entry(key.clone()).or_insert((now, 0)).1 += 1;
        self.sent.insert(key, flight);
    }

    /// Whether an action has not been sent too often of late.
    pub(crate) fn may_repeat(&self, now: Instant, key: &ActionKey) -> bool {
        let often = self.repeated.get(key).filter(|(since, _)| *since + Self::WINDOW > now);
        often.is_none_or(|(_, times)| *times < Self::OFTEN)
    }

    /// What was sent and not yet delivered.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = &Flight> {
        self.sent.values()
    }

    /// What was sent was delivered, and began or was turned down.
    pub(crate) fn delivered(&mut self, key: &ActionKey) {
        self.sent.remove(key);
    }

    /// A result came. Says whether the graph goes on with it.
    pub(crate) fn ended(&mut self, key: &ActionKey, expected: bool) -> bool {
        if expected {
            self.done.insert(key.clone());
            self.done_meanwhile.insert(key.clone());
        }
        expected && self.graph.actions.iter().any(|action| action.key == *key)
    }

    /// Whether all of the graph is done.
    pub(crate) fn is_finished(&self) -> bool {
        let done = self.finished();
        self.graph.actions.iter().all(|action| done.contains(&action.id.0))
    }

    /// What can be sent: everything it has to wait for is done.
    pub(crate) fn ready(&self) -> Vec<&Action> {
        let done = self.finished();
        let waits = |action: &&Action| {
            !done.contains(&action.id.0)
                && !action.in_flight
                && !self.sent.contains_key(&action.key)
                && !matches!(action.key, ActionKey::Pseudo(_))
                && action
                    .after
                    .iter()
                    .all(|id| done.contains(&id.0) || self.is_elsewhere(action, *id))
        };
        self.graph.actions.iter().filter(waits).collect()
    }

    /// With a bug planted: whether what is waited for is on another node.
    fn is_elsewhere(&self, action: &Action, waits_for: ActionId) -> bool {
        let node = |key: &ActionKey| match key {
            ActionKey::Resource { node, .. } => Some(node.clone()),
            _ => None,
        };
        planted::is(Planted::WaitForNobodyElse)
            && self.graph.actions.iter().any(|other| {
                other.id == waits_for
                    && node(&other.key).is_some_and(|it| Some(it) != node(&action.key))
            })
    }

    /// Indices of what is done; a pseudo action is done as soon as what it waits for is.
    fn finished(&self) -> BTreeSet<u32> {
        let mut finished = BTreeSet::new();
        loop {
            let before = finished.len();
            for action in &self.graph.actions {
                let is_done = match action.key {
                    ActionKey::Pseudo(_) => action.after.iter().all(|id| finished.contains(&id.0)),
                    _ => self.done.contains(&action.key),
                };
                if is_done {
                    finished.insert(action.id.0);
                }
            }
            if finished.len() == before {
                return finished;
            }
        }
    }

    /// After the `failures`-th failure in a row the next attempt waits: at once, then 1 s, 2 s,
    /// 4 s, ... 30 s, for ever (F6).
    pub(crate) fn hold_fire(&mut self, now: Instant, node: &str, failures: u32) {
        let wait = match failures {
            0 | 1 => Duration::ZERO,
            more => Duration::from_secs(1 << (more - 2).min(5)).min(Self::LONGEST_PATIENCE),
        };
        self.hold_fire_until(now + wait, node);
    }

    /// A node is not fenced before.
    pub(crate) fn hold_fire_until(&mut self, until: Instant, node: &str) {
        self.patience.insert(node.to_owned(), until);
    }

    pub(crate) fn may_fence(&self, now: Instant, node: &str) -> bool {
        self.patience.get(node).is_none_or(|until| *until <= now)
    }

    /// When the next attempt is due.
    pub(crate) fn next_wake(&self, now: Instant) -> Option<Instant> {
        let often = self.repeated.values().filter(|(_, times)| *times >= Self::OFTEN);
        let ends = often.map(|(since, _)| *since + Self::WINDOW);
        self.patience.values().copied().chain(ends).filter(|until| *until > now).min()
    }
}
