//! What becomes of the cluster when an action succeeds.

use super::World;
use crate::{Action, ActionKey, PowerAction, Task};
use cluster::{
    Expected, JoinState, NodeStatus, OperationRecord, OperationStatus, Resource, Role, exit_code,
};
use std::time::Duration;

impl World {
    /// What was sent ends well; it was right when it was sent.
    pub(crate) fn finish_what_is_in_flight(&mut self) {
        for key in std::mem::take(&mut self.in_flight) {
            match key {
                ActionKey::Resource { instance, node, task, interval } => {
                    let _ = self.agent_succeeds(&instance, &node, (task, interval), None);
                }
                ActionKey::Fence { node, how } => self.fence(&node, how),
                ActionKey::Release { node } => self.leave(&node),
                ActionKey::Pseudo(_) => {}
            }
        }
        for node in self.status.nodes.values_mut() {
            for history in node.history.values_mut() {
                history.operations.retain(|it| it.status != OperationStatus::Pending);
                history.extra.attributes.retain(|(name, _)| name != "shutdown-lock");
            }
        }
    }

    /// The action succeeds, and the status shows it.
    ///
    /// # Errors
    /// When something is started while it is active elsewhere.
    pub(crate) fn perform(&mut self, action: &Action) -> Result<(), String> {
        match &action.key {
            ActionKey::Pseudo(_) => Ok(()),
            ActionKey::Release { node } => {
                self.leave(node);
                Ok(())
            }
            ActionKey::Fence { node, how } => {
                self.fence(node, *how);
                Ok(())
            }
            ActionKey::Resource { instance, node, task, interval } => {
                let meta = action.invocation.as_ref().map(|it| &it.meta);
                let said = |name: &str| meta.and_then(|meta| meta.get(name)).cloned();
                let way = said("migrate_source").zip(said("migrate_target"));
                self.agent_succeeds(instance, node, (*task, *interval), way)
            }
        }
    }

    fn agent_succeeds(
        &mut self,
        instance: &str,
        node: &str,
        (task, interval): (Task, Duration),
        way: Option<(String, String)>,
    ) -> Result<(), String> {
        let name = self.known_as(instance);
        if task == Task::ClearFailCount {
            self.forget_failures(&name, node);
            return Ok(());
        }
        if !self.status_of(node).in_membership {
            return Ok(());
        }
        if task == Task::Start {
            self.check_not_active_elsewhere(&name, node)?;
        }
        let repeats = |record: &OperationRecord| !record.interval.is_zero();
        let history = self.status_of(node).history.entry(name.clone()).or_default();
        history.operations.retain(|it| it.status != OperationStatus::Pending);
        history.extra.attributes.retain(|(name, _)| name != "shutdown-lock");
        match task {
            Task::Start | Task::Stop | Task::Promote | Task::Demote | Task::MigrateTo => {
                history.operations.retain(|it| !repeats(it));
            }
            Task::Cancel => history.operations.retain(|it| it.interval != interval),
            _ => {}
        }
        match task {
            Task::Delete => {
                self.status_of(node).history.remove(&name);
            }
            Task::Cancel | Task::Notify(..) => {}
            task => {
                let code = self.code(&name, (task, interval));
                let operation = if task == Task::Reload { "reload" } else { task.name() };
                let mut record = self.result(operation, interval, code);
                record.last_change = self.now();
                self.record(node, &name, record);
            }
        }
        if let Some((from, to)) = way.filter(|_| is_migration(task)) {
            self.mark_migration(node, &name, (&from, &to));
        }
        self.connect(&name, task);
        Ok(())
    }

    /// What the agent says.
    fn code(&self, name: &str, (task, interval): (Task, Duration)) -> i32 {
        let base = name.split(':').next().unwrap_or(name);
        let operations = self.configuration.primitive(base).map(|it| &it.operations);
        let is_promoted = operations.into_iter().flatten().any(|operation| {
            operation.role == Some(Role::Promoted) && operation.interval.value == interval
        });
        match task {
            Task::Monitor if interval.is_zero() => exit_code::NOT_RUNNING,
            Task::Monitor if is_promoted => exit_code::PROMOTED,
            _ => exit_code::OK,
        }
    }

    fn leave(&mut self, node: &str) {
        let status = self.status_of(node);
        status.in_membership = false;
        status.is_online = false;
        status.join = JoinState::Down;
        status.expected = Expected::Down;
        status.attributes.clear();
        status.history.clear();
    }

    fn forget_failures(&mut self, resource: &str, node: &str) {
        let prefixes = ["fail-count-", "last-failure-"].map(|it| format!("{it}{resource}#"));
        let attributes = &mut self.status_of(node).attributes;
        attributes.retain(|name, _| !prefixes.iter().any(|it| name.starts_with(it)));
    }

    fn is_cloned(&self, name: &str) -> bool {
        let tops = self.configuration.resources.iter();
        let mut clones = tops.filter(|it| matches!(it, Resource::Clone(_) | Resource::Bundle(_)));
        clones.any(|clone| clone.primitives().iter().any(|it| it.id == name))
    }

    /// R1, but for instances of clones that are meant to be active on many nodes.
    fn check_not_active_elsewhere(&self, name: &str, node: &str) -> Result<(), String> {
        let active = self.active_nodes(name);
        if self.is_cloned(name) || active.iter().all(|it| it == node) {
            return Ok(());
        }
        Err(format!("R1: {name} is started on {node}, active on {active:?}"))
    }

    /// The node comes to nothing, and all it ran.
    fn fence(&mut self, node: &str, how: PowerAction) {
        if how == PowerAction::On {
            let now = self.now.seconds().to_string();
            self.status_of(node).attributes.insert("#node-unfenced".into(), now);
            return;
        }
        let entry = self.configuration.node(node);
        let id = entry.map_or_else(|| node.to_owned(), |entry| entry.id.clone());
        let is_remote = entry.is_none();
        let status = NodeStatus {
            name: node.to_owned(),
            is_remote,
            is_fenced: is_remote,
            ..Default::default()
        };
        self.status.nodes.insert(id, status);
    }

    /// A connection that was made or ended makes its node come or go.
    fn connect(&mut self, name: &str, task: Task) {
        let is_there = match task {
            Task::Start | Task::MigrateFrom => true,
            Task::Stop => false,
            _ => return,
        };
        // A connection that was handed over still leads to its node.
        if !self.is_connection(name) || (!is_there && !self.active_nodes(name).is_empty()) {
            return;
        }
        let status = self.status.nodes.entry(name.to_owned()).or_default();
        status.name = name.to_owned();
        status.is_remote = true;
        status.in_membership = is_there;
        status.is_online = is_there;
        status.is_fenced = false;
        if task == Task::Stop || task == Task::Start {
            status.history.clear();
        }
    }

    /// Where an instance is active in truth: it was started, or found, and not stopped since.
    fn active_nodes(&self, instance: &str) -> Vec<String> {
        // Without fencing a site takes the risk that a lost node still runs what it ran.
        let is_protected = self.configuration.is_property_on("fencing-enabled");
        let is_active = |node: &&NodeStatus| {
            if !node.in_membership && (node.expected == Expected::Down || !is_protected) {
                return false;
            }
            let results = node.operations(instance).iter().filter(|it| it.interval.is_zero());
            let newest = results.max_by_key(|it| it.call);
            newest.is_some_and(|it| match it.operation.as_str() {
                "stop" | "migrate_to" => it.code != 0,
                "start" | "promote" | "demote" | "migrate_from" => true,
                _ => ![5, 7].contains(&it.code),
            })
        };
        let nodes = self.status.nodes.values().filter(is_active);
        nodes.map(|node| node.name.clone()).collect()
    }
}

const fn is_migration(task: Task) -> bool {
    matches!(task, Task::MigrateTo | Task::MigrateFrom)
}
