//! Where an instance may be that is handed over live: from the moment that this begins also where it
//! goes, until that node has said something of it.

use crate::State;
use crate::interlock::newest;
use crate::results::{Record, entry};
use crate::state::End;
use cluster::Expected;
use scheduler::plan::{ActionKey, Task};

impl State {
    /// From the moment that it begins to be handed over it may be active where it goes.
    pub(crate) fn note_way(&mut self, node: &str, record: &Record<'_>) {
        if let Some(target) = target_of(record) {
            let way = (target.to_owned(), record.instance.to_owned());
            self.handed.insert(way, node.to_owned());
        }
    }

    /// A node has said something of an instance, which counts from here on: unless that is still on its
    /// way there.
    pub(crate) fn take_as_said(&mut self, node: &str, instance: &str) {
        if !self.is_on_its_way(instance, node) {
            self.handed.remove(&(node.to_owned(), instance.to_owned()));
        }
    }

    /// A hand-over has ended, and whatever came of it came after all that was known of where it went.
    pub(crate) fn land(&mut self, source: &str, record: &Record<'_>) {
        let Some(target) = target_of(record) else { return };
        let id = record.key().entry_id(record.instance);
        let status = self.status.nodes.values().find(|status| status.name == source);
        let history = status.and_then(|status| status.history.get(record.instance));
        let began = history.and_then(|history| entry(history, &id)).map(|began| began.call);
        let status = self.status.nodes.values().find(|status| status.name == target);
        let said = status.and_then(|status| newest(status, record.instance)).map(|last| last.call);
        if said > began {
            self.look_there(target, record.instance);
        }
        self.doubt_end(target);
    }

    /// What is known of a node is forgotten. What it may have handed over has to be looked for where
    /// it went; what is on its way to it will come to the next life of its machine.
    pub(crate) fn look_where_it_went(&mut self, name: &str) {
        let may_have_come = |(target, instance): &&(String, String)| {
            target != name || self.is_on_its_way(instance, target)
        };
        let open: Vec<(String, String)> =
            self.handed.keys().filter(may_have_come).cloned().collect();
        self.handed.retain(|way, _| open.contains(way));
        let ways = self.handed.iter().filter(|(_, source)| *source == name);
        let ways: Vec<(String, String)> = ways.map(|(way, _)| way.clone()).collect();
        for (target, instance) in ways {
            self.look_there(&target, &instance);
            self.doubt_end(&target);
        }
    }

    fn look_there(&mut self, node: &str, instance: &str) {
        if let Some(status) = self.node_named_mut(node) {
            status.history.remove(instance);
        }
    }

    /// Something was handed to a machine that counts as down: what runs on its next life nobody knows, so
    /// it is lost like any other.
    fn doubt_end(&mut self, name: &str) {
        if let Some(node) = self.node_id(name).filter(|node| self.is_known_down(*node)) {
            self.lives.entry(node).or_default().end = End::None;
            self.node_mut(node).expected = Expected::Member;
        }
    }

    fn is_on_its_way(&self, instance: &str, target: &str) -> bool {
        self.flights.values().any(|flight| match &flight.key {
            ActionKey::Resource { instance: other, task: Task::MigrateTo, .. } => {
                other == instance
                    && flight.invocation.meta.get("migrate_target").is_some_and(|to| to == target)
            }
            _ => false,
        })
    }
}

/// Where it is handed over to.
fn target_of<'a>(record: &Record<'a>) -> Option<&'a str> {
    let target = record.invocation.meta.get("migrate_target");
    target.map(String::as_str).filter(|_| record.task == Task::MigrateTo)
}
