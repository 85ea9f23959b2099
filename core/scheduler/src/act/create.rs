//! The one place where actions are made: found when they are there already, made otherwise.

use super::settings;
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{
    Action, ActionFlags, Operation, OrderEnd, QuorumPolicy, Relation, Requires, Task, Work,
};
use cluster::{Role, Score};
use std::collections::BTreeMap;

impl Work<'_> {
    /// The action of `resource` for `operation` on `node`; without node the oldest there is. An
    /// action that was thought of without a node gets the first node that is asked for.
    ///
    /// When one caller needs it, it is needed, whatever others said.
    pub(crate) fn act(
        &mut self,
        resource: ResourceIndex,
        operation: Operation,
        node: Option<NodeIndex>,
        is_optional: bool,
    ) -> ActionIndex {
        let action = match self.find(resource, operation, node) {
            Some(action) => action,
            None => self.make(resource, operation, node, is_optional),
        };
        self.need(action, is_optional);
        self.judge_runnable(action);
        action
    }

    /// The oldest such action on `node`, or anywhere.
    fn find(
        &mut self,
        resource: ResourceIndex,
        operation: Operation,
        node: Option<NodeIndex>,
    ) -> Option<ActionIndex> {
        let fits = |action: &ActionIndex| {
            let there = self.actions[*action].node;
            node.is_none() || there.is_none() || there == node
        };
        let found = self.actions.find(resource, operation, None).find(fits)?;
        if self.actions[found].node.is_none() && node.is_some() {
            self.actions[found].node = node;
            self.actions[found].extra = settings::parameters(self, resource, operation, node);
        }
        Some(found)
    }

    fn make(
        &mut self,
        resource: ResourceIndex,
        operation: Operation,
        node: Option<NodeIndex>,
        is_optional: bool,
    ) -> ActionIndex {
        let meta = settings::meta(self, resource, operation, node);
        let extra = settings::parameters(self, resource, operation, node);
        let requires = settings::requires(self, resource, operation);
        let key = format!("{}_{operation}", self.at.resources[resource].id);
        let flags = ActionFlags { is_optional, is_runnable: true, ..ActionFlags::default() };
        let action = Action { requires, meta, extra, ..blank(key, operation, flags) };
        self.actions.push(Action { resource: Some(resource), node, ..action })
    }

    /// Nothing but watching is needed of what is not managed.
    fn need(&mut self, action: ActionIndex, is_optional: bool) {
        let state = &self.actions[action];
        let Some(resource) = state.resource else { return };
        let is_hands_off = state.node.is_some()
            && !state.flags.is_pseudo
            && !self.at.resources[resource].is_managed
            && state.operation.interval == 0;
        if is_hands_off {
            self.actions[action].flags.is_optional = true;
        } else if !is_optional {
            self.actions[action].flags.is_optional = false;
        }
    }

    /// Whether its node, and quorum, let it be carried out.
    fn judge_runnable(&mut self, action: ActionIndex) {
        let state = &self.actions[action];
        let Some(resource) = state.resource.filter(|_| !state.flags.is_pseudo) else { return };
        let Some(node) = state.node else {
            self.actions[action].flags.is_runnable = false;
            return;
        };
        let there = &self.at.nodes[node];
        let is_out = !there.is_online && (!there.is_guest() || there.needs_remote_reset);
        if is_out && !state.flags.is_on_coordinator {
            let cannot_stop = state.operation.task == Task::Stop
                && self.at.resources[resource].is_managed
                && !there.is_unclean;
            self.actions[action].flags.is_runnable = false;
            if cannot_stop {
                self.fence(node, "stop is unrunnable");
            }
        } else if there.is_pending && !state.flags.is_on_coordinator {
            self.actions[action].flags.is_runnable = false;
        } else if state.requires == Requires::Nothing {
            let is_cut_off = there.is_guest() && !self.at.can_fence(node);
            let state = &mut self.actions[action];
            state.reason = None;
            state.flags.is_runnable = !is_cut_off;
        } else {
            self.judge_quorum(action, resource);
        }
    }

    fn judge_quorum(&mut self, action: ActionIndex, resource: ResourceIndex) {
        let reason = match self.quorum_policy_for(resource) {
            QuorumPolicy::Stop => Some("no quorum"),
            QuorumPolicy::Freeze => {
                let state = &self.at.resources[resource];
                let would_grow = state.next_role.is_some_and(|next| next > state.role);
                (!self.at.is_active(resource, true) || would_grow).then_some("quorum freeze")
            }
            QuorumPolicy::Ignore | QuorumPolicy::Demote | QuorumPolicy::Fence => None,
        };
        let state = &mut self.actions[action];
        state.flags.is_runnable = reason.is_none();
        if let Some(reason) = reason {
            state.set_reason(reason, true);
        }
    }

    /// What the lack of quorum means for a resource. Under `demote` what is promotable loses the
    /// promoted role and stays, all else is stopped.
    fn quorum_policy_for(&mut self, resource: ResourceIndex) -> QuorumPolicy {
        if self.at.options.has_quorum {
            return QuorumPolicy::Ignore;
        }
        if self.at.options.quorum_policy != QuorumPolicy::Demote {
            return self.at.options.quorum_policy;
        }
        let state = &mut self.at.resources[resource];
        match state.role {
            Role::Promoted | Role::Unpromoted => {
                if state.next_role > Some(Role::Unpromoted) {
                    state.next_role = Some(Role::Unpromoted);
                }
                QuorumPolicy::Ignore
            }
            Role::Stopped | Role::Started => QuorumPolicy::Stop,
        }
    }

    /// A free point of that name, which nobody carries out.
    pub(crate) fn pseudo(&mut self, name: impl Into<String>) -> ActionIndex {
        let key: String = name.into();
        if let Some(known) = self.actions.single(&key) {
            return known;
        }
        let task = match key.split(':').next() {
            Some("one-or-more") => Task::OneOrMore,
            Some("clone-one-or-more") => Task::CloneOneOrMore,
            _ => Task::LoadStopped,
        };
        let flags = ActionFlags {
            is_optional: true,
            is_runnable: true,
            is_pseudo: true,
            ..ActionFlags::default()
        };
        self.actions.push(blank(key, Operation::once(task), flags))
    }

    /// Orders one operation of a resource before one of another, or of the same.
    pub(crate) fn order_operations(
        &mut self,
        (first, first_task): (ResourceIndex, Task),
        (then, then_task): (ResourceIndex, Task),
        relation: Relation,
    ) {
        let first = OrderEnd::of(first, Operation::once(first_task));
        let then = OrderEnd::of(then, Operation::once(then_task));
        self.order(first, then, relation);
    }
}

/// An action that says nothing yet.
pub(super) fn blank(key: String, operation: Operation, flags: ActionFlags) -> Action {
    Action {
        resource: None,
        node: None,
        operation,
        key,
        flags,
        requires: Requires::Nothing,
        meta: BTreeMap::new(),
        extra: BTreeMap::new(),
        priority: Score::ZERO,
        reason: None,
        needed_firsts: 0,
        runnable_firsts: 0,
        before: Vec::new(),
        after: Vec::new(),
    }
}
