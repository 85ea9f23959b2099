//! Lets orders speak until nobody has anything new to say.
//!
//! What an order changes may matter to all orders of the two actions. So each change sends both
//! and what comes after them back into the round; a stack of visits takes the place of recursion,
//! as chains of orders may be long.

use super::{Changed, Filter, Pair, collective, effect};
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{ActionFlags, Fact, Kind, Link, Operation, Relation, Task, Work};
use cluster::{Role, Score};

/// The round.
pub(crate) struct Settler<'w, 'a> {
    pub(crate) work: &'w mut Work<'a>,
    visits: Vec<Visit>,
}

/// One action whose orders are being heard.
struct Visit {
    then: ActionIndex,
    /// How many of its links have still to be heard; the newest is heard first.
    left: usize,
    flags: ActionFlags,
    is_changed: bool,
}

/// What a part of a group or clone has learnt, its own orders pass on before other parts are told
/// the same: so that each says whom it has it from. Says whether it was heard.
pub(crate) fn stir(work: &mut Work<'_>, action: ActionIndex) -> bool {
    let is_heard = work.settling.depth < DEEPEST;
    if is_heard {
        work.settling.depth += 1;
        Settler::new(work).settle(action);
        work.settling.depth -= 1;
    }
    is_heard
}

/// How often parts may interrupt each other; what is cut off here is heard in its own turn.
const DEEPEST: u32 = 200;

impl<'w, 'a> Settler<'w, 'a> {
    pub(crate) fn new(work: &'w mut Work<'a>) -> Self {
        Self { work, visits: Vec::new() }
    }

    /// Hears all orders of `action`, and of all that changes with it.
    pub(crate) fn settle(&mut self, action: ActionIndex) {
        self.visit(action);
        while let Some(visit) = self.visits.last_mut() {
            if visit.left == 0 {
                self.leave();
                continue;
            }
            visit.left -= 1;
            let (then, position) = (visit.then, visit.left);
            let depth = self.visits.len() - 1;
            // What is heard may send others into the round first; they are on top then.
            let changed = self.hear(then, position);
            self.visits[depth].is_changed |= changed.then;
            if changed.first {
                let first = self.partner(then, position);
                self.visit(first);
                self.visit_followers(first);
            }
        }
    }

    fn visit(&mut self, then: ActionIndex) {
        let flags = self.work.actions[then].flags;
        let left = self.work.actions[then].before.len();
        let Some(patience) = self.work.settling.patience.checked_sub(1 + left) else {
            self.work.settling.is_exhausted = true;
            return;
        };
        self.work.settling.patience = patience;
        if flags.needs_only_some {
            let action = &mut self.work.actions[then];
            action.runnable_firsts = 0;
            action.needed_firsts = action.needed_firsts.max(1);
            action.flags.is_runnable = false;
        }
        self.visits.push(Visit { then, left, flags, is_changed: false });
    }

    /// All that comes after `action` hears its orders again; the newest comes first.
    fn visit_followers(&mut self, action: ActionIndex) {
        for position in 0..self.work.actions[action].after.len() {
            let link = self.work.actions[action].after[position];
            if !self.is_mute(action, link) {
                self.visit(link.other);
            }
        }
    }

    /// Whether a link says no more than who comes first: nothing follows from it for what is to be
    /// done. Large ordered clones have such links between any two instances. Other points of groups
    /// are heard all the same, as they learn of their members by that.
    fn is_mute(&self, action: ActionIndex, link: Link) -> bool {
        let of = |action: ActionIndex| self.work.actions[action].resource;
        let (Some(one), Some(other)) = (of(action), of(link.other)) else { return false };
        let resources = &self.work.at.resources;
        let are_primitives = resources[one].is_primitive() && resources[other].is_primitive();
        let are_instances = resources[one].parent == resources[other].parent
            && resources[one].parent.is_some_and(|parent| resources[parent].is_clone());
        link.relation == Relation::ORDERED && (are_primitives || are_instances)
    }

    /// All orders of an action have been heard.
    fn leave(&mut self) {
        let Some(visit) = self.visits.pop() else { return };
        let flags = self.work.actions[visit.then].flags;
        let is_changed =
            if flags.needs_only_some { flags != visit.flags } else { visit.is_changed };
        if !is_changed {
            return;
        }
        if visit.flags.is_runnable && !flags.is_runnable {
            self.block_dependents(visit.then);
        }
        self.visit_followers(visit.then);
        self.visit(visit.then);
    }

    /// Whom the link is really about: for a group or clone that is to be complete, the point at
    /// which it is.
    fn partner(&self, then: ActionIndex, position: usize) -> ActionIndex {
        let first = self.work.actions[then].before[position].other;
        let (Some(mine), Some(other)) =
            (self.work.actions[then].resource, self.work.actions[first].resource)
        else {
            return first;
        };
        let is_inside = self.work.at.is_inside(mine, other);
        if mine == other || is_inside { first } else { self.completion_of(first) }
    }

    /// For `start` of a clone `running`, or, when it tells its instances, the point at which all
    /// have been told.
    fn completion_of(&self, action: ActionIndex) -> ActionIndex {
        let state = &self.work.actions[action];
        let Some(resource) = state.resource else { return action };
        if matches!(self.work.at.resources[resource].kind, Kind::Primitive) {
            return action;
        }
        let Some(operation) = self.completion(resource, state.operation) else { return action };
        self.work.actions.find(resource, operation, None).next_back().unwrap_or(action)
    }

    fn completion(&self, resource: ResourceIndex, operation: Operation) -> Option<Operation> {
        if operation.interval > 0 {
            return None;
        }
        let done = match operation.task {
            Task::Start | Task::Running => Task::Running,
            Task::Stop | Task::Stopped => Task::Stopped,
            Task::Promote | Task::Promoted => Task::Promoted,
            Task::Demote | Task::Demoted => Task::Demoted,
            _ => return None,
        };
        let state = &self.work.at.resources[resource];
        let is_outermost = state
            .parent
            .is_none_or(|parent| state.is_clone() && self.work.at.resources[parent].is_bundle());
        if state.settings.is_notified && is_outermost {
            return collective::told_of(done);
        }
        Some(Operation::once(done))
    }

    /// Lets one order of `then` speak.
    fn hear(&mut self, then: ActionIndex, position: usize) -> Changed {
        let link = self.work.actions[then].before[position];
        if self.is_mute(then, link) {
            return Changed::default();
        }
        let first = link.other;
        let (first_node, then_node) = (self.place_of(first), self.place_of(then));
        let is_elsewhere = matches!((first_node, then_node), (Some(a), Some(b)) if a != b);
        if link.relation.has(Relation::SAME_NODE) && is_elsewhere {
            self.work.actions[then].before[position].relation = Relation::NONE;
            return Changed::default();
        }
        if link.relation.has(Relation::THEN_CANCELS_FIRST)
            && !self.work.actions[then].flags.is_optional
        {
            self.cancel(first);
        }
        let partner = self.partner(then, position);
        if partner != first {
            // The order is about the whole: from now on it is between `then` and that point.
            let is_new = self.work.actions.order(partner, then, link.relation);
            if is_new {
                self.work.actions[then].before[position].relation = Relation::NONE;
            }
            return Changed { first: false, then: is_new };
        }
        self.weigh(then, position, link, (first_node, then_node))
    }

    /// Where an action takes place; a group's start, where the group goes.
    fn place_of(&self, action: ActionIndex) -> Option<NodeIndex> {
        let state = &self.work.actions[action];
        match state.resource {
            Some(resource)
                if self.work.at.resources[resource].is_group()
                    && state.operation.task == Task::Start =>
            {
                self.work.node_of(resource)
            }
            _ => state.node,
        }
    }

    fn cancel(&mut self, first: ActionIndex) {
        let state = &mut self.work.actions[first];
        let Some(resource) = state.resource else { return };
        state.flags.is_optional = true;
        if state.operation.task == Task::Reload {
            self.work.drafts[resource].is_reloading = false;
        }
    }

    fn weigh(
        &mut self,
        then: ActionIndex,
        position: usize,
        link: Link,
        (first_node, then_node): (Option<NodeIndex>, Option<NodeIndex>),
    ) -> Changed {
        let first = link.other;
        let flags = self.flags_for(first, then_node);
        // A point learns from its parts whenever it is heard.
        collective::flags(self.work, then, None);
        let mut relation = link.relation;
        let mut node = self.work.actions[then].node;
        if relation.has(Relation::FIRST_REQUIRES_THEN_THERE) {
            relation = relation.without(Relation::FIRST_REQUIRES_THEN_THERE)
                | Relation::FIRST_REQUIRES_THEN;
            self.work.actions[then].before[position].relation = relation;
            node = self.work.actions[first].node;
        }
        let mut changed = self.apply_relations(then, position, relation, (flags, node));
        if relation.has(Relation::FIRST_SHOWS_THEN)
            && self.work.actions[first].flags.is_runnable
            && !flags.is_optional
        {
            self.work.actions.always_show(then);
        }
        if relation.has(Relation::THEN_SHOWS_FIRST) && !self.flags_for(then, first_node).is_optional
        {
            self.work.actions.always_show(first);
        }
        changed.then |= self.heed_blocked_stop(first, then, relation);
        changed
    }

    /// Each meaning of a link, one after the other.
    fn apply_relations(
        &mut self,
        then: ActionIndex,
        position: usize,
        relation: Relation,
        (flags, node): (ActionFlags, Option<NodeIndex>),
    ) -> Changed {
        let first = self.work.actions[then].before[position].other;
        let mut changed = Changed::default();
        for (meaning, filter) in MEANINGS {
            if !relation.has(meaning) {
                continue;
            }
            if meaning == Relation::NESTED_PROBE {
                changed |= self.nested_probe((first, then), position, (flags, node));
                continue;
            }
            let whose = if meaning == Relation::THEN_REQUIRES_FIRST { first } else { then };
            let seen = match meaning {
                Relation::FIRST_REQUIRES_THEN | Relation::PROMOTED_THEN_REQUIRES_FIRST => {
                    effect::only_optional(flags)
                }
                _ => flags,
            };
            let pair = Pair { first, then, node, first_flags: seen, filter, relation: meaning };
            changed |= match self.work.actions[whose].resource {
                Some(resource) => self.update(resource, pair),
                None => self.update_free(pair),
            };
        }
        changed
    }

    fn update(&mut self, resource: ResourceIndex, pair: Pair) -> Changed {
        match self.work.at.resources[resource].kind {
            Kind::Primitive => {
                let changed = effect::update_pair(self.work, pair);
                let is_part = self.work.actions[pair.then]
                    .resource
                    .is_some_and(|it| self.work.at.resources[it].parent.is_some());
                if changed.then && is_part {
                    stir(self.work, pair.then);
                }
                changed
            }
            _ => collective::update(self.work, pair),
        }
    }

    /// What orders mean to actions that belong to no resource.
    fn update_free(&mut self, pair: Pair) -> Changed {
        let Pair { first, then, first_flags: flags, .. } = pair;
        let mut changed = Changed::default();
        match pair.relation {
            Relation::FIRST_REQUIRES_THEN => {
                changed.then = !flags.is_optional && self.work.actions.take(then, Fact::Optional);
            }
            Relation::THEN_REQUIRES_FIRST => {
                changed.first = !flags.is_optional && self.work.actions.take(first, Fact::Runnable);
            }
            Relation::FIRST_MUST_BE_RUNNABLE => {
                changed.then = !flags.is_runnable && self.work.actions.take(then, Fact::Runnable);
            }
            Relation::ENOUGH if flags.is_runnable => {
                let action = &mut self.work.actions[then];
                action.runnable_firsts += 1;
                let is_enough = action.runnable_firsts >= action.needed_firsts;
                changed.then = is_enough && !action.flags.is_runnable;
                action.flags.is_runnable |= is_enough;
            }
            _ => {}
        }
        changed
    }

    /// A probe inside of a guest or remote node need not be waited for where the node it would
    /// run on runs something already.
    fn nested_probe(
        &mut self,
        (first, then): (ActionIndex, ActionIndex),
        position: usize,
        (flags, node): (ActionFlags, Option<NodeIndex>),
    ) -> Changed {
        let Some(resource) = self.work.actions[then].resource else { return Changed::default() };
        let runs = self.work.actions[first]
            .resource
            .is_some_and(|it| !self.work.at.resources[it].running_on.is_empty());
        if !flags.is_runnable && runs {
            self.work.actions[then].before[position].relation = Relation::NONE;
            return Changed::default();
        }
        let relation = Relation::FIRST_MUST_BE_RUNNABLE;
        let filter = Filter::RUNNABLE;
        self.update(resource, Pair { first, then, node, first_flags: flags, filter, relation })
    }

    /// A stop of something unmanaged that is blocked keeps all from happening that waits for it.
    fn heed_blocked_stop(
        &mut self,
        first: ActionIndex,
        then: ActionIndex,
        relation: Relation,
    ) -> bool {
        let strict =
            Relation::FIRST_REQUIRES_THEN | Relation::THEN_REQUIRES_FIRST | Relation::RESTART;
        let state = &self.work.actions[first];
        let Some(resource) = state.resource else { return false };
        let resource = &self.work.at.resources[resource];
        let holds = relation.has_any(strict)
            && !resource.is_managed
            && resource.is_blocked
            && !state.flags.is_runnable
            && state.operation.task == Task::Stop;
        holds && self.work.actions.take(then, Fact::Runnable)
    }

    /// What is known of an action, as seen from `node`. For a clone it counts whether an action is
    /// needed there, but whether it can be done anywhere.
    fn flags_for(&mut self, action: ActionIndex, node: Option<NodeIndex>) -> ActionFlags {
        let Some(resource) = self.work.actions[action].resource else {
            return self.work.actions[action].flags;
        };
        let overall = collective::flags(self.work, action, None);
        if node.is_none() || !self.work.at.resources[resource].is_clone() {
            return overall;
        }
        let mut here = collective::flags(self.work, action, node);
        here.is_runnable |= overall.is_runnable;
        here
    }

    /// When a resource cannot be started or promoted anywhere, nor can what must be with it.
    pub(crate) fn block_dependents(&mut self, action: ActionIndex) {
        let mut queue = vec![action];
        while let Some(action) = queue.pop() {
            let state = &self.work.actions[action];
            let task = state.operation.task;
            let Some(resource) = state.resource else { continue };
            if state.flags.is_runnable || !matches!(task, Task::Start | Task::Promote) {
                continue;
            }
            let top = self.work.at.top_of(resource, true);
            if !self.is_blocked_everywhere(top, task) {
                continue;
            }
            for position in 0..self.work.drafts[top].leads.len() {
                let colocation = &self.work.colocations[self.work.drafts[top].leads[position]];
                let concerns =
                    task == Task::Start || colocation.primary_role == Some(Role::Promoted);
                if colocation.score < Score::INFINITY || !concerns {
                    continue;
                }
                let dependent = colocation.dependent;
                let blocked = match colocation.dependent_role {
                    Some(Role::Promoted) => Task::Promote,
                    _ => Task::Start,
                };
                self.block(dependent, blocked, resource, &mut queue);
            }
        }
    }

    fn is_blocked_everywhere(&self, top: ResourceIndex, task: Task) -> bool {
        self.work.at.resources[top].children.iter().all(|child| {
            let action = self.work.actions.find(*child, Operation::once(task), None).next_back();
            action.is_some_and(|action| !self.work.actions[action].flags.is_runnable)
        })
    }

    fn block(
        &mut self,
        resource: ResourceIndex,
        task: Task,
        because: ResourceIndex,
        queue: &mut Vec<ActionIndex>,
    ) {
        let actions: Vec<ActionIndex> =
            self.work.actions.find(resource, Operation::once(task), None).collect();
        for action in actions.into_iter().rev() {
            if !self.work.actions[action].flags.is_runnable {
                continue;
            }
            let reason = format!("colocation with {}", self.work.at.resources[because].id);
            let state = &mut self.work.actions[action];
            state.flags.is_runnable = false;
            state.reason.get_or_insert(reason);
            queue.push(action);
            // What this means to others they learn before what is inside is blocked too: that
            // waits for somebody then, and says for whom.
            if !stir(self.work, action) {
                self.visit(action);
            }
        }
        for position in 0..self.work.at.resources[resource].children.len() {
            let child = self.work.at.resources[resource].children[position];
            self.block(child, task, because, queue);
        }
    }
}

/// The meanings of a link, in the order in which they are heard, and what each may change.
const MEANINGS: [(Relation, Filter); 11] = [
    (Relation::FIRST_REQUIRES_THEN, Filter::OPTIONAL),
    (Relation::RESTART, Filter::BOTH),
    (Relation::THEN_REQUIRES_FIRST, Filter::OPTIONAL),
    (Relation::PROMOTED_THEN_REQUIRES_FIRST, Filter::OPTIONAL),
    (Relation::ENOUGH, Filter::RUNNABLE),
    (Relation::NESTED_PROBE, Filter::RUNNABLE),
    (Relation::FIRST_MUST_BE_RUNNABLE, Filter::RUNNABLE),
    (Relation::FIRST_MIGRATES_WITH_THEN, Filter::OPTIONAL),
    (Relation::FIRST_ELSE_THEN, Filter::OPTIONAL),
    (Relation::ORDERED, Filter::RUNNABLE),
    (Relation::ONE_WAY, Filter::RUNNABLE),
];
