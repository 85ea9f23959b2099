//! Groups: members in order, each with the one before it.

use super::{assign as one, notes};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Colocation, Kind, Work};
use std::rc::Rc;

/// Ties each member of every group to the one before it.
pub(super) fn tie_members(work: &mut Work<'_>) {
    let id: Rc<str> = Rc::from("#group-members");
    for top in work.turn.clone() {
        tie(work, top, &id);
    }
}

fn tie(work: &mut Work<'_>, resource: ResourceIndex, id: &Rc<str>) {
    let children = work.at.resources[resource].children.clone();
    match work.at.resources[resource].kind {
        Kind::Group if work.keeps_together(resource) => {
            for pair in children.windows(2) {
                let has_influence = work.at.resources[pair[1]].settings.is_critical;
                let tied = Colocation::implied(id.clone(), pair[1], pair[0]);
                work.colocate(Colocation { has_influence, ..tied });
            }
        }
        Kind::Primitive | Kind::Group => {}
        Kind::Clone(_) | Kind::Bundle(_) => {
            for child in children {
                tie(work, child, id);
            }
        }
    }
}

/// Places the members of a group. Gives the node of the first that got one.
pub(super) fn assign(
    work: &mut Work<'_>,
    group: ResourceIndex,
    prefer: Option<NodeIndex>,
    stops: bool,
) -> Option<NodeIndex> {
    let draft = &work.drafts[group];
    if draft.is_placed {
        return work.nodes_of(group, super::Which::Planned).first().copied();
    }
    if draft.is_being_placed {
        return None;
    }
    let members = work.at.resources[group].children.clone();
    let Some(&first) = members.first() else {
        work.drafts[group].is_placed = true;
        return None;
    };
    work.drafts[group].is_being_placed = true;
    work.at.resources[group].role = work.at.resources[first].role;
    notes::tables(work, "group", group);
    let mut node = None;
    for member in members {
        let chosen = one::assign(work, member, prefer, stops);
        node = node.or(chosen);
    }
    work.at.resources[group].next_role = work.at.resources[first].next_role;
    let draft = &mut work.drafts[group];
    draft.is_being_placed = false;
    draft.is_placed = true;
    if work.keeps_together(group) { node } else { None }
}
