//! The last look before a start: may the instance be active anywhere else?
//!
//! The scheduler plans with the same facts and should never get here with a wrong answer. This
//! check is kept apart from it, short, and without cleverness, because what it guards is the
//! reason for the whole program (R1, R2, R3).

use crate::State;
use crate::results::may_change;
use crate::state::End;
use base::NodeId;
use base::planted::{self, Planted};
use cluster::{
    Expected, JoinState, NodeStatus, OperationRecord, OperationStatus, Status, exit_code,
    primitive_of,
};
use scheduler::plan::{ActionKey, Task};
use std::collections::BTreeMap;

/// Why a start is not sent. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The node is gone, and nobody has confirmed that it is down.
    #[error("{instance} may still be active on {node}, which is lost and not fenced")]
    NotFenced {
        /// What was to be started.
        instance: String,
        /// Where it may be active.
        node: String,
    },
    /// The cluster's part of the node was stopped, and this was to go on.
    #[error(
        "{instance} was left running on {node} when Systole was stopped there: start Systole on \
         {node}; or, when the machine is certainly off, vouch for that with `stonith_admin --confirm {node}`"
    )]
    LeftRunning {
        /// What was to be started.
        instance: String,
        /// Where it goes on.
        node: String,
    },
    /// The node has not said what it runs.
    #[error("{instance} may be active on {node}, which has not been asked yet")]
    NotProbed {
        /// What was to be started.
        instance: String,
        /// Where it may be active.
        node: String,
    },
    /// It is active there, or was when last heard of.
    #[error("{instance} is active on {node}")]
    Active {
        /// What was to be started.
        instance: String,
        /// Where.
        node: String,
    },
    /// No more instances may be promoted at a time (R4).
    #[error("{instance} is promoted on {node}, or may be")]
    Promoted {
        /// What was to be promoted.
        instance: String,
        /// Where it may be.
        node: String,
    },
    /// Something is being done with it there, with unknown result.
    #[error("{instance} on {node} has an action in flight")]
    InFlight {
        /// What was to be started.
        instance: String,
        /// Where.
        node: String,
    },
    /// These nodes have no right to start anything (Q5).
    #[error("there is no quorum")]
    NoQuorum,
}

/// What a plan is made from: the status, and what it said before the actions in flight, which have made
/// nothing of that untrue yet; or, with a bug planted, what a planner would believe that the last look
/// is there for.
pub(crate) fn believed(state: &State) -> Status {
    let mut status = state.status.clone();
    for flight in state.flights.values() {
        if let ActionKey::Resource { instance, node, .. } = &flight.key
            && let Some(before) = &flight.before
            && let Some(node) = status.nodes.values_mut().find(|status| status.name == *node)
            && let Some(history) = node.history.get_mut(instance)
        {
            history.operations.push(before.clone());
        }
    }
    if planted::is(Planted::SkipInterlock) {
        for node in status.nodes.values_mut().filter(|node| !node.in_membership) {
            (node.join, node.expected) = (JoinState::Down, Expected::Down);
            node.history.clear();
        }
    }
    status
}

/// Whether an action may run on the node named `node`. Only what makes an instance active, or may,
/// is ever held back.
///
/// # Errors
/// With the first reason to doubt that it is inactive everywhere else.
pub(crate) fn may_run(
    state: &State,
    instance: &str,
    node: &str,
    (task, meta): (Task, &BTreeMap<String, String>),
) -> Result<(), Doubt> {
    match task {
        Task::Start => may_start(state, instance, node),
        Task::Promote => {
            may_start(state, instance, node).and_then(|()| state.may_promote(instance, node))
        }
        // Where it is going it must not be, nor anywhere else.
        Task::MigrateTo => state.is_inactive_but_on(instance, &[node]),
        Task::MigrateFrom => {
            let source = meta.get("migrate_source").map_or("", String::as_str);
            state.was_handed(instance, (source, node))?;
            state.is_inactive_but_on(instance, &[source, node])
        }
        _ => Ok(()),
    }
}

/// Whether `instance` may be started on the node named `target`.
///
/// # Errors
/// With the first reason to doubt that it is inactive everywhere else.
pub fn may_start(state: &State, instance: &str, target: &str) -> Result<(), Doubt> {
    state.is_inactive_but_on(instance, &[target])
}

impl State {
    /// The right to act: quorum, or the site's word that it does not matter.
    pub(crate) fn may_act(&self) -> bool {
        self.has_quorum
            || self.configuration.property("no-quorum-policy") == "ignore"
            || planted::is(Planted::ActWithoutQuorum)
    }

    /// The right to act, and certainty that nothing is active on any other node than `here`.
    fn is_inactive_but_on(&self, instance: &str, here: &[&str]) -> Result<(), Doubt> {
        if planted::is(Planted::SkipInterlock) {
            return Ok(());
        }
        if !self.may_act() {
            return Err(Doubt::NoQuorum);
        }
        if self.may_be_in_many_places(instance) {
            return Ok(());
        }
        let instance = self.local_name(instance);
        let elsewhere = self.names.iter().filter(|(_, name)| !here.contains(&name.as_str()));
        for (&node, name) in elsewhere {
            self.is_inactive_on(instance, node, name)?;
        }
        Ok(())
    }

    /// The last that the source said of it is that it was handed over to the target.
    fn was_handed(&self, instance: &str, (source, target): (&str, &str)) -> Result<(), Doubt> {
        let status = self.status.nodes.values().find(|status| status.name == source);
        let last = status.and_then(|status| newest(status, self.local_name(instance)));
        let is_so = last.is_some_and(|last| {
            (last.status, last.operation.as_str(), last.code)
                == (OperationStatus::Done, Task::MigrateTo.name(), exit_code::OK)
                && last.migrate_target() == Some(target)
        });
        let doubt = || Doubt::Active { instance: instance.to_owned(), node: source.to_owned() };
        is_so.then_some(()).ok_or_else(doubt)
    }

    /// A clone is active in many places by its nature. A fence device runs nothing: that it is
    /// started says only who watches it, and it is needed exactly when a node is lost.
    fn may_be_in_many_places(&self, instance: &str) -> bool {
        let id = primitive_of(instance);
        self.configuration.resources.iter().any(|resource| {
            matches!(resource, cluster::Resource::Clone(_)) && resource.ids().contains(&id)
        }) || self.configuration.primitive(id).is_some_and(|p| p.agent.is_fencing())
    }

    fn is_inactive_on(&self, instance: &str, node: NodeId, name: &str) -> Result<(), Doubt> {
        let doubt =
            |doubt: fn(String, String) -> Doubt| Err(doubt(instance.to_owned(), name.to_owned()));
        let in_flight = self.flights.values().any(|flight| match &flight.key {
            ActionKey::Resource { instance: other, node, task, .. } => {
                other == instance && node == name && may_change(*task)
            }
            _ => false,
        });
        if in_flight {
            return doubt(|instance, node| Doubt::InFlight { instance, node });
        }
        let status = self.status.nodes.get(&node.to_string());
        let is_lost = status.is_none_or(|status| !status.in_membership);
        let may_have_come = self.handed.contains_key(&(name.to_owned(), instance.to_owned()));
        if may_have_come && (self.is_fencing_on() || !is_lost) {
            return doubt(|instance, node| Doubt::Active { instance, node });
        }
        if self.is_known_down(node) && status.is_none_or(|status| status.join != JoinState::Banned)
        {
            return Ok(());
        }
        match status {
            Some(status) if status.join == JoinState::Member => match last_word(status, instance) {
                LastWord::Nothing if !self.is_looked_for(primitive_of(instance), name) => Ok(()),
                LastWord::Nothing => doubt(|instance, node| Doubt::NotProbed { instance, node }),
                LastWord::Inactive => Ok(()),
                LastWord::MaybeActive => doubt(|instance, node| Doubt::Active { instance, node }),
            },
            // Back, and not asked yet: what it said before it left may be true no more (R3).
            Some(status) if status.in_membership => {
                doubt(|instance, node| Doubt::NotProbed { instance, node })
            }
            Some(status) if self.was_left_running(node) => match last_word(status, instance) {
                LastWord::MaybeActive => {
                    doubt(|instance, node| Doubt::LeftRunning { instance, node })
                }
                LastWord::Nothing | LastWord::Inactive => Ok(()),
            },
            Some(status) if status.expected == Expected::Down && !self.is_fencing_on() => Ok(()),
            // The site gave the promise away: lost nodes count as harmless.
            _ if !self.is_fencing_on() => Ok(()),
            None if !self.configuration.is_property_on("startup-fencing") => Ok(()),
            _ => doubt(|instance, node| Doubt::NotFenced { instance, node }),
        }
    }

    fn was_left_running(&self, node: NodeId) -> bool {
        self.lives.get(&node).is_some_and(|life| life.end == End::LeftRunning)
    }

    pub(crate) fn is_fencing_on(&self) -> bool {
        self.configuration.is_property_on("fencing-enabled")
    }

    /// Whether anything may be active on the node: what has not been looked for may be (R3).
    pub(crate) fn may_run_something(&self, node: NodeId) -> bool {
        self.may_run_unknown(node) || !self.may_be_active_on(node).is_empty()
    }

    /// What may be active there, as far as the node was asked.
    pub(crate) fn may_be_active_on(&self, node: NodeId) -> Vec<String> {
        let Some(status) = self.status.nodes.get(&node.to_string()) else { return Vec::new() };
        let may_be_active =
            |instance: &&String| matches!(last_word(status, instance), LastWord::MaybeActive);
        status.history.keys().filter(may_be_active).cloned().collect()
    }

    /// Whether the node has not been asked yet for some of what it may run.
    pub(crate) fn may_run_unknown(&self, node: NodeId) -> bool {
        let status = self.status.nodes.get(&node.to_string());
        status.is_none_or(|status| self.is_unknown(status))
    }

    fn is_unknown(&self, status: &NodeStatus) -> bool {
        let mut services = self.configuration.primitives().filter(|p| !p.agent.is_fencing());
        let is_known = |id: &str| {
            let mut histories = status.history.iter().filter(|it| primitive_of(it.0) == id);
            histories.any(|(_, history)| !history.operations.is_empty())
        };
        status.join != JoinState::Member
            || self.handed.keys().any(|(target, _)| *target == status.name)
            || services.any(|primitive| {
                !is_known(&primitive.id) && self.is_looked_for(&primitive.id, &status.name)
            })
    }
}

/// What a node's history says of an instance.
enum LastWord {
    Nothing,
    Inactive,
    MaybeActive,
}

/// Only a successful stop, or a monitor that answered "not running", means inactive.
fn last_word(status: &NodeStatus, instance: &str) -> LastWord {
    match newest(status, instance) {
        None => LastWord::Nothing,
        Some(last) if says_inactive(last) => LastWord::Inactive,
        Some(_) => LastWord::MaybeActive,
    }
}

pub(crate) fn newest<'a>(status: &'a NodeStatus, instance: &str) -> Option<&'a OperationRecord> {
    status.operations(instance).iter().max_by_key(|operation| operation.call)
}

fn says_inactive(record: &OperationRecord) -> bool {
    match (record.status, record.operation.as_str()) {
        // An agent that is not there cannot have started anything.
        (OperationStatus::Done | OperationStatus::NotInstalled, "monitor" | "start")
            if record.code == exit_code::NOT_INSTALLED =>
        {
            true
        }
        (OperationStatus::Done, "stop") => {
            matches!(record.code, exit_code::OK | exit_code::NOT_RUNNING)
        }
        // A service that a recurring monitor misses has failed; it has not been stopped. One that
        // watches over a stopped service misses nothing.
        (OperationStatus::Done, "monitor") => {
            let is_to_be_stopped = record.key.target_code == exit_code::NOT_RUNNING;
            record.code == exit_code::NOT_RUNNING && (record.interval.is_zero() || is_to_be_stopped)
        }
        _ => false,
    }
}
