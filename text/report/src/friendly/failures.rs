//! What has failed, and what helps.

use super::Picture;
use super::page::Page;
use crate::reading::is_news;
use crate::words::{date, interval};
use cluster::{OnFail, OperationStatus, exit_code};
use scheduler::gather::{Failure, FailureState};

/// Writes the failures that nobody has cleaned up yet.
pub(super) fn write(page: &mut Page, picture: &Picture<'_>) {
    let situation = picture.situation;
    let failures: Vec<&Failure<'_>> =
        situation.failures.iter().filter(|failure| is_news(situation, failure)).collect();
    if failures.is_empty() {
        return;
    }
    page.heading("Failures");
    let width = Page::column(failures.iter().map(|failure| failure.name));
    for failure in failures {
        page.entry(failure.name, width, &what(picture, failure));
        let node = situation.nodes[failure.node].name;
        let Some(help) = help(failure, node) else { continue };
        page.remark(width + 2, &help);
        page.command(width + 2, &format!("crm resource cleanup {} {node}", failure.name));
    }
}

/// `10s monitor on oss2, Fri Mar  6 10:01:39 2026: not running (mount is gone)`
fn what(picture: &Picture<'_>, failure: &Failure<'_>) -> String {
    let record = failure.record;
    let node = picture.situation.nodes[failure.node].name;
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
    let outcome = match failure.state {
        FailureState::Open => "",
        FailureState::Recovered => "; recovered since",
    };
    format!("{every}{} on {node}, {when}: {how}{reason}{outcome}", record.operation)
}

/// What to do, when there is something to do before the record can go.
fn help(failure: &Failure<'_>, node: &str) -> Option<String> {
    let record = failure.record;
    let advice = match (record.operation.as_str(), record.code) {
        _ if failure.state == FailureState::Recovered => return None,
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
    };
    Some(advice)
}
