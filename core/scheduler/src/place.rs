//! Gives every instance a node, or none.
//!
//! 1. [`read_constraints`] reads what people said about nodes, neighbours and tickets.
//! 2. [`weigh`] fills every resource's table of nodes before anything is placed.
//! 3. [`place`] takes one resource after the other, each with all that it depends on.

mod apply;
mod assign;
mod bundle;
mod chain;
mod choice;
mod clone;
mod colocations;
pub(crate) mod explain;
mod group;
mod instances;
mod locations;
mod matching;
mod notes;
mod promotion;
mod sets;
mod table;
mod terms;
mod tickets;
mod turn;
mod utilization;
mod weigh;
mod wishes;

pub(crate) use assign::assign_node;
pub(crate) use choice::best_among;
pub(crate) use instances::{compatible_instance, instances_of};
pub(crate) use terms::Which;
pub(crate) use wishes::Patience;

use crate::model::Work;
use sets::Catalogue;

/// Reads location, colocation and ticket constraints, sets unrolled and rules evaluated.
pub(crate) fn read_constraints(work: &mut Work<'_>) {
    let configuration = work.at.facts.configuration;
    let catalogue = Catalogue::of(configuration);
    turn::by_priority(work);
    for constraint in &configuration.constraints {
        match constraint {
            cluster::Constraint::Location(location) => locations::read(work, &catalogue, location),
            cluster::Constraint::Colocation(colocation) => {
                colocations::read(work, &catalogue, colocation);
            }
            cluster::Constraint::Ticket(ticket) => tickets::read(work, &catalogue, ticket),
            cluster::Constraint::Order(_) => {}
        }
    }
}

/// What speaks for and against nodes before anything is placed: node health, location
/// constraints, stickiness, failures, exclusive discovery, tickets, shutdown locks.
pub(crate) fn weigh(work: &mut Work<'_>) {
    weigh::weigh(work);
    group::tie_members(work);
}

/// Places all resources.
pub(crate) fn place(work: &mut Work<'_>) {
    for (node, state) in work.at.nodes.iter() {
        work.loads[node].free.clone_from(&state.capacity);
        if state.is_usable() {
            work.usable.insert(node);
        }
    }
    turn::by_wishes(work);
    notes::capacities(work, "Original");
    let (connections, rest): (Vec<_>, Vec<_>) =
        work.turn.iter().partition(|top| work.at.resources[**top].remote_node.is_some());
    for connection in connections {
        turn::place_depths_first(work, connection);
        let target = work.at.resources[connection].partial_migration.map(|(_, to)| to);
        assign::assign(work, connection, target, true);
    }
    for top in rest {
        turn::place_depths_first(work, top);
        assign::assign(work, top, None, true);
    }
    notes::capacities(work, "Remaining");
    // Promotion sorts instances; who looks for them goes by their numbers and leaves them so. What
    // is inside of a bundle is looked for container by container.
    for resource in work.at.resources.keys() {
        let state = &work.at.resources[resource];
        let is_bundled = state.parent.is_some_and(|parent| work.at.resources[parent].is_bundle());
        if state.is_clone() && !is_bundled {
            work.at.resources[resource].children.sort();
        }
    }
}
