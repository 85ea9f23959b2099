//! Node attributes on their way: dampened, so that a flapping value moves nothing.

use crate::operation::Operation;
use base::Instant;
use std::collections::BTreeMap;
use std::time::Duration;

/// Values that wait for their dampening to end.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    waiting: BTreeMap<(String, String), Waiting>,
}

#[derive(Debug)]
struct Waiting {
    value: Option<String>,
    due: Instant,
}

impl Attributes {
    /// A new value. It is told after `dampen`, counted from the first of several changes; `None`
    /// when it has to wait.
    pub(crate) fn set(
        &mut self,
        now: Instant,
        (node, name): (String, String),
        value: Option<String>,
        dampen: Duration,
    ) -> Option<Operation> {
        let key = (node, name);
        if dampen.is_zero() {
            self.waiting.remove(&key);
            let (node, name) = key;
            return Some(Operation::Attribute { node, name, value });
        }
        let due = now + dampen;
        let waiting = self.waiting.entry(key).or_insert(Waiting { value: None, due });
        waiting.value = value;
        None
    }

    /// The values whose time has come.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Operation> {
        let due: Vec<_> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.due <= now)
            .map(|(key, _)| key.clone())
            .collect();
        due.into_iter()
            .filter_map(|key| {
                let value = self.waiting.remove(&key)?.value;
                let (node, name) = key;
                Some(Operation::Attribute { node, name, value })
            })
            .collect()
    }

    /// When the next value is due.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        self.waiting.values().map(|waiting| waiting.due).min()
    }
}
