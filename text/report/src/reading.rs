//! Small questions to a [`Situation`] that several texts ask.

use base::WallTime;
use cluster::value::boolean;
use cluster::{OnFail, OperationRecord, OperationStatus, Role, Score, exit_code};
use scheduler::Situation;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::{BundleLayout, Failure, Kind, Management, Replica, Resource};
use std::collections::BTreeSet;

/// A primitive's name: only the instances of a globally unique clone carry their numbers.
pub(crate) fn shown_name<'s>(situation: &'s Situation<'_>, index: ResourceIndex) -> &'s str {
    let resource = &situation.resources[index];
    match &resource.definition {
        Some(definition) if !resource.settings.is_unique => &definition.id,
        None if resource.parent.is_some() && !resource.settings.is_unique => {
            resource.id.rsplit_once(':').map_or(&resource.id, |(base, _)| base)
        }
        _ => &resource.id,
    }
}

/// Whether the cluster made a resource by itself: the connection to a virtual machine. People are
/// not bothered with it.
pub(crate) fn is_implied(resource: &Resource<'_>) -> bool {
    resource.meta.get("internal_rsc").and_then(|text| boolean(text)) == Some(true)
}

/// The parts of a replica, in the order in which people see them.
pub(crate) fn parts(replica: &Replica) -> impl Iterator<Item = ResourceIndex> + use<> {
    let parts = [replica.address, replica.child, Some(replica.container), replica.connection];
    parts.into_iter().flatten()
}

fn replicas(layout: &BundleLayout) -> impl Iterator<Item = ResourceIndex> + '_ {
    layout.replicas.iter().flat_map(parts)
}

/// Whether anything of a resource is active, or may be.
pub(crate) fn is_active(situation: &Situation<'_>, index: ResourceIndex) -> bool {
    let resource = &situation.resources[index];
    match &resource.kind {
        Kind::Primitive => runs(situation, resource),
        Kind::Bundle(layout) => replicas(layout).any(|part| is_active(situation, part)),
        Kind::Group | Kind::Clone(_) => {
            resource.children.iter().any(|child| is_active(situation, *child))
        }
    }
}

/// Whether all of a resource is active, or may be.
pub(crate) fn is_wholly_active(situation: &Situation<'_>, index: ResourceIndex) -> bool {
    let resource = &situation.resources[index];
    match &resource.kind {
        Kind::Primitive => runs(situation, resource),
        Kind::Bundle(layout) => replicas(layout).all(|part| is_wholly_active(situation, part)),
        Kind::Group | Kind::Clone(_) => {
            let mut children = resource.children.iter();
            is_active(situation, index) && children.all(|child| is_wholly_active(situation, *child))
        }
    }
}

/// What is managed and was left on a node that is certainly gone does not run.
fn runs(situation: &Situation<'_>, resource: &Resource<'_>) -> bool {
    resource.running_on.iter().any(|node| {
        let node = &situation.nodes[*node];
        node.is_online || node.is_unclean || !resource.is_managed
    })
}

/// All primitives inside of a resource that people know of, what a bundle implies included.
pub(crate) fn primitives(situation: &Situation<'_>, index: ResourceIndex) -> Vec<ResourceIndex> {
    let resource = &situation.resources[index];
    match &resource.kind {
        Kind::Primitive => vec![index],
        Kind::Bundle(layout) => {
            replicas(layout).flat_map(|part| primitives(situation, part)).collect()
        }
        Kind::Group | Kind::Clone(_) => {
            resource.children.iter().flat_map(|child| primitives(situation, *child)).collect()
        }
    }
}

/// The nodes on which anything of a resource is active.
pub(crate) fn places(situation: &Situation<'_>, index: ResourceIndex) -> BTreeSet<NodeIndex> {
    let primitives = primitives(situation, index).into_iter();
    primitives.flat_map(|primitive| situation.resources[primitive].running_on.clone()).collect()
}

/// The role that a resource has: of something with parts, the highest.
pub(crate) fn role(situation: &Situation<'_>, index: ResourceIndex) -> Role {
    let primitives = primitives(situation, index);
    let roles = primitives.into_iter().map(|primitive| situation.resources[primitive].role);
    roles.max().unwrap_or(Role::Stopped)
}

/// The role as people read it: an instance that could be promoted is not merely started.
pub(crate) fn shown_role(situation: &Situation<'_>, index: ResourceIndex) -> Role {
    match situation.resources[index].role {
        Role::Started if is_promotable(situation, index) => Role::Unpromoted,
        role => role,
    }
}

/// Whether a resource, or the clone it is in, can be promoted.
pub(crate) fn is_promotable(situation: &Situation<'_>, index: ResourceIndex) -> bool {
    situation.resources[situation.top_of(index, false)].is_promotable()
}

/// The role that people want a resource to have, if they say so.
pub(crate) fn target_role(resource: &Resource<'_>) -> Option<Role> {
    resource.meta.get("target-role").and_then(|text| Role::parse(text))
}

/// Whether people want a resource not to run, or not in the role it could have.
pub(crate) fn is_disabled(situation: &Situation<'_>, index: ResourceIndex) -> bool {
    match target_role(&situation.resources[index]) {
        Some(Role::Stopped) => true,
        Some(Role::Unpromoted) => is_promotable(situation, index),
        _ => false,
    }
}

/// The word for how far the cluster's hand reaches, when it does not reach all the way.
pub(crate) fn management_word(resource: &Resource<'_>) -> Option<&'static str> {
    if resource.settings.management == Management::Maintenance {
        Some("maintenance")
    } else if !resource.is_managed {
        Some("unmanaged")
    } else {
        None
    }
}

/// How often something has failed on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fails {
    /// How often.
    pub(crate) count: Score,
    /// When for the last time.
    pub(crate) last: Option<WallTime>,
}

/// How often a primitive has failed on a node; what is forgotten by now does not count.
pub(crate) fn fails(situation: &Situation<'_>, index: ResourceIndex, node: NodeIndex) -> Fails {
    let resource = &situation.resources[index];
    let attributes = situation.nodes[node].attributes.iter();
    let is_unique = resource.settings.is_unique;
    let of_it = |rest: &str| {
        let name = rest.rsplit_once('#').map_or(rest, |(name, _)| name);
        let base = name.split_once(':').map_or(name, |(base, _)| base);
        name == resource.history_id || (!is_unique && base == resource.history_id)
    };
    let mut fails = Fails::default();
    for (name, value) in attributes {
        if name.strip_prefix("fail-count-").is_some_and(of_it) {
            fails.count += Score::parse(value).unwrap_or_default();
        } else if name.strip_prefix("last-failure-").is_some_and(of_it) {
            let last = value.parse().ok().map(WallTime::from_seconds);
            fails.last = fails.last.max(last);
        }
    }
    let timeout = resource.settings.failure_timeout;
    let is_old = |last: WallTime| last + timeout <= situation.facts.now;
    if !timeout.is_zero() && !resource.is_blocked && fails.last.is_some_and(is_old) {
        return Fails::default();
    }
    fails
}

/// Whether people want to hear of a failure. What is to be ignored is no news; nor is a probe
/// that found no agent.
pub(crate) fn is_news(failure: &Failure<'_>) -> bool {
    failure.on_fail != OnFail::Ignore && !is_idle_probe(failure.record)
}

/// Whether a result is that of a probe: a monitor that is run once.
pub(crate) fn is_probe(record: &OperationRecord) -> bool {
    record.operation == "monitor" && record.interval.is_zero()
}

/// Whether a probe found that the node could not run the resource at all, and hence does not.
pub(crate) fn is_idle_probe(record: &OperationRecord) -> bool {
    is_probe(record)
        && (matches!(record.code, exit_code::NOT_INSTALLED | exit_code::ARGUMENTS)
            || record.status == OperationStatus::NotInstalled)
}
