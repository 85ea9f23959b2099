//! How many connections there may be: those who have not proved who they are cannot keep out those
//! who can.

use super::held;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// At once, all together.
const MAX_CONNECTIONS: usize = 2048;
/// At once, of those that have not proved who they are; all, and from one address.
const MAX_STRANGERS: usize = 64;
const MAX_STRANGERS_OF_ONE: usize = 16;
/// At once, of one cluster: one for each partition, and those that nobody has noticed to be dead yet.
const MAX_OF_CLUSTER: usize = 32;

#[derive(Clone, Default)]
pub(super) struct Doors(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    all: usize,
    strangers: BTreeMap<IpAddr, usize>,
    clusters: BTreeMap<String, usize>,
}

impl Inside {
    fn forget(&mut self, who: &Who) {
        match who {
            Who::Stranger(address) => less(&mut self.strangers, address),
            Who::Cluster(name) => less(&mut self.clusters, name),
        }
    }
}

fn less<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

enum Who {
    Stranger(IpAddr),
    Cluster(String),
}

/// A connection's place; given back when it is dropped.
pub(super) struct Pass {
    doors: Doors,
    who: Who,
}

impl Doors {
    /// For a stranger from `address`, if there is room.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Pass> {
        let mut inside = held(&self.0);
        let strangers: usize = inside.strangers.values().sum();
        let of_one = inside.strangers.get(&address).copied().unwrap_or(0);
        let has_room = inside.all < MAX_CONNECTIONS
            && strangers < MAX_STRANGERS
            && of_one < MAX_STRANGERS_OF_ONE;
        has_room.then(|| {
            inside.all += 1;
            *inside.strangers.entry(address).or_default() += 1;
            Pass { doors: self.clone(), who: Who::Stranger(address) }
        })
    }

    pub(super) fn inside(&self) -> usize {
        held(&self.0).all
    }
}

impl Pass {
    /// It is none of the strangers any more, but of this cluster; false when that has enough.
    pub(super) fn proved(&mut self, cluster: &str) -> bool {
        let mut inside = held(&self.doors.0);
        if inside.clusters.get(cluster).is_some_and(|count| *count >= MAX_OF_CLUSTER) {
            return false;
        }
        inside.forget(&self.who);
        *inside.clusters.entry(cluster.to_owned()).or_default() += 1;
        self.who = Who::Cluster(cluster.to_owned());
        true
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = held(&self.doors.0);
        inside.forget(&self.who);
        inside.all -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_leave_room_for_others() {
        let doors = Doors::default();
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let mut one: Vec<_> = (0..20).filter_map(|_| doors.enter(address(1))).collect();
        assert_eq!(one.len(), MAX_STRANGERS_OF_ONE);
        assert!(one.iter_mut().all(|pass| pass.proved("lustre")));
        assert!(doors.enter(address(1)).is_some(), "they are none any more");
        let many: Vec<_> = (2..200).filter_map(|last| doors.enter(address(last))).collect();
        assert_eq!((many.len(), doors.inside()), (MAX_STRANGERS, MAX_STRANGERS + one.len()));
        drop((one, many));
        assert_eq!(doors.inside(), 0);
        let mut one: Vec<_> = (0..40).filter_map(|last| doors.enter(address(last))).collect();
        let proved = one.iter_mut().filter_map(|pass| pass.proved("lustre").then_some(()));
        assert_eq!(proved.count(), MAX_OF_CLUSTER, "no cluster has all the room");
    }
}
