//! How often a resource has failed on a node.

use super::birth::base_name;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Situation;
use base::WallTime;
use cluster::{OnFail, OperationRecord, Score};
use std::ops::Bound;

/// Whether failures count that are to be forgotten by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// They do not.
    Ignored,
    /// They do.
    Counted,
}

/// How often a resource has failed on a node, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailCount {
    /// How often.
    pub count: Score,
    /// When it failed last, if that is known and the failures count.
    pub last: Option<WallTime>,
}

const COUNT: &str = "fail-count-";
const LAST: &str = "last-failure-";

impl Situation<'_> {
    /// How often a resource has failed on `node`; `with_launched` also what runs inside of it, if
    /// it is a container (a bundle's excepted: its connection may be on another node).
    pub fn fail_count(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        expired: Expired,
        with_launched: bool,
    ) -> FailCount {
        let mut found = self.count_failures(resource, node, expired, None);
        let state = &self.resources[resource];
        let is_bundled = state.parent.is_some_and(|parent| self.resources[parent].is_bundle());
        if with_launched && !is_bundled {
            for launched in &state.launched {
                let other = self.fail_count(*launched, node, expired, false);
                found.count += other.count;
                found.last = found.last.max(other.last);
            }
        }
        found
    }

    /// As [`Situation::fail_count`], where a failure of this very `record` is the question.
    pub(crate) fn fail_count_for(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        expired: Expired,
        record: &OperationRecord,
    ) -> FailCount {
        self.count_failures(resource, node, expired, Some(record))
    }

    fn count_failures(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        expired: Expired,
        record: Option<&OperationRecord>,
    ) -> FailCount {
        let mut found = self.noted_failures(resource, node);
        let timeout = self.resources[resource].settings.failure_timeout;
        if found.count > Score::ZERO
            && expired == Expired::Ignored
            && !timeout.is_zero()
            && let Some(last) = found.last
            && self.facts.now > last + timeout
            && !self.blocks_after_failure(resource, node, record)
        {
            found.count = Score::ZERO;
        }
        found.last = found.last.filter(|_| found.count > Score::ZERO);
        found
    }

    /// The sum over all operations, as the node's attributes have it.
    fn noted_failures(&self, resource: ResourceIndex, node: NodeIndex) -> FailCount {
        let attributes = &self.nodes[node].attributes;
        let family = |prefix: &'static str| {
            let from = Bound::Included(prefix);
            let noted = attributes.range::<str, _>((from, Bound::Unbounded));
            noted.take_while(move |(name, _)| name.starts_with(prefix))
        };
        let mut found = FailCount::default();
        if family(COUNT).next().is_none() {
            return found;
        }
        let state = &self.resources[resource];
        let name = fail_name(state.settings.is_unique, &state.history_id);
        for (key, value) in family(COUNT) {
            if is_about(&key[COUNT.len()..], name, state.settings.is_unique) {
                found.count += Score::parse(value).unwrap_or_default();
            }
        }
        for (key, value) in family(LAST) {
            if is_about(&key[LAST.len()..], name, state.settings.is_unique) {
                let date = value.trim().parse().ok().map(WallTime::from_seconds);
                found.last = found.last.max(date);
            }
        }
        found
    }

    /// Whether a failure in the history leaves the resource to people: then it is not forgotten.
    pub(crate) fn blocks_after_failure(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        record: Option<&OperationRecord>,
    ) -> bool {
        let settings = self.operations(resource);
        let mut blocking =
            settings.iter().filter(|it| it.on_fail == Some(OnFail::Block)).peekable();
        if blocking.peek().is_none() {
            return false;
        }
        let state = &self.resources[resource];
        let recorded = match record {
            Some(record) => vec![record],
            None => {
                let status = self.nodes[node].status;
                let records = status.map_or(&[][..], |it| it.operations(&state.history_id));
                records.iter().collect()
            }
        };
        let last_failure = format!("{}_last_failure_0", state.history_id);
        blocking.any(|own| {
            recorded.iter().any(|record| {
                let is_it = record.operation == own.name && record.interval == own.interval.value;
                let id =
                    format!("{}_{}_{}", state.history_id, own.name, own.interval.value.as_millis());
                is_it
                    && (record.id == last_failure
                        || (record.id == id && record.code != record.key.target_code))
            })
        })
    }
}

/// What failures are counted under.
fn fail_name(is_unique: bool, history_id: &str) -> &str {
    if is_unique { history_id } else { base_name(history_id) }
}

/// Whether `key` (behind its prefix) counts failures of `name`: `ost0`, `ost0#monitor_10000`, and
/// where the number of an instance does not matter `ost0:1#monitor_10000`.
fn is_about(key: &str, name: &str, is_unique: bool) -> bool {
    let Some(mut rest) = key.strip_prefix(name) else { return false };
    if !is_unique && let Some(number) = rest.strip_prefix(':') {
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        if end > 0 {
            rest = &number[end..];
        }
    }
    rest.is_empty() || is_operation(rest)
}

/// `#monitor_10000`.
fn is_operation(text: &str) -> bool {
    let parts = text.strip_prefix('#').and_then(|text| text.rsplit_once('_'));
    parts.is_some_and(|(task, interval)| {
        !task.is_empty() && !interval.is_empty() && interval.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::is_about;

    #[test]
    fn whose_failures_are_counted() {
        assert!(is_about("ost0#monitor_10000", "ost0", true));
        assert!(is_about("ping:1#start_0", "ping", false));
        assert!(!is_about("ping:1#start_0", "ping", true));
        assert!(!is_about("ost01#monitor_10000", "ost0", true));
    }
}
