//! Where bugs can be planted (see [`base::planted`]), as far as one takes more than a condition.

use crate::config::Birth;
use crate::frame::Installation;
use crate::types::{GroupEvent, ViewId};
use base::NodeId;
pub(crate) use base::planted::{Planted, is};
use std::collections::BTreeSet;

/// What a process remembers of those before it.
pub(crate) fn remembered(birth: Birth) -> Birth {
    if is(Planted::ForgetViewCounter) { Birth { view_counter: 0, ..birth } } else { birth }
}

/// Is an installation carried out, whatever was promised?
pub(crate) fn takes_unpromised(own: ViewId, offered: ViewId) -> bool {
    is(Planted::InstallUnpromised) && offered > own
}

/// An installation, as those are told who have not confirmed it.
pub(crate) fn repeated(installation: &Installation, waiting: &BTreeSet<NodeId>) -> Installation {
    let mut told = installation.clone();
    if is(Planted::NameTheRest) {
        let proposer = installation.view.proposer;
        let remains = |node: NodeId| node == proposer || waiting.contains(&node);
        told.members.retain(|member| remains(member.node));
    }
    told
}

/// Whom a node wants in a view, when somebody has said good-bye.
pub(crate) fn without_company(wanted: &mut Vec<NodeId>, me: NodeId, leaves: impl Fn() -> bool) {
    if is(Planted::LeaveTogether) && leaves() && wanted.len() > 2 {
        let last = wanted.iter().rposition(|node| *node != me);
        last.map(|at| wanted.remove(at));
    }
}

/// The links over which heartbeats go.
pub(crate) fn greeted<T>(links: &mut [T]) -> &mut [T] {
    let count = if is(Planted::GreetOnOneLink) { links.len().min(1) } else { links.len() };
    &mut links[..count]
}

/// What every other node does to deliveries that come together.
pub(crate) fn shuffle(me: NodeId, events: &mut [GroupEvent]) {
    if !is(Planted::DeliverBySender) || me.0.is_multiple_of(2) {
        return;
    }
    let sender = |event: &GroupEvent| match event {
        GroupEvent::Deliver { sender, .. } => Some(*sender),
        _ => None,
    };
    for run in events.chunk_by_mut(|one, other| sender(one).is_some() && sender(other).is_some()) {
        run.sort_by_key(sender);
    }
}
