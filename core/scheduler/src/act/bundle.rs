//! Bundles: containers, each with an address and a connection, and what runs inside of them.

use super::instances::{completion, point, sum_up};
use super::{probes, promotable};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Colocation, Operation, OrderEnd, Relation, Replica, Task, Work};

/// The clone inside.
fn inner(work: &Work<'_>, bundle: ResourceIndex) -> Option<ResourceIndex> {
    work.at.resources[bundle].bundle().and_then(|layout| layout.child)
}

fn replicas(work: &Work<'_>, bundle: ResourceIndex) -> Vec<Replica> {
    work.at.resources[bundle].bundle().map_or_else(Vec::new, |layout| layout.replicas.clone())
}

/// What replicas and the clone inside need, and the bundle's own points.
pub(super) fn actions_of(work: &mut Work<'_>, bundle: ResourceIndex) {
    let replicas = replicas(work, bundle);
    for replica in &replicas {
        let parts = [replica.address, Some(replica.container), replica.connection];
        for part in parts.into_iter().flatten() {
            super::actions_of(work, part);
        }
    }
    let containers: Vec<_> = replicas.iter().map(|replica| replica.container).collect();
    sum_up(work, bundle, &containers);
    let Some(inner) = inner(work, bundle) else { return };
    super::actions_of(work, inner);
    if work.at.resources[inner].is_promotable() {
        point(work, bundle, Task::Promote, true, true);
        completion(work, bundle, Task::Promoted, true);
        point(work, bundle, Task::Demote, true, true);
        completion(work, bundle, Task::Demoted, true);
    }
}

/// Orders within a bundle.
pub(super) fn imply_orders_of(work: &mut Work<'_>, bundle: ResourceIndex) {
    let inner = inner(work, bundle);
    if let Some(inner) = inner {
        let (shows, shown) = (Relation::THEN_SHOWS_FIRST, Relation::FIRST_SHOWS_THEN);
        work.order_operations((bundle, Task::Start), (inner, Task::Start), shows);
        work.order_operations((inner, Task::Running), (bundle, Task::Running), shown);
        work.order_operations((bundle, Task::Stop), (inner, Task::Stop), shows);
        work.order_operations((inner, Task::Stopped), (bundle, Task::Stopped), shown);
    }
    for replica in replicas(work, bundle) {
        order_replica(work, bundle, &replica);
    }
    let Some(inner) = inner else { return };
    super::imply_orders_of(work, inner);
    if work.at.resources[inner].is_promotable() {
        promotable::order_phases(work, bundle);
        let (shows, shown) = (Relation::THEN_SHOWS_FIRST, Relation::FIRST_SHOWS_THEN);
        work.order_operations((bundle, Task::Demote), (inner, Task::Demote), shows);
        work.order_operations((inner, Task::Demoted), (bundle, Task::Demoted), shown);
        work.order_operations((bundle, Task::Promote), (inner, Task::Promote), shows);
        work.order_operations((inner, Task::Promoted), (bundle, Task::Promoted), shown);
    }
}

/// The address is up before the container, and the container down before the address. That the
/// connection follows its container, and what is inside its connection, all guests have in common.
fn order_replica(work: &mut Work<'_>, bundle: ResourceIndex, replica: &Replica) {
    let container = replica.container;
    super::imply_orders_of(work, container);
    let must = Relation::FIRST_MUST_BE_RUNNABLE | Relation::THEN_SHOWS_FIRST;
    work.order_operations((bundle, Task::Start), (container, Task::Start), must);
    if let Some(child) = replica.child {
        let shows = Relation::THEN_SHOWS_FIRST;
        work.order_operations((bundle, Task::Stop), (child, Task::Stop), shows);
    }
    let (shows, shown) = (Relation::THEN_SHOWS_FIRST, Relation::FIRST_SHOWS_THEN);
    work.order_operations((bundle, Task::Stop), (container, Task::Stop), shows);
    work.order_operations((container, Task::Start), (bundle, Task::Running), shown);
    work.order_operations((container, Task::Stop), (bundle, Task::Stopped), shown);
    if let Some(address) = replica.address {
        super::imply_orders_of(work, address);
        let up = Relation::FIRST_MUST_BE_RUNNABLE | Relation::GUEST_ALLOWED;
        work.order_operations((address, Task::Start), (container, Task::Start), up);
        let down = Relation::THEN_REQUIRES_FIRST | Relation::GUEST_ALLOWED;
        work.order_operations((container, Task::Stop), (address, Task::Stop), down);
        keep_address(work, address, container);
    }
    if let Some(connection) = replica.connection {
        super::imply_orders_of(work, connection);
    }
}

/// An address is of use where the container is, and nowhere else.
fn keep_address(work: &mut Work<'_>, address: ResourceIndex, container: ResourceIndex) {
    work.colocate(Colocation::implied("#ip-with-container".into(), address, container));
}

/// Looks for a bundle on a node: for addresses and containers on a server, for what is inside on
/// the container's own node, and for connections.
pub(super) fn probe(work: &mut Work<'_>, bundle: ResourceIndex, node: NodeIndex) -> bool {
    let replicas = replicas(work, bundle);
    let is_alone =
        work.at.resources[bundle].bundle().is_some_and(|layout| layout.replicas_per_node == 1);
    let mut any = false;
    for (position, replica) in replicas.iter().enumerate() {
        if let Some(address) = replica.address {
            any |= probes::probe(work, address, node);
        }
        if let Some(child) = replica.child.filter(|_| replica.node == Some(node)) {
            any |= probes::probe(work, child, node);
        }
        if probes::probe(work, replica.container, node) {
            any = true;
            if is_alone {
                order_before_peers(work, &replicas, position);
            }
        }
        any |= probe_connection(work, replica, node);
    }
    any
}

/// Where one node holds one replica only, none of them starts there before it is known that no
/// other is there: they would want the same ports.
fn order_before_peers(work: &mut Work<'_>, replicas: &[Replica], position: usize) {
    let container = replicas[position].container;
    if work.actions.find(container, Operation::PROBE, None).nth(1).is_some() {
        return; // Ordered with the first probe: orders hold for all of them.
    }
    let probe = OrderEnd::of(container, Operation::PROBE);
    let relation = Relation::ORDERED | Relation::SAME_NODE;
    for (other, peer) in replicas.iter().enumerate() {
        if other != position {
            let start = OrderEnd::of(peer.container, Operation::once(Task::Start));
            work.order(probe, start, relation);
        }
    }
}

/// The connection's state is only known when it is known where the container is.
fn probe_connection(work: &mut Work<'_>, replica: &Replica, node: NodeIndex) -> bool {
    let Some(connection) = replica.connection else { return false };
    if !probes::probe(work, connection, node) {
        return false;
    }
    let probe = work.actions.find(connection, Operation::PROBE, Some(node)).next_back();
    let Some(probe) = probe else { return false };
    let start = OrderEnd::of(replica.container, Operation::once(Task::Start));
    work.order(start, OrderEnd::action(probe, Some(connection)), Relation::NESTED_PROBE);
    true
}
