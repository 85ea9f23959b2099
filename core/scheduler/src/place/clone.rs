//! Clones: instances are spread over nodes, then roles are given to them.

use super::{assign as one, chain, instances, notes, promotion, wishes};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Work;

/// Places the instances of a clone.
pub(super) fn assign(
    work: &mut Work<'_>,
    clone: ResourceIndex,
    prefer: Option<NodeIndex>,
    stops: bool,
) -> Option<NodeIndex> {
    let draft = &mut work.drafts[clone];
    if draft.is_placed || draft.is_being_placed {
        return None;
    }
    let settings = *work.at.resources[clone].clone_settings()?;
    draft.is_being_placed = true;
    if settings.is_promotable {
        promotion::add_scores(work, clone);
    }
    for colocation in chain::follows(work, clone) {
        let primary = work.colocations[colocation].primary;
        one::assign(work, primary, prefer, stops);
    }
    for colocation in chain::leads(work, clone) {
        wishes::heed(work, colocation, clone);
    }
    notes::tables(work, "clone", clone);
    let children = work.at.resources[clone].children.clone();
    let sorted = instances::sorted(work, clone, children);
    work.at.resources[clone].children.clone_from(&sorted);
    instances::spread(work, clone, &sorted, (settings.max, settings.node_max));
    if settings.is_promotable {
        promotion::give_roles(work, clone);
    }
    let draft = &mut work.drafts[clone];
    draft.is_placed = true;
    draft.is_being_placed = false;
    None
}
