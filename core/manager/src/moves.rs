//! Moves that end by themselves.
//!
//! Who moves a resource by hand wants it elsewhere now, not a constraint that somebody has to remember
//! for ever. So what such a change puts into the configuration *passes*: as soon as everything is
//! at rest and nothing would be done without it either, the coordinator takes it out. Where the
//! resource would go back without it, it stays until that is so no more (the node it was moved to
//! is lost, say), or until a person clears it.

use crate::door::PlanRequest;
use crate::operation::Operation;
use crate::state::{Effect, Maker, Replan};
use crate::{CLUSTER, EventKind, Manager, Output, State};
use base::{NodeId, WallTime};
use cluster::{
    Configuration, Constraint, Difference, Edit, Lasting, Location, LocationTarget, Object,
    Preference, Score, Version, counted_resource, primitive_of,
};
use scheduler::index::ResourceIndex;
use scheduler::{Facts, Plan, Situation};

/// A plan, and what came to light while it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// What is to be done.
    pub plan: Plan,
    /// A passing constraint that nothing depends on any more.
    pub over: Option<String>,
}

impl State {
    /// The constraints that a change brings pass; what a person says otherwise of one that does, stays.
    pub(crate) fn note_what_passes(&mut self, difference: &Difference, lasting: Lasting) {
        for swap in &difference.swaps {
            match swap.after() {
                Some(Object::Constraint(constraint)) if lasting == Lasting::WhileNeeded => {
                    self.passing.insert(constraint.id().to_owned());
                }
                _ => drop(self.passing.remove(swap.of().1)),
            }
        }
    }

    /// Nothing would be done without this constraint either, as of that version.
    pub(crate) fn apply_end_of_move(
        &mut self,
        sender: NodeId,
        now: WallTime,
        (constraint, version): (String, Version),
    ) -> Effect {
        if self.configuration.version != version || !self.passing.contains(&constraint) {
            return Effect::default();
        }
        let Ok(changed) = self.check_edit(None, &[Edit::Remove(constraint.clone())]) else {
            return Effect::default();
        };
        let message = format!("{constraint} has done its work: what it moved is where it is");
        let origin = self.node_name(sender);
        self.reconfigure(changed, Maker { at: now, by: CLUSTER.into(), origin, message });
        let (version, by) = (self.configuration.version, CLUSTER.to_owned());
        self.journal.write(now, EventKind::Configured { version, by });
        Effect { replan: Replan::Soon, stored: true, ..Effect::default() }
    }
}

impl Manager {
    /// A constraint that nothing depends on any more goes.
    pub(crate) fn end_move(&mut self, constraint: Option<String>, out: &mut Vec<Output>) {
        if let Some(constraint) = constraint {
            let version = self.state().configuration.version;
            self.submit(Operation::EndMove { constraint, version }, out);
        }
    }
}

impl PlanRequest {
    /// Makes the plan, and where it says that there is nothing to do, looks for a move that is over.
    pub fn plan(&self) -> Planned {
        let plan = scheduler::schedule(&self.facts(&self.configuration));
        let is_at_rest = plan.graph.is_empty() && self.in_flight.is_empty();
        let mut passing = self.passing.iter().filter(|_| is_at_rest);
        let over = passing.find(|id| self.is_over(id)).cloned();
        Planned { plan, over }
    }

    fn facts<'a>(&'a self, configuration: &'a Configuration) -> Facts<'a> {
        Facts {
            configuration,
            status: &self.status,
            in_flight: &self.in_flight,
            has_quorum: self.has_quorum,
            has_lost_quorum: false,
            is_masked: false,
            coordinator: self.coordinator.as_deref(),
            now: self.now,
        }
    }

    fn is_over(&self, id: &str) -> bool {
        has_worked(&scheduler::situation(&self.facts(&self.configuration)), id) && {
            let mut without = Configuration::clone(&self.configuration);
            without.constraints.retain(|constraint| constraint.id() != id);
            scheduler::schedule(&self.facts(&without)).graph.is_empty()
        }
    }
}

/// Whether a constraint has brought its resource where it wants it, or was tried in vain: the node is
/// lost, or the resource failed there. What runs nowhere, or may not go there yet, waits.
fn has_worked(situation: &Situation<'_>, id: &str) -> bool {
    let mut constraints = situation.facts.configuration.constraints.iter();
    let Some(Constraint::Location(location)) = constraints.find(|it| it.id() == id) else {
        return false;
    };
    let Location {
        target: LocationTarget::Resource(resource),
        preference: Preference::Node { node, score },
        ..
    } = location
    else {
        return false;
    };
    let Some(resource) = situation.resource(resource) else { return false };
    let active = situation.active_on(resource);
    let is_there = active.iter().any(|place| situation.nodes[*place].name == *node);
    match *score < Score::ZERO {
        true => !active.is_empty() && !is_there,
        false => is_there || (!active.is_empty() && is_in_vain(situation, resource, node)),
    }
}

fn is_in_vain(situation: &Situation<'_>, resource: ResourceIndex, node: &str) -> bool {
    let Some(node) = situation.nodes.values().find(|it| it.name == node) else { return true };
    let is_lost = !node.is_usable() && !node.is_in_maintenance;
    let primitives = situation.primitives_in(resource);
    let ids: Vec<&str> =
        primitives.iter().map(|it| primitive_of(&situation.resources[*it].id)).collect();
    let mut attributes = node.status.iter().flat_map(|status| status.attributes.keys());
    is_lost || attributes.any(|name| counted_resource(name).is_some_and(|id| ids.contains(&id)))
}
