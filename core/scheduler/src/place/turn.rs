//! In which order resources are placed.

use super::{assign, chain, table, wishes};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{PlacementStrategy, Work};
use cluster::Score;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What is more important comes first; what is no longer configured comes last.
pub(super) fn by_priority(work: &mut Work<'_>) {
    let resources = &work.at.resources;
    work.turn.sort_by_key(|top| {
        let resource = &resources[*top];
        let importance = if resource.is_removed { None } else { Some(resource.settings.priority) };
        Reverse(importance)
    });
}

/// Where capacity counts, and importance does not decide: who wants its present node most, then
/// who wants any node most.
pub(super) fn by_wishes(work: &mut Work<'_>) {
    if work.at.options.placement == PlacementStrategy::Default {
        return;
    }
    let mut nodes = work.at.node_order.clone();
    nodes.sort_by(|one, two| table::compare(work, (*one, Score::ZERO), (*two, Score::ZERO), None));
    let mut keys = BTreeMap::new();
    for top in work.turn.clone() {
        let key = key(work, top, &nodes);
        keys.insert(top, key);
    }
    work.turn.sort_by(|one, two| keys[one].cmp(&keys[two]));
}

type SortKey = (Reverse<Score>, Reverse<i32>, Vec<Reverse<i32>>);

fn key(work: &mut Work<'_>, top: ResourceIndex, nodes: &[NodeIndex]) -> SortKey {
    let scores = wishes::of_all_around(work, top);
    let score = |node: NodeIndex| {
        let found = scores.binary_search_by_key(&node, |cell| cell.0);
        found.map_or(Score::MINUS_INFINITY.value(), |at| scores[at].1)
    };
    let current = work.at.current_node(top);
    (
        Reverse(work.at.priority(top)),
        Reverse(current.map_or(Score::MINUS_INFINITY.value(), score)),
        nodes.iter().map(|node| Reverse(score(*node))).collect(),
    )
}

/// How many resources in a row may each wait for the next before the last is placed first.
const LONG: usize = 60;

/// A resource is placed when the first that depends on it is. Where that would lead through very
/// many, one after the other, the last of them is placed first (H1: the stack has an end).
pub(super) fn place_depths_first(work: &mut Work<'_>, top: ResourceIndex) {
    if work.drafts[top].is_placed {
        return;
    }
    let mut seen = BTreeSet::from([top]);
    let mut open = vec![(top, primaries(work, top))];
    let mut done = Vec::new();
    let mut longest = 1;
    while let Some((resource, rest)) = open.last_mut() {
        let resource = *resource;
        match rest.pop() {
            Some(next) if seen.insert(next) => {
                open.push((next, primaries(work, next)));
                longest = longest.max(open.len());
            }
            Some(_) => {}
            None => {
                done.push(resource);
                open.pop();
            }
        }
    }
    if longest > LONG {
        for resource in done {
            assign::assign(work, resource, None, true);
        }
    }
}

/// What has to be placed before `top` can be, at the top level: what is placed first, as
/// [`assign`](super::assign) goes about it, stands last.
fn primaries(work: &Work<'_>, top: ResourceIndex) -> Vec<ResourceIndex> {
    let mut found = Vec::new();
    let mut open = vec![top];
    while let Some(resource) = open.pop() {
        let mut follows = chain::follows(work, resource);
        follows.sort_by_key(|at| !work.colocations[*at].score.is_infinite());
        for colocation in follows {
            let primary = work.at.top_of(work.colocations[colocation].primary, true);
            if primary != top && !work.drafts[primary].is_placed {
                found.push(primary);
            }
        }
        open.extend(work.at.resources[resource].children.iter().rev());
    }
    found.reverse();
    found
}
