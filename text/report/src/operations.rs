//! The recorded operations of resources, a line each, as `crm_resource --list-all-operations` shows
//! them.

use crate::monitor::instance_line;
use crate::words::{date, execution};
use crate::xml::Build;
use cluster::{Element, OperationRecord, OperationStatus, Resource, exit_code};
use jiff::tz::TimeZone;
use scheduler::Situation;
use scheduler::model::History;
use std::fmt::Write;

/// Which operations are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Those of this resource only.
    pub resource: Option<&'a str>,
    /// Those on this node only.
    pub node: Option<&'a str>,
}

/// One line for each, node by node in the order of the status.
pub fn text(situation: &Situation<'_>, wanted: Wanted<'_>, zone: &TimeZone) -> String {
    let mut text = String::new();
    for (history, operation) in chosen(situation, wanted) {
        let node = &situation.nodes[history.node].name;
        let head = instance_line(situation, history.resource, zone);
        let _ = writeln!(text, "{head}: {}", told(history.name, node, operation, zone));
    }
    text
}

fn chosen<'s>(
    situation: &'s Situation<'_>,
    wanted: Wanted<'_>,
) -> Vec<(&'s History<'s>, &'s OperationRecord)> {
    let configuration = situation.facts.configuration;
    let inside = wanted.resource.map(|id| {
        let top = configuration.resources.iter().find(|top| top.id() == id);
        top.map_or_else(|| vec![id], Resource::ids)
    });
    let is_meant = |history: &&History<'_>| {
        let plain = history.name.split(':').next().unwrap_or(history.name);
        wanted.node.is_none_or(|wanted| wanted == situation.nodes[history.node].name)
            && inside.as_ref().is_none_or(|ids| ids.contains(&plain))
    };
    let histories = situation.history.iter().filter(is_meant);
    histories
        .flat_map(|history| {
            since_last_start(&history.records.operations).into_iter().map(move |it| (history, it))
        })
        .collect()
}

/// Oldest first, from the last start on; nothing where the last thing that worked was a stop.
fn since_last_start(operations: &[OperationRecord]) -> Vec<&OperationRecord> {
    let mut sorted: Vec<&OperationRecord> = operations.iter().collect();
    sorted.sort_by_key(|operation| operation.call);
    let last = |is_it: &dyn Fn(&OperationRecord) -> bool| sorted.iter().rposition(|it| is_it(it));
    let is_done = |it: &OperationRecord| it.status == OperationStatus::Done;
    let stop = last(&|it| it.operation == "stop" && is_done(it));
    let started = last(&|it| ["start", "migrate_from"].contains(&it.operation.as_str()));
    let is_running = |it: &OperationRecord| {
        let is_up = [exit_code::OK, exit_code::PROMOTED].contains(&it.code);
        (it.operation == "monitor" && is_up)
            || ["promote", "demote"].contains(&it.operation.as_str())
    };
    let first_up = || sorted.iter().skip(stop.map_or(0, |at| at + 1)).position(|it| is_running(it));
    let start = started.or_else(|| first_up().map(|at| at + stop.map_or(0, |at| at + 1)));
    if start < stop {
        return Vec::new();
    }
    sorted.split_off(start.unwrap_or(0))
}

/// The same as elements.
pub fn xml(situation: &Situation<'_>, wanted: Wanted<'_>, zone: &TimeZone) -> Element {
    let mut all = Build::new("operations");
    for (history, operation) in chosen(situation, wanted) {
        let name = &situation.nodes[history.node].name;
        let usual = usual_key(history.name, operation);
        let mut one = Build::new("operation")
            .with("op", operation.operation_key().unwrap_or(&usual))
            .with("node", name)
            .with("call", operation.call)
            .with("rc", operation.code)
            .with("status", execution(operation.status))
            .with("rsc", history.name)
            .with("agent", &situation.resources[history.resource].agent);
        if !operation.unsaid.last_change {
            one = one
                .with("last-rc-change", date(operation.last_change, zone))
                .with("exec-time", operation.took.as_millis());
        }
        all = all.child(one);
    }
    all.finish()
}

fn usual_key(instance: &str, operation: &OperationRecord) -> String {
    format!("{instance}_{}_{}", operation.operation, operation.interval.as_millis())
}

fn told(instance: &str, node: &str, operation: &OperationRecord, zone: &TimeZone) -> String {
    let OperationRecord { call, code, .. } = operation;
    let usual = usual_key(instance, operation);
    let key = operation.operation_key().unwrap_or(&usual);
    let change = match operation.unsaid.last_change {
        true => String::new(),
        false => format!(
            ", last-rc-change='{}', exec={}ms",
            date(operation.last_change, zone),
            operation.took.as_millis()
        ),
    };
    let status = execution(operation.status);
    format!("{key} (node={node}, call={call}, rc={code}{change}): {status}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_from_the_last_start_on() {
        let record = |(operation, call, code): (&str, i32, i32)| OperationRecord {
            operation: operation.into(),
            status: OperationStatus::Done,
            call,
            code,
            ..OperationRecord::default()
        };
        let cases = [
            (vec![("monitor", 3, 0), ("start", 2, 0), ("stop", 1, 0)], "start monitor"),
            (vec![("stop", 5, 0), ("monitor", 3, 0)], ""),
            (vec![("monitor", 1, 7)], "monitor"),
            (vec![("monitor", 3, 8), ("promote", 2, 0), ("notify", 1, 0)], "promote monitor"),
            (vec![], ""),
        ];
        for (records, expected) in cases {
            let records: Vec<OperationRecord> = records.into_iter().map(record).collect();
            let names: Vec<&str> =
                since_last_start(&records).iter().map(|it| it.operation.as_str()).collect();
            assert_eq!(names.join(" "), expected);
        }
    }
}
