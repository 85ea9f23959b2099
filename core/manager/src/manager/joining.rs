//! Joining the cluster's state, and leaving it in order.

use super::{Identity, Leaving, Manager};
use crate::door::Output;
use crate::operation::Operation;
use crate::{Event, EventKind};
use base::NodeId;
use cluster::JoinState;
use group::GroupCommand;
use std::time::Duration;

impl Manager {
    /// A node that has the cluster's state, but is not a member in it, introduces itself: as soon
    /// as nothing runs here that was begun before.
    pub(super) fn introduce(&mut self, out: &mut Vec<Output>) {
        let Some(view) = self.view.as_ref().map(|view| view.id) else { return };
        let id = self.me.node.to_string();
        let is_member = self
            .state
            .status
            .nodes
            .get(&id)
            .is_some_and(|node| node.join == JoinState::Member && node.is_online);
        let is_banned =
            self.state.status.nodes.get(&id).is_some_and(|node| node.join == JoinState::Banned);
        if !self.is_joined()
            || is_member
            || is_banned
            || self.introduced == Some(view)
            || !self.executor.is_idle()
            || matches!(self.leaving, Leaving::Departing | Leaving::Gone)
        {
            return;
        }
        self.introduced = Some(view);
        let Identity { name, boot, incarnation, cores, .. } = self.me.clone();
        self.submit(Operation::Introduce { view, name, boot, incarnation, cores }, out);
    }

    /// After a cold start nobody is judged before all were seen, or `dc-deadtime` is over.
    pub(super) fn begin(&mut self, out: &mut Vec<Output>) {
        if self.state.begun || !self.is_joined() || !self.state.may_act() {
            self.hold = None;
            return;
        }
        let patience = cluster::value::duration(self.state.configuration.property("dc-deadtime"));
        let until = *self.hold.get_or_insert_with(|| self.now + patience.unwrap_or_default());
        if self.is_coordinator() && (self.unseen().is_empty() || until <= self.now) {
            self.hold = Some(self.now + Duration::from_secs(3600));
            let nodes = self.me.nodes.clone();
            self.submit(Operation::Begin { nodes }, out);
        }
    }

    /// The nodes there should be that do not take part.
    pub(crate) fn unseen(&self) -> Vec<(NodeId, String)> {
        let takes_part = |node: &NodeId| {
            let status = self.state.status.nodes.get(&node.to_string());
            status.is_some_and(|status| status.join == JoinState::Member)
        };
        let unseen = self.me.nodes.iter().filter(|(node, _)| !takes_part(node));
        unseen.map(|(node, name)| (*node, name.clone())).collect()
    }

    /// How long the others are still waited for.
    pub(crate) fn hold_left(&self) -> Option<Duration> {
        let left = self.hold?.saturating_since(self.now);
        (!left.is_zero()).then_some(left)
    }

    /// When a node that wants to leave certainly runs nothing any more, or nothing that the cluster
    /// may touch, it says so and goes. One that cannot be sure goes in the end without a word; the
    /// others fence it then.
    pub(super) fn depart(&mut self, out: &mut Vec<Output>) {
        if self.leaving != Leaving::Asked {
            return;
        }
        let is_late = self.leave_by.is_some_and(|by| by <= self.now);
        if self.is_joined()
            && (self.state.may_go(self.me.node) || !self.state.may_run_something(self.me.node))
            && self.executor.is_idle()
        {
            self.leaving = Leaving::Departing;
            self.submit(Operation::Depart, out);
        } else if is_late {
            self.leaving = Leaving::Departing;
            self.tell_what_is_left(out);
            out.push(Output::Group(GroupCommand::Leave));
        } else if self.is_joined() && !self.has_asked_to_leave() {
            self.submit(Operation::Leave, out);
        }
    }

    /// Its time is over: what it did not get stopped is said by name.
    fn tell_what_is_left(&self, out: &mut Vec<Output>) {
        let runs = self.state.may_be_active_on(self.me.node);
        let runs =
            if runs.is_empty() { "what it was not asked for".into() } else { runs.join(", ") };
        let text = format!(
            "{} goes although it may still run {runs}: its time to leave is over \
             (shutdown-escalation); the others fence it before they start that elsewhere",
            self.me.name
        );
        let kind = EventKind::Alarm { text };
        out.push(Output::Event(Event { number: 0, at: self.wall, kind }));
    }

    /// Whether the others know that this node wants to leave, or will in a moment.
    pub(super) fn has_asked_to_leave(&mut self) -> bool {
        let status = self.state.status.nodes.get(&self.me.node.to_string());
        let Some(status) = status.filter(|status| status.join == JoinState::Member) else {
            return true; // It has to take part first.
        };
        let asked_here = self.leave_asked == self.view.as_ref().map(|view| view.id);
        self.leave_asked = self.view.as_ref().map(|view| view.id);
        status.attributes.contains_key("shutdown") || asked_here
    }
}
