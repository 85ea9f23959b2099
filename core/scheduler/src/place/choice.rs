//! Which of the nodes that can have a resource gets it.

use super::{assign, table, utilization};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Work;
use cluster::Score;

/// Gives a primitive its best node.
pub(super) fn choose(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    prefer: Option<NodeIndex>,
    stops: bool,
) {
    let roomiest = utilization::ban_where_too_small(work, resource);
    let prefer = prefer.or(roomiest);
    let has_current = !work.at.resources[resource].running_on.is_empty();
    let current = if has_current { work.at.current_node(resource) } else { None };
    let best = best(work, resource, current);
    let chosen = best.map(|best| {
        let preferred = prefer.filter(|node| is_as_good(work, resource, *node, best.1));
        preferred.unwrap_or_else(|| stay_if_as_good(work, resource, best, current))
    });
    assign::settle(work, resource, chosen, assign::How { is_forced: false, stops });
}

/// The first of all nodes in the table.
fn best(
    work: &Work<'_>,
    resource: ResourceIndex,
    current: Option<NodeIndex>,
) -> Option<(NodeIndex, Score)> {
    let cells = work.at.resources[resource].weights.iter();
    let nodes = cells.map(|(node, cell)| (node, cell.score));
    nodes.min_by(|one, two| table::compare(work, *one, *two, current))
}

/// The first of those nodes in the table that are candidates.
pub(crate) fn best_among(
    work: &Work<'_>,
    resource: ResourceIndex,
    is_candidate: impl Fn(NodeIndex) -> bool,
) -> Option<NodeIndex> {
    let cells = work.at.resources[resource].weights.iter();
    let nodes = cells.filter(|(node, _)| is_candidate(*node)).map(|(node, it)| (node, it.score));
    nodes.min_by(|one, two| table::compare(work, *one, *two, None)).map(|(node, _)| node)
}

/// Whether a preferred node is in the table, usable, and no worse than the best.
fn is_as_good(work: &Work<'_>, resource: ResourceIndex, node: NodeIndex, best: Score) -> bool {
    let score = work.at.resources[resource].weights.score(node);
    score.is_some_and(|score| score >= best && table::is_available(work, node, score))
}

/// What runs on a node that is as good as the best stays there. Instances with names of their own
/// have been given their nodes already, where those are as good.
fn stay_if_as_good(
    work: &Work<'_>,
    resource: ResourceIndex,
    (best, score): (NodeIndex, Score),
    current: Option<NodeIndex>,
) -> NodeIndex {
    let parent = work.at.resources[resource].parent;
    let settings = parent.and_then(|parent| work.at.resources[parent].clone_settings());
    let is_unique = settings.is_some_and(|settings| settings.is_unique);
    let is_sound = |node: NodeIndex| work.at.nodes[node].is_usable();
    if is_unique || score <= Score::ZERO || !is_sound(best) {
        return best;
    }
    let is_equal = |node: &NodeIndex| {
        is_sound(*node)
            && !work.is_bundle_node(*node)
            && work.at.resources[resource].weights.score(*node) == Some(score)
    };
    current.filter(is_equal).unwrap_or(best)
}
