//! Cleanup and refresh: what was noted of resources is forgotten, so that they are tried, or looked for,
//! again.

use crate::{
    Configuration, HistoryKey, JoinState, NodeStatus, OperationRecord, OperationStatus,
    ResourceHistory, Status, exit_code,
};

/// Exit codes of a monitor that found something out, whatever was expected.
const FOUND: [i32; 2] = [exit_code::OK, exit_code::NOT_RUNNING];

/// What is forgotten of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forget {
    /// Cleanup: fail counts, failures, and the results of what failed, which is looked at again.
    #[default]
    Failures,
    /// Refresh: all results, too, of nodes that can be asked: whatever is there is looked for again.
    Everything,
}

impl Status {
    /// Forgets what is known of a resource with all that is inside, or of all resources, on a node or on
    /// all nodes. On a node that cannot be asked anew only the failures are forgotten that were kept for
    /// people, and who waits for that node: what it may run stays known.
    pub fn forget(
        &mut self,
        configuration: &Configuration,
        (resource, node): (Option<&str>, Option<&str>),
        what: Forget,
    ) {
        let inside: Option<Vec<&str>> = resource.map(|resource| {
            let mut tops = configuration.resources.iter();
            match tops.find(|top| top.ids().contains(&resource)) {
                Some(top) if top.id() == resource => top.ids(),
                _ => vec![resource],
            }
        });
        let is_meant = |id: &str| inside.as_ref().is_none_or(|ids| ids.contains(&primitive_of(id)));
        for status in self.nodes.values_mut() {
            if node.is_none_or(|node| node == status.name) {
                let is_there = status.is_online && status.join == JoinState::Member;
                let is_named = resource.is_some();
                let all = what == Forget::Everything;
                let forgets = |instance: &str, history: &ResourceHistory| match is_there {
                    true => all || needs_another_look(instance, history, is_named),
                    false => is_named && history.shutdown_lock().is_some(),
                };
                forget_on(status, is_meant, forgets);
            }
        }
    }
}

fn forget_on(
    status: &mut NodeStatus,
    is_meant: impl Fn(&str) -> bool,
    forgets: impl Fn(&str, &ResourceHistory) -> bool,
) {
    status.attributes.retain(|name, _| !counted_resource(name).is_some_and(&is_meant));
    status.history.retain(|instance, history| {
        let failure = HistoryKey::LastFailure.entry_id(instance);
        if is_meant(instance) && forgets(instance, history) {
            return false;
        }
        history.operations.retain(|operation| operation.id != failure || !is_meant(instance));
        true
    });
}

/// Whether something failed, or waits for a person. Who is named waits for its node no longer, either.
fn needs_another_look(instance: &str, history: &ResourceHistory, is_named: bool) -> bool {
    let failure = HistoryKey::LastFailure.entry_id(instance);
    let mut operations = history.operations.iter();
    operations.any(|operation| operation.id == failure || operation.has_failed())
        || history.stays_stopped()
        || is_named && history.shutdown_lock().is_some()
}

/// The resource whose failures an attribute counts or dates: `ost1` of `fail-count-ost1#monitor_10000`.
pub fn counted_resource(attribute: &str) -> Option<&str> {
    let prefixes = ["fail-count-", "last-failure-"];
    let rest = prefixes.iter().find_map(|prefix| attribute.strip_prefix(prefix))?;
    rest.split('#').next()
}

/// The primitive of an instance: `ping` of `ping:1`.
pub fn primitive_of(instance: &str) -> &str {
    instance.split(':').next().unwrap_or(instance)
}

impl OperationRecord {
    /// Whether it ended otherwise than was expected. A monitor that found something out has not failed.
    pub fn has_failed(&self) -> bool {
        match self.status {
            OperationStatus::Done => {
                self.code != self.key.target_code
                    && !(self.operation == "monitor" && FOUND.contains(&self.code))
            }
            OperationStatus::Pending | OperationStatus::Cancelled => false,
            _ => true,
        }
    }
}
