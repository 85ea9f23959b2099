//! Operations that failed.

use super::{View, history};
use crate::listing::Listing;
use crate::reading::{is_idle_probe, is_news, shown_name};
use crate::words::{date, execution, interval};
use cluster::{OperationStatus, exit_code};
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::Failure;

/// Writes the failed operations, if there are any.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    let shown: Vec<&Failure<'_>> =
        view.situation.failures.iter().filter(|failure| is_news(failure)).collect();
    if shown.is_empty() {
        return;
    }
    listing.section("Failed Resource Actions", |listing| {
        for failure in shown {
            listing.entry(&line(view, failure));
        }
    });
}

fn line(view: View<'_>, failure: &Failure<'_>) -> String {
    if view.options.detail { detailed(view, failure) } else { friendly(view, failure) }
}

/// `ost0 15s-interval monitor on oss1 returned 'not running' (reason) at DATE after 40ms`.
fn friendly(view: View<'_>, failure: &Failure<'_>) -> String {
    let record = failure.record;
    let node = &view.situation.nodes[failure.node].name;
    let every = match record.interval {
        none if none.is_zero() => String::new(),
        some => format!("{}-interval ", interval(some)),
    };
    let task = history::task(record);
    let mut text = format!("{} {every}{task} on {node} ", failure.name);
    let reason = record.exit_reason.as_str();
    match record.status {
        OperationStatus::Done => {
            text.push_str(&format!("returned '{}'", exit_code::text(record.code)));
            if !reason.is_empty() {
                text.push_str(&format!(" ({reason})"));
            }
        }
        status => {
            let colon = if reason.is_empty() { "" } else { ": " };
            let how = execution(status);
            text.push_str(&format!("could not be executed ({how}{colon}{reason})"));
        }
    }
    if record.last_change.seconds() > 0 {
        text.push_str(&format!(" at {}", date(record.last_change, view.zone)));
    }
    if !record.took.is_zero() {
        text.push_str(&format!(" after {}", interval(record.took)));
    }
    text
}

/// Everything that was recorded, in the form of older versions.
fn detailed(view: View<'_>, failure: &Failure<'_>) -> String {
    let record = failure.record;
    let key = format!("{}_{}_{}", failure.name, record.operation, record.interval.as_millis());
    let reason = match record.exit_reason.as_str() {
        "" => String::new(),
        reason => format!(", exitreason='{reason}'"),
    };
    let when = match record.last_change {
        never if never.seconds() <= 0 => String::new(),
        when => format!(
            ", last-rc-change='{}', queued={}ms, exec={}ms",
            date(when, view.zone),
            record.queued.as_millis(),
            record.took.as_millis()
        ),
    };
    format!(
        "{key} on {} '{}' ({}): call={}, status='{}'{reason}{when}",
        view.situation.nodes[failure.node].name,
        exit_code::text(record.code),
        record.code,
        record.call,
        execution(record.status),
    )
}

/// How a probe of a resource found on `node`, or anywhere, that it cannot run there: `Not
/// installed`. Of a clone any instance counts.
pub(super) fn failed_probe(
    view: View<'_>,
    resource: ResourceIndex,
    node: Option<NodeIndex>,
) -> Option<String> {
    let situation = view.situation;
    let top = situation.top_of(resource, false);
    let probed = match situation.resources[top].children.first() {
        Some(instance) if situation.resources[top].is_clone() => *instance,
        _ => resource,
    };
    let id = shown_name(situation, probed);
    let failure = situation.failures.iter().find(|failure| {
        failure.name == id
            && is_idle_probe(failure.record)
            && node.is_none_or(|node| node == failure.node)
    })?;
    let mut letters = exit_code::text(failure.record.code).chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    Some(first.into_iter().chain(letters).collect())
}
