//! The way from one view to the next: who is known, who has to introduce their processes first.

use super::machine::Processes;
use super::message::Ordered;
use super::types::{Change, GroupName, Output, Process, Reason};
use crate::types::View;
use base::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// The begin of a view whose members were not all together before.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// Whose announcement has not been delivered.
    waiting: BTreeSet<NodeId>,
    /// Whose has.
    announced: BTreeSet<NodeId>,
    /// What has been announced by nodes that were not known.
    arrivals: BTreeMap<GroupName, Vec<Change>>,
    /// Everything else that has been delivered, in order.
    held: Vec<(NodeId, Vec<u8>)>,
}

impl Processes {
    /// A new view. Members that were all together before need no exchange: a crash interrupts
    /// nobody.
    pub(super) fn enter(&mut self, view: &View, out: &mut Vec<Output>) {
        self.abort(out);
        let before = self.view.replace(view.id);
        let came_along = |node: &NodeId| {
            let member = view.member(*node);
            before.is_some() && member.is_some_and(|member| member.came_from == before)
        };
        let me = self.me;
        self.known.retain(|node| *node == me || came_along(node));
        self.strike_out(out);
        let nodes: BTreeSet<_> = view.nodes().into_iter().collect();
        if nodes == self.known {
            return self.keep_pace(out);
        }
        self.exchange = Some(Exchange { waiting: nodes, ..Exchange::default() });
        let members = self.own_memberships();
        self.send(&Ordered::Announce { view: view.id, members }, &[], out);
        self.keep_pace(out);
    }

    /// The view ended before everybody had introduced themselves. Those who were together all along
    /// have held the same messages, and go on as if there had been nobody else.
    fn abort(&mut self, out: &mut Vec<Output>) {
        let Some(exchange) = self.exchange.take() else { return };
        for (sender, payload) in exchange.held {
            if self.known.contains(&sender) {
                self.apply(sender, payload, out);
            }
        }
    }

    /// Processes of nodes that are not known any more are members of nothing.
    fn strike_out(&mut self, out: &mut Vec<Output>) {
        let names: Vec<GroupName> = self.groups.keys().cloned().collect();
        for name in names {
            let members = self.groups.get(&name).into_iter().flat_map(|group| &group.members);
            let gone = members.filter(|process| !self.known.contains(&process.node));
            let left: Vec<_> = gone
                .map(|process| Change { process: *process, reason: Reason::NodeDown })
                .collect();
            if !left.is_empty() {
                self.change(&name, Vec::new(), left, out);
            }
        }
    }

    fn own_memberships(&self) -> Vec<(GroupName, Process)> {
        let all = self.groups.iter();
        let members =
            all.flat_map(|(name, group)| group.members.iter().map(move |process| (name, process)));
        let own = members.filter(|(_, process)| process.node == self.me);
        own.map(|(name, process)| (name.clone(), *process)).collect()
    }

    /// A message is delivered: applied, or held back until everybody is known.
    pub(super) fn deliver(&mut self, sender: NodeId, payload: Vec<u8>, out: &mut Vec<Output>) {
        let Some(exchange) = &mut self.exchange else {
            return self.apply(sender, payload, out);
        };
        match Ordered::read(sender, &payload) {
            Ok((Ordered::Announce { view, members }, _)) => {
                // One of an earlier view, ordered late, says nothing any more.
                if Some(view) == self.view && exchange.waiting.remove(&sender) {
                    let known = self.known.contains(&sender);
                    exchange.arrive(sender, members.into_iter().filter(|_| !known));
                }
            }
            Ok(_) => exchange.held.push((sender, payload)),
            Err(_) => {}
        }
        if exchange.waiting.is_empty() {
            self.complete(out);
        }
    }

    /// All members of the view are known: their processes appear, then what was held back.
    fn complete(&mut self, out: &mut Vec<Output>) {
        let Some(exchange) = self.exchange.take() else { return };
        self.known.extend(exchange.announced);
        for (name, joined) in exchange.arrivals {
            self.change(&name, joined, Vec::new(), out);
        }
        for (sender, payload) in exchange.held {
            self.apply(sender, payload, out);
        }
    }
}

impl Exchange {
    fn arrive(&mut self, sender: NodeId, members: impl Iterator<Item = (GroupName, Process)>) {
        self.announced.insert(sender);
        for (name, process) in members.filter(|(_, process)| process.node == sender) {
            let change = Change { process, reason: Reason::NodeUp };
            self.arrivals.entry(name).or_default().push(change);
        }
    }
}
