//! Results as the histories of nodes keep them.

use base::WallTime;
use cluster::{
    Agent, Digests, Extra, NodeStatus, OperationRecord, OperationStatus, ResourceHistory,
    TransitionKey, UnsaidOfResult, exit_code,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who wrote a result that answers no graph.
const NOBODY: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// A result to be written.
#[derive(Clone, Debug)]
pub(crate) struct Outcome<'a> {
    /// What was done.
    pub(crate) task: &'a str,
    /// How often; zero for once.
    pub(crate) interval: Duration,
    /// The exit code.
    pub(crate) code: i32,
    /// The one that was expected.
    pub(crate) expected: i32,
    /// What the action was told, names as in the graph.
    pub(crate) attributes: &'a BTreeMap<String, String>,
    /// When.
    pub(crate) now: WallTime,
}

/// The history of a resource that is known by one of two names; the first that there is goes on.
/// Where there is none, one under the second name is begun.
pub(crate) fn of<'n>(
    node: &'n mut NodeStatus,
    (shown, preferred): (&str, &str),
    agent: &Agent,
) -> (String, &'n mut ResourceHistory) {
    let known = [shown, preferred].into_iter().find(|name| node.history.contains_key(*name));
    let name = known.unwrap_or(preferred).to_owned();
    let last = node.history.values().map(|history| history.position).max();
    let begun = || ResourceHistory {
        position: last.map_or(0, |last| last.saturating_add(1)),
        agent: agent.clone(),
        ..ResourceHistory::default()
    };
    let history = node.history.entry(name.clone()).or_insert_with(begun);
    (name, history)
}

/// Writes a result into a history: a failure apart from what happened last.
pub(crate) fn write(name: &str, history: &mut ResourceHistory, outcome: &Outcome<'_>) {
    // A reload is remembered as a start: it says which parameters are in force.
    let task = match outcome.task {
        "reload" | "reload-agent" => "start",
        task => task,
    };
    // Where there are two entries, tools find neither, and count from the start.
    let calls = history.operations.iter().filter(|_| !history.is_twofold);
    let call = calls.map(|record| record.call).max().unwrap_or(0).max(0).saturating_add(1);
    for id in entries(name, task, outcome) {
        let place = history.operations.iter().position(|record| record.id == id);
        let before = place.map(|at| history.operations[at].extra.clone()).unwrap_or_default();
        let record = OperationRecord {
            id,
            operation: task.to_owned(),
            interval: outcome.interval,
            key: TransitionKey {
                action: u32::try_from(call).unwrap_or_default(),
                graph: u32::MAX, // The -1 of what no graph asked for.
                target_code: outcome.expected,
                origin: NOBODY.into(),
            },
            call,
            status: OperationStatus::Done,
            code: if task == "notify" { exit_code::OK } else { outcome.code },
            last_change: outcome.now,
            took: Duration::ZERO,
            queued: Duration::ZERO,
            exit_reason: String::new(),
            digests: digests(outcome),
            unsaid: UnsaidOfResult::default(),
            extra: extra(before, task, outcome),
        };
        match place {
            Some(at) => history.operations[at] = record,
            None => history.operations.push(record),
        }
    }
}

/// The ids of the entries that a result goes into.
fn entries(name: &str, task: &str, outcome: &Outcome<'_>) -> Vec<String> {
    let told = |key: &str| outcome.attributes.get(key).map_or("", String::as_str);
    let own = format!("{name}_{task}_{}", outcome.interval.as_millis());
    let last = format!("{name}_last_0");
    match task {
        "notify" => {
            let (kind, of) = (told("CRM_meta_notify_type"), told("CRM_meta_notify_operation"));
            vec![format!("{name}_{kind}_notify_{of}_0")]
        }
        "migrate_to" | "migrate_from" => vec![own],
        _ if outcome.code != outcome.expected => {
            let mut ids = vec![format!("{name}_last_failure_0")];
            ids.extend(outcome.interval.is_zero().then_some(last));
            ids
        }
        _ if !outcome.interval.is_zero() => vec![own],
        _ => vec![last],
    }
}

/// With which parameters it was done, as far as that is known. To those of a recurring operation its
/// timeout belongs.
fn digests(outcome: &Outcome<'_>) -> Digests {
    if outcome.attributes.is_empty() {
        return Digests::default();
    }
    let is_recurring = !outcome.interval.is_zero();
    let mut parameters = outcome.attributes.clone();
    parameters.retain(|name, _| {
        scheduler::is_parameter(name) || (is_recurring && name == "CRM_meta_timeout")
    });
    Digests { all: Some(scheduler::parameters_digest(&parameters)), ..Digests::default() }
}

/// What stays of an entry's further attributes, and what is said anew.
fn extra(before: Extra, task: &str, outcome: &Outcome<'_>) -> Extra {
    const SAID_ANEW: [&str; 6] = [
        "operation_key",
        "transition-key",
        "transition-magic",
        "on_node",
        "last-run",
        "crm-debug-origin",
    ];
    let mut extra = before;
    extra.attributes.retain(|(name, _)| !SAID_ANEW.contains(&name.as_str()));
    extra.attributes.push(("crm-debug-origin".into(), "crm_simulate".into()));
    if matches!(task, "migrate_to" | "migrate_from") {
        for name in ["migrate_source", "migrate_target"] {
            extra.attributes.retain(|(known, _)| known != name);
            let told = outcome.attributes.get(&format!("CRM_meta_{name}"));
            extra.attributes.extend(told.map(|node| (name.to_owned(), node.clone())));
        }
    }
    extra
}
