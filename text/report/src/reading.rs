//! Small questions to a [`Situation`] that several texts ask.

use cluster::{OnFail, OperationRecord, OperationStatus, exit_code};
use scheduler::Situation;
use scheduler::gather::{Failure, Kind};
use scheduler::index::InstanceIndex;

/// An instance's name: only the instances of a globally unique clone carry their numbers.
pub(crate) fn shown_name<'s>(situation: &'s Situation<'_>, index: InstanceIndex) -> &'s str {
    let instance = &situation.instances[index];
    let primitive = &situation.primitives[instance.primitive];
    let resource = situation.resource_of(index);
    match (situation.resources[resource].kind, primitive.configured) {
        (Kind::Clone(settings), Some(primitive)) if !settings.is_unique => &primitive.id,
        _ => &instance.id,
    }
}

/// Whether nothing in the configuration asks for this instance.
pub(crate) fn is_orphan(situation: &Situation<'_>, index: InstanceIndex) -> bool {
    let unit = &situation.units[situation.instances[index].unit];
    match situation.resources[unit.resource].kind {
        Kind::Orphan => true,
        Kind::Clone(settings) => unit.number.is_some_and(|number| number >= settings.max),
        Kind::Primitive | Kind::Group => false,
    }
}

/// Whether it has failed and has not recovered.
pub(crate) fn has_failed(situation: &Situation<'_>, index: InstanceIndex) -> bool {
    let mut activities = situation.instances[index].active.iter();
    activities.any(|it| it.failure.is_some() && it.on_fail != Some(OnFail::Ignore))
}

/// Whether a failure is so old that it is forgotten.
pub(crate) fn is_expired(situation: &Situation<'_>, failure: &Failure<'_>) -> bool {
    let primitive = &situation.primitives[failure.primitive];
    let Some(timeout) = primitive.settings.failure_timeout else { return false };
    let counted = primitive.fail_counts.get(&failure.node).and_then(|fails| fails.last);
    let own = failure.record.last_change;
    counted.map_or(own, |last| last.max(own)) + timeout <= situation.facts.now
}

/// Whether people want to hear of a failure. What is forgotten or to be ignored is no news; nor
/// is a probe that found no agent.
pub(crate) fn is_news(situation: &Situation<'_>, failure: &Failure<'_>) -> bool {
    let record = failure.record;
    let is_missing =
        record.code == exit_code::NOT_INSTALLED || record.status == OperationStatus::NotInstalled;
    failure.on_fail != OnFail::Ignore
        && !is_expired(situation, failure)
        && !(is_probe(record) && is_missing)
}

/// Whether a result is that of a probe: a monitor that is run once.
pub(crate) fn is_probe(record: &OperationRecord) -> bool {
    record.operation == "monitor" && record.interval.is_zero()
}
