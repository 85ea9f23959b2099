//! Primitives only counted, by agent and node (`-b`).

use super::View;
use crate::listing::Listing;
use crate::words::by_name;
use scheduler::index::ResourceIndex;
use std::collections::BTreeMap;

/// How many instances of an agent there are, and where.
#[derive(Default)]
struct Tally<'v> {
    total: usize,
    active: BTreeMap<&'v str, usize>,
}

fn tally<'v>(view: View<'v>, primitives: &[ResourceIndex]) -> BTreeMap<String, Tally<'v>> {
    let mut tallies: BTreeMap<String, Tally<'v>> = BTreeMap::new();
    for index in primitives {
        let primitive = &view.situation.resources[*index];
        let tally = tallies.entry(primitive.agent.to_string()).or_default();
        tally.total += 1;
        for node in &primitive.running_on {
            *tally.active.entry(&view.situation.nodes[*node].name).or_default() += 1;
        }
    }
    tallies
}

/// Whether stopped instances are counted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Counts are told out of how many.
    Counted,
    /// Only what is active is counted.
    LeftOut,
}

/// Counts by agent and node.
pub(super) fn write_anywhere(
    listing: &mut Listing,
    view: View<'_>,
    primitives: &[ResourceIndex],
    stopped: Stopped,
) {
    let counts_stopped = stopped == Stopped::Counted;
    for (agent, tally) in tally(view, primitives) {
        let out_of = |count: usize| {
            let total = tally.total;
            if counts_stopped { format!("{count}/{total}") } else { count.to_string() }
        };
        let mut nodes: Vec<(&str, usize)> =
            tally.active.iter().map(|(node, count)| (*node, *count)).collect();
        nodes.sort_by(|(one, _), (other, _)| by_name(one, other));
        if nodes.is_empty() && counts_stopped {
            listing.entry(&format!("{}\t({agent}):\tActive", out_of(0)));
        }
        for (node, count) in nodes {
            listing.entry(&format!("{}\t({agent}):\tActive {node}", out_of(count)));
        }
    }
}

/// Counts by agent of what is active on the node above.
pub(super) fn write_on_node(listing: &mut Listing, view: View<'_>, primitives: &[ResourceIndex]) {
    for (agent, tally) in tally(view, primitives) {
        listing.entry(&format!("{}\t({agent}):\tActive ", tally.total));
    }
}
