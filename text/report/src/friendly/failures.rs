//! What has failed, what helps, and what is counted from earlier.

use super::Picture;
use super::page::Page;
use crate::reading::{Fails, fails, is_news};
use crate::words::{count, date, interval};
use cluster::{OnFail, OperationStatus, Score, exit_code};
use scheduler::Situation;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// Failures that are counted, and no failed operation tells of them any more.
struct Counted<'s> {
    name: &'s str,
    node: NodeIndex,
    resource: ResourceIndex,
    fails: Fails,
}

/// Writes the failures that nobody has cleaned up yet.
pub(super) fn write(page: &mut Page, picture: &Picture<'_>) {
    let situation = picture.situation;
    let failures: Vec<&Failure<'_>> =
        situation.failures.iter().filter(|failure| is_news(failure)).collect();
    let counted = counted(situation, &failures);
    if failures.is_empty() && counted.is_empty() {
        return;
    }
    page.heading("Failures");
    let names = failures.iter().map(|failure| failure.name);
    let width = Page::column(names.chain(counted.iter().map(|counted| counted.name)));
    for failure in failures {
        page.entry(failure.name, width, &what(picture, failure));
        let node = &situation.nodes[failure.node].name;
        page.remark(width + 2, &help(situation, failure));
        page.command(width + 2, &format!("crm resource cleanup {} {node}", failure.name));
    }
    for counted in counted {
        page.entry(counted.name, width, &earlier(picture, &counted));
        let node = &situation.nodes[counted.node].name;
        page.remark(width + 2, "To forget:");
        page.command(width + 2, &format!("crm resource cleanup {} {node}", counted.name));
    }
}

fn counted<'s>(situation: &'s Situation<'_>, shown: &[&Failure<'_>]) -> Vec<Counted<'s>> {
    let told: BTreeSet<(NodeIndex, &str)> = shown.iter().map(|it| (it.node, it.name)).collect();
    let mut found: BTreeMap<(ResourceIndex, NodeIndex), &str> = BTreeMap::new();
    for (node, state) in situation.nodes.iter() {
        for attribute in state.attributes.keys() {
            let rest = attribute.strip_prefix("fail-count-");
            let name = rest.and_then(|rest| rest.rsplit_once('#')).map(|(name, _)| name);
            let Some(name) = name.filter(|name| !told.contains(&(node, *name))) else { continue };
            if let Some(resource) = situation.resource(name) {
                found.entry((resource, node)).or_insert(name);
            }
        }
    }
    let counted = found.into_iter().map(|((resource, node), name)| Counted {
        name,
        node,
        resource,
        fails: fails(situation, resource, node),
    });
    counted.filter(|counted| counted.fails.count > Score::ZERO).collect()
}

/// `failed 2 times on oss1, last Fri Mar  6 10:01:40 2026; recovered since`
fn earlier(picture: &Picture<'_>, counted: &Counted<'_>) -> String {
    let node = &picture.situation.nodes[counted.node].name;
    let last = counted
        .fails
        .last
        .map_or_else(String::new, |last| format!(", last {}", date(last, &picture.zone)));
    let outcome = if runs(picture.situation, counted.resource) { "; recovered since" } else { "" };
    format!("failed {} on {node}{last}{outcome}", times(counted.fails.count))
}

fn times(fails: Score) -> String {
    match usize::try_from(fails.value()) {
        _ if fails >= Score::INFINITY => "for good".into(),
        Ok(1) => "once".into(),
        Ok(number) => count(number, "time"),
        Err(_) => String::new(),
    }
}

/// Whether something of it is active and well.
fn runs(situation: &Situation<'_>, resource: ResourceIndex) -> bool {
    let resource = &situation.resources[resource];
    !resource.running_on.is_empty() && !resource.has_failed && resource.pending.is_none()
}

/// Whether something has made up for it: what does not run has not recovered.
fn is_over(situation: &Situation<'_>, failure: &Failure<'_>) -> bool {
    let histories = situation.history.iter();
    let mut of_it = histories.filter(|it| it.node == failure.node && it.name == failure.name);
    let is_newer = of_it.any(|history| {
        let mut records = history.records.operations.iter();
        records.any(|record| {
            record.call > failure.record.call
                && record.status == OperationStatus::Done
                && record.code == record.key.target_code
        })
    });
    (is_newer || situation.resources[failure.resource].running_on != [failure.node])
        && runs(situation, failure.resource)
}

/// `10s monitor on oss2, Fri Mar  6 10:01:39 2026: not running (mount is gone)`
fn what(picture: &Picture<'_>, failure: &Failure<'_>) -> String {
    let record = failure.record;
    let node = &picture.situation.nodes[failure.node].name;
    let every = match record.interval {
        none if none.is_zero() => String::new(),
        some => format!("{} ", interval(some)),
    };
    let how = match record.status {
        OperationStatus::TimedOut => "took too long",
        OperationStatus::NotConnected => "could not be run",
        _ => exit_code::text(record.code),
    };
    let reason = match record.exit_reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let when = date(record.last_change, &picture.zone);
    let all = again(picture.situation, failure);
    let outcome = if is_over(picture.situation, failure) { "; recovered since" } else { "" };
    format!("{every}{} on {node}, {when}: {how}{reason}{all}{outcome}", record.operation)
}

/// How often it has failed there, when that is more than once.
fn again(situation: &Situation<'_>, failure: &Failure<'_>) -> String {
    match fails(situation, failure.resource, failure.node).count {
        count if count > Score::new(1) => format!("; failed {} there", times(count)),
        _ => String::new(),
    }
}

/// What to do before the record can go.
fn help(situation: &Situation<'_>, failure: &Failure<'_>) -> String {
    let record = failure.record;
    let node = &situation.nodes[failure.node].name;
    match (record.operation.as_str(), record.code) {
        _ if is_over(situation, failure) => "To forget it:".into(),
        ("stop", _) if failure.on_fail == OnFail::Block => {
            format!("It may still be active on {node}. Make sure that it is stopped there, then:")
        }
        (_, exit_code::NOT_INSTALLED) => {
            format!("Install on {node} what its agent needs, then:")
        }
        (_, exit_code::NOT_CONFIGURED | exit_code::ARGUMENTS) => {
            "Correct its parameters, then:".into()
        }
        (_, exit_code::PERMISSION) => format!("Give it the rights it lacks on {node}, then:"),
        _ if record.status == OperationStatus::TimedOut => {
            "Find out what it waited for, or give the operation a longer timeout, then:".into()
        }
        _ => "When the cause is gone:".into(),
    }
}
