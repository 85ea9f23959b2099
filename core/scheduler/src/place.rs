//! Gives every instance a node, or none.
//!
//! Resources are placed one after the other and never reconsidered: by priority, then by the
//! score on the node where they are, then by their best score, then in document order; but what a
//! colocation names as primary before what follows it. Of a resource's nodes the best score
//! decides, then the fewest resources, then where it is, then the lowest name.

mod assign;
mod clones;
mod constraints;
mod explain;
mod scores;

pub(crate) use constraints::{Constraints, Order};
pub(crate) use scores::Scores;

use crate::gather::Situation;
use crate::index::{Indexed, InstanceIndex, NodeIndex, ResourceIndex};
use assign::Assigner;
use cluster::Score;
use std::cmp::Reverse;

/// Where everything goes.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    /// The node of every instance.
    pub(crate) nodes: Indexed<InstanceIndex, Option<NodeIndex>>,
    /// Why it is there or nowhere.
    pub(crate) reasons: Indexed<InstanceIndex, String>,
    /// The scores that decided.
    pub(crate) scores: Scores<'a>,
}

/// Places all resources.
pub(crate) fn place<'a>(situation: &Situation<'a>, constraints: &Constraints<'a>) -> Places<'a> {
    let scores = Scores::read(situation);
    let mut queue: Vec<ResourceIndex> = situation.resources.keys().collect();
    queue.sort_by_cached_key(|resource| rank(situation, &scores, *resource));
    let mut assigner = Assigner::new(situation, constraints, scores);
    for resource in queue {
        assigner.place_with_leaders(resource);
    }
    assigner.finish()
}

/// What comes first in placement sorts first.
fn rank(
    situation: &Situation<'_>,
    scores: &Scores<'_>,
    resource: ResourceIndex,
) -> (Reverse<Score>, Reverse<Score>, Reverse<Score>, ResourceIndex) {
    let instances = situation.instances_of(resource);
    let priorities = instances.map(|it| situation.primitive_of(it).settings.priority);
    let priority = priorities.max().unwrap_or_default();
    let Some(&unit) = situation.resources[resource].units.first() else {
        return (Reverse(priority), Reverse(Score::ZERO), Reverse(Score::ZERO), resource);
    };
    let members = &situation.units[unit].members;
    let score = |node| scores.of_unit(situation, unit, members.len(), node);
    let here = members.iter().find_map(|member| situation.instances[*member].active.first());
    let current = here.map_or(Score::MINUS_INFINITY, |activity| score(activity.node));
    let eligible = situation.nodes.iter().filter(|(_, node)| node.is_eligible());
    let best = eligible.map(|(node, _)| score(node)).max().unwrap_or(Score::MINUS_INFINITY);
    (Reverse(priority), Reverse(current), Reverse(best), resource)
}
