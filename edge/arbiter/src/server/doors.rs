//! How many connections there may be: those who have not proved who they are cannot keep out those
//! who can.

use super::held;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// At once, all together.
const MAX_CONNECTIONS: usize = 512;
/// At once, of those that have not proved who they are; all, and from one address.
const MAX_STRANGERS: usize = 64;
const MAX_STRANGERS_OF_ONE: usize = 16;

#[derive(Clone, Default)]
pub(super) struct Doors(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    all: usize,
    strangers: BTreeMap<IpAddr, usize>,
}

impl Inside {
    fn leave_strangers(&mut self, address: IpAddr) {
        if let Some(count) = self.strangers.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.strangers.remove(&address);
            }
        }
    }
}

/// A connection's place; given back when it is dropped.
pub(super) struct Pass {
    doors: Doors,
    address: IpAddr,
    is_stranger: bool,
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
            Pass { doors: self.clone(), address, is_stranger: true }
        })
    }

    pub(super) fn inside(&self) -> usize {
        held(&self.0).all
    }
}

impl Pass {
    /// It is none of the strangers any more.
    pub(super) fn proved(&mut self) {
        if std::mem::take(&mut self.is_stranger) {
            held(&self.doors.0).leave_strangers(self.address);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.proved();
        held(&self.doors.0).all -= 1;
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
        one.iter_mut().for_each(Pass::proved);
        assert!(doors.enter(address(1)).is_some(), "they are none any more");
        let many: Vec<_> = (2..200).filter_map(|last| doors.enter(address(last))).collect();
        assert_eq!((many.len(), doors.inside()), (MAX_STRANGERS, MAX_STRANGERS + one.len()));
        drop((one, many));
        assert_eq!(doors.inside(), 0);
    }
}
