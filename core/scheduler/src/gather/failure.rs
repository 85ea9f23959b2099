//! Failures: how often, since when, and what follows from them.

use super::history::Recovery;
use super::{PrimitiveState, Situation, Standby};
use crate::index::{InstanceIndex, NodeIndex, PrimitiveIndex};
use base::WallTime;
use cluster::{OnFail, OperationRecord, Score, exit_code, first_value};
use std::collections::BTreeMap;

/// The failures of a primitive on one node, summed over its operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailCount {
    /// How many; INFINITY for what is fatal.
    pub count: Score,
    /// When the last one happened.
    pub last: Option<WallTime>,
    /// When they are forgotten.
    pub expires: Option<WallTime>,
    /// Whether they are forgotten by now.
    pub is_expired: bool,
}

/// Whether a failure still matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureState {
    /// Nothing has made up for it yet.
    Open,
    /// The resource has recovered since, or the failure is to be ignored.
    Recovered,
}

/// A failed operation in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Where it failed.
    pub node: NodeIndex,
    /// What failed.
    pub primitive: PrimitiveIndex,
    /// The name under which the history has it: `ost0`, `ping:1`.
    pub name: &'a str,
    /// How it failed.
    pub record: &'a OperationRecord,
    /// What to do about it.
    pub on_fail: OnFail,
    /// Whether it still matters.
    pub state: FailureState,
}

impl From<Recovery> for FailureState {
    fn from(recovery: Recovery) -> Self {
        match recovery {
            Recovery::Open => Self::Open,
            Recovery::Recovered => Self::Recovered,
        }
    }
}

/// Reads the fail counts of all nodes.
pub(super) fn count(situation: &mut Situation<'_>) {
    let mut counts: BTreeMap<(PrimitiveIndex, NodeIndex), FailCount> = BTreeMap::new();
    for (node, state) in situation.nodes.iter() {
        for (resource, value) in numbered(state.status, "fail-count-") {
            if let Some((primitive, _)) = situation.primitive_named(resource) {
                let entry = counts.entry((primitive, node)).or_default();
                entry.count += Score::parse(value).unwrap_or_default();
            }
        }
        for (resource, value) in numbered(state.status, "last-failure-") {
            if let Some((primitive, _)) = situation.primitive_named(resource)
                && let Some(entry) = counts.get_mut(&(primitive, node))
                && let Ok(seconds) = value.parse()
            {
                entry.last = entry.last.max(Some(WallTime::from_seconds(seconds)));
            }
        }
    }
    let now = situation.facts.now;
    for ((primitive, node), mut fails) in counts {
        let timeout = situation.primitives[primitive].settings.failure_timeout;
        fails.expires = fails.last.zip(timeout).map(|(last, timeout)| last + timeout);
        fails.is_expired = fails.expires.is_some_and(|date| date <= now);
        if fails.count != Score::ZERO {
            situation.primitives[primitive].fail_counts.insert(node, fails);
            note_expiry(situation, fails.expires);
        }
    }
}

/// The attributes `<prefix>RESOURCE#OPERATION_INTERVAL` as resource and value.
fn numbered<'s>(
    status: Option<&'s cluster::NodeStatus>,
    prefix: &'static str,
) -> impl Iterator<Item = (&'s str, &'s str)> + use<'s> {
    let all = status.into_iter().flat_map(move |status| {
        status.attributes.range(prefix.to_owned()..).take_while(move |(n, _)| n.starts_with(prefix))
    });
    all.filter_map(move |(name, value)| {
        let (resource, _) = name.strip_prefix(prefix)?.rsplit_once('#')?;
        Some((resource, value.as_str()))
    })
}

fn note_expiry(situation: &mut Situation<'_>, date: Option<WallTime>) {
    if let Some(date) = date.filter(|date| *date > situation.facts.now) {
        let next = situation.next_expiry.map_or(date, |next| next.min(date));
        situation.next_expiry = Some(next);
    }
}

/// When a failure is forgotten.
pub(super) fn expiry(
    primitive: &PrimitiveState<'_>,
    node: NodeIndex,
    record: &OperationRecord,
) -> Option<WallTime> {
    let timeout = primitive.settings.failure_timeout?;
    // All failures on a node expire together, counted from the last one.
    let last = primitive.fail_counts.get(&node).and_then(|fails| fails.last);
    let since = last.map_or(record.last_change, |last| last.max(record.last_change));
    Some(since + timeout)
}

/// What to do when that operation of `primitive` fails.
pub(super) fn on_fail(
    situation: &Situation<'_>,
    primitive: PrimitiveIndex,
    record: &OperationRecord,
) -> OnFail {
    let is_fencing_enabled = situation.options.is_fencing_enabled;
    let operations = situation.primitives[primitive]
        .configured
        .map_or(&[][..], |primitive| primitive.operations.as_slice());
    let settings = operations.iter().find(|operation| {
        operation.name == record.operation && operation.interval.value == record.interval
    });
    let defaults = &situation.facts.configuration.operation_defaults;
    let configured = settings
        .and_then(|operation| {
            let nested = first_value(&operation.meta, "on-fail").and_then(OnFail::parse);
            operation.on_fail.or(nested)
        })
        .or_else(|| first_value(defaults, "on-fail").and_then(OnFail::parse));
    match configured {
        // Without a fence device a failed stop can not be made good (R10).
        Some(OnFail::Fence) if !is_fencing_enabled && record.operation == "stop" => OnFail::Block,
        Some(OnFail::Fence) if !is_fencing_enabled => OnFail::Stop,
        Some(choice) if record.operation != "stop" => choice,
        Some(choice @ (OnFail::Ignore | OnFail::Block | OnFail::Fence | OnFail::Standby)) => choice,
        Some(_) | None if record.operation != "stop" => OnFail::Restart,
        Some(_) | None if is_fencing_enabled => OnFail::Fence,
        Some(_) | None => OnFail::Block,
    }
}

/// Draws the conclusions from all failures: nodes to fence or to leave, resources to leave alone.
pub(super) fn judge(situation: &mut Situation<'_>) {
    for failure in situation.failures.clone() {
        judge_code(situation, &failure);
        let primitive = &situation.primitives[failure.primitive];
        let is_stop = failure.record.operation == "stop";
        let is_open = failure.state == FailureState::Open;
        let why = describe(situation, &failure);
        let date = expiry(primitive, failure.node, failure.record);
        note_expiry(situation, date);
        match failure.on_fail {
            OnFail::Fence if is_open || !is_stop => {
                situation.nodes[failure.node].unclean.get_or_insert(why);
            }
            OnFail::Standby => {
                situation.nodes[failure.node].standby.get_or_insert(Standby::Failure);
            }
            OnFail::Block if is_open => {
                for instance in concerned(situation, &failure) {
                    situation.instances[instance].blocked.get_or_insert_with(|| why.clone());
                }
            }
            OnFail::Stop => {
                for instance in concerned(situation, &failure) {
                    situation.instances[instance].held.get_or_insert_with(|| why.clone());
                }
            }
            OnFail::Ban => {
                situation.primitives[failure.primitive].bans.entry(failure.node).or_insert(why);
            }
            OnFail::Fence
            | OnFail::Block
            | OnFail::Ignore
            | OnFail::Demote
            | OnFail::Restart
            | OnFail::RestartContainer => {}
        }
    }
}

/// Some exit codes say that another try on the same node, or on any, is pointless.
fn judge_code(situation: &mut Situation<'_>, failure: &Failure<'_>) {
    let why = describe(situation, failure);
    let is_probe = failure.record.operation == "monitor" && failure.record.interval.is_zero();
    let is_ignored = failure.on_fail == OnFail::Ignore;
    if failure.record.operation == "stop" || is_ignored {
        return;
    }
    let primitive = &mut situation.primitives[failure.primitive];
    match failure.record.code {
        exit_code::ARGUMENTS | exit_code::PERMISSION | exit_code::NOT_INSTALLED => {
            primitive.bans.entry(failure.node).or_insert(why);
        }
        exit_code::UNIMPLEMENTED if failure.record.interval.is_zero() && !is_probe => {
            primitive.bans.entry(failure.node).or_insert(why);
        }
        exit_code::NOT_CONFIGURED => {
            primitive.ban_everywhere.get_or_insert(why);
        }
        _ => {}
    }
}

/// The instances that a failure is about: those active where it happened, or all.
fn concerned(situation: &Situation<'_>, failure: &Failure<'_>) -> Vec<InstanceIndex> {
    let all = &situation.primitives[failure.primitive].instances;
    let is_there =
        |instance: &&InstanceIndex| situation.instances[**instance].on(failure.node).is_some();
    let there: Vec<InstanceIndex> = all.iter().filter(is_there).copied().collect();
    if there.is_empty() { all.clone() } else { there }
}

/// A failure in words: `the monitor of ost0 failed on oss1 (not running)`.
fn describe(situation: &Situation<'_>, failure: &Failure<'_>) -> String {
    let record = failure.record;
    let node = situation.nodes[failure.node].name;
    let how = match record.status {
        cluster::OperationStatus::TimedOut => "timed out",
        _ => exit_code::text(record.code),
    };
    format!("the {} of {} failed on {node} ({how})", record.operation, failure.name)
}
