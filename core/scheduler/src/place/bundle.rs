//! Bundles: containers first, then what belongs to each, then what runs inside.

use super::{assign as one, instances, notes, table, weigh};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Colocation, Replica, Source, Work};
use cluster::Score;
use std::rc::Rc;

/// Places all parts of a bundle. Asked again, it looks again, and finds everything placed.
pub(super) fn assign(
    work: &mut Work<'_>,
    bundle: ResourceIndex,
    prefer: Option<NodeIndex>,
    stops: bool,
) -> Option<NodeIndex> {
    let layout = work.at.resources[bundle].bundle()?.clone();
    if work.drafts[bundle].is_being_placed {
        return None;
    }
    work.drafts[bundle].is_being_placed = true;
    notes::tables(work, "bundle", bundle);
    let containers = layout.replicas.iter().map(|replica| replica.container).collect();
    let sorted = instances::sorted(work, bundle, containers);
    let count = u32::try_from(layout.replicas.len()).unwrap_or(u32::MAX);
    instances::spread(work, bundle, &sorted, (count, layout.replicas_per_node));
    for replica in &layout.replicas {
        assign_replica(work, replica, prefer, stops);
    }
    if let Some(child) = layout.child {
        let source = Source::Because("it runs inside of the containers only".into());
        let cells = work.at.resources[child].weights.iter();
        let nodes: Vec<_> = cells.map(|(node, _)| node).collect();
        for node in nodes {
            let is_own = layout.replicas.iter().any(|replica| replica.node == Some(node));
            let score = if is_own { Score::ZERO } else { Score::MINUS_INFINITY };
            table::set(work, child, node, score, &source);
        }
        one::assign(work, child, prefer, stops);
    }
    let draft = &mut work.drafts[bundle];
    draft.is_being_placed = false;
    draft.is_placed = true;
    None
}

fn assign_replica(work: &mut Work<'_>, replica: &Replica, prefer: Option<NodeIndex>, stops: bool) {
    if let Some(address) = replica.address {
        one::assign(work, address, prefer, stops);
    }
    if let Some(connection) = replica.connection {
        keep_with_host(work, connection, replica.container);
        one::assign(work, connection, prefer, stops);
    }
    if let Some(child) = replica.child {
        assign_child(work, child, replica.node, stops);
    }
}

/// A container on a remote node is reached through that node's own connection, which there can
/// only be one of: both are kept together.
fn keep_with_host(work: &mut Work<'_>, connection: ResourceIndex, container: ResourceIndex) {
    let host = work.drafts[container].node.map(|node| &work.at.nodes[node]);
    let Some(host) = host.filter(|host| host.is_remote()).and_then(|host| host.connection) else {
        return;
    };
    let id = Rc::from("#replica-remote-with-host-remote");
    work.colocate(Colocation::implied(id, connection, host));
}

/// What runs inside goes to its own container, unless it failed there too often.
fn assign_child(work: &mut Work<'_>, child: ResourceIndex, own: Option<NodeIndex>, stops: bool) {
    let source = Source::Because("it runs inside of its container only".into());
    let cells = work.at.resources[child].weights.iter();
    let nodes: Vec<_> = cells.map(|(node, _)| node).collect();
    for node in nodes {
        if Some(node) != own {
            table::set(work, child, node, Score::MINUS_INFINITY, &source);
        } else if weigh::threshold_reached(work, child, node).is_none() {
            table::set(work, child, node, Score::INFINITY, &source);
        }
    }
    let parent = work.at.resources[child].parent;
    set_being_placed(work, parent, true);
    one::assign(work, child, own, stops);
    set_being_placed(work, parent, false);
}

fn set_being_placed(work: &mut Work<'_>, parent: Option<ResourceIndex>, is_being_placed: bool) {
    if let Some(parent) = parent {
        work.drafts[parent].is_being_placed = is_being_placed;
    }
}
