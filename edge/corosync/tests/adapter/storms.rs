//! Everything goes wrong at once, by seed.

use crate::bus::Bus;
use crate::history::check;
use base::Rng;
use corosync::Reason;
use group::Delivery;
use std::time::Duration;

const NODES: u32 = 4;

/// One thing that may happen to a cluster.
fn strike(bus: &mut Bus, random: &mut Rng, said: &mut u32) {
    let node = 1 + u32::try_from(random.below(NODES.into())).expect("few nodes");
    let is_up = bus.stations.contains_key(&node);
    match random.below(14) {
        0 if is_up => bus.end(node, Reason::ProcessDown),
        1 if is_up => bus.leave(node),
        0..=2 if !is_up => bus.start(node),
        3 => bus.split(&[&[1, 2], &[3, 4]]),
        4 => bus.split(&[&[1, 3, 4], &[2]]),
        5 => bus.split(&[&[2, 3], &[1], &[4]]),
        6 | 7 => bus.split(&[&[1, 2, 3, 4]]),
        8 => bus.set_voters(if random.below(2) == 0 { 7 } else { NODES }),
        _ => {
            for _ in 0..random.below(4) {
                *said += 1;
                let safe = random.below(2) == 0;
                let delivery = if safe { Delivery::Safe } else { Delivery::Agreed };
                bus.say(node, &format!("{node}.{said}"), delivery);
            }
        }
    }
}

fn storm(seed: u64) {
    let mut random = Rng::new(seed);
    let (mut bus, mut said) = (Bus::new(NODES), 0);
    (1..=NODES).for_each(|node| bus.start(node));
    for _ in 0..60 {
        strike(&mut bus, &mut random, &mut said);
        for _ in 0..random.below(40) {
            bus.happen(&mut random);
        }
    }
    bus.split(&[&[1, 2, 3, 4]]);
    bus.set_voters(NODES);
    bus.pass(Duration::from_secs(1), &mut random);
    for node in 1..=NODES {
        if !bus.stations.contains_key(&node) {
            bus.start(node);
        }
    }
    bus.pass(Duration::from_secs(1), &mut random);
    (1..=NODES).for_each(|node| bus.say(node, &format!("last {node}"), Delivery::Safe));
    bus.pass(Duration::from_secs(1), &mut random);
    let ends = check(&bus);
    let last = |node: u32| &ends[&bus.stations[&node].me()];
    for node in 1..=NODES {
        let view = bus.stations[&node].view().expect("it is in a view");
        assert_eq!(view.members.len(), 4, "G10: all are together in the end");
        assert!(view.quorum.quorate, "the votes are counted");
        assert_eq!(last(node), last(1), "G3");
    }
    for text in (1..=NODES).map(|node| format!("last {node}")) {
        assert!(last(1).contains(&text), "{text} is missing: {:?}", last(1));
    }
}

#[test]
fn members_agree_whatever_happens() {
    for seed in 0..400 {
        if let Err(why) = std::panic::catch_unwind(|| storm(seed)) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(why);
        }
    }
}
