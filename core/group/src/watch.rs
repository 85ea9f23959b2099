//! Who watches whom: few enough that heartbeats cost the same at any size, so linked that the death
//! of some watchers leaves others.
//!
//! The members stand in a circle, by id. Each watches its two neighbours and the two that are a
//! square root of the number of members away, and is watched by the same four (a circulant graph).
//! All members work out the same graph from the same view.

use base::NodeId;

/// Up to so many other nodes everybody watches everybody.
pub(crate) const FEW: usize = 8;

/// The members that `me` watches; all others while they are few.
pub(crate) fn watched_by(me: NodeId, members: &[NodeId]) -> Vec<NodeId> {
    let count = members.len();
    let Some(place) = members.iter().position(|node| *node == me) else { return Vec::new() };
    let others = || members.iter().copied().filter(|node| *node != me);
    if count <= FEW + 1 {
        return others().collect();
    }
    let far = count.isqrt();
    let places = [place + 1, place + far, place + count - 1, place + count - far];
    let watched = places.map(|place| members[place % count]);
    others().filter(|node| watched.contains(node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn four_watch_each_and_the_graph_holds_together() {
        for count in [1, 2, 9, 10, 16, 31, 64] {
            let members: Vec<_> = (1..=count).map(|node| NodeId(node * 3)).collect();
            for me in &members {
                let watched = watched_by(*me, &members);
                let expected = if count <= 9 { members.len() - 1 } else { 4 };
                assert_eq!(watched.len(), expected, "{count} members");
                assert!(watched.iter().all(|node| watched_by(*node, &members).contains(me)));
            }
            // Any three gone, the rest is still one piece.
            let gone = [members[0], members[members.len() / 2], members[members.len() - 1]];
            let rest: BTreeSet<_> = members.iter().filter(|node| !gone.contains(node)).collect();
            let Some(first) = rest.first() else { continue };
            let mut reached = BTreeSet::from([**first]);
            let mut open = vec![**first];
            while let Some(node) = open.pop() {
                let more = watched_by(node, &members).into_iter();
                open.extend(more.filter(|node| rest.contains(node) && reached.insert(*node)));
            }
            assert_eq!(reached.len(), rest.len(), "{count} members");
        }
    }
}
