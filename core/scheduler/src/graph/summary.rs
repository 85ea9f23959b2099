//! What changes, for people: one line for each node and resource.

use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{Action, Operation, Task, Work};
use crate::transition::{Course, SummaryLine};
use cluster::Role;

/// The transition summary.
pub(super) fn summary(work: &Work<'_>) -> Vec<SummaryLine> {
    let actions = work.actions.iter().rev();
    let mut lines: Vec<SummaryLine> =
        actions.filter_map(|(_, action)| node_line(work, action)).collect();
    for top in &work.turn {
        resource_lines(work, *top, &mut lines);
    }
    lines
}

fn node_line(work: &Work<'_>, action: &Action) -> Option<SummaryLine> {
    if action.resource.is_some() || action.flags.is_optional {
        return None;
    }
    let how = action.meta.get("stonith_action").filter(|_| action.operation.task == Task::Fence)?;
    let verb = format!("Fence ({how})");
    let node = &work.at.nodes[action.node?];
    let container = node.connection.filter(|_| node.is_guest());
    let container = container.and_then(|it| work.at.resources[it].container);
    let subject = match container {
        Some(container) => {
            format!("{} (resource: {})", node.name, work.at.resources[container].id)
        }
        None => node.name.clone(),
    };
    let reason = action.reason.clone().unwrap_or_default();
    Some(SummaryLine { verb, subject, course: None, reason, blocked: false })
}

fn resource_lines(work: &Work<'_>, resource: ResourceIndex, lines: &mut Vec<SummaryLine>) {
    let state = &work.at.resources[resource];
    if let Some(bundle) = state.bundle() {
        for replica in &bundle.replicas {
            let parts =
                [replica.address, Some(replica.container), replica.connection, replica.child];
            for part in parts.into_iter().flatten() {
                resource_lines(work, part, lines);
            }
        }
    } else if state.is_primitive() {
        primitive_lines(work, resource, lines);
    } else {
        for child in &state.children {
            resource_lines(work, *child, lines);
        }
    }
}

/// What is known when a primitive's line is written.
struct Subject<'w, 'a> {
    work: &'w Work<'a>,
    resource: ResourceIndex,
    role: Role,
    next_role: Option<Role>,
    current: Option<NodeIndex>,
    next: Option<NodeIndex>,
}

fn primitive_lines(work: &Work<'_>, resource: ResourceIndex, lines: &mut Vec<SummaryLine>) {
    let state = &work.at.resources[resource];
    let runs = !state.running_on.is_empty();
    let subject = Subject {
        work,
        resource,
        // What is being recovered was taken for stopped meanwhile.
        role: if runs && state.role == Role::Stopped { Role::Started } else { state.role },
        next_role: state.next_role,
        current: work.at.current_node(resource).filter(|_| runs),
        next: work.drafts[resource].node,
    };
    let is_gone = subject.current.is_none() && (state.is_removed || subject.next.is_none());
    if state.is_managed && !is_gone {
        subject.lines(lines);
    }
}

impl Subject<'_, '_> {
    fn find(&self, task: Task, node: Option<NodeIndex>) -> Option<ActionIndex> {
        let operation = Operation::once(task);
        let mut found = self.work.actions.find(self.resource, operation, None);
        let fits = |action: &ActionIndex| {
            let there = self.work.actions[*action].node;
            node.is_none() || there.is_none() || there == node
        };
        found.find(fits)
    }

    fn action(&self, action: ActionIndex) -> &Action {
        &self.work.actions[action]
    }

    fn is_optional(&self, action: Option<ActionIndex>) -> bool {
        action.is_none_or(|action| self.action(action).flags.is_optional)
    }

    fn is_runnable(&self, action: Option<ActionIndex>) -> bool {
        action.is_some_and(|action| self.action(action).flags.is_runnable)
    }

    fn lines(&self, lines: &mut Vec<SummaryLine>) {
        let start = self.find(Task::Start, self.next);
        let where_it_stops = self.current.filter(|_| self.is_runnable(start));
        let mut stop = self.find(Task::Stop, where_it_stops);
        if stop.is_none() && self.work.at.resources[self.resource].stops_unexpected {
            stop = self.find(Task::Stop, None);
        }
        if Some(self.role) == self.next_role {
            lines.extend(self.line_in_role(start, stop));
        } else {
            self.lines_to_role(start, stop, lines);
        }
    }

    /// It keeps its role.
    fn line_in_role(
        &self,
        start: Option<ActionIndex>,
        stop: Option<ActionIndex>,
    ) -> Option<SummaryLine> {
        let state = &self.work.at.resources[self.resource];
        let is_moving = self.current.is_some() && self.next.is_some() && self.current != self.next;
        let (current, next) = (self.current, self.next);
        let migration = self.find(Task::MigrateFrom, next);
        if current.is_some() && self.is_runnable(migration) {
            return self.line("Migrate", (current, next), start, None);
        }
        if self.work.drafts[self.resource].is_reloading {
            return self.line("Reload", (current, next), start, None);
        }
        if self.is_optional(start) {
            let (demote, promote) = (self.find(Task::Demote, next), self.find(Task::Promote, next));
            if self.is_optional(demote) || self.is_optional(promote) {
                return None;
            }
            return self.line("Re-promote", (current, next), promote, demote);
        }
        if !self.is_runnable(start) {
            let has_reason = stop.is_some_and(|stop| self.action(stop).reason.is_some());
            let source = if has_reason { stop } else { start };
            return self.line("Stop", (current, None), stop, source);
        }
        match (is_moving, state.has_failed) {
            (true, true) => self.line("Recover", (current, next), stop, None),
            (true, false) => self.line("Move", (current, next), stop, None),
            (false, true) => self.line("Recover", (current, None), stop, None),
            (false, false) => self.line("Restart", (current, next), start, None),
        }
    }

    /// Its role changes.
    fn lines_to_role(
        &self,
        start: Option<ActionIndex>,
        stop: Option<ActionIndex>,
        lines: &mut Vec<SummaryLine>,
    ) {
        let state = &self.work.at.resources[self.resource];
        let (current, next) = (self.current, self.next);
        let is_moving = current.is_some() && next.is_some() && current != next;
        let cannot_start = start.is_some() && !self.is_runnable(start);
        let line = if stop.is_some() && (self.next_role == Some(Role::Stopped) || cannot_start) {
            for node in &state.running_on {
                let stop = self.find(Task::Stop, Some(*node));
                let has_reason = stop.is_some_and(|stop| self.action(stop).reason.is_some());
                let source = if has_reason { stop } else { start };
                lines.extend(self.line("Stop", (Some(*node), None), stop, source));
            }
            return;
        } else if stop.is_some() && state.has_failed && state.must_stop {
            self.line("Recover", (current, next), stop, start)
        } else if is_moving {
            self.line("Move", (current, next), stop, None)
        } else if self.work.drafts[self.resource].is_reloading {
            self.line("Reload", (current, next), start, None)
        } else if stop.is_some() && !self.is_optional(stop) {
            self.line("Restart", (current, next), start, None)
        } else if self.role == Role::Promoted {
            self.line("Demote", (current, next), self.find(Task::Demote, next), None)
        } else if self.next_role == Some(Role::Promoted) {
            self.line("Promote", (current, next), self.find(Task::Promote, next), None)
        } else if self.role == Role::Stopped && self.next_role > Some(Role::Stopped) {
            self.line("Start", (current, next), start, None)
        } else {
            None
        };
        lines.extend(line);
    }

    /// `source` gives the reason, when that is not `action` itself.
    fn line(
        &self,
        verb: &str,
        (from, to): (Option<NodeIndex>, Option<NodeIndex>),
        action: Option<ActionIndex>,
        source: Option<ActionIndex>,
    ) -> Option<SummaryLine> {
        let action = action?;
        let source = source.unwrap_or(action);
        Some(SummaryLine {
            verb: verb.to_owned(),
            subject: self.work.at.resources[self.resource].id.clone(),
            course: Some(self.course(from, to)?),
            reason: self.action(source).reason.clone().unwrap_or_default(),
            blocked: !self.action(action).flags.is_runnable,
        })
    }

    fn course(&self, from: Option<NodeIndex>, to: Option<NodeIndex>) -> Option<Course> {
        let name = |node: NodeIndex| self.work.at.nodes[node].name.clone();
        let (role, next_role) = (self.role, self.next_role.unwrap_or(Role::Stopped));
        from.or(to)?;
        Some(Course {
            from: from.map(name),
            to: to.map(name),
            role,
            next_role,
            shows_role: role > Role::Started || next_role > Role::Unpromoted,
        })
    }
}
