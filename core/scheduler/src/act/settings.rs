//! How an operation is configured: what its action carries along, and what it requires.
//!
//! What stands at the operation itself counts before its blocks of meta attributes, and those
//! before the defaults for all operations.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Operation, Requires, Task, Work};
use base::WallTime;
use cluster::value::duration;
use cluster::{OperationSettings, RuleContext, date, resolved};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an agent may take when nobody says.
const USUAL_TIMEOUT: &str = "20000";

/// What `operation` of `resource` is configured to be; `enabled=false` ones included when asked.
pub(super) fn configured<'w>(
    work: &'w Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    with_disabled: bool,
) -> Option<&'w OperationSettings> {
    let name = operation.task.name();
    let exact = find(work, resource, (name, operation.every()), with_disabled);
    exact.or_else(|| match operation.task {
        Task::MigrateTo | Task::MigrateFrom => {
            find(work, resource, ("migrate", Duration::ZERO), with_disabled)
        }
        // That an instance has been told is as telling it.
        Task::Notified(..) => find(work, resource, ("notify", Duration::ZERO), with_disabled),
        _ => None,
    })
}

fn find<'w>(
    work: &'w Work<'_>,
    resource: ResourceIndex,
    (name, interval): (&str, Duration),
    with_disabled: bool,
) -> Option<&'w OperationSettings> {
    let operations = work.at.operations(resource).into_iter();
    let mut fitting = operations.filter(|it| it.name == name && it.interval.value == interval);
    fitting.find(|it| with_disabled || it.enabled != Some(false))
}

/// What agents learn about the operation, beside what the graph adds.
pub(super) fn meta(
    work: &Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    node: Option<NodeIndex>,
) -> BTreeMap<String, String> {
    let settings = configured(work, resource, operation, true);
    let mut meta = defaults(work, resource, operation);
    if operation.is_probe()
        && let Some(timeout) = most_frequent_monitor(work, resource).and_then(timeout_text)
    {
        meta.insert("timeout".into(), timeout);
    }
    if let Some(settings) = settings {
        own(work, resource, settings, &mut meta);
    }
    meta.remove("id");
    if operation.interval > 0 {
        meta.insert("interval".into(), operation.interval.to_string());
    } else {
        meta.remove("interval");
    }
    let timeout = fencing_timeout(work, resource, operation, node);
    let timeout = timeout.as_deref().or_else(|| meta.get("timeout").map(String::as_str));
    let timeout = timeout.and_then(duration).filter(|timeout| !timeout.is_zero());
    let timeout = timeout.map_or_else(|| USUAL_TIMEOUT.into(), |it| it.as_millis().to_string());
    meta.insert("timeout".into(), timeout);
    correct_on_fail(work, resource, (operation, settings), &mut meta);
    set_start_delay(operation, work.at.facts.now, &mut meta);
    meta
}

fn defaults(
    work: &Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
) -> BTreeMap<String, String> {
    let blocks = &work.at.facts.configuration.operation_defaults;
    if blocks.is_empty() {
        return BTreeMap::new();
    }
    let agent = &work.at.resources[resource].agent;
    let context = RuleContext {
        now: Some(work.at.facts.now),
        agent: Some(agent),
        operation: Some((operation.task.name(), operation.every())),
        ..RuleContext::default()
    };
    own_values(resolved(blocks, None, &work.at.references, &context, &mut None))
}

fn own_values<'v>(values: BTreeMap<&'v str, &'v str>) -> BTreeMap<String, String> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn own(
    work: &Work<'_>,
    resource: ResourceIndex,
    settings: &OperationSettings,
    meta: &mut BTreeMap<String, String>,
) {
    let agent = &work.at.resources[resource].agent;
    let context = RuleContext {
        now: Some(work.at.facts.now),
        agent: Some(agent),
        operation: Some((&settings.name, settings.interval.value)),
        ..RuleContext::default()
    };
    meta.extend(own_values(resolved(
        &settings.meta,
        None,
        &work.at.references,
        &context,
        &mut None,
    )));
    let written = settings.attributes();
    meta.extend(written.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

fn timeout_text(settings: &OperationSettings) -> Option<String> {
    settings.attributes().find(|(name, _)| *name == "timeout").map(|(_, text)| text.to_owned())
}

/// A probe may take as long as the monitor that is run most often.
fn most_frequent_monitor<'w>(
    work: &'w Work<'_>,
    resource: ResourceIndex,
) -> Option<&'w OperationSettings> {
    let operations = work.at.operations(resource).into_iter();
    operations
        .filter(|it| it.name == "monitor" && !it.interval.value.is_zero())
        .filter(|it| it.enabled != Some(false))
        .min_by_key(|it| it.interval.value)
}

/// A fence device is started and probed by its monitor.
fn fencing_timeout(
    work: &Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    node: Option<NodeIndex>,
) -> Option<String> {
    let is_device = work.at.resources[resource].agent.is_fencing();
    if !is_device || !(operation.task == Task::Start || operation.is_probe()) {
        return None;
    }
    work.at.parameters(resource, node).remove("pcmk_monitor_timeout")
}

/// Values of `on-fail` that make no sense for the operation count as not given.
fn correct_on_fail(
    work: &Work<'_>,
    resource: ResourceIndex,
    (operation, settings): (Operation, Option<&OperationSettings>),
    meta: &mut BTreeMap<String, String>,
) {
    let value = meta.get("on-fail").map(|value| value.to_ascii_lowercase());
    match (operation.task, value.as_deref()) {
        (Task::Stop, Some("standby" | "demote" | "stop")) => {
            meta.remove("on-fail");
        }
        (Task::Demote, None) => {
            if let Some(value) = on_fail_when_promoted(work, resource) {
                meta.insert("on-fail".into(), value);
            }
        }
        (_, Some("demote")) => {
            let may_demote = settings
                .is_some_and(|settings| settings.name == "promote" || watches_promoted(settings));
            if !may_demote {
                meta.remove("on-fail");
            }
        }
        _ => {}
    }
}

fn watches_promoted(settings: &OperationSettings) -> bool {
    settings.name == "monitor"
        && settings.role == Some(cluster::Role::Promoted)
        && !settings.interval.value.is_zero()
}

/// A demotion that fails is treated as a failure of the promoted role's monitor.
fn on_fail_when_promoted(work: &Work<'_>, resource: ResourceIndex) -> Option<String> {
    let operations = work.at.operations(resource).into_iter();
    let watching = operations.filter(|it| watches_promoted(it) && it.enabled != Some(false));
    let mut texts = watching.filter_map(|it| {
        it.attributes().find(|(name, _)| *name == "on-fail").map(|(_, text)| text.to_owned())
    });
    texts.rfind(|text| !text.eq_ignore_ascii_case("demote"))
}

/// `start-delay` in milliseconds; an `interval-origin` gives the time until the next beat.
fn set_start_delay(operation: Operation, now: WallTime, meta: &mut BTreeMap<String, String>) {
    let delay = match meta.get("start-delay") {
        Some(text) => Some(duration(text).unwrap_or_default().as_millis()),
        None => meta
            .get("interval-origin")
            .and_then(|text| date::parse(text))
            .filter(|_| operation.interval > 0)
            .map(|origin| until_next_beat(origin, now, operation.every())),
    };
    if let Some(delay) = delay {
        meta.insert("start-delay".into(), delay.to_string());
    }
}

/// Milliseconds until `now` is a whole number of intervals away from `origin`.
fn until_next_beat(origin: WallTime, now: WallTime, interval: Duration) -> u128 {
    let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
    if seconds == 0 {
        return 0;
    }
    let past = now.seconds().saturating_sub(origin.seconds()) % seconds;
    let left = if past <= 0 { -past } else { seconds - past };
    u128::from(left.unsigned_abs()) * 1000
}

/// The operation's own parameters, such as a check level.
pub(super) fn parameters(
    work: &Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    node: Option<NodeIndex>,
) -> BTreeMap<String, String> {
    let Some(node) = node else { return BTreeMap::new() };
    if !work.at.resources[resource].is_primitive() {
        return BTreeMap::new();
    }
    let Some(settings) = configured(work, resource, operation, true) else {
        return BTreeMap::new();
    };
    if settings.parameters.is_empty() {
        return BTreeMap::new();
    }
    let context = RuleContext {
        now: Some(work.at.facts.now),
        attributes: Some(&work.at.nodes[node].attributes),
        ..RuleContext::default()
    };
    own_values(resolved(&settings.parameters, None, &work.at.references, &context, &mut None))
}

/// Only what makes a resource more active than it is requires anything.
pub(super) fn requires(work: &Work<'_>, resource: ResourceIndex, operation: Operation) -> Requires {
    match operation.task {
        Task::Start | Task::Promote => work.at.resources[resource].settings.requires,
        _ => Requires::Nothing,
    }
}
