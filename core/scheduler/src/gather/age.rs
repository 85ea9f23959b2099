//! Which of two operations in the history is the newer one.

use cluster::OperationRecord;
use std::cmp::Ordering;

/// The records of a resource on a node, oldest first.
///
/// The comparison is no total order (pending operations have no place of their own), so that the
/// result depends on how it is sorted: a merge sort of the records from the last to the first.
pub(crate) fn oldest_first(records: &[OperationRecord]) -> Vec<&OperationRecord> {
    let mut order: Vec<&OperationRecord> = records.iter().rev().collect();
    merge_sort(&mut order);
    order
}

fn merge_sort(records: &mut Vec<&OperationRecord>) {
    if records.len() < 2 {
        return;
    }
    let mut right = records.split_off(records.len().div_ceil(2));
    merge_sort(records);
    merge_sort(&mut right);
    let mut left = std::mem::take(records).into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let takes_right = age(one, other, true) == Ordering::Greater;
        records.extend(if takes_right { right.next() } else { left.next() });
    }
    records.extend(left);
    records.extend(right);
}

/// How `one` compares to `other`: greater is newer. Call numbers only compare on the same node.
pub(super) fn age(one: &OperationRecord, other: &OperationRecord, same_node: bool) -> Ordering {
    if one.id == other.id && same_node {
        return Ordering::Equal;
    }
    match (call(one), call(other)) {
        (-1, -1) => Ordering::Equal,
        (one, other) if same_node && one >= 0 && one < other => Ordering::Less,
        (one, other) if same_node && other >= 0 && one > other => Ordering::Greater,
        (first, second) if first >= 0 && second >= 0 => by_date(one, other),
        _ => by_transition(one, other),
    }
}

fn by_date(one: &OperationRecord, other: &OperationRecord) -> Ordering {
    let date = |record: &OperationRecord| {
        if record.unsaid.last_change { None } else { Some(record.last_change.seconds()) }
    };
    match (date(one), date(other)) {
        (Some(first), second) if Some(first) < second => Ordering::Less,
        (first, Some(second)) if first > Some(second) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// A pending operation compares by the graph that it belongs to. It does not survive a change of
/// the coordinator, so that of two origins the pending one is the newer.
fn by_transition(one: &OperationRecord, other: &OperationRecord) -> Ordering {
    let (Some(first), Some(second)) = (transition(one), transition(other)) else {
        return Ordering::Equal;
    };
    if first.origin != second.origin || first.graph == second.graph {
        if call(other) == -1 {
            Ordering::Less
        } else if call(one) == -1 {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    } else if (first.graph >= 0 && first.graph < second.graph) || second.graph == -1 {
        Ordering::Less
    } else if (second.graph >= 0 && first.graph > second.graph) || first.graph == -1 {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

struct Transition<'r> {
    /// The graph's number; -1 for what a shutdown did by itself.
    graph: i64,
    origin: &'r str,
}

fn transition(record: &OperationRecord) -> Option<Transition<'_>> {
    if !record.unsaid.key {
        return Some(Transition { graph: i64::from(record.key.graph), origin: &record.key.origin });
    }
    let text = record.transition_key_text()?;
    let mut parts = text.splitn(4, ':').skip(1);
    let graph = parts.next()?.parse().ok()?;
    Some(Transition { graph, origin: parts.nth(1)? })
}

const fn call(record: &OperationRecord) -> i32 {
    if record.unsaid.call { -1 } else { record.call }
}

#[cfg(test)]
mod tests {
    use super::oldest_first;
    use cluster::OperationRecord;

    fn record(id: &str, call: i32, graph: u32) -> OperationRecord {
        let mut record = OperationRecord { id: id.into(), call, ..OperationRecord::default() };
        record.key.graph = graph;
        record
    }

    #[test]
    fn what_is_pending_is_newer_than_an_earlier_graph() {
        let records = [record("c", -1, 9), record("b", 7, 8), record("a", 5, 8)];
        let order: Vec<&str> = oldest_first(&records).iter().map(|it| it.id.as_str()).collect();
        assert_eq!(order, ["a", "b", "c"]);
    }
}
