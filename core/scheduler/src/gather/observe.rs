//! Which instance it is that a node's history, or an action in flight, is about.

use super::failure::{Failure, expiry, on_fail};
use super::history::{Activity, Judge, Seen, read};
use super::options::Management;
use super::{Kind, Situation, catalogue, leaves_active};
use crate::index::{InstanceIndex, NodeIndex, PrimitiveIndex, UnitIndex};
use crate::{ActionKey, Task};
use cluster::{Agent, OperationRecord, ResourceHistory, Role};
use std::collections::{BTreeMap, BTreeSet};

/// One sighting of a primitive on a node.
struct Sighting<'a> {
    primitive: PrimitiveIndex,
    number: Option<u32>,
    activity: Activity<'a>,
}

/// Reads all histories and all actions in flight.
pub(super) fn observe(situation: &mut Situation<'_>) {
    add_orphans(situation);
    let mut sightings = Vec::new();
    for node in situation.nodes.keys() {
        if situation.nodes[node].may_run_something() {
            observe_node(situation, node, &mut sightings);
        }
    }
    let mut desk = Desk::default();
    // Who is named by number keeps it; the others take what is left. So the numbers are the same
    // in the next plan, and an action in flight is recognized again.
    let (numbered, others): (Vec<_>, Vec<_>) =
        sightings.into_iter().partition(|sighting| sighting.number.is_some());
    for sighting in numbered.into_iter().chain(others) {
        desk.assign(situation, sighting);
    }
    take_in_flight(situation, &mut desk);
    for position in situation.instances.keys() {
        situation.instances[position].active.sort_by_key(|activity| activity.node);
    }
}

/// What runs, or is about to, but is not configured any more.
fn add_orphans(situation: &mut Situation<'_>) {
    let facts = situation.facts;
    let mut found: BTreeMap<&str, &Agent> = BTreeMap::new();
    for status in
        situation.nodes.values().filter(|n| n.may_run_something()).filter_map(|n| n.status)
    {
        let mut names = situation.primitive_names.keys().peekable();
        for (name, history) in &status.history {
            while names.next_if(|known| known.as_str() < name.as_str()).is_some() {}
            let is_known = names.peek().is_some_and(|known| *known == name);
            let says_something = history.operations.iter().any(|record| {
                record.operation != "monitor" || record.code != cluster::exit_code::NOT_RUNNING
            });
            if !is_known && says_something && situation.primitive_named(name).is_none() {
                found.entry(name).or_insert(&history.agent);
            }
        }
    }
    for key in facts.in_flight {
        if let ActionKey::Resource { instance, task, .. } = key
            && leaves_active(*task)
            && situation.primitive_named(instance).is_none()
        {
            found.entry(instance).or_insert(&NO_AGENT);
        }
    }
    for (name, agent) in found {
        catalogue::add_orphan(situation, name, agent);
    }
}

/// The agent of something that is in flight and that neither configuration nor history knows:
/// the node that runs it knows which agent it is.
static NO_AGENT: Agent = Agent { class: String::new(), provider: None, kind: String::new() };

/// Reads the history of one node; it and the names are both sorted, so that one walk does.
fn observe_node<'a>(
    situation: &mut Situation<'a>,
    node: NodeIndex,
    sightings: &mut Vec<Sighting<'a>>,
) {
    let Some(status) = situation.nodes[node].status else { return };
    let mut found: Vec<(PrimitiveIndex, Option<u32>, &'a str, &'a ResourceHistory)> = Vec::new();
    let mut names = situation.primitive_names.iter().peekable();
    for (name, history) in &status.history {
        while names.next_if(|(known, _)| known.as_str() < name.as_str()).is_some() {}
        match names.peek() {
            Some((known, primitive)) if *known == name => {
                found.push((**primitive, None, name, history));
            }
            _ => {
                if let Some((primitive, number)) = situation.primitive_named(name) {
                    found.push((primitive, number, name, history));
                }
            }
        }
    }
    for (primitive, number, name, history) in found {
        let seen = judged(situation, (primitive, node), &history.operations);
        note(situation, (primitive, node), name, &seen);
        if let Some(role) = seen.role {
            let activity = Activity {
                node,
                role,
                pending: seen.pending,
                failure: seen.failure.map(|(record, _)| record),
                on_fail: seen.failure.map(|(_, on_fail)| on_fail),
                operations: &history.operations,
            };
            sightings.push(Sighting { primitive, number, activity });
        }
    }
}

fn judged<'a>(
    situation: &Situation<'a>,
    (primitive, node): (PrimitiveIndex, NodeIndex),
    operations: &'a [OperationRecord],
) -> Seen<'a> {
    let state = &situation.primitives[primitive];
    let is_maintained = situation.nodes[node].is_in_maintenance;
    let management =
        if is_maintained { Management::Maintenance } else { state.settings.management };
    let now = situation.facts.now;
    let judge = Judge {
        management,
        on_fail: &|record| on_fail(situation, primitive, record),
        // A stop that failed does not become good by waiting: what it was to stop counts as
        // active still, only that it may be tried once more (R10).
        is_expired: &|record| expiry(state, node, record).is_some_and(|date| date <= now),
    };
    read(operations, &judge)
}

fn note<'a>(
    situation: &mut Situation<'a>,
    (primitive, node): (PrimitiveIndex, NodeIndex),
    name: &'a str,
    seen: &Seen<'a>,
) {
    let state = &mut situation.primitives[primitive];
    state.known[node] |= seen.is_known;
    if seen.is_probing {
        state.probing.push(node);
    }
    for &(record, on_fail, recovery) in &seen.failures {
        let state = recovery.into();
        situation.failures.push(Failure { node, primitive, name, record, on_fail, state });
    }
}

/// Gives sightings of anonymous clones to their instances.
#[derive(Default)]
struct Desk {
    /// The units that are on a node.
    bound: BTreeMap<UnitIndex, NodeIndex>,
    /// Numbers that a sighting of another node has asked for already.
    taken: BTreeSet<(UnitIndex, PrimitiveIndex)>,
}

impl Desk {
    fn assign<'a>(&mut self, situation: &mut Situation<'a>, sighting: Sighting<'a>) {
        let instance = self.instance(situation, &sighting);
        let node = sighting.activity.node;
        let unit = situation.instances[instance].unit;
        self.bound.entry(unit).or_insert(node);
        self.taken.insert((unit, sighting.primitive));
        situation.instances[instance].active.push(sighting.activity);
    }

    /// The instance that was seen: the only one; or the one of that number; or one of the unit
    /// that is on the node already; or one of a free unit; or of one unit too many.
    fn instance(&self, situation: &mut Situation<'_>, sighting: &Sighting<'_>) -> InstanceIndex {
        let primitive = sighting.primitive;
        let node = sighting.activity.node;
        let instances = &situation.primitives[primitive].instances;
        let first = instances[0];
        let resource = situation.resource_of(first);
        let Kind::Clone(settings) = situation.resources[resource].kind else { return first };
        if settings.is_unique {
            return first;
        }
        let unit_of = |instance: InstanceIndex| situation.instances[instance].unit;
        let is_free = |unit: UnitIndex| !self.taken.contains(&(unit, primitive));
        let fits = |unit: UnitIndex| is_free(unit) && self.bound.get(&unit) == Some(&node);
        let is_unbound = |unit: UnitIndex| !self.bound.contains_key(&unit);
        let has_number = |instance: &&InstanceIndex| {
            let unit = unit_of(**instance);
            let is_it = situation.units[unit].number == sighting.number;
            is_it && (fits(unit) || is_unbound(unit))
        };
        let found = instances
            .iter()
            .find(has_number)
            .or_else(|| instances.iter().find(|instance| fits(unit_of(**instance))))
            .or_else(|| instances.iter().find(|instance| is_unbound(unit_of(**instance))));
        if let Some(found) = found {
            return *found;
        }
        let number = u32::try_from(situation.resources[resource].units.len()).unwrap_or(u32::MAX);
        let members = situation.units[situation.instances[first].unit].members.clone();
        let primitives: Vec<PrimitiveIndex> =
            members.iter().map(|member| situation.instances[*member].primitive).collect();
        let unit = catalogue::add_unit(situation, resource, Some(number), &primitives);
        let at = primitives.iter().position(|it| *it == primitive).unwrap_or(0);
        situation.units[unit].members[at]
    }
}

/// What was sent and has not ended: a start may have begun, a stop may not have (R3).
fn take_in_flight(situation: &mut Situation<'_>, desk: &mut Desk) {
    for key in situation.facts.in_flight {
        let ActionKey::Resource { instance, node, task, interval } = key else { continue };
        let Some(node) = situation.node(node) else { continue };
        let Some((primitive, number)) = situation.primitive_named(instance) else { continue };
        if !situation.nodes[node].may_run_something() {
            continue;
        }
        if *task == Task::Monitor && interval.is_zero() {
            situation.primitives[primitive].probing.push(node);
        }
        if leaves_active(*task) {
            mark(situation, desk, (primitive, number, node), *task);
        }
    }
}

fn mark(
    situation: &mut Situation<'_>,
    desk: &mut Desk,
    (primitive, number, node): (PrimitiveIndex, Option<u32>, NodeIndex),
    task: Task,
) {
    let instances = &situation.primitives[primitive].instances;
    let is_named = |instance: &InstanceIndex| {
        let unit = situation.instances[*instance].unit;
        number.is_none() || situation.units[unit].number == number
    };
    let there = |instance: &InstanceIndex| situation.instances[*instance].on(node).is_some();
    let exact = instances.iter().copied().find(|it| is_named(it) && there(it));
    let active = exact.or_else(|| {
        // A start of another instance of the clone than the one that runs there already.
        instances.iter().copied().find(|it| task != Task::Start && there(it))
    });
    if let Some(instance) = active {
        let activities = &mut situation.instances[instance].active;
        if let Some(activity) = activities.iter_mut().find(|activity| activity.node == node) {
            activity.pending = Some(task);
        }
        return;
    }
    let activity = Activity {
        node,
        role: Role::Started,
        pending: Some(task),
        failure: None,
        on_fail: None,
        operations: &[],
    };
    desk.assign(situation, Sighting { primitive, number, activity });
}
