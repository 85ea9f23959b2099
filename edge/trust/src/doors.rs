//! How many connections there may be: those who have not proved who they are cannot keep out those
//! who can.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// All together.
    pub all: usize,
    /// Of those that have not proved who they are.
    pub strangers: usize,
    /// Of those, from one address.
    pub strangers_of_one: usize,
    /// Of one who has proved who it is, those included that nobody has noticed to be dead yet.
    pub of_one: usize,
}

/// Counts who is inside.
#[derive(Clone, Debug)]
pub struct Doors {
    room: Room,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    strangers: BTreeMap<IpAddr, usize>,
    known: BTreeMap<String, usize>,
}

impl Inside {
    fn forget(&mut self, who: &Who) {
        match who {
            Who::Stranger(address) => less(&mut self.strangers, address),
            Who::Known(name) => less(&mut self.known, name),
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

#[derive(Debug)]
enum Who {
    Stranger(IpAddr),
    Known(String),
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub struct Pass {
    doors: Doors,
    who: Who,
}

impl Doors {
    /// Nobody is inside.
    pub fn new(room: Room) -> Self {
        Self { room, inside: Arc::default() }
    }

    /// Whoever panicked cannot have left anything half done: each lock is held for a few counts.
    fn held(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a stranger from `address`, if there is room.
    pub fn enter(&self, address: IpAddr) -> Option<Pass> {
        let mut inside = self.held();
        let strangers: usize = inside.strangers.values().sum();
        let of_one = inside.strangers.get(&address).copied().unwrap_or(0);
        let has_room = inside.all < self.room.all
            && strangers < self.room.strangers
            && of_one < self.room.strangers_of_one;
        has_room.then(|| {
            inside.all += 1;
            *inside.strangers.entry(address).or_default() += 1;
            Pass { doors: self.clone(), who: Who::Stranger(address) }
        })
    }

    /// How many there are.
    pub fn inside(&self) -> usize {
        self.held().all
    }
}

impl Pass {
    /// It is none of the strangers any more, but of `name`; false when that has enough.
    pub fn proved(&mut self, name: &str) -> bool {
        if matches!(&self.who, Who::Known(known) if known == name) {
            return true;
        }
        let mut inside = self.doors.held();
        if inside.known.get(name).is_some_and(|count| *count >= self.doors.room.of_one) {
            return false;
        }
        inside.forget(&self.who);
        *inside.known.entry(name.to_owned()).or_default() += 1;
        self.who = Who::Known(name.to_owned());
        true
    }

    /// Whether it is none of the strangers any more.
    pub fn is_proved(&self) -> bool {
        matches!(self.who, Who::Known(_))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.doors.held();
        inside.forget(&self.who);
        inside.all -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { all: 1000, strangers: 64, strangers_of_one: 16, of_one: 32 };

    #[test]
    fn strangers_leave_room_for_others() {
        let doors = Doors::new(ROOM);
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let mut one: Vec<_> = (0..20).filter_map(|_| doors.enter(address(1))).collect();
        assert_eq!(one.len(), ROOM.strangers_of_one);
        assert!(one.iter_mut().all(|pass| pass.proved("lustre")));
        assert!(doors.enter(address(1)).is_some(), "they are none any more");
        let many: Vec<_> = (2..200).filter_map(|last| doors.enter(address(last))).collect();
        assert_eq!((many.len(), doors.inside()), (ROOM.strangers, ROOM.strangers + one.len()));
        drop((one, many));
        assert_eq!(doors.inside(), 0);
        let mut one: Vec<_> = (0..40).filter_map(|last| doors.enter(address(last))).collect();
        let proved = one.iter_mut().filter_map(|pass| pass.proved("lustre").then_some(()));
        assert_eq!(proved.count(), ROOM.of_one, "nobody has all the room");
    }
}
